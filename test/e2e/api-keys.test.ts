/**
 * The life of an API key as operators and machines meet it, on the shipped program: made narrow at the terminal, used
 * over HTTP, narrowed, replaced, looked after and removed.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type RunningProgram } from './support/program.js';

const installation = createInstallation();
let server: RunningProgram;

beforeAll(async () => {
  const made = await installation.run([
    'service-account',
    'add',
    'nightly',
    '--no-password',
    '--role',
    'administrator',
  ]);
  expect(made).toMatchObject({ code: 0 });
  server = await installation.start();
});

afterAll(async () => {
  expect(await server?.stop()).toBe(0);
  installation.remove();
});

async function status(token: string, path: string): Promise<number> {
  const response = await fetch(`${server.http}${path}`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

async function run<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await installation.run([...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

interface Key {
  readonly id: string;
  readonly token: string;
  readonly expiresAtMs: number;
}

describe('an API key', () => {
  it('is made narrow, narrowed further, replaced, told of before it ends, and removed', async () => {
    const narrow = ['--scope', 'sources.inspect', '--scope', 'audit.read', '--cidr', '127.0.0.1'];
    const old = await run<Key>('api-key', 'add', 'nightly', 'warehouse', ...narrow, '--expires-in', '20d');
    expect(await status(old.token, '/admin/v1/sources')).toBe(200);
    expect(await status(old.token, '/admin/v1/api-keys')).toBe(401);

    await run('api-key', 'narrow', old.id, '--scope', 'sources.inspect');
    expect(await status(old.token, '/admin/v1/sources')).toBe(200);
    expect(await status(old.token, '/admin/v1/expiring')).toBe(403);
    const wider = await installation.run(['api-key', 'narrow', old.id, '--scope', 'audit.read']);
    expect([wider.code, wider.stderr]).toEqual([2, expect.stringContaining('never widened')]);

    const successor = await run<Key>('api-key', 'rotate', old.id, '--overlap', '12h');
    expect(await status(old.token, '/admin/v1/sources')).toBe(200);
    expect(await status(successor.token, '/admin/v1/sources')).toBe(200);
    const shown = await installation.run(['api-key', 'show', old.id]);
    expect(shown.stdout).toContain('retiring');
    expect(shown.stdout).toContain(successor.id);
    expect(shown.stdout).not.toContain(old.token);

    const { items } = await run<{ items: object[] }>('expiring', '--within', '30d');
    expect(items).toEqual([
      expect.objectContaining({ kind: 'api_key', id: old.id, detail: 'retiring', daysLeft: 0, owner: 'nightly' }),
      expect.objectContaining({ kind: 'api_key', id: successor.id, detail: null, daysLeft: 19 }),
    ]);
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    expect(metrics).toContain('latchkey_expiring{kind="api_key",within="30d"} 2');
    expect(metrics).toContain('latchkey_expiring{kind="certificate",within="30d"} 0');

    await run('api-key', 'remove', old.id);
    expect(await status(old.token, '/admin/v1/sources')).toBe(401);
    expect(await status(successor.token, '/admin/v1/sources')).toBe(200);
  });

  it('is refused from addresses it is not for', async () => {
    const { token } = await run<Key>('api-key', 'add', 'nightly', 'elsewhere', '--cidr', '192.0.2.0/24');
    expect(await status(token, '/admin/v1/sources')).toBe(401);
    const { events } = await run<{ events: { reason: string | null }[] }>('audit', 'list', '--limit', '20');
    expect(events.map(({ reason }) => reason)).toContain('address_not_allowed');
  });
});
