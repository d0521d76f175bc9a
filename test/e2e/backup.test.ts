/**
 * Backups of the shipped program: made while it serves, put back on another machine, and nothing that was issued before
 * is worth anything then. Sessions as the terminal shows and ends them.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresUrl, shared } from '../servers/index.js';
import { createInstallation, type Installation, type RunningProgram } from './support/program.js';

/** Some tests run ten commands, each a process of its own. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const password = 'quiet river stone bridge lantern';
const one = createInstallation({ LATCHKEY_HTTPS_PORT: 'off' });
const other = createInstallation({ LATCHKEY_HTTPS_PORT: 'off' });
const backup = join(one.dataDir, '..', 'backup.db');
let server: RunningProgram;

beforeAll(async () => {
  for (const [name, ...more] of [['ada', '--role', 'administrator'], ['bob']]) {
    const made = await one.run(['user', 'add', String(name), ...more, '--password-stdin'], { stdin: password });
    expect(made, made.stderr).toMatchObject({ code: 0 });
  }
  server = await one.start();
});
afterAll(async () => {
  await server?.stop();
  one.remove();
  other.remove();
});

async function json<T>(installation: Installation, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await installation.run([...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

async function login({ http }: RunningProgram, username: string): Promise<string> {
  const answer = await fetch(`${http}/user/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { Token: string }).Token;
}

async function works({ http }: RunningProgram, token: string): Promise<boolean> {
  const answer = await fetch(`${http}/verify`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  expect([200, 401]).toContain(answer.status);
  return answer.status === 200;
}

interface Listed {
  readonly sessions: readonly { readonly id: string; readonly username: string; readonly address: string | null }[];
}

describe('sessions at the terminal', () => {
  it('are listed, without tokens, and ended one by one', async () => {
    const [first, second] = [await login(server, 'ada'), await login(server, 'bob')];
    const listed = await one.run(['session', 'list', '--json']);
    const { sessions } = JSON.parse(listed.stdout) as Listed;
    expect(sessions.map(({ username, address }) => [username, address])).toEqual([
      ['bob', '127.0.0.1'],
      ['ada', '127.0.0.1'],
    ]);
    for (const token of [first, second]) expect(listed.stdout).not.toContain(token.split('.')[2]);
    const table = await one.run(['session', 'list', '--user', 'ada']);
    expect(table.stdout).toMatch(/^ID +USER/);
    expect(table.stdout).not.toContain('bob');
    const bobs = sessions.find(({ username }) => username === 'bob')?.id ?? '';
    expect((await one.run(['session', 'revoke', bobs])).code).toBe(0);
    expect([await works(server, first), await works(server, second)]).toEqual([true, false]);
    expect((await one.run(['session', 'revoke', bobs])).code).toBe(1);
    expect((await json<Listed>(one, 'session', 'list', '--user', 'bob')).sessions).toEqual([]);
    expect((await json<Listed>(one, 'session', 'list', '--user', 'bob', '--ended')).sessions).toHaveLength(1);
  });

  it('of a user, an organisation and everybody end at once, keys where that is said', async () => {
    const key = await json<{ token: string }>(one, 'api-key', 'add', 'bob', 'k');
    const state = async (tokens: string[]) => Promise.all(tokens.map((token) => works(server, token)));
    let [adas, bobs] = [await login(server, 'ada'), await login(server, 'bob')];
    expect(await json(one, 'session', 'revoke', '--user', 'bob')).toEqual({ sessions: 1, apiKeys: 0 });
    expect(await state([adas, bobs, key.token])).toEqual([true, false, true]);
    bobs = await login(server, 'bob');
    await json(one, 'session', 'revoke', '--organisation', 'main', '--include-api-keys');
    expect(await state([adas, bobs, key.token])).toEqual([false, false, false]);
    adas = await login(server, 'ada');
    const unsaid = await one.run(['session', 'revoke', '--all']);
    expect([unsaid.code, unsaid.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(await state([adas])).toEqual([true]);
    await json(one, 'session', 'revoke', '--all', '--yes');
    expect(await state([adas])).toEqual([false]);
  });

  it.each([
    [['session', 'revoke'], 2],
    [['session', 'revoke', 'x', '--user', 'ada'], 2],
    [['session', 'revoke', 'x', '--include-api-keys'], 2],
    [['session', 'revoke', '--user', 'stranger'], 1],
    [['session', 'revoke', '--organisation', 'none'], 1],
    [['session', 'revoke', '00000000-0000-4000-8000-000000000000'], 1],
    [['session', 'list', '--family', 'saml'], 2],
  ])('%j ends with %i', async (args, code) => {
    expect((await one.run(args)).code).toBe(code);
  });
});

describe('a backup', () => {
  it('is made while the service works, is private, and does not hold the master key', async () => {
    const made = await one.run(['backup', '--to', backup]);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.stderr).toContain('The master key is not in it');
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const key = readFileSync(join(one.dataDir, 'master.key'), 'utf8').trim();
    const bytes = readFileSync(backup);
    for (const form of [Buffer.from(key), Buffer.from(key, 'base64'), Buffer.from(password)]) {
      expect(bytes.includes(form)).toBe(false);
    }
    expect((await one.run(['backup', '--to', backup])).code).toBe(1);
    expect((await one.run(['backup', '--to', join(one.dataDir, 'master.key'), '--force'])).code).toBe(1);
    expect(readFileSync(join(one.dataDir, 'master.key'), 'utf8').trim()).toBe(key);
    expect((await one.run(['backup'])).code).toBe(2);
    expect(await json(one, 'backup', '--to', backup, '--force')).toMatchObject({ file: backup, holdsMasterKey: false });
    const events = await json<{ events: { name: string }[] }>(one, 'audit', 'list', '--limit', '1');
    expect(events.events.map(({ name }) => name)).toEqual(['store.backed_up']);
  });
});

describe('a restore', () => {
  it('is refused while the service runs, and changes nothing', async () => {
    const refused = await one.run(['restore', '--from', backup]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('stop the service')]);
    expect(await works(server, await login(server, 'ada'))).toBe(true);
  });

  it('brings back what was revoked meanwhile to nobody: not the sessions, not the keys', async () => {
    const token = await login(server, 'ada');
    const key = await json<{ id: string; token: string }>(one, 'api-key', 'add', 'bob', 'k');
    await json(one, 'backup', '--to', backup, '--force');
    await json(one, 'api-key', 'remove', key.id);
    const later = await login(server, 'ada');
    await one.run(['user', 'add', 'late', '--no-password']);
    await server.stop();

    const restored = await json<{ kept: string; revoked: object }>(one, 'restore', '--from', backup);
    expect(restored.revoked).toEqual({ sessions: expect.any(Number), apiKeys: 1 });
    expect(existsSync(restored.kept)).toBe(true);
    server = await one.start();
    for (const old of [token, key.token, later]) expect(await works(server, old)).toBe(false);
    expect(await works(server, await login(server, 'ada'))).toBe(true);
    expect((await one.run(['user', 'show', 'late'])).code).toBe(1);
    expect((await one.run(['audit', 'verify'])).code).toBe(0);
    const { events } = await json<{ events: { name: string; reason: string | null }[] }>(one, 'audit', 'list');
    expect(events.map(({ name }) => name)).toContain('store.restored');
    expect(events.find(({ name }) => name === 'credentials.revoked')?.reason).toBe('restored');
  });

  it('works on a clean machine once it has the master key, and not before', async () => {
    const key = await json<{ token: string }>(one, 'api-key', 'add', 'bob', 'k2');
    const token = await login(server, 'bob');
    await json(one, 'backup', '--to', backup, '--force');
    const without = await other.run(['restore', '--from', backup]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('master key')]);
    expect(existsSync(join(other.dataDir, 'master.key'))).toBe(false);

    mkdirSync(other.dataDir, { recursive: true });
    writeFileSync(join(other.dataDir, 'master.key'), `${Buffer.alloc(32, 1).toString('base64')}\n`, { mode: 0o600 });
    const wrong = await other.run(['restore', '--from', backup]);
    expect(wrong.code).not.toBe(0);
    expect(readdirSync(other.dataDir)).toEqual(['master.key']);

    copyFileSync(join(one.dataDir, 'master.key'), join(other.dataDir, 'master.key'));
    expect(await json(other, 'restore', '--from', backup)).toMatchObject({ kept: null, revoked: { apiKeys: 1 } });
    const there = await other.start();
    for (const old of [token, key.token]) expect(await works(there, old)).toBe(false);
    expect(await works(there, await login(there, 'bob'))).toBe(true);
    expect(await there.stop()).toBe(0);
  });

  it('asks for exactly one of the two ways, and may be told after the fact', async () => {
    expect((await one.run(['restore'])).code).toBe(2);
    expect((await one.run(['restore', '--from', backup, '--mark-restored'])).code).toBe(2);
    const token = await login(server, 'ada');
    expect(await json(one, 'restore', '--mark-restored')).toMatchObject({ revoked: { sessions: expect.any(Number) } });
    expect(await works(server, token)).toBe(false);
  });
});

describeWith('postgres', 'a store on PostgreSQL', () => {
  it('says who makes its backups, and takes the word that one was put back', async () => {
    const server = shared('postgres');
    const database = await createPostgresDatabase(server);
    const many = createInstallation({ LATCHKEY_STORE_URL: postgresUrl(server, database) });
    try {
      const refused = await many.run(['backup', '--to', backup]);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('pg_dump')]);
      const from = await many.run(['restore', '--from', backup]);
      expect([from.code, from.stderr]).toEqual([2, expect.stringContaining('--mark-restored')]);
      expect(await json(many, 'restore', '--mark-restored')).toMatchObject({ revoked: { sessions: 0, apiKeys: 0 } });
    } finally {
      many.remove();
      await dropPostgresDatabase(server, database);
    }
  });
});
