/**
 * A real browser at the shipped program's console: headless Chromium, with what it complains about kept, and with the
 * questions that are asked of every page: is it accessible, does it fit, did its policy hold.
 *
 * @module
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { onTestFailed } from 'vitest';
import { shared } from '../../servers/index.js';

/** Pictures for a person to look at are written there when this names a folder. */
const picturesFolder = process.env['CONSOLE_PICTURES'];

/** As wide as a small telephone. */
export const telephone = { width: 360, height: 740 } as const;
export const desk = { width: 1280, height: 800 } as const;

export interface Complaint {
  readonly kind: 'policy' | 'error' | 'foreign-request';
  readonly text: string;
}

export interface Visit {
  readonly page: Page;
  /** What the browser held against the page since the start. */
  readonly complaints: readonly Complaint[];
  /** Compressed bytes of scripts that were fetched since the last call. */
  takeScriptBytes(): Promise<number>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: shared('chromium').program });
}

/**
 * A visitor of their own: own cookies, own window.
 *
 * @param origin  Where the console is: `http://127.0.0.1:8000`. A request to anywhere else is a complaint.
 */
export async function visit(
  browser: Browser,
  origin: string,
  options: { readonly viewport?: { width: number; height: number }; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Visit> {
  const context: BrowserContext = await browser.newContext({
    baseURL: origin,
    viewport: options.viewport ?? desk,
    colorScheme: options.colorScheme ?? 'light',
    ignoreHTTPSErrors: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  // Below the limit of a test, so that what was waited for is named.
  page.setDefaultTimeout(20_000);
  const complaints: Complaint[] = [];
  let scripts: Promise<number>[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = message.text();
    // A refusal is an answer; the browser writes one down for every status from 400.
    if (/^Failed to load resource: the server responded with a status of 4\d\d/.test(text)) return;
    complaints.push({ kind: /Content.Security.Policy/i.test(text) ? 'policy' : 'error', text });
  });
  page.on('pageerror', (error) => complaints.push({ kind: 'error', text: error.message }));
  page.on('request', (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && asked !== origin) complaints.push({ kind: 'foreign-request', text: asked });
  });
  page.on('requestfinished', (request) => {
    if (request.resourceType() !== 'script') return;
    scripts.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  // Also what is only reported to the page and not to its console.
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) => {
    console.error('Content Security Policy: ' + event.violatedDirective + ' blocked ' + event.blockedURI);
  })`);
  return {
    page,
    complaints,
    async takeScriptBytes() {
      const sizes = await Promise.all(scripts);
      scripts = [];
      return sizes.reduce((sum, bytes) => sum + bytes, 0);
    },
    close: () => context.close(),
  };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/**
 * What axe-core holds against the page as it stands, serious and critical; each in one line.
 *
 * @param only  A single rule, where the others were asked of the same page before.
 */
export async function seriousFindings(page: Page, only?: 'color-contrast'): Promise<string[]> {
  // Outside the page's own policy: the judge is no part of the page.
  await page.evaluate(`${axeSource};0`);
  const findings = await page.evaluate<readonly Finding[]>(
    `axe.run(document, ${JSON.stringify({
      resultTypes: ['violations'],
      ...(only === undefined ? {} : { runOnly: [only] }),
    })}).then((found) => found.violations)`,
  );
  return findings
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} (${node.target.join(' ')})`));
}

/**
 * What is to be filled in or ticked and whose edge does not reach 3 : 1 against what it stands on (WCAG 2.2, 1.4.11);
 * axe-core does not ask. What is ticked is known by its sign, what is switched off may be faint.
 */
export function faintEdges(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (rgb) => rgb.slice(0, 3)
      .map((part) => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
      .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0.05);
    const groundOf = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const ground = colour(getComputedStyle(at).backgroundColor);
        if (ground.length === 3 || ground[3] === 1) return ground;
      }
      return [255, 255, 255];
    };
    return [...document.querySelectorAll('.mantine-Input-input, [type=checkbox], [type=radio], .mantine-RadioIndicator-indicator')]
      .filter((one) => one.checkVisibility({ opacityProperty: true }) && !one.checked && !('checked' in one.dataset))
      .filter((one) => !one.disabled && one.closest('[data-variant=unstyled]') === null)
      .flatMap((one) => {
        const [edge, ground] = [colour(getComputedStyle(one).borderTopColor), groundOf(one.parentElement)].map(light);
        const ratio = Math.max(edge, ground) / Math.min(edge, ground);
        return ratio < 3 ? [one.className + ': its edge is ' + ratio.toFixed(2) + ' : 1'] : [];
      });
  })()`);
}

/** By how many pixels the page is wider than its window: 0 where nothing has to be scrolled sideways. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - window.innerWidth)');
}

/** Says what was to be seen when a test failed: what was waited for is only half of it. Called within the test. */
export function tellWhatIsShown({ page, complaints }: Visit): void {
  onTestFailed(async () => {
    // A page that is busy for good does not answer either.
    const shown = page.evaluate<string>('document.body.innerText').catch(String);
    const tooLate = new Promise<string>((resolve) => setTimeout(resolve, 5_000, 'The page does not answer.'));
    console.error(`${page.url()}\n${await Promise.race([shown, tooLate])}\n${JSON.stringify(complaints)}`);
  });
}

/** Writes what is to be seen now, where pictures are wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (picturesFolder === undefined) return;
  mkdirSync(picturesFolder, { recursive: true });
  await page.screenshot({ path: join(picturesFolder, `${name}.png`), fullPage: false });
}
