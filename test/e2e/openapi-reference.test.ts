/** The API reference in a real browser: it shows the document, tries a route, and asks nobody but us. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../servers/index.js';
import { openBrowser, picture, type Visit, visit } from './console/browser.js';
import { createInstallation, type RunningProgram } from './support/program.js';

const password = 'quiet river stone bridge lantern';

describeWith('chromium', 'the API reference', () => {
  const installation = createInstallation();
  let server: RunningProgram;
  let browser: Browser;
  let visitor: Visit;

  beforeAll(async () => {
    [server, browser] = await Promise.all([installation.start(), openBrowser()]);
    visitor = await visit(browser, server.http);
  }, 60_000);

  afterAll(async () => {
    await visitor?.close();
    await browser?.close();
    await server?.stop();
    installation.remove();
  });

  it('shows the document, and tries a route against the running server', async () => {
    const { page } = visitor;
    await page.goto('/docs#tag/service/GET/livez');
    await page.getByRole('button', { name: /Test Request.*livez/i }).click({ timeout: 25_000 });
    const answered = page.waitForResponse((response) => response.url().endsWith('/livez'));
    await page.getByRole('button', { name: /^Send/ }).first().click();
    expect((await answered).status()).toBe(200);
    await page.getByText('200 OK').first().waitFor();
    await picture(page, 'api-reference');
  });

  it('tries a route with the console’s session, and with what is typed instead of it', async () => {
    const { page } = visitor;
    const username = 'root';
    await installation.run(['admin', 'create', username, '--password-stdin'], { stdin: password });
    await page.goto('/console/');
    await page.getByLabel('User name').fill(username);
    await page.locator('input[name=password]').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.goto('/docs#tag/service/GET/admin/v1/overview');
    await page.getByRole('button', { name: /Test Request.*overview/i }).click({ timeout: 25_000 });
    const send = page.getByRole('button', { name: /^Send/ }).first();
    const answerOf = () => page.waitForResponse((response) => response.url().includes('/admin/v1/overview'));
    const [withSession] = await Promise.all([answerOf(), send.click()]);
    expect(withSession.status()).toBe(200);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: /^Authentication/ }).click();
    await dialog.getByLabel('Bearer Token').fill('lk_of_nobody_at_all_0123456789');
    const [withTyped] = await Promise.all([answerOf(), send.click()]);
    expect([withTyped.status(), (await withTyped.json()).code]).toEqual([401, 'identity.unauthenticated']);
  });

  it('breaks no rule of its page, has no fault and asks no other host', () => {
    expect(visitor.complaints).toEqual([]);
  });

  it('comes compressed and is kept by the browser for good; the document is asked about again', async () => {
    const page = await (await fetch(`${server.http}/docs`)).text();
    const script = /src="(\/docs\/api-reference-[0-9a-f]{16}\.js)"/.exec(page)?.[1] ?? '';
    const part = await fetch(`${server.http}${script}`, { headers: { 'accept-encoding': 'br' } });
    expect(part.headers.get('content-encoding')).toBe('br');
    expect(part.headers.get('cache-control')).toContain('immutable');
    await part.body?.cancel();
    const document = await fetch(`${server.http}/openapi.json`);
    await document.body?.cancel();
    const etag = document.headers.get('etag') ?? '';
    const again = await fetch(`${server.http}/openapi.json`, { headers: { 'if-none-match': etag } });
    expect([document.headers.get('cache-control'), again.status]).toEqual(['no-cache', 304]);
    expect(document.headers.get('content-encoding')).toBe('gzip');
  });

  it('is nothing that a path can lead out of', async () => {
    for (const path of ['/docs/..%2f..%2fpackage.json', '/docs/NOTICE', '/docs/x.js']) {
      expect((await fetch(`${server.http}${path}`)).status).toBe(404);
    }
  });
});
