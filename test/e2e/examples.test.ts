/**
 * Every program of `examples/`, run as it stands against `latchkey demo`: with Node, in a browser, with Python and with
 * curl; the client itself in a browser, under the console's cookie; and the guide, which shows nothing else.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, shared } from '../servers/index.js';
import { createInstallation, type RunningProgram } from './support/program.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const installation = createInstallation();
let demo: RunningProgram;

beforeAll(async () => {
  demo = await installation.start({ command: 'demo' });
});

afterAll(async () => {
  await demo?.stop();
  installation.remove();
});

/** What a program printed, by line. It must not have failed. */
async function printedBy(program: string, file: string): Promise<string[]> {
  const environment = { PATH: process.env['PATH'] ?? '', LATCHKEY_URL: demo.http };
  const { stdout } = await execute(program, [join(root, 'examples', file)], { env: environment });
  return stdout.trimEnd().split('\n');
}

describe('with Node and latchkey/client', () => {
  it('rows are read in pages and as a stream, written once, and what was not granted is explained', async () => {
    expect(await printedBy(process.execPath, 'node/data.mjs')).toEqual([
      'may use sample/Departments',
      'may use sample/Employees',
      'may use sample/Projects',
      expect.stringMatching(/^\d+ earn as much, A\w+ \w+ the most$/),
      'department 1 has 1250 people, either way the same',
      'added Grace Example',
      'a change of what is no longer so: 412 http.precondition_failed',
      'salaries: There is no such dataset, or no role of the account has a grant on it.',
      expect.stringMatching(/^with a key: \d+ Steve$/),
    ]);
  });

  it('the four families take their sign-ins', async () => {
    expect(await printedBy(process.execPath, 'node/families.mjs')).toEqual([
      'precrime: Hi john.doe of Company Inc',
      'cloudio: Steve is number 42',
      'cloudio: a row came and went',
      'onedb: Invalid template name!',
      'atlan: The database could not be reached (TCP_REFUSED)',
      'a wrong password: 401 Incorrect credentials',
    ]);
  });
});

describe('with curl', () => {
  it('the families and our own API answer', async () => {
    expect((await printedBy('sh', 'curl/rows.sh')).slice(0, 6)).toEqual([
      'precrime: Hi john.doe',
      'cloudio: Steve',
      'onedb: Token has been generated!',
      'atlan: connection_failed',
      expect.stringMatching(/^native: \{"data":\[\{"name":"Steve"\}\]/),
      '{"name":"Engineering"}',
    ]);
  });
});

describeWith('python', 'with Python and requests', () => {
  it('the families and our own API answer', async () => {
    expect(await printedBy(shared('python').program, 'python/rows.py')).toEqual([
      'precrime: Hi john.doe',
      'cloudio: number 42',
      'onedb: Token has been generated!',
      'atlan: 500 TCP_REFUSED',
      'native: department 1 has 1250 people',
    ]);
  });
});

describeWith('chromium', 'in a browser', () => {
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: shared('chromium').program });
    context = await browser.newContext({ ignoreHTTPSErrors: true });
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** An empty page of the service's own origin that may load modules from two of our folders. */
  async function emptyPage(origin: string): Promise<Page> {
    const page = await context.newPage();
    await page.route(`${origin}/empty/**`, (route) => {
      const path = new URL(route.request().url()).pathname.slice('/empty/'.length);
      if (path === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>empty</title>' });
      return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(root, path), 'utf8') });
    });
    await page.goto(`${origin}/empty/`);
    return page;
  }

  it('plain fetch reaches rows', async () => {
    const page = await emptyPage(demo.http);
    const printed = await page.evaluate(`(async () => {
      const lines = [];
      const { run } = await import('/empty/examples/fetch/rows.mjs');
      await run(location.origin, (line) => lines.push(line));
      return lines;
    })()`);
    expect(printed).toEqual([
      'signed in as Steve',
      'cloudio: number 42',
      'native: number 42',
      'salaries: 403 data.dataset_denied',
    ]);
  });

  it('latchkey/client streams rows, and signs in by cookie, which no script sees', async () => {
    const page = await emptyPage(demo.https);
    const told = await page.evaluate(`(async () => {
      const { createLatchkey } = await import('/empty/dist/client/index.js');
      const baseUrl = location.origin;
      const service = { clientId: 'steve', clientSecret: 'steve-demo-secret' };
      let rows = 0;
      const employees = createLatchkey({ baseUrl, credential: service }).data('sample', 'Employees');
      for await (const row of employees.stream({ select: ['emp_id'] })) rows += row.emp_id > 0 ? 1 : 0;

      const latchkey = createLatchkey({ baseUrl, credential: { cookie: true } });
      const view = await latchkey.session.signIn({ username: 'john.doe', password: 'SecurePass123!' });
      const key = await latchkey.request('POST', '/admin/v1/api-keys', { body: { name: 'from a page' } });
      // A page that was loaded again has the cookie, and asks for the proof that goes with it.
      const again = createLatchkey({ baseUrl, credential: { cookie: true } });
      await again.request('DELETE', '/admin/v1/api-keys/' + key.id);
      const seen = document.cookie;
      await again.session.signOut();
      const after = await latchkey.whoami().catch((error) => error.status);
      return { rows: rows >= 10000, user: view.user.username, isPrinted: 'csrf' in { ...view }, seen, after };
    })()`);
    expect(told).toEqual({ rows: true, user: 'john.doe', isPrinted: false, seen: '', after: 401 });
  });
});

describe('the guide', () => {
  const guide = readFileSync(join(root, 'docs/guides/client.md'), 'utf8');
  const folders = ['node', 'fetch', 'python', 'curl'].map((name) => join(root, 'examples', name));
  const examples = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  );

  it('shows what the examples do, word for word', () => {
    const shown = [...guide.matchAll(/^```(?:js|python|sh)\n(.*?)^```$/gms)].map(([, text = '']) => text);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((text) => !examples.some((example) => example.includes(text)))).toEqual([]);
  });
});
