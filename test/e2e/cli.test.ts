/**
 * The command line as a user meets it: help, exit codes, `--json`, and secrets that never come from an argument.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/index.js';
import { createPostgresDatabase, describeWith, shared } from '../servers/index.js';
import { createInstallation } from './support/program.js';

const one = createInstallation();
const mainFile = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

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

  it('guesses what was meant, and tells it in one document with --json', async () => {
    const verb = await one.run(['user', 'lst']);
    expect([verb.code, verb.stderr]).toEqual([2, expect.stringContaining('Did you mean list?')]);
    const option = await one.run(['user', 'list', '--limt', '3', '--json']);
    expect(option.code).toBe(2);
    expect(JSON.parse(option.stderr)).toEqual({
      error: {
        ...{ code: 'cli.wrong_use', message: "unknown option '--limt'", field: null },
        fix: 'Did you mean --limit?',
      },
    });
  });

  it('ends in silence when its reader has seen enough, and not when the disk is full', () => {
    const inShell = (command: string) =>
      spawnSync('bash', ['-c', command, '-', process.execPath, mainFile], { env: one.environment, encoding: 'utf8' });
    const piped = inShell('"$1" "$2" completion zsh | head -c 9; echo " $PIPESTATUS"');
    expect(piped).toMatchObject({ stdout: '#compdef  0\n', stderr: '' });
    const full = inShell('"$1" "$2" config show > /dev/full; echo $?');
    expect(full.stdout).toBe('3\n');
    expect(full.stderr).toMatch(/^[^\n]+\n$/);
  });
});

/** On a terminal of its own, of 60 columns: `script` of util-linux makes one. */
async function onTerminal(
  command: string,
  answers: readonly { readonly to: string; readonly typed: string }[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const child = spawn('script', ['-qec', `stty cols 60 rows 24; exec "$NODE" "$MAIN" ${command}`, '/dev/null'], {
    env: { ...one.environment, TERM: 'xterm', NODE: process.execPath, MAIN: mainFile, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const left = [...answers];
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [next] = left;
    if (next === undefined || !screen.includes(next.to)) return;
    left.shift();
    child.stdin.write(next.typed);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end();
  expect(left).toEqual([]);
  return { code, screen };
}

describe.skipIf(spawnSync('script', ['--version']).status !== 0)(
  'a terminal, where there is script to make one',
  () => {
    it('is asked for the name of what goes; another name, a no and Ctrl-C change nothing', async () => {
      await one.run([
        'user',
        'add',
        'somebody-with-quite-a-long-name',
        '--no-password',
        '--email',
        'nobody@example.com',
      ]);
      const remove = 'user remove somebody-with-quite-a-long-name';
      const wrong = await onTerminal(remove, [{ to: 'to go on', typed: 'somebody\r' }]);
      expect([wrong.code, wrong.screen]).toEqual([1, expect.stringContaining('Nothing was done')]);
      const left = await onTerminal(remove, [{ to: 'to go on', typed: '\u0003' }]);
      expect([left.code, left.screen]).toEqual([130, expect.stringContaining('Cancelled')]);
      // The cursor is shown again.
      expect(left.screen.lastIndexOf('\u001b[?25h')).toBeGreaterThan(left.screen.lastIndexOf('\u001b[?25l'));
      const list = await onTerminal('user list', [], { NO_COLOR: '1' });
      expect(list.screen).not.toContain('\u001b');
      expect(list.screen).toContain('…');
      for (const line of list.screen.split('\r\n')) expect(line.length).toBeLessThanOrEqual(60);
      const right = await onTerminal(remove, [{ to: 'to go on', typed: 'somebody-with-quite-a-long-name\r' }]);
      expect([right.code, right.screen]).toEqual([0, expect.stringContaining('is removed')]);
    });
  },
);

describe('migrate', () => {
  it('tells what is pending without making anything, applies it once, and knows when that was', async () => {
    const fresh = createInstallation();
    const ask = async (...args: string[]) => JSON.parse((await fresh.run(['migrate', ...args, '--json'])).stdout);
    const before = (await ask('--dry-run')) as { pending: string[] };
    expect(before.pending[0]).toBe('0001-init');
    expect(existsSync(fresh.dataDir)).toBe(false);
    expect(await ask()).toEqual({ applied: before.pending, version: before.pending.at(-1) });
    const after = await ask('--dry-run');
    expect(after).toMatchObject({ pending: [] });
    const times = (after as { migrations: { appliedAtMs: unknown }[] }).migrations.map((row) => row.appliedAtMs);
    expect(times).toEqual(before.pending.map(() => expect.any(Number)));
    fresh.remove();
  });
});

describe('audit export', () => {
  it('writes every event as one line, into a file for its owner or to standard output', async () => {
    const out = join(one.dataDir, '..', 'trail.ndjson');
    const exported = await one.run(['audit', 'export', '--out', out, '--json']);
    const { events } = JSON.parse(exported.stdout) as { events: number };
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(events);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ chain: 0, seq: 1, name: expect.any(String) });
    expect((await one.run(['audit', 'export', '--out', out])).code).toBe(1);
    const narrowed = await one.run(['audit', 'export', '--event', 'user.removed', '--since', '1h']);
    for (const line of narrowed.stdout.trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ name: 'user.removed' });
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
    const change = ['--email', 'grace@example.com', '--add-role', 'administrator'];
    const set = await one.run(['user', 'set', 'GRACE', ...change, '--json']);
    expect(JSON.parse(set.stdout)).toMatchObject({
      email: 'grace@example.com',
      roles: expect.arrayContaining(['administrator']),
    });
    const wrongKind = await one.run(['service-account', 'remove', 'grace']);
    expect(wrongKind.code).toBe(1);
    expect((await one.run(['service-account', 'remove', 'nightly'])).code).toBe(0);
    const left = await one.run(['user', 'list', '--json']);
    expect(JSON.parse(left.stdout)).toMatchObject({ users: [{ username: 'grace', organisation: 'main' }] });
    const gone = await one.run(['user', 'show', 'nightly', '--json']);
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.stderr)).toEqual({
      error: { code: 'identity.user_not_found', message: 'There is no such user.', field: null, fix: null },
    });
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
