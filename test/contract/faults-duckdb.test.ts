/** Faults of DuckDB files, each caused on a real file, and the verdict each gets. @module */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { factsOfDuckdbFault, judgeDuckdbFault } from '../../src/connectors/duckdb/errors.js';
import { createDuckdbConnector } from '../../src/connectors/duckdb/index.js';
import { createFileConnector } from '../../src/connectors/file-connector.js';
import { FileFault } from '../../src/connectors/file-thread.js';
import { reasons } from '../../src/sources/index.js';
import { readAll } from './catalog.contract.js';
import { canary, probe } from './connector-bench.js';
import {
  dieWriting,
  type Folder,
  fileTarget,
  holdFile,
  makeDuckdb,
  makeEncryptedDuckdb,
  makeFolder,
  makeSqlite,
  openToAll,
  verdictOfPlainUser,
} from './file-bench.js';

describe('faults of DuckDB files', () => {
  let folder: Folder;
  const undo: (() => unknown)[] = [];
  const at = (name: string) => folder.at(name);
  const connector = createDuckdbConnector(openToAll);
  const key = canary();
  // The machine may have other work than this.
  const patient = { totalMs: 30_000, stageMs: 20_000 };

  beforeAll(async () => {
    folder = makeFolder();
    chmodSync(folder.path, 0o755);
    await makeDuckdb(at('good.duckdb'), [
      'CREATE TABLE one AS SELECT range AS a, repeat(range::VARCHAR, 9) AS b FROM range(20000)',
    ]);
    await makeEncryptedDuckdb(at('sealed.duckdb'), key);
  });
  afterEach(async () => {
    for (const one of undo.splice(0)) await one();
  });
  afterAll(() => folder.remove());

  async function verdict(path: string, password = '', with_ = connector, limits = {}): Promise<string> {
    const { failure } = await probe(with_, fileTarget('duckdb', path, password), limits);
    return failure === null ? 'passed' : `${failure.stage}:${failure.reason}`;
  }
  function changed(name: string, change: (bytes: Buffer) => unknown, from = 'good.duckdb'): string {
    const bytes = readFileSync(at(from));
    change(bytes);
    writeFileSync(at(name), bytes);
    return at(name);
  }

  const faults: readonly [name: string, expected: string, cause: () => string | Promise<string>][] = [
    ['no such file', 'database:DATABASE_FILE_MISSING', () => at('none.duckdb')],
    ['a folder', 'database:DATABASE_FILE_NOT_A_DATABASE', () => folder.path],
    [
      'a pipe',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        execFileSync('mkfifo', [at('pipe.duckdb')]);
        return at('pipe.duckdb');
      },
    ],
    ['a device', 'policy:TARGET_NOT_ALLOWED', () => '/dev/zero'],
    [
      'a file of no bytes',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(at('empty.duckdb'), '');
        return at('empty.duckdb');
      },
    ],
    [
      'words',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(at('words.duckdb'), 'not a database, only words. '.repeat(400));
        return at('words.duckdb');
      },
    ],
    [
      'an SQLite file',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        makeSqlite(at('other.db'), 'CREATE TABLE one (a)');
        return at('other.db');
      },
    ],
    [
      'a Parquet file',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(
          at('rows.parquet'),
          Buffer.concat([Buffer.from('PAR1'), randomBytes(4_000), Buffer.from('PAR1')]),
        );
        return at('rows.parquet');
      },
    ],
    [
      'a beginning without a rest',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(at('short.duckdb'), readFileSync(at('good.duckdb')).subarray(0, 64));
        return at('short.duckdb');
      },
    ],
    [
      'a file cut off in its headers',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        copyFileSync(at('good.duckdb'), at('cut.duckdb'));
        truncateSync(at('cut.duckdb'), 9_000);
        return at('cut.duckdb');
      },
    ],
    [
      'a file cut off in its blocks',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        copyFileSync(at('good.duckdb'), at('half.duckdb'));
        truncateSync(at('half.duckdb'), 20_000);
        return at('half.duckdb');
      },
    ],
    [
      'a header that is damaged',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => changed('header.duckdb', (bytes) => bytes.fill(0xa5, 100, 4_000)),
    ],
    [
      'a catalogue that is damaged',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => changed('blocks.duckdb', (bytes) => bytes.fill(0xa5, 12_400)),
    ],
    [
      'a format of the past',
      'database:ENGINE_VERSION_UNSUPPORTED',
      () => changed('old.duckdb', (bytes) => bytes.writeBigUInt64LE(51n, 12)),
    ],
    [
      'a format of the future',
      'database:ENGINE_VERSION_UNSUPPORTED',
      () => changed('new.duckdb', (bytes) => bytes.writeBigUInt64LE(99n, 12)),
    ],
    ['encrypted, without a key', 'authenticate:AUTH_PASSWORD_REQUIRED', () => at('sealed.duckdb')],
    [
      'a log that is damaged',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        dieWriting('duckdb', at('logged.duckdb'), 'CREATE TABLE two AS SELECT * FROM range(1000)');
        const log = `${at('logged.duckdb')}.wal`;
        expect(statSync(log).size).toBeGreaterThan(100);
        writeFileSync(log, readFileSync(log).fill(0xa5, 20, 90));
        return at('logged.duckdb');
      },
    ],
    [
      'a log that is a link',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        copyFileSync(at('good.duckdb'), at('linked.duckdb'));
        symlinkSync('/etc/passwd', `${at('linked.duckdb')}.wal`);
        return at('linked.duckdb');
      },
    ],
    [
      'open for writing in another process',
      'database:DATABASE_FILE_LOCKED',
      async () => {
        copyFileSync(at('good.duckdb'), at('locked.duckdb'));
        undo.push(await holdFile('duckdb', at('locked.duckdb'), 'CREATE TABLE two (a INTEGER)'));
        return at('locked.duckdb');
      },
    ],
    [
      'a file we may not read',
      'database:DATABASE_ACCESS_DENIED',
      () => {
        copyFileSync(at('good.duckdb'), at('secret.duckdb'));
        chmodSync(at('secret.duckdb'), 0o000);
        return `said ${verdictOfPlainUser('duckdb', at('secret.duckdb'))}`;
      },
    ],
  ];

  test.each(faults)('%s: %s', async (_name, expected, cause) => {
    const path = await cause();
    expect(path.startsWith('said ') ? path.slice(5) : await verdict(path, '', connector, patient)).toBe(expected);
  });

  test('they are enough, and each has a reason that is known', () => {
    expect(faults.length).toBeGreaterThanOrEqual(15);
    for (const [, expected] of faults) expect(Object.keys(reasons)).toContain(expected.split(':')[1]);
  });

  test('a good one passes, for a plain user too, and is not touched', async () => {
    const before = readFileSync(at('good.duckdb'));
    const told = await probe(connector, fileTarget('duckdb', at('good.duckdb')));
    expect(told.walk).toEqual(['policy:pass', 'database:pass', 'query:pass']);
    expect(told.result.serverVersion).toMatch(/^DuckDB 1\./);
    expect(verdictOfPlainUser('duckdb', at('good.duckdb'))).toBe('passed');
    expect(readFileSync(at('good.duckdb')).equals(before)).toBe(true);
    expect(existsSync(`${at('good.duckdb')}.wal`)).toBe(false);
  });

  test('an encrypted one opens with its key and with no other', async () => {
    expect(await verdict(at('sealed.duckdb'), key)).toBe('passed');
    expect(await verdict(at('sealed.duckdb'), `${key}x`)).toBe('authenticate:AUTH_INVALID_CREDENTIALS');
    expect(await verdict(at('sealed.duckdb'), "'); ATTACH '/tmp/x.db'; --")).toBe(
      'authenticate:AUTH_INVALID_CREDENTIALS',
    );
    const [item] = await readAll({ connector, target: fileTarget('duckdb', at('sealed.duckdb'), key) });
    expect(item).toMatchObject({ section: 'table', table: { schema: 'main', name: 'one' } });
  });

  test('what a log says that nobody wrote back is read, and the log stays', async () => {
    dieWriting('duckdb', at('died.duckdb'), 'CREATE TABLE two AS SELECT 1 AS a');
    const items = await readAll({ connector, target: fileTarget('duckdb', at('died.duckdb')) });
    expect(items).toHaveLength(1);
    expect(existsSync(`${at('died.duckdb')}.wal`)).toBe(true);
  });

  test.each([
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/latchkey-never.csv'",
    "ATTACH '/tmp/latchkey-never.duckdb' AS never",
    "SELECT * FROM 'https://localhost/x.parquet'",
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    "SET memory_limit = '8GB'",
    'CREATE TABLE two (a INTEGER)',
    'PRAGMA enable_logging',
  ])('it is shut off: %s', async (question) => {
    for (const [name, password] of [
      ['good.duckdb', ''],
      ['sealed.duckdb', key],
    ] as const) {
      const asking = createDuckdbConnector({ ...openToAll, question });
      expect(await verdict(at(name), password, asking)).toMatch(
        /^(query:QUERY_FAILED|database:DATABASE_ACCESS_DENIED|query:DATABASE_ACCESS_DENIED)$/,
      );
    }
    expect(existsSync('/tmp/latchkey-never.csv') || existsSync('/tmp/latchkey-never.duckdb')).toBe(false);
  });

  test('a question that takes too long is interrupted, and the thread ends with it', async () => {
    const slow = createDuckdbConnector({
      ...openToAll,
      question: 'SELECT count(*) FROM range(1000000000000000) WHERE range % 7 = 9',
    });
    // More than there is room for at once: were they not ended, the last ones would not even begin.
    const told = await Promise.all(
      Array.from({ length: 12 }, () =>
        probe(slow, fileTarget('duckdb', at('good.duckdb')), { totalMs: 20_000, stageMs: 4_000 }),
      ),
    );
    for (const one of told) expect(one.failure?.reason).toMatch(/^(QUERY_TIMEOUT|STAGE_TIMEOUT)$/);
    expect(told.some((one) => one.failure?.reason === 'QUERY_TIMEOUT')).toBe(true);
    expect(await verdict(at('good.duckdb'))).toBe('passed');
  });

  test('without the driver it says so', async () => {
    // The thread's files without any package beside them.
    for (const name of [
      'duckdb',
      'file-worker.js',
      'file-thread.js',
      'file-faults.js',
      'file-identity.js',
      'file-descriptors.js',
      'file-policy.js',
      'file-rights.js',
      'file-findings.js',
      'name-filter.js',
      'create-statement.js',
    ]) {
      cpSync(new URL(`../../dist/connectors/${name}`, import.meta.url), at(`bare/${name}`), { recursive: true });
    }
    writeFileSync(at('bare/package.json'), '{"type":"module"}');
    mkdirSync(at('kernel'), { recursive: true });
    cpSync(new URL('../../dist/kernel/byte-order.js', import.meta.url), at('kernel/byte-order.js'));
    writeFileSync(at('kernel/package.json'), '{"type":"module"}');
    const bare = createFileConnector(
      {
        engine: 'duckdb',
        product: 'DuckDB',
        worker: pathToFileURL(at('bare/duckdb/worker.js')),
        question: 'SELECT 1',
        hasEncryption: true,
        judge: judgeDuckdbFault,
      },
      openToAll,
    );
    expect(await verdict(at('good.duckdb'), '', bare)).toBe('database:DRIVER_MISSING');
  });

  test('damage anywhere in a file ends in a verdict', async () => {
    // A fixed generator (mulberry32), so that a failure can be had again.
    let state = 20_261_122;
    const random = (below: number) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return (mixed >>> 0) % below;
    };
    const seen = new Map<string, number>();
    for (let round = 0; round < 8; round += 1) {
      const paths = [0, 1, 2].map((name) =>
        changed(`noise-${name}.duckdb`, (bytes) => {
          const from = random(bytes.length - 64);
          for (let at = 0; at < 1 + random(64); at += 1) bytes[from + at] = random(256);
        }),
      );
      for (const told of await Promise.all(paths.map((path) => verdict(path, '', connector, patient)))) {
        seen.set(told, (seen.get(told) ?? 0) + 1);
      }
    }
    for (const told of seen.keys())
      expect(told).toMatch(/^(passed|database:(DATABASE_FILE_NOT_A_DATABASE|ENGINE_VERSION_UNSUPPORTED))$/);
  }, 120_000);

  test('a class nobody knows is shown and not guessed', () => {
    expect(judgeDuckdbFault(new FileFault({ reason: null, code: 'QUANTUM' }))).toEqual({
      reason: 'UNCLASSIFIED',
      evidence: { native: 'QUANTUM' },
    });
    expect(factsOfDuckdbFault(new Error('whatever "IO Error: Could not set lock on file"'))).toEqual({
      reason: null,
      code: null,
    });
    expect(factsOfDuckdbFault(new Error('Binder Error: IO Error: Could not set lock on file'))).toMatchObject({
      reason: null,
    });
  });
});
