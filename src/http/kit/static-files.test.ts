import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStaticFiles, type StaticFiles } from './static-files.js';

const wants = { accept: null, acceptEncoding: null, ifNoneMatch: null, ifMatch: null, prefer: null };
let root: string;
let files: StaticFiles;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'latchkey-files-'));
  mkdirSync(join(root, 'served', 'assets'), { recursive: true });
  writeFileSync(join(root, 'secret.txt'), 'not for anybody');
  const files = {
    'index.html': '<p>',
    'notes.md': '# no',
    'assets/app-1234abcd.js': 'whole',
    'assets/app-1234abcd.js.br': 'brotli',
    'assets/app-1234abcd.js.gz': 'gzip',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, 'served', name), content);
  symlinkSync(join(root, 'secret.txt'), join(root, 'served', 'linked.txt'));
});
afterAll(() => rmSync(root, { recursive: true }));
beforeAll(() => {
  files = createStaticFiles({ folder: join(root, 'served'), immutable: /^assets\// });
});

describe('files that were built', () => {
  test('a name found in the folder is answered with its type, its tag and how long it may be kept', async () => {
    const page = await files.answer('index.html', wants);
    expect(page).toMatchObject({ status: 200, contentType: 'text/html; charset=utf-8', body: Buffer.from('<p>') });
    expect(page?.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
    const script = await files.answer('assets/app-1234abcd.js', wants, { 'x-more': 'yes' });
    expect(script?.headers).toMatchObject({ 'cache-control': expect.stringContaining('immutable'), 'x-more': 'yes' });
  });

  test.each([
    ['br, gzip', 'br', 'brotli'],
    ['gzip;q=0.5, br;q=0', 'gzip', 'gzip'],
    ['BR', 'br', 'brotli'],
    ['*', undefined, 'whole'],
    ['x-br, deflate', undefined, 'whole'],
    [null, undefined, 'whole'],
  ])('who takes %s gets it as %s', async (acceptEncoding, coding, content) => {
    const answer = await files.answer('assets/app-1234abcd.js', { ...wants, acceptEncoding });
    expect(answer?.headers?.['content-encoding']).toBe(coding);
    expect(String(answer?.body)).toBe(content);
    expect(answer?.contentType).toBe('text/javascript; charset=utf-8');
  });

  test('who has the file already is told so; compressed and whole have tags of their own', async () => {
    const whole = await files.answer('assets/app-1234abcd.js', wants);
    const etag = whole?.headers?.['etag'] ?? '';
    expect(await files.answer('assets/app-1234abcd.js', { ...wants, ifNoneMatch: etag })).toMatchObject({
      status: 304,
      body: '',
      headers: { etag },
    });
    const coded = await files.answer('assets/app-1234abcd.js', { ...wants, acceptEncoding: 'br', ifNoneMatch: etag });
    expect(coded?.status).toBe(200);
  });

  test.each([
    ...['../secret.txt', 'assets/../../secret.txt', './index.html', '/index.html', 'assets', '', '__proto__'],
    ...['notes.md', 'linked.txt', 'assets/app-1234abcd.js.br', 'INDEX.HTML'],
  ])('%s is not a name', async (name) => {
    expect(await files.answer(name, wants)).toBeNull();
  });

  test('a folder that is not there has no files', async () => {
    const none = createStaticFiles({ folder: join(root, 'nowhere'), immutable: /x/ });
    expect([await none.answer('index.html', wants), await none.read('index.html'), await none.names()]).toEqual([
      null,
      null,
      [],
    ]);
  });
});
