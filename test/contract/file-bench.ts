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
import { DuckDBInstance } from '@duckdb/node-api';
import { DatabaseSync } from '@photostructure/sqlite';
import type { FileConnectorOptions } from '../../src/connectors/file-connector.js';
import type { CatalogItem, CatalogRequest, ConnectionTarget, Connector } from '../../src/sources/index.js';
import { catalogGroups } from '../../src/sources/index.js';
import { quietLimits, targetOf } from './connector-bench.js';

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
  const database = new DatabaseSync(path, { defensive: false });
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
    const { steps } = await connector.probe(target, limits);
    clearInterval(alive);
    const failed = steps.find((step) => step.status === 'fail');
    console.log(failed === undefined ? 'passed' : failed.stage + ':' + failed.reason);`;
  const as = isRoot ? { uid: nobody, gid: nobody } : {};
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], { ...as, cwd: '/' })
    .toString()
    .trim();
}

export const everything = (fields: Partial<CatalogRequest> = {}): CatalogRequest => ({
  schemas: null,
  names: [],
  groups: new Set(catalogGroups),
  after: null,
  limit: null,
  ...fields,
});

/** Reads a catalogue to its end. */
export async function readAll(
  connector: Connector,
  target: ConnectionTarget,
  request: Partial<CatalogRequest> = {},
): Promise<readonly CatalogItem[]> {
  const { reading, probe } = await connector.openCatalog(target, everything(request), {
    ...quietLimits(),
    readMs: 60_000,
    connections: 1,
  });
  if (reading === null) throw new Error(`not reached: ${JSON.stringify(probe.steps.at(-1))}`);
  const items: CatalogItem[] = [];
  try {
    for await (const item of reading.items()) items.push(item);
  } finally {
    await reading.close();
  }
  return items;
}
