/** SQLite: files that are right, wrong, locked, ours, and the reason each gets. @module */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import type { ConnectionTarget } from '../../src/sources/index.js';
import { keepsConnectorContract } from './connector.contract.js';
import { probe, targetOf } from './connector-bench.js';

describe('SQLite', () => {
  let folder: string;
  let data: string;
  const at = (name: string) => join(folder, name);

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'latchkey-files-')));
    data = at('data');
    for (const name of ['data', 'inside', 'inside/deeper', 'outside']) mkdirSync(at(name));
    for (const name of ['good.db', 'data/latchkey.db', 'data/other.db', 'store.db', 'inside/in.db', 'outside/out.db']) {
      const database = new DatabaseSync(at(name));
      database.exec('create table one (a integer); insert into one values (1)');
      database.close();
    }
    writeFileSync(at('text.db'), 'these are only words, many of them. '.repeat(200));
    writeFileSync(at('short.db'), 'hm');
    const damaged = readFileSync(at('good.db'));
    damaged.fill(0xa5, 100, 400);
    writeFileSync(at('damaged.db'), damaged);
    symlinkSync(at('good.db'), at('link.db'));
    symlinkSync(at('data/latchkey.db'), at('link-to-store.db'));
    symlinkSync(at('outside/out.db'), at('inside/escape.db'));
    symlinkSync(at('outside'), at('inside/door'));
    linkSync(at('store.db'), at('hard-link.db'));
    execFileSync('mkfifo', [at('pipe.db')]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function connectorWith(options: { roots?: readonly string[]; isBoundToLoopback?: boolean } = {}) {
    return createSqliteConnector({
      roots: options.roots ?? [],
      isBoundToLoopback: () => options.isBoundToLoopback ?? true,
      ownFolders: [data],
      ownFiles: [at('store.db')],
    });
  }

  const file = (path: string): ConnectionTarget =>
    targetOf({ engine: 'sqlite', host: '', port: 0, username: '', database: path });
  const verdict = async (path: string, options: Parameters<typeof connectorWith>[0] = {}) => {
    const { failure } = await probe(connectorWith(options), file(path));
    return failure === null ? 'passed' : `${failure.stage}:${failure.reason}`;
  };

  describe('keeps the contract', () => {
    keepsConnectorContract(() => ({
      connector: connectorWith(),
      good: file(at('good.db')),
      bad: [file(at('missing.db')), file(at('text.db')), file(data), file(at('data/latchkey.db'))],
      silent: null,
      product: /^SQLite 3\./,
    }));
  });

  test('a database passes, also by a link and with its journal open', async () => {
    const told = await probe(connectorWith(), file(at('good.db')));
    expect(told.walk).toEqual(['policy:pass', 'database:pass', 'query:pass']);
    expect(await verdict(at('link.db'))).toBe('passed');
    const writer = new DatabaseSync(at('wal.db'));
    writer.exec('pragma journal_mode = wal; create table one (a); insert into one values (1)');
    expect(await verdict(at('wal.db'))).toBe('passed');
    writer.close();
  });

  test('is opened to read only', async () => {
    const before = readFileSync(at('good.db'));
    const { mtimeMs } = statSync(at('good.db'));
    expect(await verdict(at('good.db'))).toBe('passed');
    expect(readFileSync(at('good.db')).equals(before)).toBe(true);
    expect(statSync(at('good.db')).mtimeMs).toBe(mtimeMs);
  });

  test('a file that is not there is not made', async () => {
    expect(await verdict(at('missing.db'))).toBe('database:DATABASE_FILE_MISSING');
    expect(await verdict(at('missing/deeper/still.db'))).toBe('database:DATABASE_FILE_MISSING');
    expect(() => statSync(at('missing.db'))).toThrow();
  });

  test.each(['text.db', 'short.db', 'damaged.db', 'inside', 'pipe.db'])('%s is not a database', async (name) => {
    expect(await verdict(at(name))).toBe('database:DATABASE_FILE_NOT_A_DATABASE');
  });

  test('one that somebody writes to is locked', async () => {
    const writer = new DatabaseSync(at('busy.db'));
    writer.exec('create table one (a); begin exclusive; insert into one values (1)');
    const told = await probe(connectorWith(), file(at('busy.db')));
    expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_FILE_LOCKED' });
    expect(told.ms).toBeLessThan(3_000);
    writer.exec('rollback');
    expect(await verdict(at('busy.db'))).toBe('passed');
    writer.close();
  });

  test('a file that hangs is left when its time is up', async () => {
    const writer = new DatabaseSync(at('held.db'));
    writer.exec('create table one (a); begin exclusive; insert into one values (1)');
    const told = await probe(connectorWith(), file(at('held.db')), { stageMs: 300 });
    expect(told.failure).toEqual({ stage: 'database', reason: 'STAGE_TIMEOUT' });
    writer.close();
  });

  test.skipIf(process.getuid?.() === 0)('one we may not read (needs a plain user)', async () => {
    writeFileSync(at('secret.db'), readFileSync(at('good.db')));
    chmodSync(at('secret.db'), 0o000);
    expect(await verdict(at('secret.db'))).toBe('database:DATABASE_ACCESS_DENIED');
  });

  describe('our own files', () => {
    test.each([
      ['the data folder', 'data'],
      ['the store', 'data/latchkey.db'],
      ['anything beside it', 'data/other.db'],
      ['what is not there beside it', 'data/nothing.db'],
      ['the store by a link', 'link-to-store.db'],
      ['a store elsewhere', 'store.db'],
      ['that by a hard link', 'hard-link.db'],
    ])('%s is never opened', async (_name, path) => {
      expect(await verdict(at(path))).toBe('policy:TARGET_NOT_ALLOWED');
      expect(await verdict(at(path), { roots: [folder] })).toBe('policy:TARGET_NOT_ALLOWED');
    });

    test.each(['/proc/self/environ', '/proc/1/mem', '/sys/kernel/notes', '/dev/null', '/dev/stdin', '/proc/nothing'])(
      '%s neither',
      async (path) => {
        expect(await verdict(path)).toBe('policy:TARGET_NOT_ALLOWED');
      },
    );
  });

  describe('who may open what', () => {
    test('bound to the outside, nothing', async () => {
      const outside = { isBoundToLoopback: false };
      expect(await verdict(at('good.db'), outside)).toBe('policy:TARGET_NOT_ALLOWED');
      expect(await verdict(at('missing.db'), outside)).toBe('policy:TARGET_NOT_ALLOWED');
    });

    test('with folders named, what is below them, wherever we are bound', async () => {
      for (const isBoundToLoopback of [true, false]) {
        const options = { roots: [at('inside')], isBoundToLoopback };
        expect(await verdict(at('inside/in.db'), options)).toBe('passed');
        expect(await verdict(at('inside/none.db'), options)).toBe('database:DATABASE_FILE_MISSING');
        for (const path of ['outside/out.db', 'good.db', 'missing.db', 'inside', 'insider.db']) {
          expect(await verdict(at(path), options)).toBe('policy:TARGET_NOT_ALLOWED');
        }
      }
    });

    test('a link that leads out of them does not', async () => {
      const options = { roots: [at('inside')] };
      for (const path of ['inside/escape.db', 'inside/door/out.db', 'inside/door/none.db', 'inside/../good.db']) {
        expect(await verdict(`${folder}/${path}`, options)).toBe('policy:TARGET_NOT_ALLOWED');
      }
    });

    test('a path with turns in it is not a path', async () => {
      for (const path of ['good.db', './good.db', `${folder}/inside/../good.db`, `file:${at('good.db')}`, ':memory:']) {
        expect(await verdict(path)).toBe('policy:TARGET_NOT_ALLOWED');
      }
    });
  });
});
