/** PostgreSQL's preflight: every check made wrong on a real server, and mended by the statements it shows. @module */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { judgeReplicaLag } from '../../src/connectors/postgres/preflight/server.js';
import { quoteIdentifier, quoteName } from '../../src/connectors/postgres/quote.js';
import type { CheckFinding, CheckName, ConnectionTarget, PreflightRequest } from '../../src/sources/index.js';
import { describeWith, postgresSql, type RunningPostgres, startPostgres } from '../servers/index.js';
import { type Actor, canary, clock, localDialler, startActor, targetOf } from './connector-bench.js';
import { engineChecks, type Inspected, inspect, keepsPreflightContract } from './preflight.contract.js';

const dialler = localDialler();
const connector = createPostgresConnector({ dialler, clock });
const password = canary();

describeWith('postgres', 'PostgreSQL', () => {
  let server: RunningPostgres;
  let silent: Actor;
  let serial = 0;

  beforeAll(async () => {
    server = await startPostgres();
    silent = await startActor(() => undefined);
    await sql(`create role reader login password '${password}'`);
    await sql('create database app');
    await sql('revoke temporary on database app from public');
    await sql(
      `create schema sales; create table sales.orders (id int primary key, note text); insert into sales.orders values (1, 'a');
       grant usage on schema sales to reader; grant select on all tables in schema sales to reader;
       revoke create on schema public from public`,
      'app',
    );
  });

  afterAll(async () => {
    await Promise.all([server?.stop(), silent?.close()]);
  });

  function sql(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    return postgresSql(server, text, { database });
  }

  function target(fields: Parameters<typeof targetOf>[0] = {}): ConnectionTarget {
    return targetOf({ port: server.port, username: 'reader', password, database: 'app', ...fields });
  }

  /** A role, a database and a schema with a table, with names as odd as wanted; the role may do nothing yet. */
  async function scene(
    names: { readonly role?: string; readonly schema?: string; readonly table?: string } = {},
  ): Promise<{
    readonly role: string;
    readonly schema: string;
    readonly table: string;
    readonly database: string;
    /** Quoted. */
    readonly q: { readonly role: string; readonly schema: string; readonly table: string; readonly database: string };
    /** Runs as superuser in the database. */
    sql(text: string): Promise<Record<string, unknown>[]>;
    preflight(request?: Partial<PreflightRequest>): Promise<Inspected>;
    /** Runs all statements a check shows, in one session, as its administrator would. */
    mend(found: CheckFinding): Promise<void>;
  }> {
    serial += 1;
    const { role = `role_${serial}`, schema = `schema_${serial}`, table = 'things' } = names;
    const database = `scene_${serial}`;
    const q = {
      role: quoteIdentifier(role),
      schema: quoteIdentifier(schema),
      table: quoteName(schema, table),
      database: quoteIdentifier(database),
    };
    await sql(`create role ${q.role} login password '${password}'`);
    await sql(`create database ${q.database}`);
    await sql(`revoke temporary on database ${q.database} from public`);
    const inside = (text: string) => sql(text, database);
    await inside(
      `revoke create on schema public from public; create schema ${q.schema};
       create table ${q.table} (id int primary key, note text); insert into ${q.table} values (1, 'a')`,
    );
    return {
      role,
      schema,
      table,
      database,
      q,
      sql: inside,
      preflight: (request = {}) =>
        inspect(connector, target({ username: role, database }), { schemas: [schema], ...request }),
      async mend(found) {
        expect(found.statements.length).toBeGreaterThan(0);
        await inside(found.statements.join(';\n'));
      },
    };
  }

  describe('keeps the contract', () => {
    keepsPreflightContract(() => ({
      connector,
      checks: engineChecks,
      good: target(),
      request: { schemas: ['sales'] },
      bad: [target({ password: canary() }), target({ database: 'nowhere' }), target({ port: silent.port, tls: { mode: 'verify-full' } })],
      silent: target({ port: silent.port }),
    }));
  });

  test('an account that has just what it needs has nothing to complain of', async () => {
    const told = await inspect(connector, target(), { schemas: ['sales'] });
    expect(told.complaints).toEqual([]);
    expect(told.finding('serverVersion').evidence).toMatchObject({ product: 'PostgreSQL', pooled: false });
    expect(told.finding('sampleRead').evidence).toMatchObject({ schemas: 1, read: 1, columnsOnly: 0 });
    expect(told.finding('encodingAndClock').evidence).toMatchObject({ encoding: 'UTF8', timeZone: 'UTC' });
  });

  test('no session and no transaction is left behind', async () => {
    await inspect(connector, target());
    await expect
      .poll(() => sql("select 1 from pg_stat_activity where usename = 'reader'"))
      .toHaveLength(0);
  });

  describe('names the missing grant', () => {
    test('of a schema', async () => {
      const place = await scene();
      const told = await place.preflight();
      expect(told.finding('schemaUsage')).toMatchObject({
        status: 'fail',
        reason: 'PRIV_SCHEMA_USAGE',
        objects: [place.q.schema],
        statements: [
          `GRANT USAGE ON SCHEMA ${place.q.schema} TO ${place.q.role}`,
          `GRANT SELECT ON ALL TABLES IN SCHEMA ${place.q.schema} TO ${place.q.role}`,
        ],
      });
      await place.mend(told.finding('schemaUsage'));
      expect((await place.preflight()).complaints).toEqual([]);
    });

    test('of tables', async () => {
      const place = await scene();
      await place.sql(`grant usage on schema ${place.q.schema} to ${place.q.role}`);
      const told = await place.preflight();
      expect(told.complaints).toEqual(['schemaUsage:fail:PRIV_SELECT', 'sampleRead:fail:PRIV_SELECT']);
      await place.mend(told.finding('sampleRead'));
      expect((await place.preflight()).complaints).toEqual([]);
    });

    test('of writing', async () => {
      const place = await scene();
      await place.sql(
        `grant usage on schema ${place.q.schema} to ${place.q.role}; grant select on ${place.q.table} to ${place.q.role};
         create sequence ${place.q.schema}.numbers; create table ${place.q.schema}.own (id int generated always as identity)`,
      );
      const told = await place.preflight({ purpose: 'read_write' });
      expect(told.complaints).toEqual(['writePrivileges:fail:PRIV_WRITE_MISSING']);
      expect(told.finding('writePrivileges').evidence).toMatchObject({ missing: 3 });
      await place.mend(told.finding('writePrivileges'));
      expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
    });

    test('of views of the catalogue', async () => {
      const place = await scene();
      await place.sql(
        `grant usage on schema ${place.q.schema} to ${place.q.role}; grant select on ${place.q.table} to ${place.q.role};
         revoke select on pg_catalog.pg_trigger, pg_catalog.pg_proc from public`,
      );
      const told = await place.preflight();
      expect(told.finding('catalogViews')).toMatchObject({
        status: 'fail',
        reason: 'CATALOG_VIEW_MISSING',
        objects: ['pg_catalog."pg_proc"', 'pg_catalog."pg_trigger"'],
      });
      await place.mend(told.finding('catalogViews'));
      expect((await place.preflight()).complaints).toEqual([]);
    });
  });
});
