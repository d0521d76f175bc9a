/**
 * What is promised of every page of the console, asked of every page: no serious finding of axe-core, no breach of its
 * policy, nothing from elsewhere, no sideways scrolling on a telephone, in light and dark; and how much script the first
 * load brings.
 *
 * @module
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeWith } from '../../servers/index.js';
import { createInstallation, type RunningProgram } from '../support/program.js';
import {
  faintEdges,
  openBrowser,
  overhang,
  picture,
  seriousFindings,
  telephone,
  tellWhatIsShown,
  type Visit,
  visit,
} from './browser.js';

const administrator = 'demo-admin';

/** Each with its title. */
const pages: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/sources', 'Sources'],
  ['/sources/add', 'Add a source'],
  ['/sources/sample', 'sample'],
  ['/sources/sample?tab=preflight', 'sample'],
  ['/sources/sample?tab=schema&schema=main', 'sample'],
  ['/sources/sample?tab=diagram&schema=main', 'sample'],
  ['/sources/sample?tab=drift', 'sample'],
  ['/data', 'Data'],
  ['/data/sample/Employees', 'Employees'],
  ['/people', 'People'],
  ['/people/demo-admin', 'Demo Admin'],
  ['/service-accounts/steve', 'Steve'],
  ['/organisations/cloudio', 'CloudIO'],
  ['/service-accounts', 'Service accounts'],
  ['/organisations', 'Organisations'],
  ['/roles', 'Roles and grants'],
  ['/roles/grants/new?source=sample&schema=main&table=projects', 'Grant something to a role'],
  ['/explain', 'Explain access'],
  ['/api-keys', 'API keys'],
  ['/sessions', 'Sessions'],
  ['/audit', 'Audit'],
  ['/settings', 'Settings'],
  ['/own-password', 'Change password'],
  ['/nothing/here', 'No such page'],
];

describeWith('chromium', 'every page of the console', () => {
  const installation = createInstallation();
  let server: RunningProgram;
  let browser: Browser;

  let password: string;

  beforeAll(async () => {
    [server, browser] = await Promise.all([installation.start({ command: 'demo' }), openBrowser()]);
    // It is printed after the server listens.
    const printed = () => expect(server.stdout()).toMatch(/user name demo-admin {3}password \S+/);
    await vi.waitFor(printed, { timeout: 10_000, interval: 50 });
    password = /user name demo-admin {3}password (\S+)/.exec(server.stdout())?.[1] ?? '';
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    installation.remove();
  });

  async function signIn(visitor: Visit): Promise<void> {
    tellWhatIsShown(visitor);
    await visitor.page.goto('/console/');
    await visitor.page.getByLabel('User name').fill(administrator);
    await visitor.page.locator('input[name=password]').fill(password);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await visitor.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  }

  /** As a link does it, and until nothing is loading any more. */
  async function turnTo(page: Page, path: string, heading: string): Promise<void> {
    await page.evaluate(`history.pushState(null, '', ${JSON.stringify(`/console${path}`)})`);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    const isLoading = `[...document.querySelectorAll('main [role=status]')].some((one) => one.textContent.endsWith('…'))`;
    await vi.waitFor(async () => expect(await page.evaluate(isLoading)).toBe(false), { timeout: 15_000, interval: 50 });
  }

  it('brings less than 300 KB of compressed script with the first load, overview and all', async () => {
    const visitor = await visit(browser, server.http);
    await visitor.page.goto('/console/');
    await visitor.page.getByLabel('User name').waitFor();
    expect(await seriousFindings(visitor.page)).toEqual([]);
    await signIn(visitor);
    await visitor.page.getByText('Sign-ins').waitFor();
    const bytes = await visitor.takeScriptBytes();
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
    await visitor.close();
  });

  it('says that it was updated where a part of it is gone, and goes on when it is loaded anew', async () => {
    const visitor = await visit(browser, server.http);
    const { page } = visitor;
    await signIn(visitor);
    await page.route('**/assets/audit-*.js', (route) => route.fulfill({ status: 404 }));
    await page.route('**/console/', (route) => route.fulfill({ body: '<script src="/console/assets/index-next.js">' }));
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText('The console was updated').waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await visitor.close();
  });

  /** Turns to every page in turn and asks it; what is held against one is told with its address. */
  async function askEveryPage(visitor: Visit, ask: (page: Page, name: string) => Promise<string[]>): Promise<void> {
    await signIn(visitor);
    const faults: string[] = [];
    for (const [path, heading] of pages) {
      await turnTo(visitor.page, path, heading);
      const name = path === '/' ? '-overview' : path.replaceAll(/[/?&=]/g, '-');
      faults.push(...(await ask(visitor.page, name)).map((one) => `${path}: ${one}`));
    }
    expect(faults).toEqual([]);
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  }

  it('is accessible, keeps its policy and fits, in light and dark', { timeout: 120_000 }, async () => {
    await askEveryPage(await visit(browser, server.http), async (page, name) => {
      const light = [...(await seriousFindings(page)), ...(await faintEdges(page))];
      await picture(page, `light${name}`);
      // In the dark the same page has other colours, and nothing else that is other.
      await lookAs(page, 'dark');
      const dark = [...(await seriousFindings(page, 'color-contrast')), ...(await faintEdges(page))];
      await picture(page, `dark${name}`);
      await lookAs(page, 'light');
      return [...light, ...dark.map((one) => `in the dark, ${one}`), ...(await tooWide(page))];
    });
  });

  it('is accessible, keeps its policy and fits, on a telephone', { timeout: 120_000 }, async () => {
    await askEveryPage(await visit(browser, server.http, { viewport: telephone }), async (page, name) => {
      await picture(page, `telephone${name}`);
      return [...(await seriousFindings(page)), ...(await faintEdges(page)), ...(await tooWide(page))];
    });
  });

  /** As the reader's system would have it, and until the colours have changed, which takes a tenth of a second. */
  async function lookAs(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(`(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      while (document.documentElement.dataset.mantineColorScheme !== '${colorScheme}') await frame();
      await frame();
      await frame();
      const changing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
      await Promise.allSettled(changing.map((one) => one.finished));
    })()`);
  }

  async function tooWide(page: Page): Promise<string[]> {
    const pixels = await overhang(page);
    return pixels > 0 ? [`${pixels} px wider than the window`] : [];
  }
});
