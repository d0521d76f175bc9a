/**
 * The example of every command, run as it stands in the help against an installation with the sample database, with
 * `--json` behind it: each answers with one document.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { App } from '../app.js';
import { loadConfig } from '../config/index.js';
import { createProgram, run } from './program.js';
import { openHouse } from './session.js';

/**
 * Opening and closing the house is most of what a short command takes: here it stays open from one to the next. What
 * works on another store, or needs this one alone, opens and closes it as ever.
 */
const house = vi.hoisted(() => ({ isKept: true, kept: null as { app: App; storeUrl: string | null } | null }));
vi.mock('../app.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../app.js')>();
  const openApp: typeof original.openApp = async (config, options) => {
    if (house.kept?.storeUrl === config.storeUrl) return { ...house.kept.app, close: () => Promise.resolve() };
    const app = await original.openApp(config, options);
    if (!house.isKept || house.kept !== null) return app;
    house.kept = { app, storeUrl: config.storeUrl };
    return { ...app, close: () => Promise.resolve() };
  };
  return { ...original, openApp };
});

async function closeHouse(): Promise<void> {
  const { kept } = house;
  Object.assign(house, { isKept: false, kept: null });
  await kept?.app.close();
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-examples-'));
const password = 'quiet river stone bridge lantern';

/** Verbs in an order in which each finds what it speaks of. */
const order = [
  ...['admin create', 'user show', 'user set', 'user list', 'user passwd', 'user disable', 'user enable'],
  ...['role add', 'role list', 'role show', 'role set'],
  ...['service-account add', 'service-account list', 'service-account show', 'service-account set'],
  ...['service-account passwd', 'service-account disable', 'service-account enable'],
  ...['api-key add', 'api-key list', 'api-key show', 'api-key narrow', 'api-key rotate', 'api-key remove'],
  ...['source list', 'source show', 'source set', 'source test', 'source preflight', 'source metadata'],
  ...['source snapshot', 'source diff', 'source query', 'dataset add', 'dataset list', 'dataset show'],
  ...[
    'dataset set',
    'dataset rename',
    'grant add',
    'grant list',
    'grant show',
    'grant set',
    'grant explain',
    'grant remove',
  ],
  ...['dataset remove', 'source remove', 'session list', 'session revoke', 'expiring', 'keys list', 'keys rotate'],
  ...[
    'role remove',
    'service-account remove',
    'user remove',
    'user add',
    'org add',
    'org list',
    'org show',
    'org remove',
  ],
  ...['audit list', 'audit verify', 'audit export', 'config show', 'config check', 'doctor', 'completion', 'openapi'],
  ...['backup', 'restore', 'migrate'],
];
/** These need another database, or go on until they are stopped. */
const outside = ['serve', 'demo', 'source add'];
/** Whose answer may be no. */
const mayBeNo = ['doctor', 'grant explain'];

const commands = leaves(createProgram('0.0.0'));

function leaves(command: Command, path: readonly string[] = []): Map<string, Command> {
  if (command.commands.length === 0) return new Map([[path.join(' '), command]]);
  return new Map(command.commands.flatMap((verb) => [...leaves(verb, [...path, verb.name()])]));
}

function examplesOf(path: string): string[] {
  let help = '';
  const command = commands.get(path);
  command?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const [, after = ''] = help.split('Example:\n');
  const lines = after.replaceAll('\\\n', ' ').split('\n');
  return lines.filter((line) => line.startsWith('  latchkey ') && !line.includes('db.internal'));
}

/** As a POSIX shell takes them, up to what is no longer ours. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  const end = words.findIndex((word) => ['<', '>', '&&'].includes(word));
  const own = end < 0 ? words : words.slice(0, end);
  return own.slice(1).map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

async function runs(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const told = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...more: unknown[]) => {
      told[name] += String(text);
      const done = more.find((one) => typeof one === 'function');
      done?.(null);
      return true;
    }),
  );
  vi.stubEnv('LATCHKEY_PASSWORD', password);
  try {
    return { code: await run(createProgram('0.0.0'), argv), ...told };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const ids = { key: '', grant: '' };

beforeAll(async () => {
  vi.stubEnv('LATCHKEY_DATA_DIR', join(folder, 'data'));
  vi.stubEnv('LATCHKEY_PASSWORD_MEMORY_KIB', '19456');
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  const app = await openHouse(loadConfig().config, { log: 'errors-only' });
  app.createSampleDatabase(join(folder, 'sample.db'));
  await app.close();
  writeFileSync(join(folder, 'open-orders.sql'), 'select name from projects where budget > 0');
  const added = await runs('source', 'add', 'shop', '--engine', 'sqlite', '--database', join(folder, 'sample.db'));
  expect(added).toMatchObject({ code: 0, stderr: '' });
});
afterAll(async () => {
  await closeHouse();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('examples in the help', () => {
  it('are run here, all but those that need the outside', () => {
    const known = [...order.filter((path) => commands.has(path) || path !== 'openapi'), ...outside];
    expect([...commands.keys()].sort()).toEqual(known.sort());
  });

  it.each(order.filter((path) => commands.has(path)))('of %s is real', async (path) => {
    const examples = examplesOf(path);
    expect(examples).not.toEqual([]);
    if (path === 'restore') await closeHouse();
    for (const example of examples) {
      const words = wordsOf(example)
        .filter((word) => word !== '--password-stdin' && word !== '--json')
        .map((word) => word.replace('/var/backups', folder).replace(/^(trail|openapi)\./, `${folder}/$1.`))
        .map((word) => word.replace('open-orders', `${folder}/open-orders`))
        .map((word) =>
          /^[\da-f]{8}-[\da-f-]{27}$/.test(word) ? (path.startsWith('grant') ? ids.grant : ids.key) : word,
        );
      const more = path === 'org remove' ? ['--yes', '--json'] : ['--json'];
      const answered = await runs(...words, ...more);
      expect(answered, example).toMatchObject({ stderr: '' });
      expect(mayBeNo.includes(path) ? [0, 1] : [0], example).toContain(answered.code);
      const { id } = JSON.parse(answered.stdout) as { id?: string };
      // Whoever the examples disable and remove is not the last administrator.
      if (path === 'admin create') await runs('user', 'add', 'keeper', '--role', 'administrator');
      if (path === 'api-key add') ids.key = id ?? '';
      if (path === 'grant add') ids.grant = id ?? '';
    }
  });
});
