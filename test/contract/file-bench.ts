/**
 * What the tests of database files share: folders of their own, targets, other processes that hold or break a file, and
 * a look at a file as a user who may not do everything.
 *
 * @module
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DuckDBInstance } from '@duckdb/node-api';
import { DatabaseSync } from '@photostructure/sqlite';
import type { FileConnectorOptions } from '../../src/connectors/file-connector.js';
import type { ConnectionTarget, Connector, Purpose } from '../../src/sources/index.js';
import { openReading } from './catalog.contract.js';
import { targetOf } from './connector-bench.js';

export type FileEngineName = 'sqlite' | 'duckdb';

export interface Folder {
  readonly path: string;
  at(name: string): string;
  remove(): void;
}

export function makeFolder(): Folder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'latchkey-files-')));
  return { path, at: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const openToAll: FileConnectorOptions = {
  roots: [],
  isBoundToLoopback: () => true,
  ownFolders: [],
  ownFiles: [],
};

export const fileTarget = (engine: FileEngineName, path: string, password = ''): ConnectionTarget =>
  targetOf({ engine, host: '', port: 0, username: '', database: path, password });

export function makeSqlite(path: string, sql: string): void {
  const database = new DatabaseSync(path, { defensive: false, enableForeignKeyConstraints: false });
  database.exec(sql);
  database.close();
}

export async function makeDuckdb(path: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of [...statements, 'CHECKPOINT']) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

/** Encrypted by the library itself, with the cipher that it can also write. */
export async function makeEncryptedDuckdb(path: string, key: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET force_mbedtls_unsafe = 'true'");
  await connection.run(`ATTACH '${path}' AS made (ENCRYPTION_KEY '${key}')`);
  await connection.run('CREATE TABLE made.one AS SELECT 1 AS a');
  await connection.run('DETACH made');
  connection.closeSync();
  instance.closeSync();
}

const require = createRequire(import.meta.url);
const sqlitePath = JSON.stringify(require.resolve('@photostructure/sqlite'));
const duckdbPath = JSON.stringify(require.resolve('@duckdb/node-api'));
const prelude = `const { DatabaseSync } = require(${sqlitePath});`;

/** Another process that opens the file, says so and keeps it until it is told to go. */
export async function holdFile(engine: FileEngineName, path: string, sql: string): Promise<() => Promise<void>> {
  const file = JSON.stringify(path);
  const code =
    engine === 'sqlite'
      ? `${prelude} const d = new DatabaseSync(${file}); d.exec(${JSON.stringify(sql)}); console.log('held'); setInterval(() => {}, 1e6);`
      : `require(${duckdbPath}).DuckDBInstance.create(${file}).then(async (i) => { const c = await i.connect();
         await c.run(${JSON.stringify(sql)}); console.log('held'); setInterval(() => c, 1e6); });`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

/** Another process that is killed while it writes. */
export function dieWriting(engine: FileEngineName, path: string, sql: string): void {
  const file = JSON.stringify(path);
  const code =
    engine === 'sqlite'
      ? `${prelude} const d = new DatabaseSync(${file}); d.exec(${JSON.stringify(sql)}); process.kill(process.pid, 'SIGKILL');`
      : `require(${duckdbPath}).DuckDBInstance.create(${file}).then(async (i) => { const c = await i.connect();
         await c.run(${JSON.stringify(sql)}); process.kill(process.pid, 'SIGKILL'); });`;
  spawnSync(process.execPath, ['-e', code]);
}

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/**
 * `stage:reason` of a probe by a user who is not the owner of everything: by `nobody` in a process of its own where we
 * are root, else by ourselves. Uses the build.
 */
export function verdictOfPlainUser(engine: FileEngineName, path: string): string {
  return asPlainUser(
    engine,
    path,
    `const { steps } = await connector.probe(target, limits);
     const failed = steps.find((step) => step.status === 'fail');
     return failed === undefined ? 'passed' : failed.stage + ':' + failed.reason;`,
  ) as string;
}

/** `check:status:reason` of what a preflight by that user complains of. */
export function findingsOfPlainUser(engine: FileEngineName, path: string, purpose: Purpose): readonly string[] {
  return asPlainUser(
    engine,
    path,
    `const request = { purpose: '${purpose}', schemas: null, roundTripMs: 5000, statementMs: 5000, catalogTables: 100 };
     const { findings } = await connector.preflight(target, request, limits);
     return findings.filter((one) => !['pass', 'skip'].includes(one.status)).map((one) => [one.check, one.status, one.reason].join(':'));`,
  ) as readonly string[];
}

function asPlainUser(engine: FileEngineName, path: string, work: string): unknown {
  const name = engine === 'sqlite' ? 'createSqliteConnector' : 'createDuckdbConnector';
  const dist = new URL('../../dist/', import.meta.url).href;
  const code = `
    const { ${name}: create } = await import('${dist}connectors/${engine}/index.js');
    const { Secret } = await import('${dist}kernel/secret.js');
    const connector = create({ roots: [], isBoundToLoopback: () => true, ownFolders: [], ownFiles: [] });
    const target = { engine: '${engine}', host: '', port: 0, username: '', authType: 'basic', password: new Secret(''),
      database: ${JSON.stringify(path)}, tls: { mode: 'prefer' } };
    const limits = { totalMs: 10000, stageMs: 5000, signal: new AbortController().signal };
    const alive = setInterval(() => {}, 1000);
    const told = await (async () => { ${work} })();
    clearInterval(alive);
    console.log(JSON.stringify(told));`;
  const as = isRoot ? { uid: nobody, gid: nobody } : {};
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { ...as, cwd: '/' }).toString(),
  );
}

/**
 * Reads a catalogue to its end and measures what it costs this process. The loop's longest delay is the best of three
 * readings: the machine may have other work.
 */
export async function measureReading({ connector, target }: Parameters<typeof openReading>[0]) {
  const patient: Connector = {
    ...connector,
    openCatalog: (to, request, limits) =>
      connector.openCatalog(to, request, { ...limits, totalMs: 30_000, stageMs: 25_000 }),
  };
  const subject = { connector: patient, target };
  // The first one loads the library, whose code is no part of a catalogue.
  await (await openReading(subject, { limit: 1 })).close();
  const delays: number[] = [];
  const times: number[] = [];
  let tables = 0;
  let columns = 0;
  const before = process.memoryUsage.rss();
  let most = before;
  for (let round = 0; round < 3; round += 1) {
    [tables, columns] = [0, 0];
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedMs = performance.now();
    for await (const item of (await openReading(subject)).items()) {
      if (item.section !== 'table') continue;
      tables += 1;
      columns += item.table.columns?.length ?? 0;
      if (tables % 50 === 0) most = Math.max(most, process.memoryUsage.rss());
    }
    times.push(performance.now() - startedMs);
    delay.disable();
    delays.push(delay.max / 1e6);
  }
  return {
    tables,
    columns,
    ms: Math.round(Math.min(...times)),
    stallMs: Math.round(Math.min(...delays)),
    grownMb: Math.round((most - before) / 1e6),
  };
}
