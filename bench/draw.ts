/** A result as a picture: a bar for each way, in SVG that needs nothing else and is read on light and dark. @module */
import { shown } from './figures.js';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What it is compared with is drawn paler. */
  readonly isBare: boolean;
}

const width = 720;
const labelWidth = 200;
const valueWidth = 90;
const rowHeight = 26;
const barHeight = 16;
const titleHeight = 34;

/** @param groups  Each under its own heading, drawn to one scale of its own. */
export function drawBars(
  title: string,
  unit: string,
  groups: readonly { readonly name: string; readonly bars: readonly Bar[] }[],
): string {
  const pieces: string[] = [];
  let y = 24;
  pieces.push(text(0, y, `${title} (${unit})`, 'title'));
  for (const { name, bars } of groups) {
    y += titleHeight;
    pieces.push(text(0, y - 6, name, 'group'));
    const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
    for (const bar of bars) {
      const length = Math.max(1, (bar.value / longest) * (width - labelWidth - valueWidth));
      pieces.push(
        text(labelWidth - 8, y + barHeight - 3, bar.label, 'label'),
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" class="${bar.isBare ? 'bare' : 'ours'}"/>`,
        text(labelWidth + length + 6, y + barHeight - 3, shown(bar.value), 'value'),
      );
      y += rowHeight;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 8}" width="${width}" role="img" aria-label="${escaped(title)}">
<style>text{font:13px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}.group{font-style:italic}.label{text-anchor:end}.ours{fill:#2f6feb}.bare{fill:#8c959f}@media(prefers-color-scheme:dark){text{fill:#9198a1}}</style>
${pieces.join('\n')}
</svg>
`;
}

function text(x: number, y: number, content: string, kind: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" class="${kind}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
