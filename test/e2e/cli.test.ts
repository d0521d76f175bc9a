/**
 * The command line as a user meets it: help, exit codes, `--json`, and secrets that never come from an argument.
 *
 * @module
 */
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/index.js';
import { createPostgresDatabase, describeWith, shared } from '../servers/index.js';
import { createInstallation } from './support/program.js';

const one = createInstallation();

afterAll(() => one.remove());

function leaves(command: Command, path: readonly string[] = []): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((verb) => leaves(verb, [...path, verb.name()]));
}

describe('every command', () => {
  const all = leaves(createProgram('0.0.0'));

  it.each(all.map(({ path, command }) => [path.join(' '), command] as const))(
    '%s has help with one example',
    (path, command) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) });
      command.outputHelp();
      expect(help).toContain('Example:');
      expect(help).toContain(`latchkey ${path}`);
      expect(help).toContain('--json');
      expect(help).not.toMatch(/--(password|secret|token)[ =]</);
    },
  );

  it('answers wrong use with exit code 2 and says where help is', async () => {
    for (const args of [['nonsense'], ['user', 'add'], ['user', 'add', 'x', '--kind', 'robot'], ['source', 'test']]) {
      const refused = await one.run(args);
      expect(refused.code, args.join(' ')).toBe(2);
      expect(refused.stderr).toContain('--help');
      expect(refused.stdout).toBe('');
    }
  });
});

describe('secrets', () => {
  it('come from standard input or the environment, and their absence is explained', async () => {
    const absent = await one.run(['user', 'add', 'nobody']);
    expect(absent.code).toBe(2);
    expect(absent.stderr).toContain('--password-stdin');
    const fromEnvironment = await one.run(['user', 'add', 'grace'], {
      environment: { LATCHKEY_PASSWORD: 'quiet river stone bridge lantern' },
    });
    expect(fromEnvironment.code).toBe(0);
    const weak = await one.run(['user', 'add', 'eve', '--password-stdin', '--json'], { stdin: 'password' });
    expect(weak.code).toBe(2);
    expect(JSON.parse(weak.stderr)).toMatchObject({ error: { code: 'identity.password_rejected' } });
  });
});

describe('accounts and keys', () => {
  it('are made, listed, shown, changed and removed, for people and for machines', async () => {
    const add = await one.run(['service-account', 'add', 'nightly', '--no-password', '--json']);
    expect(JSON.parse(add.stdout)).toMatchObject({
      username: 'nightly',
      kind: 'service',
      organisation: 'main',
      roles: ['member'],
    });
    const key = await one.run(['api-key', 'add', 'nightly', 'warehouse', '--json']);
    const { id, token } = JSON.parse(key.stdout) as { id: string; token: string };
    expect(token).toMatch(/^lk_/);
    const listed = await one.run(['api-key', 'list', 'nightly']);
    expect(listed.stdout).toContain('warehouse');
    expect(listed.stdout).not.toContain(token);
    expect((await one.run(['api-key', 'remove', id])).code).toBe(0);
    expect((await one.run(['api-key', 'remove', id])).code).toBe(1);
    const set = await one.run([
      'user',
      'set',
      'grace',
      '--email',
      'grace@example.com',
      '--add-role',
      'administrator',
      '--json',
    ]);
    expect(JSON.parse(set.stdout)).toMatchObject({
      email: 'grace@example.com',
      roles: expect.arrayContaining(['administrator']),
    });
    expect((await one.run(['user', 'show', 'GRACE'])).stdout).toContain('grace@example.com');
    const wrongKind = await one.run(['service-account', 'remove', 'grace']);
    expect(wrongKind.code).toBe(1);
    expect((await one.run(['user', 'show', 'grace'])).code).toBe(0);
    expect((await one.run(['service-account', 'remove', 'nightly'])).code).toBe(0);
    const gone = await one.run(['user', 'show', 'nightly', '--json']);
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.stderr)).toMatchObject({ error: { code: 'identity.user_not_found' } });
    const organisations = await one.run(['org', 'list', '--json']);
    expect(JSON.parse(organisations.stdout)).toMatchObject({ organisations: [{ uid: 'main' }] });
  });
});

describe('settings', () => {
  it('are shown with where they came from, without secrets', async () => {
    const environment = { LATCHKEY_MASTER_KEY: Buffer.alloc(32, 5).toString('base64') };
    const shown = await one.run(['config', 'show', '--json'], { environment });
    expect(shown.code).toBe(0);
    const { settings } = JSON.parse(shown.stdout) as { settings: { name: string; value: unknown; origin: string }[] };
    expect(settings.find(({ name }) => name === 'masterKey')).toMatchObject({
      value: '[redacted]',
      origin: 'environment',
    });
    expect(settings.find(({ name }) => name === 'workflows.access')).toMatchObject({
      value: 'loopback',
      origin: 'default',
    });
    expect(shown.stdout).not.toContain(environment.LATCHKEY_MASTER_KEY);
  });

  it('are checked down to the entries of the list of targets', async () => {
    expect((await one.run(['config', 'check'])).code).toBe(0);
    const bad = await one.run(['config', 'check'], {
      environment: { LATCHKEY_TARGETS_ALLOW: 'db.internal,10.0.0.0/99' },
    });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('targets.allow');
  });
});

describe('source test of an engine by name', () => {
  it.each(['postgres', 'mysql', 'mariadb'])('takes %s', async (engine) => {
    const target = ['--engine', engine, '--port', '1', '--user', 'x', '--database', 'y', '--password-stdin'];
    const refused = await one.run(['source', 'test', ...target, '--json'], { stdin: 'z' });
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ failure: { stage: 'tcp', reason: 'TCP_REFUSED' } });
  });
});

describeWith('postgres', 'source test', () => {
  let database = '';
  beforeAll(async () => {
    database = await createPostgresDatabase(shared('postgres'));
  });

  function test(password: string, ...more: string[]) {
    const { port, superuser } = shared('postgres');
    const target = ['--host', '127.0.0.1', '--port', String(port), '--user', superuser, '--database', database];
    return one.run(['source', 'test', '--engine', 'postgres', ...target, '--password-stdin', ...more], {
      stdin: password,
    });
  }

  it('ends with 0 when the database lets us in', async () => {
    const passed = await test(shared('postgres').password);
    expect(passed.stderr).toBe('');
    expect(passed.code).toBe(0);
    expect(passed.stdout).toContain(`The test passed: PostgreSQL ${shared('postgres').version}`);
  });

  it('ends with 1 and says the stage, the reason, who mends it and how', async () => {
    const failed = await test('not the password');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('The test failed at authenticate: AUTH_INVALID_CREDENTIALS.');
    expect(failed.stdout).toMatch(/Fix \(user\): .+\./);
    const json = await test('not the password', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      outcome: 'failed',
      failure: { stage: 'authenticate', audience: 'user' },
    });
    expect(json.stdout + failed.stdout).not.toContain('not the password');
  });

  it('ends with 2 when the target makes no sense', async () => {
    const wrong = await one.run(
      [
        'source',
        'test',
        '--host',
        '2130706433',
        '--port',
        '5432',
        '--user',
        'x',
        '--database',
        'y',
        '--password-stdin',
      ],
      { stdin: 'z' },
    );
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('host');
  });
});
