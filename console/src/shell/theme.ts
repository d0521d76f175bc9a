/**
 * Colours and sizes. Every text colour reaches 4.5 : 1 on what it stands on, in light and dark (WCAG 2.2, 1.4.3), and the
 * edge of every control 3 : 1 (1.4.11), which the component library's own defaults do not: hence the variables below.
 *
 * @module
 */
import './controls.css';
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type MantineTheme,
} from '@mantine/core';

const latch: MantineColorsTuple = [
  '#e6f7f6',
  '#cdebe9',
  '#9ad6d2',
  '#64c0ba',
  '#39ada6',
  '#1fa199',
  '#0f8f88',
  '#0b7a75',
  '#076460',
  '#02504c',
];

export const theme = createTheme({
  primaryColor: 'latch',
  primaryShade: 7,
  colors: { latch },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  // The ring is seen by whoever moves with the keyboard (WCAG 2.2, 2.4.7).
  focusRing: 'auto',
  respectReducedMotion: true,
  // The heading of a dialog is no second banner of the page.
  components: { ModalHeader: { defaultProps: { role: 'presentation' } } },
  variantColorResolver: (input) => {
    const resolved = defaultVariantColorsResolver(input);
    const { color, theme: at, variant } = input;
    const named = color ?? at.primaryColor;
    const hue = named.split('.')[0] ?? named;
    if (variant === 'outline' && hue in at.colors) {
      return { ...resolved, color: `var(--mantine-color-${hue}-light-color)` };
    }
    if (variant !== 'light' || !(named in at.colors)) return resolved;
    return { ...resolved, color: `var(--mantine-color-${named}-light-color)` };
  },
});

const named = ['latch', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'gray', 'grape', 'indigo'] as const;

export const cssVariables: CSSVariablesResolver = (at) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#52575c',
    '--mantine-color-placeholder': '#6b7178',
    '--latchkey-control-edge': '#7f868d',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': at.colors['latch']?.[8] ?? '#076460',
    ...lightVariant(at, (shades) => ({ text: darkest(shades), ground: shades[0] ?? '#fff' })),
  },
  dark: {
    '--mantine-color-dimmed': '#b0b3b8',
    '--mantine-color-placeholder': '#989ca2',
    '--latchkey-control-edge': '#868b92',
    '--mantine-color-error': '#ff9c93',
    '--mantine-color-anchor': at.colors['latch']?.[3] ?? '#64c0ba',
    ...lightVariant(at, (shades) => ({ text: shades[2] ?? '#fff', ground: `${shades[8] ?? '#000'}40` })),
  },
});

/** Yellow and its neighbours are too light for text even in their last shade. */
function darkest(shades: readonly string[]): string {
  const last = shades[9] ?? '#000';
  return { '#e67700': '#7a4100', '#d9480f': '#93310a', '#2b8a3e': '#1f6b2e', '#087f5b': '#06634a' }[last] ?? last;
}

function lightVariant(
  at: MantineTheme,
  pick: (shades: readonly string[]) => { readonly text: string; readonly ground: string },
): Record<string, string> {
  return Object.fromEntries(
    named.flatMap((name) => {
      const { text, ground } = pick(at.colors[name] ?? []);
      return [
        [`--mantine-color-${name}-light`, ground],
        [`--mantine-color-${name}-light-hover`, ground],
        [`--mantine-color-${name}-light-color`, text],
      ];
    }),
  );
}
