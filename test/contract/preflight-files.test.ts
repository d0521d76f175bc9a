/** The preflight of files: what every engine keeps, and each check of a file made wrong. @module */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDuckdbConnector } from '../../src/connectors/duckdb/index.js';
import { fileChecks } from '../../src/connectors/file-connector.js';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { checks } from '../../src/sources/index.js';
import {
  type FileEngineName,
  type Folder,
  fileTarget,
  findingsOfPlainUser,
  makeDuckdb,
  makeEncryptedDuckdb,
  makeFolder,
  makeSqlite,
  openToAll,
} from './file-bench.js';
import { engineChecks, inspect, keepsPreflightContract } from './preflight.contract.js';

const connectors = { sqlite: createSqliteConnector(openToAll), duckdb: createDuckdbConnector(openToAll) };
const statements = [
  'CREATE TABLE one (a INTEGER PRIMARY KEY, b VARCHAR)',
  "INSERT INTO one VALUES (1, 'x')",
  'CREATE VIEW two AS SELECT * FROM one',
];

describe.each<FileEngineName>(['sqlite', 'duckdb'])('the preflight of %s files', (engine) => {
  let folder: Folder;
  const connector = connectors[engine];
  const path = (name: string) => folder.at(`${name}.${engine}`);
  const target = (name: string, password = '') => fileTarget(engine, path(name), password);
  const make = (name: string, more: readonly string[] = statements) =>
    engine === 'sqlite' ? makeSqlite(path(name), more.join(';')) : makeDuckdb(path(name), more);

  beforeAll(async () => {
    folder = makeFolder();
    chmodSync(folder.path, 0o755);
    await make('good');
    chmodSync(path('good'), 0o600);
    writeFileSync(path('words'), 'only words, and many of them. '.repeat(200));
  });
  afterAll(() => folder.remove());

  describe('keeps the contract', () => {
    keepsPreflightContract(() => ({
      connector,
      checks: fileChecks,
      good: target('good'),
      request: { schemas: ['main'] },
      bad: [target('none'), target('words'), fileTarget(engine, folder.path), fileTarget(engine, '/dev/zero')],
      silent: null,
    }));
  });

  test('every check that there is for a file is made', () => {
    expect([...fileChecks].sort()).toEqual(engineChecks.filter((name) => !checks[name].notFor.includes(engine)).sort());
  });

  test('the file stays as it was, for reading and for writing', async () => {
    const before = readFileSync(path('good'));
    const { mtimeMs } = statSync(path('good'));
    for (const purpose of ['read', 'read_write'] as const) await inspect(connector, target('good'), { purpose });
    expect(readFileSync(path('good')).equals(before)).toBe(true);
    expect(statSync(path('good')).mtimeMs).toBe(mtimeMs);
  });

  test('nothing is wrong with a private file that is written to', async () => {
    const told = await inspect(connector, target('good'), { purpose: 'read_write' });
    expect(told.complaints).toEqual([]);
    expect(told.finding('writePrivileges')).toMatchObject({
      status: 'pass',
      evidence: { isWritable: true, mode: '0600' },
    });
    expect(told.finding('serverVersion').evidence).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/) });
    expect(told.finding('statementTimeout')).toMatchObject({ status: 'pass' });
  });

  test('a file we may write is more than reading needs, and so is one that everybody may read', async () => {
    const told = await inspect(connector, target('good'));
    expect(told.complaints).toEqual(['leastPrivilege:warn:PRIV_EXCESSIVE']);
    expect(told.finding('leastPrivilege')).toMatchObject({
      evidence: { isWritable: true, mode: '0600' },
      statements: [],
    });
    copyFileSync(path('good'), path('open'));
    chmodSync(path('open'), 0o644);
    const open = await inspect(connector, target('open'), { purpose: 'read_write' });
    expect(open.finding('leastPrivilege')).toMatchObject({ status: 'warn', evidence: { isWorldReadable: true } });
  });

  test('a file or folder we may not write fails where writing is meant, and only there', async () => {
    mkdirSync(folder.at('shut'), { recursive: true });
    const shut = folder.at(`shut/in.${engine}`);
    copyFileSync(path('good'), shut);
    chmodSync(shut, 0o444);
    chmodSync(folder.at('shut'), 0o555);
    const written = findingsOfPlainUser(engine, shut, 'read_write');
    expect(written).toEqual(
      expect.arrayContaining(['writePrivileges:fail:PRIV_WRITE_MISSING', 'readOnlyState:warn:SERVER_READ_ONLY']),
    );
    const read = findingsOfPlainUser(engine, shut, 'read');
    expect(read).toEqual(['leastPrivilege:warn:PRIV_EXCESSIVE']);
  });

  test('an empty database is told, and no row is asked of it', async () => {
    await make('empty', []);
    const told = await inspect(connector, target('empty'), { purpose: 'read_write' });
    expect(told.finding('schemaUsage')).toMatchObject({ status: 'warn', reason: 'CATALOG_EMPTY' });
    expect(told.finding('sampleRead')).toMatchObject({ status: 'skip', reason: null });
  });

  test('a catalogue beyond its budget, a question slower than allowed', async () => {
    const told = await inspect(connector, target('good'), { catalogTables: 1, roundTripMs: 0 });
    expect(told.complaints).toEqual(
      expect.arrayContaining(['catalogSize:warn:CATALOG_TOO_LARGE', 'roundTrip:warn:QUERY_TIMEOUT']),
    );
  });

  test('a view that does not fit its tables any more is named', async () => {
    await make('torn', [
      ...statements,
      'CREATE TABLE gone (a INTEGER)',
      'CREATE VIEW "lost ""one""" AS SELECT * FROM gone',
      'DROP TABLE gone',
    ]);
    const told = await inspect(connector, target('torn'));
    expect(told.finding('catalogViews')).toMatchObject({
      status: 'warn',
      reason: 'CATALOG_PARTIAL',
      evidence: { broken: 1 },
    });
    expect(told.finding('catalogViews').objects.join()).toContain('"lost ""one"""');
  });

  test('a table whose pages are damaged cannot be read', async () => {
    await make('worn', [
      'CREATE TABLE one (a INTEGER, b VARCHAR)',
      engine === 'sqlite'
        ? 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO one SELECT i, hex(randomblob(100)) FROM n'
        : 'INSERT INTO one SELECT range, hash(range)::VARCHAR || hash(range + 1)::VARCHAR FROM range(200000)',
    ]);
    const bytes = readFileSync(path('worn'));
    // The catalogue stands at the beginning of the one and in the middle of the other.
    if (engine === 'sqlite') bytes.fill(0xa5, 4_096, 8_192);
    else bytes.fill(0xa5, 12_288 + 100, 12_288 + 200);
    writeFileSync(path('worn'), bytes);
    const told = await inspect(connector, target('worn'));
    expect(told.finding('sampleRead')).toMatchObject({ status: 'fail', reason: 'DATABASE_FILE_NOT_A_DATABASE' });
  });

  test.skipIf(engine !== 'sqlite')('a text of UTF-16 is unusual (only SQLite has a choice)', async () => {
    await make('wide', ["PRAGMA encoding = 'UTF-16'", ...statements]);
    const told = await inspect(connector, target('wide'));
    expect(told.finding('encodingAndClock')).toMatchObject({ status: 'warn', reason: 'SERVER_SETTING_UNUSUAL' });
  });

  test.skipIf(engine !== 'duckdb')('an encrypted file is looked at with its key (only DuckDB has them)', async () => {
    await makeEncryptedDuckdb(path('sealed'), 'sesame, open');
    const told = await inspect(connector, target('sealed', 'sesame, open'));
    expect(told.finding('serverVersion').evidence).toMatchObject({ isEncrypted: true });
    expect(told.finding('sampleRead').status).toBe('pass');
  });
});
