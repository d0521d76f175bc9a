import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { type CredentialLaw, createCredentialFinder } from './credential-references.js';

let folder: string;
let root: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-references-'));
  root = join(folder, 'secrets');
  data = join(folder, 'data');
  mkdirSync(root);
  mkdirSync(data);
});
afterEach(() => rmSync(folder, { recursive: true }));

const variables = new Map([
  ['PG_PASSWORD', 'from the environment'],
  ['PG_OTHER', 'another'],
  ['LATCHKEY_MASTER_KEY', 'never'],
  ['HOME', '/somewhere'],
]);

function finder(law: Partial<CredentialLaw> = {}) {
  return createCredentialFinder({
    variables: [],
    roots: [root],
    isAnyAllowed: () => false,
    ownFolders: [data],
    ownFiles: [],
    readVariable: (name) => {
      const value = variables.get(name);
      return value === undefined ? null : new Secret(value);
    },
    ...law,
  });
}

/** What was found in plain text, or why nothing was. */
async function variable(name: string, law: Partial<CredentialLaw>): Promise<string> {
  const found = await finder(law).find({ kind: 'env', name });
  expect(finder(law).isAllowed({ kind: 'env', name })).toBe(found.ok);
  return found.ok ? found.secret.reveal() : found.reason;
}
async function file(path: string, law: Partial<CredentialLaw> = {}): Promise<string> {
  const found = await finder(law).find({ kind: 'file', path });
  return found.ok ? found.secret.reveal() : found.reason;
}
const place = (name: string, content: string | Uint8Array = 'secret', where = root): string => {
  const path = join(where, name);
  writeFileSync(path, content);
  return path;
};
const unresolved = 'CREDENTIAL_REF_UNRESOLVED';

describe('a variable', () => {
  test('without a list may be any but our own, while nobody else is served', async () => {
    const law = { isAnyAllowed: () => true };
    expect(await variable('PG_PASSWORD', law)).toBe('from the environment');
    expect(await variable('LATCHKEY_MASTER_KEY', law)).toBe(unresolved);
    expect(await variable('PG_PASSWORD', { isAnyAllowed: () => false })).toBe(unresolved);
  });

  test('with a list must be on it, as a name or by its beginning, and never be our own', async () => {
    const listed = { variables: ['PG_PASSWORD', 'L*'], isAnyAllowed: () => true };
    expect(await variable('PG_PASSWORD', listed)).toBe('from the environment');
    expect(await variable('HOME', listed)).toBe(unresolved);
    expect(await variable('LATCHKEY_MASTER_KEY', listed)).toBe(unresolved);
    expect(await variable('PG_OTHER', { variables: ['PG_*'] })).toBe('another');
  });

  test('that is not there is unresolved', async () => {
    const found = await finder({ variables: ['PG_*'] }).find({ kind: 'env', name: 'PG_NOTHING' });
    expect(found).toEqual({ ok: false, reason: unresolved });
  });
});

describe('a file', () => {
  test.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' päss \t', ' päss \t'],
    ['a\nb\n', 'a\nb'],
  ])('%j holds the secret %j', async (content, secret) => {
    expect(await file(place('pg', content))).toBe(secret);
  });

  test('says when it was changed', async () => {
    const path = place('pg');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect(await finder().find({ kind: 'file', path })).toMatchObject({ ok: true, changedAtMs: 1_700_000_000_000 });
  });

  test.each<[string, string | Uint8Array]>([
    ['is empty', ''],
    ['is one line break', '\n'],
    ['is larger than 64 KiB', 'x'.repeat(65_537)],
    ['is no UTF-8', Uint8Array.of(0xff, 0xfe, 0x41)],
    ['holds NUL', 'a\0b'],
  ])('that %s is unresolved', async (_, content) => {
    expect(await file(place('pg', content))).toBe(unresolved);
  });

  test('of exactly 64 KiB is read', async () => {
    expect(await file(place('pg', 'x'.repeat(65_536)))).toHaveLength(65_536);
  });

  test('that is not there is unresolved', async () => {
    expect(await file(join(root, 'nothing'))).toBe(unresolved);
    expect(await file(join(place('pg'), 'below'))).toBe(unresolved);
  });

  test('that is a folder or a pipe is unresolved, and nobody waits for the other end', async () => {
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await file(pipe)).toBe(unresolved);
    mkdirSync(join(root, 'folder'));
    expect(await file(join(root, 'folder'))).toBe(unresolved);
  });

  test('outside the roots is unresolved like one that is not there, however it is spelt', async () => {
    const outside = place('pg', 'secret', folder);
    for (const path of [outside, `${root}/../pg`, `${root}-more/pg`, root, 'secrets/pg', `${root}//pg`, '']) {
      expect(await file(path)).toBe(unresolved);
      expect(finder().isAllowed({ kind: 'file', path })).toBe(false);
    }
    expect(finder().isAllowed({ kind: 'file', path: join(root, 'pg') })).toBe(true);
  });

  test('behind a link is judged by where it leads', async () => {
    place('pg', 'outside', folder);
    symlinkSync(join(folder, 'pg'), join(root, 'out'));
    symlinkSync(folder, join(root, 'up'));
    expect(await file(join(root, 'out'))).toBe(unresolved);
    expect(await file(join(root, 'up', 'pg'))).toBe(unresolved);
    // As orchestrators mount them: a link to a folder beside it that is exchanged as a whole.
    mkdirSync(join(root, '..data-1'));
    place('pg', 'inside', join(root, '..data-1'));
    symlinkSync('..data-1', join(root, '..data'));
    symlinkSync(join('..data', 'pg'), join(root, 'in'));
    expect(await file(join(root, 'in'))).toBe('inside');
  });

  test('below a root that is itself a link is found', async () => {
    place('pg');
    const alias = join(folder, 'alias');
    symlinkSync(root, alias);
    expect(await file(join(alias, 'pg'), { roots: [alias] })).toBe('secret');
    expect(await file(join(alias, 'pg'), { roots: [`${alias}/`] })).toBe('secret');
  });

  test('of our own is never found: not in our folder, not by a link, not by another name', async () => {
    const own = place('master.key', 'our own', data);
    const law = { roots: [folder], isAnyAllowed: () => true };
    symlinkSync(own, join(root, 'link'));
    expect(await file(own, law)).toBe(unresolved);
    expect(await file(join(root, 'link'), law)).toBe(unresolved);
    expect(await file(own, { ...law, roots: [] })).toBe(unresolved);
    const elsewhere = place('elsewhere.key', 'our own', folder);
    linkSync(elsewhere, join(root, 'hard'));
    expect(await file(join(root, 'hard'), { ...law, ownFiles: [elsewhere, join(folder, 'not-there')] })).toBe(
      unresolved,
    );
    expect(await file(join(root, 'hard'), law)).toBe('our own');
  });

  test('of the kernel is never found: one of them is our environment', async () => {
    const law = { roots: [], isAnyAllowed: () => true };
    symlinkSync('/proc/self/environ', join(root, 'environ'));
    for (const path of ['/proc/self/environ', join(root, 'environ'), '/dev/stdin', '/sys/kernel/uevent_seqnum']) {
      expect(await file(path, law)).toBe(unresolved);
      expect(await file(path, { roots: ['/'] })).toBe(unresolved);
    }
    expect(await file(place('pg'), law)).toBe('secret');
    expect(await file(place('pg'), { roots: ['/'] })).toBe('secret');
  });

  test('without a list is found only while nobody else is served', async () => {
    expect(await file(place('pg'), { roots: [], isAnyAllowed: () => true })).toBe('secret');
    expect(await file(place('pg'), { roots: [], isAnyAllowed: () => false })).toBe(unresolved);
  });

  test('that we may not read is a store that is not available', async () => {
    const path = place('pg');
    chmodSync(path, 0o000);
    chmodSync(folder, 0o755);
    const isRoot = process.geteuid?.() === 0;
    try {
      if (isRoot) process.seteuid?.(65_534);
      expect(await file(path)).toBe('SECRET_STORE_UNAVAILABLE');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test('many at once are all found', async () => {
    const paths = Array.from({ length: 40 }, (_, index) => place(`pg-${index}`, `secret-${index}`));
    const finds = finder();
    const found = await Promise.all(paths.map((path) => finds.find({ kind: 'file', path })));
    expect(found.map((one) => (one.ok ? one.secret.reveal() : one.reason))).toEqual(
      paths.map((_, index) => `secret-${index}`),
    );
  });
});
