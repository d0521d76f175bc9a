/** PostgreSQL's preflight: every check made wrong on a real server, and mended by the statements it shows. @module */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { judgeReplicaLag } from '../../src/connectors/postgres/preflight/server.js';
import { quoteIdentifier, quoteName } from '../../src/connectors/postgres/quote.js';
import type { CheckFinding, ConnectionTarget, PreflightRequest } from '../../src/sources/index.js';
import { describeWith, postgresSql, postgresUrl, type RunningPostgres, startPostgres } from '../servers/index.js';
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

  /** As an administrator would: one after the other, in one session. */
  async function runAll(statements: readonly string[], database: string): Promise<void> {
    const client = new pg.Client(postgresUrl(server, database));
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
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
        await runAll(found.statements, database);
      },
    };
  }

  /** Holds connections of the superuser open. */
  async function occupy(one: RunningPostgres, count: number) {
    const clients = await Promise.all(
      Array.from({ length: count }, async () => {
        const client = new pg.Client(postgresUrl(one, 'postgres'));
        client.on('error', () => undefined);
        await client.connect();
        return client;
      }),
    );
    const leave = async () => {
      await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
    };
    return { count, leave, [Symbol.asyncDispose]: leave };
  }

  describe('keeps the contract', () => {
    keepsPreflightContract(() => ({
      connector,
      checks: engineChecks,
      good: target(),
      request: { schemas: ['sales'] },
      bad: [
        target({ password: canary() }),
        target({ database: 'nowhere' }),
        target({ port: silent.port, tls: { mode: 'verify-full' } }),
      ],
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
    await expect.poll(() => sql("select 1 from pg_stat_activity where usename = 'reader'")).toHaveLength(0);
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
        `grant usage on schema ${place.q.schema} to ${place.q.role}; create sequence ${place.q.schema}.numbers;
         create table ${place.q.schema}.own (id int generated always as identity);
         grant select on all tables in schema ${place.q.schema} to ${place.q.role}`,
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

  describe('sees what is beyond the purpose', () => {
    /** A scene whose account may read what it needs. */
    async function readingScene(...names: Parameters<typeof scene>) {
      const place = await scene(...names);
      await place.sql(
        `grant usage on schema ${place.q.schema} to ${place.q.role}; grant select on ${place.q.table} to ${place.q.role}`,
      );
      return place;
    }

    async function isMended(
      place: Awaited<ReturnType<typeof scene>>,
      evidence: CheckFinding['evidence'],
      request: Partial<PreflightRequest> = {},
    ): Promise<CheckFinding> {
      const found = (await place.preflight(request)).finding('leastPrivilege');
      expect(found).toMatchObject({ status: 'warn', reason: 'PRIV_EXCESSIVE', evidence });
      await place.mend(found);
      const after = await place.preflight(request);
      expect(after.complaints).toEqual([]);
      return found;
    }

    test('a superuser, and every other attribute', async () => {
      const place = await readingScene();
      await place.sql(`alter role ${place.q.role} superuser createrole createdb replication bypassrls`);
      const told = await place.preflight();
      expect(told.finding('accountState')).toMatchObject({
        status: 'warn',
        reason: 'PRIV_EXCESSIVE',
        statements: [`ALTER ROLE ${place.q.role} NOSUPERUSER`],
      });
      const found = await isMended(place, { attributes: 'SUPERUSER CREATEROLE CREATEDB REPLICATION BYPASSRLS' });
      expect(found.statements[0]).toBe(
        `ALTER ROLE ${place.q.role} NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS`,
      );
    });

    test('a superuser that could only read because it is one', async () => {
      const place = await scene();
      await place.sql(`alter role ${place.q.role} superuser`);
      await isMended(place, { attributes: 'SUPERUSER' });
    });

    test.each([
      'pg_write_all_data',
      'pg_execute_server_program',
      'pg_read_server_files',
      'pg_write_server_files',
      'pg_signal_backend',
    ])('membership in %s', async (power) => {
      const place = await readingScene();
      await place.sql(`grant ${power} to ${place.q.role}`);
      const found = await isMended(place, { powerfulMemberships: 1 });
      expect(found.objects).toEqual([`"${power}"`]);
    });

    test('and not membership in roles that only look', async () => {
      const place = await readingScene();
      await place.sql(`grant pg_monitor to ${place.q.role}`);
      expect((await place.preflight()).complaints).toEqual([]);
    });

    test('powers of a group of a group, by leaving the group', async () => {
      const place = await scene();
      const [outer, inner] = [`outer_${serial}`, `inner_${serial}`];
      await place.sql(
        `create role ${outer} createdb; create role ${inner}; grant ${outer} to ${inner}; grant ${inner} to ${place.q.role};
         grant usage on schema ${place.q.schema} to ${inner}; grant select on ${place.q.table} to ${inner}`,
      );
      const found = await isMended(place, { powerfulMemberships: 1 });
      expect(found.statements[0]).toContain(`REVOKE "${inner}" FROM ${place.q.role}`);
    });

    test('objects that it owns', async () => {
      const place = await readingScene();
      await place.sql(
        `alter table ${place.q.table} owner to ${place.q.role}; alter schema ${place.q.schema} owner to ${place.q.role};
         create function ${place.q.schema}.f() returns int language sql as 'select 1'; alter function ${place.q.schema}.f() owner to ${place.q.role};
         alter database ${place.q.database} owner to ${place.q.role}`,
      );
      const found = await isMended(place, { ownedObjects: 4 });
      expect(found.statements[0]).toBe(`REASSIGN OWNED BY ${place.q.role} TO "postgres"`);
    });

    test('objects that a group of its owns', async () => {
      const place = await scene();
      await place.sql(
        `create role owners_${serial}; alter table ${place.q.table} owner to owners_${serial};
         alter schema ${place.q.schema} owner to owners_${serial}; grant owners_${serial} to ${place.q.role}`,
      );
      await isMended(place, { ownedObjects: 2 });
    });

    test('grants to write: of its own, of everybody, of a group, on columns, on sequences', async () => {
      const place = await readingScene();
      await place.sql(
        `create role writers_${serial}; grant writers_${serial} to ${place.q.role};
         create table ${place.q.schema}.a (x int); create table ${place.q.schema}.b (x int); create view ${place.q.schema}.v as select 1 as x;
         create sequence ${place.q.schema}.s;
         grant insert, truncate on ${place.q.schema}.a to ${place.q.role};
         grant update (x) on ${place.q.schema}.b to ${place.q.role};
         grant delete on ${place.q.schema}.v to public;
         grant trigger on ${place.q.schema}.a to writers_${serial};
         grant usage on sequence ${place.q.schema}.s to ${place.q.role}`,
      );
      const found = await isMended(place, { grantsOnObjects: 5, viaPublic: 1 });
      expect(found.statements).toContain(`REVOKE DELETE ON ALL TABLES IN SCHEMA ${place.q.schema} FROM PUBLIC`);
    });

    test('the right to hand on what it may read', async () => {
      const place = await readingScene();
      await place.sql(
        `create role heir_${serial}; grant select on ${place.q.table} to ${place.q.role} with grant option;
         set role ${place.q.role}; grant select on ${place.q.table} to heir_${serial}; reset role`,
      );
      await isMended(place, { grantsOnObjects: 1 });
    });

    test('a grant that somebody other than the owner made', async () => {
      const place = await readingScene();
      await place.sql(
        `create role giver_${serial}; grant usage on schema ${place.q.schema} to giver_${serial};
         grant insert on ${place.q.table} to giver_${serial} with grant option;
         set role giver_${serial}; grant insert on ${place.q.table} to ${place.q.role}; reset role`,
      );
      const found = await isMended(place, { grantsOnObjects: 1 });
      expect(found.statements[0]).toMatch(/^SET ROLE "giver_\d+"; REVOKE INSERT ON TABLE /);
    });

    test('creating in schemas and in the database, its own and everybody’s', async () => {
      const place = await readingScene();
      await place.sql(
        `grant create on schema ${place.q.schema} to ${place.q.role}; grant create on schema public to public;
         grant create, temporary on database ${place.q.database} to ${place.q.role};
         grant temporary on database ${place.q.database} to public`,
      );
      await isMended(place, { creatableSchemas: 2, onDatabase: 'CREATE TEMPORARY', viaPublic: 2 });
    });

    test('temporary tables as everybody has them in a new database, and not where writing is declared', async () => {
      const place = await readingScene();
      await place.sql(
        `grant temporary on database ${place.q.database} to public; grant insert, update, delete on ${place.q.table} to ${place.q.role}`,
      );
      expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
      const found = (await place.preflight()).finding('leastPrivilege');
      expect(found.statements).toContain(`REVOKE TEMPORARY ON DATABASE ${place.q.database} FROM PUBLIC`);
    });

    test('schemas that were not named', async () => {
      const place = await readingScene();
      await place.sql(
        `create schema other; create table other.t (x int); grant usage on schema other to ${place.q.role};
         grant select on other.t to public`,
      );
      const found = await isMended(place, { otherSchemas: 1 });
      expect(found.statements).toEqual([`REVOKE USAGE ON SCHEMA "other" FROM ${place.q.role}`]);
      expect((await place.preflight({ schemas: null })).complaints).toEqual([]);
    });

    test('all data, where schemas were named', async () => {
      const place = await scene();
      await place.sql(`grant pg_read_all_data to ${place.q.role}`);
      expect((await place.preflight({ schemas: null })).complaints).toEqual([]);
      await isMended(place, { powerfulMemberships: 1 });
    });

    test('and has no statement for the one superuser that cannot be less', async () => {
      const told = await inspect(connector, target({ username: 'postgres', password: server.password }));
      expect(told.finding('leastPrivilege')).toMatchObject({ status: 'warn', statements: [] });
    });
  });

  test('whatever the names, what is shown can be run and mends it', async () => {
    const oddCharacter = fc.constantFrom(...'aZ_ "\'\\;%$üñß漢😀\u001b\n\u202e\u00a0.-/*'.split(/(?:)/u));
    // The server keeps 63 bytes; none of these characters has more than four.
    const oddName = fc.array(oddCharacter, { minLength: 1, maxLength: 15 }).map((parts) => `x${parts.join('')}`);
    await fc.assert(
      fc.asyncProperty(oddName, oddName, oddName, async (roleName, schema, table) => {
        const role = `${roleName.slice(0, 12)}${serial}`;
        const place = await scene({ role, schema, table });
        const missing = await place.preflight({ purpose: 'read_write' });
        for (const check of ['schemaUsage', 'sampleRead', 'writePrivileges'] as const) {
          expect(missing.finding(check).status).toBe('fail');
          await place.mend(missing.finding(check));
        }
        await place.sql(
          `alter table ${place.q.table} owner to ${place.q.role}; grant create on schema ${place.q.schema} to ${place.q.role};
           grant trigger on ${place.q.table} to public; alter role ${place.q.role} createdb valid until 'tomorrow' connection limit 3`,
        );
        const beyond = await place.preflight({ purpose: 'read_write' });
        for (const check of ['leastPrivilege', 'accountState', 'connectionHeadroom'] as const) {
          expect(beyond.finding(check).status).toBe('warn');
          await place.mend(beyond.finding(check));
        }
        expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
        await sql(`drop database ${place.q.database}`);
      }),
      { numRuns: 12, endOnFailure: true, examples: [['Ünï "q" o\'n', 'sch"em\'a', 'ta\\ble']] },
    );
  }, 120_000);

  describe('the account', () => {
    test('that has expired, where no password is asked for', async () => {
      const place = await scene();
      await place.sql(`alter role ${place.q.role} valid until '2020-01-01'`);
      // What lets it in all the same is a rule that asks for no password.
      const lenient = await startPostgres({ hba: ['host all all 127.0.0.1/32 trust'] });
      try {
        await postgresSql(lenient, "create role old login valid until '2020-01-01'");
        const asOld = target({ port: lenient.port, username: 'old', database: 'postgres' });
        const found = (await inspect(connector, asOld)).finding('accountState');
        expect(found).toMatchObject({ status: 'fail', reason: 'AUTH_PASSWORD_EXPIRED' });
        await postgresSql(lenient, found.statements.join(';'));
        expect((await inspect(connector, asOld)).finding('accountState').status).toBe('pass');
      } finally {
        await lenient.stop();
      }
    });

    test('that ends within fourteen days', async () => {
      const place = await scene();
      await place.sql(
        `alter role ${place.q.role} valid until '${new Date(Date.now() + 5 * 86_400_000).toISOString()}'`,
      );
      const found = (await place.preflight()).finding('accountState');
      expect(found).toMatchObject({ status: 'warn', reason: 'ACCOUNT_EXPIRES_SOON', evidence: { daysLeft: 5 } });
      await place.mend(found);
      expect((await place.preflight()).finding('accountState').status).toBe('pass');
      await place.sql(`alter role ${place.q.role} valid until 'infinity'`);
      expect((await place.preflight()).finding('accountState').status).toBe('pass');
    });

    test('with one connection is checked over that one', async () => {
      const place = await scene();
      await place.sql(`alter role ${place.q.role} connection limit 1`);
      const told = await place.preflight();
      expect(told.findings).toHaveLength(engineChecks.length);
      expect(told.finding('connectionHeadroom')).toMatchObject({
        status: 'warn',
        reason: 'USER_CONNECTION_LIMIT',
        evidence: { roleLeft: 1 },
      });
      await place.mend(told.finding('connectionHeadroom'));
      expect((await place.preflight()).finding('connectionHeadroom').status).toBe('pass');
    });

    test('in a database with few connections', async () => {
      const place = await scene();
      await place.sql(`alter database ${place.q.database} connection limit 3`);
      const found = (await place.preflight()).finding('connectionHeadroom');
      expect(found).toMatchObject({ status: 'warn', reason: 'TOO_MANY_CONNECTIONS', evidence: { databaseLeft: 3 } });
      await place.mend(found);
      expect((await place.preflight()).finding('connectionHeadroom').status).toBe('pass');
    });
  });

  describe('a server', () => {
    test('with few connections says how many there should be', async () => {
      const small = await startPostgres({
        settings: { max_connections: 8, superuser_reserved_connections: 3, max_wal_senders: 0 },
      });
      try {
        await postgresSql(small, `create role reader login password '${password}'`);
        const asReader = target({ port: small.port, database: 'postgres' });
        await using clients = await occupy(small, 2);
        const found = (await inspect(connector, asReader)).finding('connectionHeadroom');
        expect(found).toMatchObject({
          status: 'warn',
          reason: 'TOO_MANY_CONNECTIONS',
          evidence: { max: 8, used: clients.count, left: 3, needsRestart: true },
        });
        for (const statement of found.statements) await postgresSql(small, statement);
        await clients.leave();
        await small.restart();
        expect((await inspect(connector, asReader)).finding('connectionHeadroom').status).toBe('pass');
      } finally {
        await small.stop();
      }
    });

    test.each([
      ['a role', (q: { role: string }) => `alter role ${q.role} set default_transaction_read_only = on`],
      [
        'a database',
        (q: { database: string }) => `alter database ${q.database} set default_transaction_read_only = on`,
      ],
      [
        'a role in a database',
        (q: { role: string; database: string }) =>
          `alter role ${q.role} in database ${q.database} set default_transaction_read_only = on`,
      ],
      ['everybody', () => 'alter role all set default_transaction_read_only = on'],
      ['the whole server', () => 'alter system set default_transaction_read_only = on; '],
    ])('read-only by a setting of %s', async (_name, make) => {
      const place = await scene();
      await place.sql(make(place.q));
      await sql('select pg_reload_conf()');
      const read = async (purpose: PreflightRequest['purpose']) =>
        (await place.preflight({ purpose })).finding('readOnlyState');
      await expect.poll(async () => (await read('read_write')).status).toBe('fail');
      expect((await read('read')).status).toBe('pass');
      const found = await read('read_write');
      expect(found).toMatchObject({
        reason: 'SERVER_READ_ONLY',
        evidence: { standby: false, readOnlyByDefault: true },
      });
      await runAll(found.statements, place.database);
      await expect.poll(async () => (await read('read_write')).status).toBe('pass');
    });

    test('whose encoding is not UTF-8, and whose strings are not standard', async () => {
      const place = await scene();
      await sql(`create database latin_${serial} encoding 'LATIN1' template template0`);
      const latin = target({ username: place.role, database: `latin_${serial}` });
      expect((await inspect(connector, latin)).finding('encodingAndClock')).toMatchObject({
        status: 'warn',
        reason: 'SERVER_SETTING_UNUSUAL',
        evidence: { encoding: 'LATIN1' },
        statements: [],
      });
      await place.sql(`alter role ${place.q.role} set standard_conforming_strings = off`);
      const found = (await place.preflight()).finding('encodingAndClock');
      expect(found).toMatchObject({ status: 'warn', evidence: { standardStrings: false } });
      await place.mend(found);
      expect((await place.preflight()).finding('encodingAndClock').status).toBe('pass');
    });

    test('whose clock is another', async () => {
      const late = createPostgresConnector({ dialler, clock: { nowMs: () => Date.now() - 3_600_000 } });
      const found = (await inspect(late, target())).finding('encodingAndClock');
      expect(found).toMatchObject({ status: 'warn', reason: 'CLOCK_SKEWED' });
      expect(Math.abs(Number(found.evidence['skewMs']) - 3_600_000)).toBeLessThan(2_000);
    });

    test('that is slower than wanted', async () => {
      const found = (await inspect(connector, target(), { roundTripMs: 0 })).finding('roundTrip');
      expect(found).toMatchObject({ status: 'warn', reason: 'QUERY_TIMEOUT' });
      expect(found.evidence).toMatchObject({ wantedMs: 0 });
    });

    test('with more tables than expected, and with none', async () => {
      const found = (await inspect(connector, target(), { catalogTables: 0 })).finding('catalogSize');
      expect(found).toMatchObject({
        status: 'warn',
        reason: 'CATALOG_TOO_LARGE',
        evidence: { tables: 1, expected: 0 },
      });
      const none = await inspect(connector, target(), { schemas: ['public'] });
      expect(none.finding('catalogSize')).toMatchObject({ status: 'warn', reason: 'CATALOG_EMPTY' });
      expect(none.finding('schemaUsage')).toMatchObject({ status: 'warn', reason: 'CATALOG_EMPTY' });
      expect(none.finding('sampleRead').status).toBe('skip');
    });
  });

  describe('proposes no more than was asked for', () => {
    test('schemas nobody named that may not be used are a remark without statements', async () => {
      const place = await scene();
      await place.sql(
        `create schema secret; create table secret.salaries (id int);
         grant usage on schema ${place.q.schema} to ${place.q.role}; grant select on ${place.q.table} to ${place.q.role}`,
      );
      const told = await place.preflight({ schemas: null });
      expect(told.complaints).toEqual([]);
      expect(told.finding('schemaUsage')).toMatchObject({
        status: 'pass',
        evidence: { withoutUsage: 1 },
        objects: ['"secret"'],
        statements: [],
      });
      expect(told.finding('sampleRead')).toMatchObject({ status: 'pass', evidence: { schemas: 1, unreadable: 0 } });
      const named = await place.preflight({ schemas: ['secret'] });
      expect(named.finding('schemaUsage').statements).toEqual([
        `GRANT USAGE ON SCHEMA "secret" TO ${place.q.role}`,
        `GRANT SELECT ON ALL TABLES IN SCHEMA "secret" TO ${place.q.role}`,
      ]);
    });

    test('an account that can use none of several schemas is told so without statements', async () => {
      const place = await scene();
      await place.sql('create schema secret; create table secret.salaries (id int); drop schema public');
      const found = (await place.preflight({ schemas: null })).finding('schemaUsage');
      expect(found).toMatchObject({ status: 'fail', reason: 'PRIV_SCHEMA_USAGE', statements: [] });
      expect(found.objects).toEqual([place.q.schema, '"secret"']);
    });

    test('and of one schema it is clear which is meant', async () => {
      const place = await scene();
      await place.sql('drop schema public');
      await place.mend((await place.preflight({ schemas: null })).finding('schemaUsage'));
      expect((await place.preflight({ schemas: null })).complaints).toEqual([]);
    });

    test('a table that cannot be read beside one that can is named, and granted where its schema was named', async () => {
      const place = await scene();
      await place.sql(
        `create table ${place.q.schema}.orders (id int);
         grant usage on schema ${place.q.schema} to ${place.q.role}; grant select on ${place.q.table} to ${place.q.role}`,
      );
      const orders = quoteName(place.schema, 'orders');
      const found = {
        ...{ status: 'warn', reason: 'PRIV_SELECT', evidence: { read: 1, readable: 1, unreadable: 1 } },
        objects: [orders],
      };
      const unnamed = (await place.preflight({ schemas: null })).finding('sampleRead');
      expect(unnamed).toMatchObject({ ...found, statements: [] });
      const named = (await place.preflight()).finding('sampleRead');
      expect(named).toMatchObject({ ...found, statements: [`GRANT SELECT ON ${orders} TO ${place.q.role}`] });
      await place.mend(named);
      expect((await place.preflight()).complaints).toEqual([]);
    });

    test('of more than twenty tables all are meant, and twenty are named', async () => {
      const place = await scene();
      const tables = Array.from({ length: 30 }, (_, i) => `create table ${place.q.schema}.shut_${i} (id int);`);
      await place.sql(
        `${tables.join('')} grant usage on schema ${place.q.schema} to ${place.q.role};
         grant select on ${place.q.table} to ${place.q.role}`,
      );
      const found = (await place.preflight()).finding('sampleRead');
      expect(found).toMatchObject({ status: 'warn', evidence: { readable: 1, unreadable: 30 } });
      expect(found.objects).toHaveLength(20);
      expect(found.statements).toEqual([`GRANT SELECT ON ALL TABLES IN SCHEMA ${place.q.schema} TO ${place.q.role}`]);
    });

    test('tables nobody named that may be read only are told without statements', async () => {
      const place = await scene();
      await place.sql(
        `create table ${place.q.schema}.log (id int); grant usage on schema ${place.q.schema} to ${place.q.role};
         grant select on all tables in schema ${place.q.schema} to ${place.q.role};
         grant insert, update, delete on ${place.q.table} to ${place.q.role}`,
      );
      const found = (await place.preflight({ schemas: null, purpose: 'read_write' })).finding('writePrivileges');
      expect(found).toMatchObject({ status: 'warn', reason: 'PRIV_WRITE_MISSING', statements: [] });
      expect(found.objects).toEqual([quoteName(place.schema, 'log')]);
    });
  });

  describe('reading a row', () => {
    async function usable() {
      const place = await scene();
      await place.sql(`grant usage on schema ${place.q.schema} to ${place.q.role}`);
      return place;
    }

    test('of one column is enough', async () => {
      const place = await usable();
      await place.sql(`grant select (note) on ${place.q.table} to ${place.q.role}`);
      const told = await place.preflight();
      expect(told.complaints).toEqual([]);
      expect(told.finding('sampleRead').evidence).toMatchObject({ read: 1, columnsOnly: 1 });
    });

    test('behind row-level security says so', async () => {
      const place = await usable();
      await place.sql(
        `grant select on ${place.q.table} to ${place.q.role}; alter table ${place.q.table} enable row level security`,
      );
      const told = await place.preflight();
      expect(told.complaints).toEqual([]);
      expect(told.finding('sampleRead').evidence).toMatchObject({ read: 1, rowSecurity: 1 });
    });

    test('of a view works where there is nothing else, and a refusal inside it is told', async () => {
      const place = await usable();
      await place.sql(
        `create view ${place.q.schema}.v as select 1 as one; grant select on ${place.q.schema}.v to ${place.q.role}`,
      );
      const beside = (await place.preflight()).finding('sampleRead');
      expect(beside).toMatchObject({ status: 'warn', evidence: { read: 1, unreadable: 1 }, objects: [place.q.table] });
      await place.sql(
        `create role blind_${serial}; alter view ${place.q.schema}.v owner to blind_${serial};
         create or replace view ${place.q.schema}.v as select id as one from ${place.q.table}`,
      );
      expect((await place.preflight()).finding('sampleRead')).toMatchObject({
        status: 'fail',
        reason: 'PRIV_SELECT',
        evidence: { native: '42501' },
      });
    });

    test('never runs the code of others with the rights of a superuser', async () => {
      const place = await usable();
      await place.sql(
        `create sequence ${place.q.schema}.ran; create function ${place.q.schema}.trap() returns int language sql as $$ select pg_sleep(9); select 1 $$;
         create view ${place.q.schema}.v as select ${place.q.schema}.trap() as one; drop table ${place.q.table};
         alter role ${place.q.role} superuser`,
      );
      const told = await place.preflight();
      expect(told.ms).toBeLessThan(3_000);
      expect(told.finding('sampleRead')).toMatchObject({ status: 'fail', evidence: { read: 0 } });
    });

    test('of a locked table is no matter of rights', async () => {
      const place = await usable();
      await place.sql(`grant select on ${place.q.table} to ${place.q.role}`);
      const holding = place.sql(`begin; lock table ${place.q.table}; select pg_sleep(2.5); commit`);
      await expect
        .poll(() =>
          sql("select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted and locktype = 'relation'"),
        )
        .not.toHaveLength(0);
      expect((await place.preflight()).finding('sampleRead')).toMatchObject({
        status: 'fail',
        reason: 'QUERY_TIMEOUT',
        statements: [],
        evidence: { native: '55P03' },
      });
      await holding;
    });
  });

  describe('a check that cannot be made is a finding', () => {
    /** Passes everything on, and nothing more once somebody says the word. */
    async function proxyUntil(word: string, then: 'silence' | 'hang up'): Promise<Actor> {
      return startActor((socket) => {
        const upstream = connect(server.port, '127.0.0.1');
        upstream.on('error', () => undefined);
        socket.on('close', () => upstream.destroy());
        socket.on('data', (chunk) => {
          if (!chunk.includes(word)) return upstream.write(chunk);
          if (then === 'hang up') socket.destroy();
          upstream.removeAllListeners('data');
          return upstream.pause();
        });
        upstream.on('data', (chunk) => socket.write(chunk));
        upstream.on('close', () => socket.destroy());
      });
    }

    test('when it is not done in its time, and the others are made', async () => {
      const proxy = await proxyUntil('WITH RECURSIVE held', 'silence');
      const through = target({ port: proxy.port, tls: { mode: 'disable' } });
      const told = await inspect(connector, through, { schemas: ['sales'] }, { stageMs: 900 });
      await proxy.close();
      expect(told.complaints).toEqual(['leastPrivilege:fail:STAGE_TIMEOUT']);
      expect(told.findings).toHaveLength(engineChecks.length);
      expect(told.ms).toBeLessThan(4_000);
    });

    test('when all time is up, every one', async () => {
      const proxy = await proxyUntil('BEGIN', 'silence');
      const through = target({ port: proxy.port, tls: { mode: 'disable' } });
      const told = await inspect(connector, through, { schemas: ['sales'] }, { totalMs: 2_500 });
      await proxy.close();
      expect(told.findings).toHaveLength(engineChecks.length);
      expect(new Set(told.complaints.map((one) => one.split(':').slice(1).join(':')))).toEqual(
        new Set(['fail:STAGE_TIMEOUT']),
      );
      expect(told.finding('roundTrip').status).toBe('pass');
      expect(told.ms).toBeLessThan(3_500);
    });

    test('when the connection breaks, and the others are made over the rest', async () => {
      const proxy = await proxyUntil('WITH RECURSIVE held', 'hang up');
      const told = await inspect(connector, target({ port: proxy.port, tls: { mode: 'disable' } }), {
        schemas: ['sales'],
      });
      await proxy.close();
      expect(told.complaints).toEqual(['leastPrivilege:fail:CONNECTION_LOST']);
    });

    test('when its question is refused', async () => {
      const place = await scene();
      await place.sql(
        `grant usage on schema ${place.q.schema} to ${place.q.role}; grant select on ${place.q.table} to ${place.q.role};
         revoke select on pg_catalog.pg_auth_members, pg_catalog.pg_stat_activity, pg_catalog.pg_roles from public`,
      );
      const told = await place.preflight();
      expect(told.complaints).toEqual([
        'accountState:fail:CATALOG_VIEW_MISSING',
        'connectionHeadroom:fail:CATALOG_VIEW_MISSING',
        'sampleRead:fail:CATALOG_VIEW_MISSING',
        'leastPrivilege:fail:CATALOG_VIEW_MISSING',
        'encodingAndClock:fail:CATALOG_VIEW_MISSING',
        'catalogViews:fail:CATALOG_VIEW_MISSING',
      ]);
    });
  });

  test('a replica is told from its primary', async () => {
    const standby = await startPostgres();
    try {
      await postgresSql(standby, `create role reader login password '${password}'`);
      writeFileSync(join(standby.folder, 'data', 'standby.signal'), '');
      await standby.restart();
      const there = target({ port: standby.port, database: 'postgres' });
      const told = await inspect(connector, there, { purpose: 'read_write' });
      expect(told.finding('readOnlyState')).toMatchObject({
        status: 'fail',
        reason: 'SERVER_READ_ONLY',
        evidence: { standby: true },
        statements: [],
      });
      expect(told.finding('replicaLag')).toMatchObject({ status: 'pass', evidence: { replica: true, paused: false } });
      await postgresSql(standby, 'select pg_wal_replay_pause()');
      const found = (await inspect(connector, there)).finding('replicaLag');
      expect(found).toMatchObject({ status: 'warn', reason: 'REPLICA_BEHIND', evidence: { paused: true } });
      for (const statement of found.statements) await postgresSql(standby, statement);
      expect((await inspect(connector, there)).finding('replicaLag').status).toBe('pass');
    } finally {
      await standby.stop();
    }
  });

  test('five thousand tables are no reason to run out of time', async () => {
    const place = await scene();
    // The server has locks for so many new tables in one transaction.
    for (let from = 0; from < 5_000; from += 1_000) {
      const tables = Array.from(
        { length: 1_000 },
        (_, i) => `create table ${place.q.schema}.t${from + i} (a int, b text)`,
      );
      await place.sql(tables.join(';'));
    }
    await place.sql(
      `grant usage on schema ${place.q.schema} to ${place.q.role};
       grant select, insert, trigger on all tables in schema ${place.q.schema} to ${place.q.role}`,
    );
    const told = await place.preflight({ purpose: 'read_write' });
    expect(told.finding('writePrivileges')).toMatchObject({
      status: 'fail',
      evidence: { missing: 5_001 },
      statements: [
        `GRANT USAGE ON SCHEMA ${place.q.schema} TO ${place.q.role}`,
        `GRANT UPDATE, DELETE ON ALL TABLES IN SCHEMA ${place.q.schema} TO ${place.q.role}`,
      ],
    });
    expect(told.finding('leastPrivilege').evidence).toMatchObject({ grantsOnObjects: 5_001 });
    expect(told.ms).toBeLessThan(5_000);
    await place.mend(told.finding('writePrivileges'));
    await place.mend(told.finding('leastPrivilege'));
    expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
  });

  test('a replica that is behind, or stands still, is told', () => {
    expect(judgeReplicaLag(0.5, false)).toMatchObject({ status: 'pass', evidence: { lagSeconds: 0.5 } });
    expect(judgeReplicaLag(-1, false)).toMatchObject({ status: 'pass', evidence: { replica: true } });
    expect(judgeReplicaLag(31, false)).toMatchObject({ status: 'warn', reason: 'REPLICA_BEHIND', statements: [] });
    expect(judgeReplicaLag(0, true)).toMatchObject({ status: 'warn', statements: ['SELECT pg_wal_replay_resume()'] });
  });
});
