/** Faults of SQLite files, each caused on a real file, and the verdict each gets. @module */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FileFault } from '../../src/connectors/file-thread.js';
import { judgeSqliteFault } from '../../src/connectors/sqlite/errors.js';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { reasons } from '../../src/sources/index.js';
import { openReading, readAll } from './catalog.contract.js';
import { probe } from './connector-bench.js';
import {
  dieWriting,
  type Folder,
  fileTarget,
  holdFile,
  makeFolder,
  makeSqlite,
  openToAll,
  verdictOfPlainUser,
} from './file-bench.js';

const rows =
  'CREATE TABLE one (a INTEGER PRIMARY KEY, b TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO one SELECT i, hex(randomblob(200)) FROM n';

describe('faults of SQLite files', () => {
  let folder: Folder;
  let socket: Server;
  const undo: (() => unknown)[] = [];
  const at = (name: string) => folder.at(name);
  const connector = createSqliteConnector(openToAll);

  beforeAll(async () => {
    folder = makeFolder();
    chmodSync(folder.path, 0o755);
    makeSqlite(at('good.db'), rows);
    socket = createServer().listen(at('socket.db'));
    await once(socket, 'listening');
  });
  afterEach(async () => {
    for (const one of undo.splice(0)) await one();
  });
  afterAll(() => {
    socket.close();
    folder.remove();
  });

  async function verdict(path: string, with_ = connector, limits = {}): Promise<string> {
    const { failure } = await probe(with_, fileTarget('sqlite', path), limits);
    return failure === null ? 'passed' : `${failure.stage}:${failure.reason}`;
  }
  /** A copy of the good file with some of its bytes changed. */
  function changed(name: string, change: (bytes: Buffer) => Buffer | undefined): string {
    const bytes = readFileSync(at('good.db'));
    writeFileSync(at(name), change(bytes) ?? bytes);
    return at(name);
  }

  /** What is done to a file, and what is said of it. Returns the path, or the verdict where a user of its own looks. */
  const faults: readonly [name: string, expected: string, cause: () => string | Promise<string>][] = [
    ['no such file', 'database:DATABASE_FILE_MISSING', () => at('none.db')],
    ['no such folder', 'database:DATABASE_FILE_MISSING', () => at('nowhere/none.db')],
    ['a file where a folder should be', 'database:DATABASE_FILE_MISSING', () => at('good.db/inner.db')],
    [
      'links that lead in a circle',
      'database:DATABASE_FILE_MISSING',
      () => {
        symlinkSync(at('round.db'), at('about.db'));
        symlinkSync(at('about.db'), at('round.db'));
        return at('round.db');
      },
    ],
    ['a folder', 'database:DATABASE_FILE_NOT_A_DATABASE', () => folder.path],
    [
      'a pipe',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        execFileSync('mkfifo', [at('pipe.db')]);
        return at('pipe.db');
      },
    ],
    ['a socket', 'database:DATABASE_FILE_NOT_A_DATABASE', () => at('socket.db')],
    ['a device', 'policy:TARGET_NOT_ALLOWED', () => '/dev/zero'],
    [
      'a device by a link',
      'policy:TARGET_NOT_ALLOWED',
      () => {
        symlinkSync('/dev/zero', at('zero.db'));
        return at('zero.db');
      },
    ],
    ['a file of the system', 'policy:TARGET_NOT_ALLOWED', () => '/proc/self/mem'],
    [
      'words',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(at('words.db'), 'not a database, only words. '.repeat(400));
        return at('words.db');
      },
    ],
    [
      'a few bytes',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(at('few.db'), 'SQLite format 3\0');
        return at('few.db');
      },
    ],
    [
      'an encrypted file',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        writeFileSync(at('sealed.db'), randomBytes(16_384));
        return at('sealed.db');
      },
    ],
    [
      'a file cut off',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => changed('cut.db', (bytes) => bytes.subarray(0, bytes.length / 2)),
    ],
    [
      'a schema that is damaged',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => changed('damaged.db', (bytes) => bytes.fill(0xa5, 100, 4_000)),
    ],
    [
      'pages of an impossible size',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => changed('pages.db', (bytes) => void bytes.writeUInt16BE(777, 16)),
    ],
    [
      'a schema that makes no sense',
      'database:DATABASE_FILE_NOT_A_DATABASE',
      () => {
        makeSqlite(
          at('nonsense.db'),
          "CREATE TABLE one (a); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE one ('",
        );
        return at('nonsense.db');
      },
    ],
    [
      'a format of the future',
      'database:ENGINE_VERSION_UNSUPPORTED',
      () => changed('future.db', (bytes) => void bytes.writeUInt8(9, 19)),
    ],
    [
      'a schema of the future',
      'database:ENGINE_VERSION_UNSUPPORTED',
      () => changed('later.db', (bytes) => void bytes.writeUInt32BE(5, 44)),
    ],
    [
      'locked by another process',
      'database:DATABASE_FILE_LOCKED',
      async () => {
        copyFileSync(at('good.db'), at('locked.db'));
        undo.push(await holdFile('sqlite', at('locked.db'), 'BEGIN EXCLUSIVE; DELETE FROM one'));
        return at('locked.db');
      },
    ],
    [
      'kept by another process with its log',
      'database:DATABASE_FILE_LOCKED',
      async () => {
        copyFileSync(at('good.db'), at('kept.db'));
        undo.push(
          await holdFile(
            'sqlite',
            at('kept.db'),
            'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; DELETE FROM one',
          ),
        );
        return at('kept.db');
      },
    ],
    [
      'a transaction that was never finished',
      'database:DATABASE_FILE_LOCKED',
      () => {
        copyFileSync(at('good.db'), at('hot.db'));
        dieWriting('sqlite', at('hot.db'), 'PRAGMA cache_size = 1; BEGIN; UPDATE one SET b = hex(randomblob(300))');
        expect(statSync(at('hot.db-journal')).size).toBeGreaterThan(512);
        return at('hot.db');
      },
    ],
    [
      'that in a folder that is read-only',
      'database:DATABASE_FILE_LOCKED',
      () => {
        mkdirSync(at('shut'));
        copyFileSync(at('good.db'), at('shut/hot.db'));
        dieWriting(
          'sqlite',
          at('shut/hot.db'),
          'PRAGMA cache_size = 1; BEGIN; UPDATE one SET b = hex(randomblob(300))',
        );
        chmodSync(at('shut/hot.db'), 0o444);
        chmodSync(at('shut/hot.db-journal'), 0o444);
        chmodSync(at('shut'), 0o555);
        return `said ${verdictOfPlainUser('sqlite', at('shut/hot.db'))}`;
      },
    ],
    [
      'a log whose index cannot be made',
      'database:DATABASE_ACCESS_DENIED',
      () => {
        mkdirSync(at('logged'));
        copyFileSync(at('good.db'), at('logged/wal.db'));
        dieWriting('sqlite', at('logged/wal.db'), 'PRAGMA journal_mode = WAL; DELETE FROM one');
        rmSync(at('logged/wal.db-shm'));
        for (const name of ['wal.db', 'wal.db-wal']) chmodSync(at(`logged/${name}`), 0o444);
        chmodSync(at('logged'), 0o555);
        return `said ${verdictOfPlainUser('sqlite', at('logged/wal.db'))}`;
      },
    ],
    [
      'a file we may not read',
      'database:DATABASE_ACCESS_DENIED',
      () => {
        copyFileSync(at('good.db'), at('secret.db'));
        chmodSync(at('secret.db'), 0o000);
        return `said ${verdictOfPlainUser('sqlite', at('secret.db'))}`;
      },
    ],
    [
      'a folder we may not enter',
      'database:DATABASE_ACCESS_DENIED',
      () => {
        mkdirSync(at('private'));
        copyFileSync(at('good.db'), at('private/in.db'));
        chmodSync(at('private'), 0o000);
        const said = `said ${verdictOfPlainUser('sqlite', at('private/in.db'))}`;
        chmodSync(at('private'), 0o755);
        return said;
      },
    ],
  ];

  test.each(faults)('%s: %s', async (_name, expected, cause) => {
    const path = await cause();
    // The machine may have other work than this.
    const patient = { totalMs: 30_000, stageMs: 20_000 };
    expect(path.startsWith('said ') ? path.slice(5) : await verdict(path, connector, patient)).toBe(expected);
  });

  test('they are enough, and each has a reason that is known', () => {
    expect(new Set(faults.map(([name]) => name)).size).toBe(faults.length);
    expect(faults.length).toBeGreaterThanOrEqual(20);
    for (const [, expected] of faults) expect(Object.keys(reasons)).toContain(expected.split(':')[1]);
  });

  test('a plain user may read what is readable', () => {
    expect(verdictOfPlainUser('sqlite', at('good.db'))).toBe('passed');
  });

  test('our own file, another’s folder', async () => {
    const own = createSqliteConnector({ ...openToAll, ownFiles: [at('good.db')] });
    linkSync(at('good.db'), at('same.db'));
    expect(await verdict(at('same.db'), own)).toBe('policy:TARGET_NOT_ALLOWED');
    mkdirSync(at('roots'));
    const inside = createSqliteConnector({ ...openToAll, roots: [at('roots')] });
    expect(await verdict(at('good.db'), inside)).toBe('policy:TARGET_NOT_ALLOWED');
  });

  test('a question that takes too long ends in time, and the thread with it', async () => {
    const slow = createSqliteConnector({
      ...openToAll,
      question:
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE in_time(i)) SELECT count(*) FROM n',
    });
    const told = await probe(slow, fileTarget('sqlite', at('good.db')), { totalMs: 2_000, stageMs: 600 });
    expect(told.failure).toEqual({ stage: 'query', reason: 'QUERY_TIMEOUT' });
    expect(told.ms).toBeLessThan(1_500);
  });

  test('a question the file does not answer is no time-out', async () => {
    const wrong = createSqliteConnector({ ...openToAll, question: 'SELECT nothing FROM nowhere' });
    expect(await verdict(at('good.db'), wrong)).toBe('query:QUERY_FAILED');
  });

  test('what waits for a lock is not called locked before it is', async () => {
    copyFileSync(at('good.db'), at('held.db'));
    undo.push(await holdFile('sqlite', at('held.db'), 'BEGIN EXCLUSIVE'));
    expect(await verdict(at('held.db'), connector, { stageMs: 200 })).toMatch(/^(policy|database):STAGE_TIMEOUT$/);
  });

  test('a file of no bytes is an empty database', async () => {
    writeFileSync(at('empty.db'), '');
    expect(await verdict(at('empty.db'))).toBe('passed');
    expect(await readAll({ connector, target: fileTarget('sqlite', at('empty.db')) })).toEqual([]);
  });

  test('a file with a log at rest is read without a trace beside it', async () => {
    mkdirSync(at('quiet'));
    makeSqlite(at('quiet/wal %3f?.db'), 'PRAGMA journal_mode = WAL; CREATE TABLE one (a)');
    expect(readdirSync(at('quiet'))).toEqual(['wal %3f?.db']);
    expect(await verdict(at('quiet/wal %3f?.db'))).toBe('passed');
    expect(await readAll({ connector, target: fileTarget('sqlite', at('quiet/wal %3f?.db')) })).toHaveLength(1);
    expect(readdirSync(at('quiet'))).toEqual(['wal %3f?.db']);
  });

  test('with a writer at its log, what the log says is read', async () => {
    const writer = new DatabaseSync(at('live.db'));
    writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE seen (a)');
    expect(await readAll({ connector, target: fileTarget('sqlite', at('live.db')) })).toHaveLength(1);
    writer.close();
  });

  test('a file that is removed under way is read to its end; one that is cut off is not', async () => {
    const many = Array.from({ length: 400 }, (_, i) => `CREATE TABLE t${i} (a INTEGER PRIMARY KEY, b, c, d)`).join(';');
    for (const [name, harm, expected] of [
      ['gone.db', (path: string) => rmSync(path), 400],
      ['cut-off.db', (path: string) => truncateSync(path, 512), 'sources.reading_failed'],
    ] as const) {
      makeSqlite(at(name), many);
      const reading = await openReading({ connector, target: fileTarget('sqlite', at(name)) });
      let read = 0;
      const all = (async () => {
        for await (const item of reading.items()) {
          if (read === 0) harm(at(name));
          if (item.section === 'table') read += 1;
        }
        return read;
      })();
      expect(await all.catch((fault: { code: string }) => fault.code)).toBe(expected);
      await reading.close();
    }
  });

  test('a file that is put into another’s place is never the wrong one', async () => {
    mkdirSync(at('allowed'));
    mkdirSync(at('forbidden'));
    makeSqlite(at('allowed/spare.db'), 'CREATE TABLE harmless (a)');
    makeSqlite(at('forbidden/secret.db'), 'CREATE TABLE secret (a)');
    const inside = createSqliteConnector({ ...openToAll, roots: [at('allowed')] });
    const path = at('allowed/x.db');
    const swapper = `const fs = require('fs'); process.chdir(${JSON.stringify(at('allowed'))});
      for (;;) { fs.symlinkSync('../forbidden/secret.db', 'n'); fs.renameSync('n', 'x.db');
        fs.copyFileSync('spare.db', 'm'); fs.renameSync('m', 'x.db'); }`;
    copyFileSync(at('allowed/spare.db'), path);
    const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, ['-e', swapper], { stdio: 'ignore' });
    const seen = new Map<string, number>();
    try {
      for (let round = 0; round < 60; round += 1) {
        const names = await readAll({ connector: inside, target: fileTarget('sqlite', path) })
          .then((items) => items.map((item) => (item.section === 'table' ? item.table.name : '')).join())
          .catch((fault: Error) => /"reason":"(\w+)"/.exec(fault.message)?.[1] ?? fault.message);
        seen.set(names, (seen.get(names) ?? 0) + 1);
      }
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const outcomes = [...seen.keys()].sort();
    expect(outcomes).toEqual(expect.arrayContaining(['TARGET_NOT_ALLOWED']));
    for (const outcome of outcomes) {
      expect(['harmless', 'TARGET_NOT_ALLOWED', 'DATABASE_FILE_LOCKED', 'DATABASE_FILE_MISSING']).toContain(outcome);
    }
    expect(existsSync(at('forbidden/secret.db'))).toBe(true);
    renameSync(path, at('allowed/done.db'));
  }, 120_000);

  test('damage anywhere in a file ends in a verdict', async () => {
    makeSqlite(
      at('small.db'),
      `PRAGMA page_size = 512; ${rows.replace('2000', '20')}; CREATE INDEX i ON one (b); CREATE VIEW v AS SELECT * FROM one`,
    );
    const whole = readFileSync(at('small.db'));
    const seen = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(whole);
      // Steps through the file, header and schema first, by a stride that meets every part.
      const from = (round * round * 7) % (bytes.length - 32);
      bytes.fill((round * 37) % 256, from, from + 1 + (round % 32));
      writeFileSync(at('noise.db'), bytes);
      seen.add(await verdict(at('noise.db')));
    }
    expect(seen).toContain('database:DATABASE_FILE_NOT_A_DATABASE');
    for (const told of seen) {
      expect(told).toMatch(/^(passed|database:(DATABASE_FILE_NOT_A_DATABASE|ENGINE_VERSION_UNSUPPORTED))$/);
    }
  }, 120_000);

  test('a code nobody knows is shown and not guessed', () => {
    expect(judgeSqliteFault(new FileFault({ reason: null, code: 231 }))).toEqual({
      reason: 'UNCLASSIFIED',
      evidence: { native: 231 },
    });
    expect(judgeSqliteFault(new FileFault({ reason: null, code: null })).reason).toBe('UNCLASSIFIED');
    expect(judgeSqliteFault(new Error('anything')).reason).toBe('UNCLASSIFIED');
  });
});
