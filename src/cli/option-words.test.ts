/**
 * Words that stand for nothing: `never`, `*`. Commander makes an empty text of what an option's parser gives as null,
 * so none may; and the commands do what the word says.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { App } from '../app.js';
import { loadConfig } from '../config/index.js';
import { createProgram, everyCommand, run } from './program.js';
import { openHouse } from './session.js';

/** One house for every command of this file. */
const house = vi.hoisted(() => ({ kept: null as App | null }));
vi.mock('../app.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../app.js')>();
  const openApp: typeof original.openApp = async (config, options) => {
    house.kept ??= await original.openApp(config, options);
    return { ...house.kept, close: () => Promise.resolve() };
  };
  return { ...original, openApp };
});

const folder = mkdtempSync(join(tmpdir(), 'latchkey-option-words-'));

async function answered(...argv: string[]): Promise<Record<string, unknown>> {
  let told = '';
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...more: unknown[]) => {
      told += String(text);
      const done = more.find((one) => typeof one === 'function');
      done?.(null);
      return true;
    }),
  );
  try {
    const code = await run(createProgram('0.0.0'), [...argv, '--json']);
    return { code, ...(JSON.parse(told) as object) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

beforeAll(async () => {
  vi.stubEnv('LATCHKEY_DATA_DIR', join(folder, 'data'));
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  const app = await openHouse(loadConfig().config, { log: 'errors-only' });
  app.createSampleDatabase(join(folder, 'sample.db'));
  await answered('user', 'add', 'ada', '--no-password');
});
afterAll(async () => {
  await house.kept?.close();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('words that stand for nothing', () => {
  it('are given as null by no parser of an option', () => {
    const parsers: { name: string; parse: NonNullable<Option['parseArg']> }[] = [];
    everyCommand(createProgram('0.0.0'), (command) => {
      for (const { long, parseArg } of command.options) {
        if (parseArg !== undefined) parsers.push({ name: `${command.name()} ${long}`, parse: parseArg });
      }
    });
    expect(parsers.length).toBeGreaterThan(10);
    const nulls = parsers.filter(({ parse }) =>
      ['never', 'now', 'none', 'all', '*', '', '0', '1'].some((word) => {
        try {
          return (parse(word, undefined) ?? null) === null;
        } catch {
          return false;
        }
      }),
    );
    expect(nulls.map(({ name }) => name)).toEqual([]);
  });

  it('end what was set for an account', async () => {
    const until = '2999-12-31T00:00:00Z';
    const set = ['user', 'set', 'ada'];
    const atMs = Date.parse(until);
    expect(await answered(...set, '--locked-until', until, '--password-expires', until)).toMatchObject({
      ...{ code: 0, lockedUntilMs: atMs, passwordExpiresAtMs: atMs },
    });
    expect(await answered(...set, '--locked-until', 'never', '--password-expires', 'never')).toMatchObject({
      ...{ code: 0, lockedUntilMs: null, passwordExpiresAtMs: null },
    });
  });

  it('end the schedule of a source, and open every column of a grant', async () => {
    const file = join(folder, 'sample.db');
    await answered('source', 'add', 'shop', '--engine', 'sqlite', '--database', file, '--check-every', '5');
    expect(await answered('source', 'set', 'shop', '--check-every', 'never')).toMatchObject({
      ...{ code: 0, checkEveryMinutes: null },
    });
    const place = ['--role', 'member', '--source', 'shop', '--table', 'employees'];
    const { id } = await answered('grant', 'add', ...place, '--readable', 'name', '--writable', 'name');
    expect(await answered('grant', 'set', String(id), '--readable', '*', '--writable', '*')).toMatchObject({
      ...{ code: 0, readable: null, writable: null },
    });
  });
});
