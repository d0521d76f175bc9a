/**
 * Drift on every engine: a catalogue with names nobody likes has not changed compared with itself, and a few changes
 * made by SQL are told as exactly those.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngineDetector } from '../../src/connectors/detect.js';
import { createDuckdbConnector } from '../../src/connectors/duckdb/index.js';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { targetSyntax } from '../../src/network/index.js';
import { createSources, type RawTarget, type Sources } from '../../src/sources/index.js';
import type { Store } from '../../src/store/open-store.js';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  mariadbSql,
  postgresSql,
  shared,
} from '../servers/index.js';
import { clock, localDialler } from './connector-bench.js';
import { type Folder, makeDuckdb, makeFolder, makeSqlite, openToAll } from './file-bench.js';
import { principalWith } from './sources-world.js';
import { newOrganisation, openTestStore, type TestDatabase } from './store.contract.js';
import { createSqliteDatabase } from './store-databases.js';

let kept: TestDatabase;
let store: Store;
let sources: Sources;
let folder: Folder;
let actor: Parameters<Sources['registry']['add']>[0];
const signal = new AbortController().signal;

beforeAll(async () => {
  kept = await createSqliteDatabase();
  store = await openTestStore(kept);
  folder = makeFolder();
  const { id, uid } = await newOrganisation(store);
  const principal = { ...principalWith('sources.inspect', 'sources.manage'), organisationId: id, organisationUid: uid };
  actor = { principal, origin: { door: 'cli', requestId: null, address: null } };
  const dialler = localDialler();
  sources = createSources({
    connectors: [
      createPostgresConnector({ dialler, clock }),
      createMysqlConnector({ dialler, clock }),
      createSqliteConnector(openToAll),
      createDuckdbConnector(openToAll),
    ],
    detector: createEngineDetector({ dialler }),
    syntax: targetSyntax,
    audit: store.audit,
    clock,
    ids: { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) },
    store: store.sources,
    credentials: { find: async () => ({ ok: false, reason: 'CREDENTIAL_REF_UNRESOLVED' }), isAllowed: () => true },
    poster: { post: async () => null, isUrl: () => true },
  });
});

afterAll(async () => {
  await store.close();
  await kept.remove();
  folder.remove();
});

/** In the order of no collation: what a server sorts by its own rules would come out of order here. */
const oddNames = [
  'a',
  'B',
  'Z',
  '_',
  'ä',
  'Ä',
  'é',
  'z z',
  'a.b',
  '__proto__',
  'constructor',
  'ß',
  '€',
  '😀',
  '\ue000',
  '0',
];

async function drift(name: string): Promise<string[]> {
  const { changes } = await sources.diff({ ...actor, source: name, signal });
  const told: string[] = [];
  for await (const one of changes())
    told.push([one.kind, one.object, one.member].filter((part) => part !== null).join(' '));
  return told.sort();
}

/** What every engine goes through. */
async function keepsDrift(
  target: Omit<RawTarget, 'strict'>,
  sql: (text: string) => Promise<unknown>,
  quote: string,
  /** A name the engine can hold that is out of every collation's order. */
  odd = '😀',
) {
  const names = oddNames.map((name) => (name === '😀' ? odd : name));
  const quoted = (name: string) => `${quote}${name}${quote}`;
  for (const name of names)
    await sql(`create table ${quoted(name)} (id integer primary key, ${quoted(`c ${name}`)} varchar(10))`);
  await sql('create view seen as select 1 as one');
  const name = `drift-${target.engine}`;
  await sources.registry.add(actor, { name, target: { ...target, strict: false } });
  const snapshot = await sources.takeSnapshot({ ...actor, source: name, signal });
  expect(snapshot.objects).toBeGreaterThanOrEqual(names.length + 1);
  expect(await drift(name)).toEqual([]);
  await sql(`drop table ${quoted('Z')}`);
  await sql(`alter table ${quoted(odd)} add column extra integer`);
  await sql(`create table ${quoted(`${odd}${odd}`)} (id integer)`);
  await sql('drop view seen');
  expect(await drift(name)).toEqual([
    `column_added ${odd} extra`,
    `table_added ${odd}${odd}`,
    'table_removed Z',
    'table_removed seen',
  ]);
  await sources.takeSnapshot({ ...actor, source: name, signal });
  expect(await drift(name)).toEqual([]);
}

describeWith('postgres', 'drift on PostgreSQL', () => {
  test('is what was changed', async () => {
    const server = shared('postgres');
    const database = await createPostgresDatabase(server, 'drift');
    try {
      const { port, superuser: username, password } = server;
      const target = {
        engine: 'postgres',
        host: 'localhost',
        port,
        database,
        username,
        password: new Secret(password),
      };
      await keepsDrift(target, (text) => postgresSql(server, text, { database }), '"');
    } finally {
      await dropPostgresDatabase(server, database);
    }
  });
});

describeWith('mariadb', 'drift on MariaDB', () => {
  test('is what was changed', async () => {
    const server = shared('mariadb');
    const database = `drift_${randomBytes(6).toString('hex')}`;
    const { port, superuser: username, password } = server;
    await mariadbSql(server, `create database ${database} character set utf8mb4 collate utf8mb4_bin`);
    try {
      const target = { engine: 'mariadb', host: 'localhost', port, database, username, password: new Secret(password) };
      await keepsDrift(target, (text) => mariadbSql(server, `use ${database}; ${text}`), '`', '\uffe6');
    } finally {
      await mariadbSql(server, `drop database ${database}`);
    }
  });
});

describe('drift of files', () => {
  const none = { host: '', port: undefined, username: '', password: new Secret('') };

  test('SQLite: is what was changed', async () => {
    const database = join(folder.path, 'drift.db');
    appendFileSync(database, '');
    await keepsDrift({ ...none, engine: 'sqlite', database }, async (text) => makeSqlite(database, text), '"');
  });

  test('DuckDB: is what was changed', async () => {
    const database = join(folder.path, 'drift.duckdb');
    await keepsDrift({ ...none, engine: 'duckdb', database }, (text) => makeDuckdb(database, [text]), '"');
  });
});
