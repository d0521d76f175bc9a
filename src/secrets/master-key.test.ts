import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { loadMasterKey, parseMasterKey } from './master-key.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-key-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const load = (file = join(folder, 'master.key')) => loadMasterKey({ file, randomBytes, isSealed: async () => false });
const refusal = (error: unknown) => (error as { code?: unknown }).code;
const hex = (key: Secret<Uint8Array>) => Buffer.from(key.reveal()).toString('hex');

function write(text: string | Buffer, mode = 0o600): void {
  writeFileSync(join(folder, 'master.key'), text);
  chmodSync(join(folder, 'master.key'), mode);
}

describe('the master key file', () => {
  test('is made once, for its owner alone, and found again', async () => {
    const made = await load();
    expect(made.isNew).toBe(true);
    expect(made.key.reveal()).toHaveLength(32);
    expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'master.key'), 'latin1')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    const found = await load();
    expect(found.isNew).toBe(false);
    expect(hex(found.key)).toBe(hex(made.key));
    expect(readdirSync(folder)).toEqual(['master.key']);
  });

  test('is not made where something is sealed under another, or where that is not known', async () => {
    const file = join(folder, 'master.key');
    const sealed = loadMasterKey({ file, randomBytes, isSealed: async () => true });
    expect(await sealed.catch(refusal)).toBe('secrets.master_key_missing');
    const unknown = loadMasterKey({ file, randomBytes, isSealed: () => Promise.reject(new TypeError('no store')) });
    await expect(unknown).rejects.toThrow('no store');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is taken where another first start made it, and sealed under it, meanwhile', async () => {
    const key = randomBytes(32);
    const isSealed = async () => {
      write(`${key.toString('base64')}\n`);
      return true;
    };
    const found = await loadMasterKey({ file: join(folder, 'master.key'), randomBytes, isSealed });
    expect([found.isNew, hex(found.key)]).toEqual([false, key.toString('hex')]);
  });

  test('of first starts at once, one makes it and all get the same', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => load()));
    expect(new Set(all.map(({ key }) => hex(key))).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['master.key']);
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o620, 0o601])('is refused when its mode is %o', async (mode) => {
    write(`${randomBytes(32).toString('base64')}\n`, mode);
    expect(await load().catch(refusal)).toBe('secrets.master_key_exposed');
  });

  test.each([
    ['nothing', ''],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['64 bytes', randomBytes(64).toString('base64')],
    ['raw bytes', randomBytes(32)],
    ['hex', randomBytes(32).toString('hex')],
    ['base64url without padding', randomBytes(32).toString('base64url')],
    ['spare bits that are not zero', `${'A'.repeat(42)}B=`],
    ['two lines', `${Buffer.alloc(32).toString('base64')}\n\n`],
    ['a space before', ` ${Buffer.alloc(32).toString('base64')}`],
    ['something after', `${Buffer.alloc(32).toString('base64')}\nmore`],
    ['a large file', 'A'.repeat(100_000)],
  ])('is refused when it holds %s', async (_name, text) => {
    write(text);
    expect(await load().catch(refusal)).toBe('secrets.master_key_invalid');
  });

  test.each(['', '\n', '\r\n'])('may end its line with %j', async (end) => {
    const key = randomBytes(32);
    write(`${key.toString('base64')}${end}`, 0o400);
    expect(hex((await load()).key)).toBe(key.toString('hex'));
  });

  test('is refused when it is a folder or a device', async () => {
    mkdirSync(join(folder, 'sub'), { mode: 0o700 });
    symlinkSync('/dev/null', join(folder, 'null'));
    expect(await load(join(folder, 'sub')).catch(refusal)).toBe('secrets.master_key_exposed');
    expect(await load(join(folder, 'null')).catch(refusal)).toBe('secrets.master_key_exposed');
  });

  test('cannot be made where there is no folder', async () => {
    expect(await load(join(folder, 'missing/master.key')).catch(refusal)).toBe('secrets.master_key_unreadable');
  });
});

test('a master key in a setting is read like one in a file', () => {
  const key = randomBytes(32);
  expect(hex(parseMasterKey(new Secret(key.toString('base64'))))).toBe(key.toString('hex'));
  expect(() => parseMasterKey(new Secret(`${key.toString('base64')}\n`))).toThrow(
    expect.objectContaining({ code: 'secrets.master_key_invalid' }),
  );
});
