/**
 * The engines the oracle is held against: how each spells a table, how rows get into it without the code under test,
 * and a session through which scoped queries run.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { ScopedQuery } from '../../src/access/index.js';
import { compileCount, compileSelect } from '../../src/connectors/compile-query.js';
import { compileDelete, compileInsert, compileUpdate } from '../../src/connectors/compile-write.js';
import { createMysqlFlavour } from '../../src/connectors/mysql/data-flavour.js';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { createPostgresFlavour } from '../../src/connectors/postgres/data-flavour.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import type { Flavour } from '../../src/connectors/sql-flavour.js';
import { sqliteFlavour } from '../../src/connectors/sqlite/data-flavour.js';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import type { CanonicalType, Column, Relation } from '../../src/query/index.js';
import type { ConnectionTarget, DataSession, SourceConnector } from '../../src/sources/index.js';
import { clock, localDialler, quietLimits, targetOf } from '../contract/connector-bench.js';
import { makeFolder, openToAll } from '../contract/file-bench.js';
import { createPostgresDatabase, dropPostgresDatabase } from '../servers/postgres.js';
import type { DatabaseAddress } from '../servers/types.js';
import type { Cell, ColumnSpec, Kind, TableSpec } from './world.js';

export interface CompiledText {
  readonly sql: string;
  readonly values: readonly unknown[];
}

export interface OracleBench {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly session: DataSession;
  relationOf(table: TableSpec): Relation;
  /** Every row and column of it, as somebody who manages a source would write it. */
  selectAll(table: TableSpec): string;
  compile(query: ScopedQuery): readonly CompiledText[];
  create(table: TableSpec): Promise<void>;
  drop(table: TableSpec): Promise<void>;
  close(): Promise<void>;
}

interface Spelling {
  readonly type: CanonicalType;
  /** As the catalogue tells it. */
  readonly nativeType: string;
  /** In CREATE TABLE. */
  readonly ddl: string;
}

type Spellings = Readonly<Partial<Record<Kind, Spelling>>>;

function spelled(type: CanonicalType, nativeType: string, collation = ''): Spelling {
  return { type, nativeType, ddl: `${nativeType}${collation}` };
}

function relation(schema: string, table: TableSpec, spellings: Spellings): Relation {
  const key = table.hasKey ? [(table.columns[0] as ColumnSpec).name] : [];
  return {
    origin: { kind: 'table', schema, name: table.name, isView: false },
    columns: table.columns.map(({ name, kind, isNullable, byDefault }): Column => {
      const { type, nativeType } = spellings[kind] as Spelling;
      const length = /\((\d+)\)$/.exec(nativeType)?.[1];
      const isText = type === 'text' && length !== undefined;
      const common = { hasDefault: byDefault !== null, isComputed: false };
      return { name, type, nativeType, isNullable, length: isText ? Number(length) : null, ...common };
    }),
    primaryKey: key,
    uniqueKeys: key.length === 0 ? [] : [key],
    foreignKeys: [],
    rowEstimate: null,
  };
}

/** @param literal  A cell as the engine's own literal: the tests' own quoting, of the tests' own values. */
function createText(
  table: TableSpec,
  place: string,
  spellings: Spellings,
  quote: (name: string) => string,
  literal: (kind: Kind, cell: Cell) => string,
): string[] {
  const columns = table.columns.map(({ name, kind, isNullable, byDefault }, at) => {
    const { ddl } = spellings[kind] as Spelling;
    const nothing = isNullable ? '' : ' NOT NULL';
    const otherwise = byDefault === null ? '' : ` DEFAULT ${literal(kind, byDefault)}`;
    return `${quote(name)} ${ddl}${otherwise}${nothing}${at === 0 && table.hasKey ? ' PRIMARY KEY' : ''}`;
  });
  const rows = table.rows.map((row) => {
    return `(${row.map((cell, at) => literal((table.columns[at] as ColumnSpec).kind, cell)).join(', ')})`;
  });
  const insert = rows.length === 0 ? [] : [`INSERT INTO ${place} VALUES ${rows.join(', ')}`];
  return [`CREATE TABLE ${place} (${columns.join(', ')})`, ...insert];
}

function compileWith<V>(flavour: Flavour<V>, query: ScopedQuery): readonly CompiledText[] {
  switch (query.kind) {
    case 'select':
      return [compileSelect(flavour, query)];
    case 'count':
      return [compileCount(flavour, query)];
    case 'insert':
      return compileInsert(flavour, query);
    case 'update':
      return [compileUpdate(flavour, query)];
    case 'delete':
      return [compileDelete(flavour, query)];
  }
}

async function openSession(connector: SourceConnector, target: ConnectionTarget): Promise<DataSession> {
  const limits = { ...quietLimits(), statementMs: 20_000, purpose: 'read_write' } as const;
  const opened = await connector.openData?.(target, limits);
  if (opened === undefined || opened.session === null) throw new Error(`no session: ${JSON.stringify(opened?.probe)}`);
  return opened.session;
}

const doubled = (quote: string) => (name: string) => `${quote}${name.replaceAll(quote, quote + quote)}${quote}`;
const isNumber = (kind: Kind) => kind.startsWith('int') || kind === 'decimal' || kind === 'float';
const hexOf = (cell: string) => Buffer.from(cell, 'base64').toString('hex');
const quotedText = (text: string) => `'${text.replaceAll("'", "''")}'`;

const postgresSpellings: Spellings = {
  int32: spelled('int32', 'integer'),
  int64: spelled('int64', 'bigint'),
  decimal: spelled('decimal', 'numeric(12,2)'),
  boolean: spelled('boolean', 'boolean'),
  float: spelled('float64', 'double precision'),
  date: spelled('date', 'date'),
  time: spelled('time', 'time without time zone'),
  timestamptz: spelled('timestamptz', 'timestamp with time zone'),
  uuid: spelled('uuid', 'uuid'),
  bytes: spelled('bytes', 'bytea'),
  timestamp: spelled('timestamp', 'timestamp without time zone'),
  text: spelled('text', 'text', ' COLLATE "C"'),
  loose: spelled('text', 'character varying(200)', ' COLLATE loose'),
};

export async function openPostgresBench(server: DatabaseAddress): Promise<OracleBench> {
  const database = await createPostgresDatabase(server, 'oracle');
  const { superuser: user, password, port, socket } = server;
  const client = new pg.Client({ host: socket, port, user, password, database });
  await client.connect();
  await client.query(`SET standard_conforming_strings = on; SET client_min_messages = error`);
  await client.query(`CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`);
  const target = targetOf({ engine: 'postgres', host: server.host, port, username: user, password, database });
  const session = await openSession(createPostgresConnector({ dialler: localDialler(), clock }), target);
  const flavour = createPostgresFlavour({ hasLooseCollations: true });
  const quote = doubled('"');
  const literal = (kind: Kind, cell: Cell): string =>
    cell === null
      ? 'NULL'
      : isNumber(kind)
        ? cell
        : kind === 'bytes'
          ? quotedText(`\\x${hexOf(cell)}`)
          : quotedText(cell);
  return {
    name: 'postgres',
    kinds: Object.keys(postgresSpellings) as Kind[],
    session,
    relationOf: (table) => relation('public', table, postgresSpellings),
    selectAll: (table) => `SELECT * FROM public.${quote(table.name)};`,
    compile: (query) => compileWith(flavour, query),
    async create(table) {
      for (const text of createText(table, quote(table.name), postgresSpellings, quote, literal))
        await client.query(text);
    },
    async drop(table) {
      await client.query(`DROP TABLE ${quote(table.name)}`);
    },
    async close() {
      session.close();
      await client.end();
      await dropPostgresDatabase(server, database);
    },
  };
}

const sqliteSpellings: Spellings = {
  // INTEGER as a primary key would be given a value where none is.
  int64: spelled('int64', 'BIGINT'),
  decimal: spelled('decimal', 'DECIMAL(12,2)'),
  boolean: spelled('boolean', 'BOOLEAN'),
  float: spelled('float64', 'REAL'),
  date: spelled('date', 'DATE'),
  time: spelled('time', 'TIME'),
  uuid: spelled('uuid', 'UUID'),
  bytes: spelled('bytes', 'BLOB'),
  timestamp: spelled('timestamp', 'DATETIME'),
  text: spelled('text', 'TEXT'),
  loose: spelled('text', 'VARCHAR(200)', ' COLLATE NOCASE'),
};

export async function openSqliteBench(): Promise<OracleBench> {
  const folder = makeFolder();
  const path = folder.at('oracle.db');
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE first (id INTEGER)');
  const target = targetOf({ engine: 'sqlite', host: '', port: 0, username: '', database: path, password: '' });
  const session = await openSession(createSqliteConnector(openToAll), target);
  const quote = doubled('"');
  const literal = (kind: Kind, cell: Cell): string => {
    if (cell === null) return 'NULL';
    if (kind === 'boolean') return cell === 'true' ? '1' : '0';
    if (kind === 'timestamp') return quotedText(cell.replace('T', ' '));
    if (kind === 'bytes') return `x'${hexOf(cell)}'`;
    if (kind === 'timestamptz') return quotedText(cell.slice(0, -1));
    return isNumber(kind) ? cell : quotedText(cell);
  };
  return {
    name: 'sqlite',
    kinds: Object.keys(sqliteSpellings) as Kind[],
    session,
    relationOf: (table) => relation('main', table, sqliteSpellings),
    selectAll: (table) => `SELECT * FROM ${quote(table.name)};`,
    compile: (query) => compileWith(sqliteFlavour, query),
    async create(table) {
      for (const text of createText(table, quote(table.name), sqliteSpellings, quote, literal)) database.exec(text);
    },
    async drop(table) {
      database.exec(`DROP TABLE ${quote(table.name)}`);
    },
    async close() {
      session.close();
      database.close();
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
}

const mariadbSpellings: Spellings = {
  int32: spelled('int32', 'int(11)'),
  int64: spelled('int64', 'bigint(20)'),
  decimal: spelled('decimal', 'decimal(12,2)'),
  boolean: spelled('boolean', 'tinyint(1)'),
  float: spelled('float64', 'double'),
  date: spelled('date', 'date'),
  time: spelled('time', 'time(6)'),
  timestamptz: { type: 'timestamptz', nativeType: 'timestamp(6)', ddl: 'timestamp(6) NULL' },
  uuid: spelled('uuid', 'uuid'),
  bytes: spelled('bytes', 'varbinary(200)'),
  timestamp: spelled('timestamp', 'datetime(6)'),
  text: spelled('text', 'varchar(200)', ' CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin'),
  loose: spelled('text', 'varchar(200)', ' CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci'),
};

export async function openMariadbBench(server: DatabaseAddress): Promise<OracleBench> {
  const database = `oracle_${randomBytes(6).toString('hex')}`;
  const { superuser: user, password, port, socket } = server;
  const client = await mysql.createConnection({ socketPath: socket, user, password, charset: 'utf8mb4' });
  await client.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await client.query(`USE ${database}`);
  await client.query(`SET sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00'`);
  const target = targetOf({ engine: 'mysql', host: server.host, port, username: user, password, database });
  const session = await openSession(createMysqlConnector({ dialler: localDialler(), clock }), target);
  const flavour = createMysqlFlavour({ hasInsertReturning: true, hasDeleteReturning: true });
  const quote = doubled('`');
  const literal = (kind: Kind, cell: Cell): string => {
    if (cell === null) return 'NULL';
    if (kind === 'boolean') return cell === 'true' ? '1' : '0';
    if (kind === 'bytes') return `x'${hexOf(cell)}'`;
    if (kind === 'timestamptz') return quotedText(cell.slice(0, -1));
    return isNumber(kind) ? cell : quotedText(cell);
  };
  return {
    name: 'mysql',
    kinds: Object.keys(mariadbSpellings) as Kind[],
    session,
    relationOf: (table) => relation(database, table, mariadbSpellings),
    selectAll: (table) => `SELECT * FROM ${quote(database)}.${quote(table.name)};`,
    compile: (query) => compileWith(flavour, query),
    async create(table) {
      for (const text of createText(table, quote(table.name), mariadbSpellings, quote, literal))
        await client.query(text);
    },
    async drop(table) {
      await client.query(`DROP TABLE ${quote(table.name)}`);
    },
    async close() {
      session.close();
      await client.query(`DROP DATABASE ${database}`);
      await client.end();
    },
  };
}
