/**
 * The end of a session in a real browser: whose data is on the page when somebody else signs in beside it, and what is
 * said when the server cannot be told.
 *
 * @module
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../servers/index.js';
import { createInstallation, type RunningProgram } from '../support/program.js';
import { openBrowser, visit } from './browser.js';

const password = 'quiet river stone bridge lantern';

describeWith('chromium', 'a session of the console ends', () => {
  const installation = createInstallation();
  let server: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    const stdin = `${password}\n`;
    await installation.run(['admin', 'create', 'ada', '--password-stdin'], { stdin });
    await installation.run(['user', 'add', 'jane.doe', '--password-stdin'], { stdin });
    [server, browser] = await Promise.all([installation.start(), openBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    installation.remove();
  });

  async function signIn(page: Page, username: string): Promise<void> {
    await page.getByLabel('User name').fill(username);
    await page.locator('input[name=password]').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: `Account ${username}` }).waitFor();
  }

  async function signOut(page: Page, username: string): Promise<void> {
    await page.getByRole('button', { name: `Account ${username}` }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('User name').waitFor();
  }

  it('in every window: one that was left open shows whoever signed in beside it, and nobody’s data but theirs', async () => {
    const { page, close } = await visit(browser, server.http);
    await page.goto('/console/people/jane.doe');
    await signIn(page, 'ada');
    await page.getByRole('heading', { level: 1, name: 'jane.doe' }).waitFor();
    const beside = await page.context().newPage();
    await beside.goto('/console/');
    await signOut(beside, 'ada');
    await signIn(beside, 'jane.doe');
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Account jane.doe' }).waitFor();
    expect(await page.getByRole('button', { name: 'Disable' }).count()).toBe(0);
    await close();
  });

  it('and where the server could not be told, that is said', async () => {
    const { page, close } = await visit(browser, server.http);
    await page.goto('/console/');
    await signIn(page, 'ada');
    await page.route('**/admin/v1/session', (route) => route.abort());
    await signOut(page, 'ada');
    await page.getByText('your session may go on').waitFor();
    await close();
  });
});
