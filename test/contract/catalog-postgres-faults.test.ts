/** What can go wrong while PostgreSQL's catalogue is read, caused on real servers, and how much one reading takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { longSession, type Session } from '../../src/connectors/postgres/connect.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { openPostgresSession } from '../../src/connectors/postgres/open-session.js';
import { StageWalk } from '../../src/connectors/stage-walk.js';
import type { AppError } from '../../src/kernel/errors.js';
import type { CatalogItem, ConnectionTarget } from '../../src/sources/index.js';
import {
  createPostgresDatabase,
  describeWith,
  postgresSql,
  postgresUrl,
  type RunningPgbouncer,
  type RunningPostgres,
  startPgbouncer,
  startPostgres,
} from '../servers/index.js';
import { openReading, placeOf, readAll, tablesOf } from './catalog.contract.js';
import { buildTables } from './catalog-database.js';
import { canary, clock, localDialler, quietLimits, targetOf } from './connector-bench.js';

const dialler = localDialler();
const connector = createPostgresConnector({ dialler, clock });
const password = canary();

describeWith('postgres', 'reading a catalogue', () => {
  let server: RunningPostgres;

  beforeAll(async () => {
    server = await startPostgres();
    await postgresSql(server, `CREATE ROLE reader LOGIN PASSWORD '${password}'`);
  });
  afterAll(() => server?.stop());

  const targetIn = (database: string, fields: Parameters<typeof targetOf>[0] = {}): ConnectionTarget =>
    targetOf({ port: server.port, username: 'reader', password, database, ...fields });
  const faultsOf = (items: readonly CatalogItem[]) =>
    items.flatMap((item) => (item.section === 'fault' ? [item.fault] : []));
  const reading = async (items: AsyncIterable<CatalogItem>) => {
    for await (const _ of items);
  };
  const hasFailed = (fault: unknown) => (fault as AppError).code === 'sources.reading_failed';

  describe('of three hundred tables', () => {
    let database: string;
    beforeAll(async () => {
      database = await createPostgresDatabase(server);
      await postgresSql(server, buildTables(300), { database });
      await postgresSql(server, 'GRANT SELECT ON ALL TABLES IN SCHEMA shop_1 TO reader', { database });
      await postgresSql(server, 'GRANT INSERT, UPDATE ON shop_1.item_000001 TO reader', { database });
    });

    test('is complete by other counts', async () => {
      const tables = tablesOf(await readAll({ connector, target: targetIn(database) }));
      const [counted] = await postgresSql(
        server,
        `SELECT (SELECT count(*) FROM information_schema.columns WHERE table_schema LIKE 'shop%')::int AS columns,
          (SELECT count(*) FROM pg_indexes WHERE schemaname LIKE 'shop%')::int AS indexes,
          (SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema LIKE 'shop%')::int AS keys,
          (SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
            WHERE c.relname LIKE 'item%')::int AS comments`,
        { database },
      );
      const count = (values: readonly (number | undefined)[]) =>
        values.reduce<number>((sum, one) => sum + (one ?? 0), 0);
      const comments = tables.flatMap((one) => [one.comment, ...(one.columns ?? []).map((column) => column.comment)]);
      expect({
        columns: count(tables.map((one) => one.columns?.length)),
        indexes: count(tables.map((one) => one.indexes?.length)),
        keys: count(tables.map((one) => one.foreignKeys?.length)),
        comments: comments.filter((comment) => comment !== null).length,
      }).toEqual(counted);
      expect(tables).toHaveLength(300);
      expect(tables.every((one) => one.primaryKey?.columns.join() === 'id')).toBe(true);
    });

    test('says what the account may do', async () => {
      const tables = tablesOf(
        await readAll({ connector, target: targetIn(database) }, { groups: new Set(['grants']) }),
      );
      const grants = (name: string) => tables.find((one) => one.name === name)?.grantsForCaller;
      expect(grants('item_000000')).toEqual([]);
      expect(grants('item_000004')).toEqual(['select']);
      expect(grants('item_000001')).toEqual(['select', 'insert', 'update']);
      const asOwner = { username: server.superuser, password: server.password };
      const [first] = tablesOf(
        await readAll({ connector, target: targetIn(database, asOwner) }, { limit: 1, groups: new Set(['grants']) }),
      );
      expect(first?.grantsForCaller).toHaveLength(7);
    });

    test('says what the account may do where many others may do something too', async () => {
      const roles = Array.from({ length: 70 }, (_, at) => `crowd_${at}`);
      const [first = '', second = ''] = ['shop_1.item_000004', 'shop_1.item_000007'];
      for (const role of roles) await postgresSql(server, `CREATE ROLE ${role}`);
      await postgresSql(server, `GRANT SELECT ON ${first}, ${second} TO ${roles.join()}`, { database });
      await postgresSql(server, `GRANT DELETE ON ${second} TO reader`, { database });
      const tables = tablesOf(
        await readAll({ connector, target: targetIn(database) }, { groups: new Set(['grants']) }),
      );
      const grants = (name: string) => tables.find((one) => `${one.schema}.${one.name}` === name)?.grantsForCaller;
      expect([grants(first), grants(second)]).toEqual([['select'], ['select', 'delete']]);
    });

    test('asks a handful of questions, not one per table', async () => {
      const statements = async () => {
        const [row] = await postgresSql(
          server,
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'reader' AND state <> 'idle'",
        );
        return Number(row?.['n']);
      };
      await postgresSql(
        server,
        'ALTER SYSTEM SET log_min_duration_statement = 0; SELECT pg_reload_conf()'.split(';')[0] ?? '',
      );
      await postgresSql(server, 'SELECT pg_reload_conf()');
      const before = server.log().length;
      await readAll({ connector, target: targetIn(database) });
      await expect.poll(statements).toBe(0);
      const said = server.log().slice(before);
      await postgresSql(server, 'ALTER SYSTEM RESET log_min_duration_statement');
      await postgresSql(server, 'SELECT pg_reload_conf()');
      // A statement is parsed once; the rest are further batches of its portal.
      expect(said.match(/parse <unnamed>/g)?.length).toBeLessThan(20);
    });

    test('over a snapshot does not see what comes meanwhile', async () => {
      const open = await openReading({ connector, target: targetIn(database) });
      await postgresSql(server, 'CREATE TABLE shop_0.aa_meanwhile (id int)', { database });
      const names: string[] = [];
      for await (const item of open.items()) names.push(placeOf(item)?.name ?? '');
      await postgresSql(server, 'DROP TABLE shop_0.aa_meanwhile', { database });
      expect(names).toHaveLength(300);
      expect(names).not.toContain('aa_meanwhile');
    });

    test('leaves no session behind, read to its end or not', async () => {
      const sessions = () => postgresSql(server, "SELECT 1 FROM pg_stat_activity WHERE usename = 'reader'");
      await readAll({ connector, target: targetIn(database) });
      await expect.poll(sessions).toHaveLength(0);
      for await (const _ of (await openReading({ connector, target: targetIn(database) })).items()) break;
      await expect.poll(sessions).toHaveLength(0);
    });

    test('goes on over fewer sessions where the account may have no more', async () => {
      await postgresSql(server, 'ALTER ROLE reader CONNECTION LIMIT 2');
      try {
        const tables = tablesOf(await readAll({ connector, target: targetIn(database) }));
        expect(tables).toHaveLength(300);
      } finally {
        await postgresSql(server, 'ALTER ROLE reader CONNECTION LIMIT -1');
      }
    });
  });

  describe('that cannot be read whole', () => {
    test('passes over what is broken in one table', async () => {
      const database = await createPostgresDatabase(server);
      const broken = [5, 6, 70, 399].map((number) => `t_${String(number).padStart(3, '0')}`);
      await postgresSql(
        server,
        `CREATE TABLE donor (a int, b int, c int, d int, e int, twice int GENERATED ALWAYS AS (e * 2) STORED);
        DO $$ BEGIN FOR n IN 0..399 LOOP
          EXECUTE format('CREATE TABLE t_%s (id int PRIMARY KEY DEFAULT 1)', lpad(n::text, 3, '0'));
        END LOOP; END $$; SET allow_system_table_mods = on;
        UPDATE pg_attrdef SET adbin = (SELECT adbin FROM pg_attrdef WHERE adrelid = 'donor'::regclass)
        WHERE adrelid IN (${broken.map((name) => `'${name}'::regclass`).join()})`,
        { database },
      );
      const items = await readAll({ connector, target: targetIn(database) });
      expect(faultsOf(items)).toEqual(
        broken.map((name) => ({ schema: 'public', name, group: 'columns', reason: 'CATALOG_PARTIAL' })),
      );
      const tables = tablesOf(items);
      expect(tables).toHaveLength(401);
      for (const table of tables.filter((one) => one.name !== 'donor')) {
        expect([table.name, 'columns' in table]).toEqual([table.name, !broken.includes(table.name)]);
        expect(table.primaryKey?.columns).toEqual(['id']);
        expect(table.indexes).toHaveLength(1);
      }
      const page = await readAll(
        { connector, target: targetIn(database) },
        { limit: 3, after: { schema: 'public', section: 'table', name: 't_004', arguments: '' } },
      );
      expect(tablesOf(page).map((one) => one.name)).toEqual(['t_005', 't_006', 't_007']);
      expect(tablesOf(page)[2]?.columns).toHaveLength(1);
      expect(faultsOf(page)).toHaveLength(2);
    });

    test('passes over groups the account may not look at', async () => {
      const database = await createPostgresDatabase(server);
      await postgresSql(
        server,
        `CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id int REFERENCES one); CREATE TYPE mood AS ENUM ('a');
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SEQUENCE s;
        REVOKE SELECT ON pg_proc, pg_trigger, pg_index, pg_enum FROM PUBLIC`,
        { database },
      );
      const items = await readAll({ connector, target: targetIn(database) });
      const groups = faultsOf(items).map((fault) => [fault.schema, fault.name, fault.group, fault.reason]);
      expect(groups.sort()).toEqual(
        ['indexes', 'routines', 'triggers', 'types'].map((group) => [null, null, group, 'CATALOG_VIEW_MISSING']),
      );
      const tables = tablesOf(items);
      expect(tables.map((one) => [one.name, one.primaryKey?.columns, one.foreignKeys?.length])).toEqual([
        ['one', ['id'], 0],
        ['two', undefined, 1],
      ]);
      expect(items.filter((item) => item.section === 'sequence')).toHaveLength(1);
      for (const table of tables) expect(table).not.toHaveProperty('indexes');
    });

    test('says so where even columns or tables are out of sight', async () => {
      const database = await createPostgresDatabase(server);
      await postgresSql(server, 'CREATE TABLE one (id int PRIMARY KEY); REVOKE SELECT ON pg_attribute FROM PUBLIC', {
        database,
      });
      const items = await readAll({ connector, target: targetIn(database) });
      expect(
        faultsOf(items)
          .map((fault) => fault.group)
          .sort(),
      ).toEqual(['checks', 'columns', 'indexes', 'keys']);
      expect(tablesOf(items)[0]).toMatchObject({ name: 'one', triggers: [] });
      expect(tablesOf(items)[0]).not.toHaveProperty('primaryKey');
      await postgresSql(server, 'REVOKE SELECT ON pg_class FROM PUBLIC', { database });
      const rest = await readAll({ connector, target: targetIn(database) }, { groups: new Set() });
      expect(faultsOf(rest)).toEqual([{ schema: null, name: null, group: 'object', reason: 'CATALOG_VIEW_MISSING' }]);
      await postgresSql(server, 'REVOKE SELECT ON pg_namespace FROM PUBLIC', { database });
      const { probe, reading: none } = await connector.openCatalog(
        targetIn(database),
        { schemas: null, names: [], groups: new Set(), after: null, limit: null },
        { ...quietLimits(), readMs: 5_000, connections: 2 },
      );
      expect(none).toBeNull();
      expect(probe.steps.at(-1)).toMatchObject({ stage: 'catalog', status: 'fail', reason: 'CATALOG_VIEW_MISSING' });
    });
  });

  describe('that waits at the server', () => {
    let database: string;
    let holder: pg.Client;

    beforeAll(async () => {
      database = await createPostgresDatabase(server);
      await postgresSql(server, 'CREATE TABLE one (id int)', { database });
      holder = new pg.Client({ connectionString: postgresUrl(server, database) });
      holder.on('error', () => undefined);
      await holder.connect();
      await holder.query('SET allow_system_table_mods = on; BEGIN; LOCK TABLE pg_catalog.pg_trigger');
    });
    afterAll(() => holder.end());

    const waiting = () =>
      postgresSql(server, "SELECT 1 FROM pg_stat_activity WHERE usename = 'reader' AND wait_event_type = 'Lock'");
    const present = () => postgresSql(server, "SELECT 1 FROM pg_stat_activity WHERE usename = 'reader'");

    test('ends there within a second when the caller goes away', async () => {
      const leaving = new AbortController();
      const open = await openReading({ connector, target: targetIn(database) }, {}, { signal: leaving.signal });
      const ended = expect(reading(open.items())).rejects.toSatisfy(hasFailed);
      await expect.poll(waiting).not.toHaveLength(0);
      leaving.abort();
      await ended;
      await expect.poll(present, { timeout: 1_000 }).toHaveLength(0);
    });

    test('ends there when its time is up', async () => {
      const open = await openReading({ connector, target: targetIn(database) }, {}, { readMs: 900 });
      await expect(reading(open.items())).rejects.toSatisfy(hasFailed);
      await expect.poll(present, { timeout: 1_000 }).toHaveLength(0);
    });

    test('ends when it is closed', async () => {
      const open = await openReading({ connector, target: targetIn(database) });
      const ended = expect(reading(open.items())).rejects.toSatisfy(hasFailed);
      await expect.poll(waiting).not.toHaveLength(0);
      await open.close();
      await ended;
      await expect.poll(present, { timeout: 1_000 }).toHaveLength(0);
    });

    test('ends when the server ends it', async () => {
      const open = await openReading({ connector, target: targetIn(database) });
      const ended = expect(reading(open.items())).rejects.toSatisfy(hasFailed);
      await expect.poll(waiting).not.toHaveLength(0);
      await postgresSql(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'");
      await ended;
    });
  });

  describe.each(['LATIN1', 'EUC_JP', 'SQL_ASCII'])('in %s', (encoding) => {
    test('keeps the order of UTF-8', async () => {
      const database = `in_${encoding.toLowerCase()}`;
      await postgresSql(server, `CREATE DATABASE ${database} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`);
      const names = encoding === 'EUC_JP' ? ['z', '漢', 'あ', 'ア', 'ｱ'] : ['z', 'é', 'ÿ', '×', 'Z'];
      for (const name of names) await postgresSql(server, `CREATE TABLE "${name}" ("${name}" int)`, { database });
      const items = await readAll({ connector, target: targetIn(database) });
      const sorted = [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      expect(tablesOf(items).map((one) => one.name)).toEqual(sorted);
      expect(tablesOf(items).map((one) => one.columns?.[0]?.name)).toEqual(sorted);
      const after = { schema: 'public', section: 'table', name: sorted[1] ?? '', arguments: '' } as const;
      const rest = await readAll({ connector, target: targetIn(database) }, { after });
      expect(tablesOf(rest).map((one) => one.name)).toEqual(sorted.slice(2));
    });
  });

  describeWith('pgbouncer', 'through PgBouncer', () => {
    let bouncer: RunningPgbouncer;
    let database: string;

    beforeAll(async () => {
      database = await createPostgresDatabase(server);
      await postgresSql(server, buildTables(120), { database });
      bouncer = await startPgbouncer({
        upstream: server,
        users: { reader: password },
        databases: { wide: `dbname=${database} pool_size=4`, narrow: `dbname=${database} pool_size=1` },
        settings: { query_wait_timeout: 20 },
      });
    });
    afterAll(() => bouncer?.stop());

    test.each(['wide', 'narrow'])('says the same, with a %s pool', async (pool) => {
      const direct = await readAll({ connector, target: targetIn(database) });
      expect(await readAll({ connector, target: targetIn(pool, { port: bouncer.port }) })).toEqual(direct);
      const open = await openReading({ connector, target: targetIn(pool, { port: bouncer.port }) });
      expect(await open.fingerprint('shop_0')).toMatch(/^\d+/);
      await open.close();
    });
  });

  describe('over a session', () => {
    let session: Session;
    beforeAll(async () => {
      const walk = new StageWalk(quietLimits());
      const open = await openPostgresSession({ dialler, clock }, walk, targetIn('postgres'), longSession);
      if (open === null) throw new Error('no session');
      session = open.session;
    });
    afterAll(() => session.close());

    const collect = async (sql: string, values: readonly string[] = [], batchRows = 7) => {
      const batches: number[] = [];
      const values1: (string | null)[] = [];
      for await (const rows of session.stream(sql, values, { batchRows })) {
        batches.push(rows.length);
        for (const row of rows) values1.push(row[0] ?? null);
      }
      return { batches, values: values1 };
    };

    test('answers are texts by position', async () => {
      expect(await session.rows("SELECT 1, NULL, true, ARRAY['a', 'b,\"c'], '__proto__' AS __proto__")).toEqual([
        ['1', null, 't', '{a,"b,\\"c"}', '__proto__'],
      ]);
      expect(await session.rows('SELECT 1; SELECT 2')).toEqual([['1'], ['2']]);
      expect(await session.rows('')).toEqual([]);
    });

    test('values are bound, whatever they hold', async () => {
      const hard = ['', ' ', "'; DROP", 'a"b\\c', '{x,y}', 'NULL', 'é😀', '\n'];
      const rows = await session.rows('SELECT unnest($1::text[]), $2::int + 1, $3::bool, $4::text', [
        hard,
        41,
        true,
        null,
      ]);
      expect(rows).toEqual(hard.map((one) => [one, '42', 't', null]));
    });

    test('a fault of a statement leaves the session to the next', async () => {
      await expect(session.rows('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
      await expect(session.rows('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
      expect(await session.rows('SELECT 1')).toEqual([['1']]);
    });

    test('streams come in batches, side by side with others', async () => {
      await session.ask('BEGIN');
      const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));
      const [one, other, none] = await Promise.all([
        collect('SELECT generate_series(1, $1::int)', ['100']),
        collect('SELECT generate_series(1, 50)'),
        collect('SELECT 1 WHERE false'),
      ]);
      expect(one.values).toEqual(numbers(100));
      expect(other.values).toEqual(numbers(50));
      expect(none.values).toEqual([]);
      expect(Math.max(...one.batches)).toBe(7);
      await session.ask('COMMIT');
    });

    test('a caller that does not take is not sent more', async () => {
      await session.ask('BEGIN');
      // A gigabyte, if it were sent.
      const stream = session.stream("SELECT repeat('x', 10000) FROM generate_series(1, 100000)", [], {
        batchRows: 1_000,
      });
      await stream.next();
      const before = process.memoryUsage.rss();
      await sleep(300);
      expect(process.memoryUsage.rss() - before).toBeLessThan(32_000_000);
      await stream.return();
      expect(await session.rows('SELECT name FROM pg_cursors')).toEqual([]);
      await session.ask('COMMIT');
    });

    test('an answer without end ends the session', async () => {
      const walk = new StageWalk(quietLimits());
      const open = await openPostgresSession({ dialler, clock }, walk, targetIn('postgres'), longSession);
      await expect(open?.session.rows('SELECT generate_series(1, 1000000)')).rejects.toMatchObject({
        code: 'BYTE_BUDGET',
      });
      await expect(open?.session.rows('SELECT 1')).rejects.toThrow();
      open?.session.close();
    });
  });
});
