/**
 * What is promised of every page of the console, asked of every page: no serious finding of axe-core, no breach of its
 * policy, nothing from elsewhere, no sideways scrolling on a telephone, in light and dark; and how much script the first
 * load brings.
 *
 * @module
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../servers/index.js';
import { createInstallation, type RunningProgram } from '../support/program.js';
import { openBrowser, overhang, picture, seriousFindings, telephone, type Visit, visit } from './browser.js';

const password = 'quiet river stone bridge lantern';

/** Each with words that stand there once it has what it asked for. */
const pages: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/sources', 'Sources'],
  ['/sources/add', 'Add a source'],
  ['/sources/sample', 'sample'],
  ['/data', 'Data'],
  ['/data/sample/Employees', 'Employees'],
  ['/people', 'People'],
  ['/people/ada', 'ada'],
  ['/service-accounts', 'Service accounts'],
  ['/organisations', 'Organisations'],
  ['/roles', 'Roles and grants'],
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

  beforeAll(async () => {
    const made = await installation.run(['admin', 'create', 'ada', '--password-stdin'], { stdin: password });
    expect(made).toMatchObject({ code: 0 });
    [server, browser] = await Promise.all([installation.start({ command: 'demo' }), openBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    installation.remove();
  });

  async function signIn(visitor: Visit): Promise<void> {
    await visitor.page.goto('/console/');
    await visitor.page.getByLabel('User name').fill('ada');
    await visitor.page.locator('input[name=password]').fill(password);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await visitor.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
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

  for (const [look, options] of [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['telephone', { colorScheme: 'light', viewport: telephone }],
  ] as const) {
    it(`is accessible, keeps its policy and fits: ${look}`, { timeout: 120_000 }, async () => {
      const visitor = await visit(browser, server.http, options);
      await signIn(visitor);
      const faults: string[] = [];
      for (const [path, heading] of pages) {
        await visitor.page.goto(`/console${path}`);
        await visitor.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
        await visitor.page.waitForLoadState('networkidle');
        faults.push(...(await seriousFindings(visitor.page)).map((one) => `${path}: ${one}`));
        const pixels = await overhang(visitor.page);
        if (pixels > 0) faults.push(`${path}: ${pixels} px wider than the window`);
        await picture(visitor.page, `${look}${path === '/' ? '-overview' : path.replaceAll('/', '-')}`);
      }
      expect(faults).toEqual([]);
      expect(visitor.complaints).toEqual([]);
      await visitor.close();
    });
  }
});
