/** MySQL's preflight, on MariaDB: every check made wrong on a real server, and mended by the statements it shows. @module */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { judgeReplicas } from '../../src/connectors/mysql/preflight/server.js';
import { quoteName, quoteSchemaPattern } from '../../src/connectors/mysql/quote.js';
import type { CheckFinding, ConnectionTarget, PreflightRequest } from '../../src/sources/index.js';
import { describeWith, mariadbSql, type RunningMariadb, startMariadb } from '../servers/index.js';
import { type Actor, canary, clock, localDialler, startActor, targetOf } from './connector-bench.js';
import { engineChecks, type Inspected, inspect, keepsPreflightContract } from './preflight.contract.js';

const dialler = localDialler();
const connector = createMysqlConnector({ dialler, clock });
const password = canary();

describeWith('mariadb', 'MariaDB', () => {
  let server: RunningMariadb;
  let silent: Actor;
  let serial = 0;

  beforeAll(async () => {
    server = await startMariadb({ settings: { 'character-set-server': 'utf8mb4' } });
    silent = await startActor(() => undefined);
    await sql(
      `create database app; create table app.orders (id int primary key, note text); insert into app.orders values (1, 'a');
       create user reader@'%' identified by '${password}'; grant select, show view on app.* to reader@'%'`,
    );
  });

  afterAll(async () => {
    await Promise.all([server?.stop(), silent?.close()]);
  });

  function sql(text: string): Promise<Record<string, unknown>[]> {
    return mariadbSql(server, text);
  }

  function target(fields: Parameters<typeof targetOf>[0] = {}): ConnectionTarget {
    return targetOf({ port: server.port, username: 'reader', password, database: 'app', ...fields });
  }

  interface Scene {
    /** Quoted. */
    readonly account: string;
    readonly schema: string;
    readonly pattern: string;
    preflight(request?: Partial<PreflightRequest>): Promise<Inspected>;
    /** Runs all statements a check shows, one after the other, as its administrator would. */
    mend(found: CheckFinding): Promise<void>;
  }

  /** An account and a schema with a table, with names as odd as wanted; the account may do nothing yet. */
  async function scene(names: { readonly user?: string; readonly schema?: string } = {}): Promise<Scene> {
    serial += 1;
    const { user = `user_${serial}`, schema = `schema_${serial}` } = names;
    const account = `${quoteName(user)}@'%'`;
    await sql(
      `create database ${quoteName(schema)}; create table ${quoteName(schema)}.things (id int primary key, note text);
       insert into ${quoteName(schema)}.things values (1, 'a'); create user ${account} identified by '${password}'`,
    );
    return {
      account,
      schema: quoteName(schema),
      pattern: quoteSchemaPattern(schema),
      preflight: (request = {}) =>
        inspect(connector, target({ username: user, database: 'information_schema' }), {
          schemas: [schema],
          ...request,
        }),
      async mend(found) {
        expect(found.statements.length).toBeGreaterThan(0);
        for (const statement of found.statements) await sql(statement);
      },
    };
  }

  /** A scene whose account may read what it needs. */
  async function readingScene(names: Parameters<typeof scene>[0] = {}): Promise<Scene> {
    const place = await scene(names);
    await sql(`grant select, show view on ${place.pattern}.* to ${place.account}`);
    return place;
  }

  describe('keeps the contract', () => {
    keepsPreflightContract(() => ({
      connector,
      checks: engineChecks,
      good: target(),
      request: { schemas: ['app'] },
      bad: [target({ password: canary() }), target({ database: 'nowhere' }), target({ tls: { mode: 'verify-full' } })],
      silent: target({ port: silent.port }),
    }));
  });

  test('an account that has just what it needs has nothing to complain of', async () => {
    const told = await inspect(connector, target(), { schemas: ['app'] });
    expect(told.complaints).toEqual([]);
    expect(told.finding('serverVersion').evidence).toMatchObject({ product: 'MariaDB' });
    expect(told.finding('sampleRead').evidence).toMatchObject({ schemas: 1, read: 1, rows: 1 });
    expect(told.finding('encodingAndClock').evidence).toMatchObject({ serverCharset: 'utf8mb4', strict: true });
    expect(told.finding('catalogViews').evidence).toMatchObject({ missing: 0, seesTriggers: false });
    // Digests of passwords stand in what the server was asked.
    expect(told.text).not.toMatch(/\*[0-9A-F]{40}/);
  });

  test('no session is left behind', async () => {
    await inspect(connector, target());
    const sessions = "select 1 from information_schema.processlist where user = 'reader'";
    await expect.poll(() => sql(sessions)).toHaveLength(0);
  });

  describe('names the missing grant', () => {
    test('of a schema', async () => {
      const place = await scene();
      const told = await place.preflight();
      expect(told.finding('schemaUsage')).toMatchObject({
        status: 'fail',
        reason: 'PRIV_SCHEMA_USAGE',
        objects: [place.schema],
        statements: [`GRANT SELECT, SHOW VIEW ON ${place.pattern}.* TO \`user_${serial}\`@\`%\``],
      });
      await place.mend(told.finding('schemaUsage'));
      expect((await place.preflight()).complaints).toEqual([]);
    });

    test('of tables', async () => {
      const place = await scene();
      await sql(`grant create temporary tables on ${place.pattern}.* to ${place.account}`);
      const told = await place.preflight({ purpose: 'read_write' });
      expect(told.finding('schemaUsage')).toMatchObject({ status: 'fail', reason: 'PRIV_SELECT' });
      await place.mend(told.finding('schemaUsage'));
      expect((await place.preflight({ purpose: 'read_write' })).finding('schemaUsage').status).toBe('pass');
    });

    test('of writing, and only what is missing', async () => {
      const place = await readingScene();
      await sql(`grant insert on ${place.pattern}.* to ${place.account}`);
      const told = await place.preflight({ purpose: 'read_write' });
      expect(told.complaints).toEqual(['writePrivileges:fail:PRIV_WRITE_MISSING']);
      expect(told.finding('writePrivileges').statements).toEqual([
        `GRANT UPDATE, DELETE ON ${place.pattern}.* TO \`user_${serial}\`@\`%\``,
      ]);
      await place.mend(told.finding('writePrivileges'));
      expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
    });

    test('of one table beside others, and for schemas that were named only', async () => {
      const place = await scene();
      await sql(
        `create table ${place.schema}.orders (id int); grant select on ${place.schema}.things to ${place.account};
         grant insert on ${place.schema}.orders to ${place.account}`,
      );
      const found = {
        ...{ status: 'warn', reason: 'PRIV_SELECT', evidence: { read: 1, readable: 1, unreadable: 1 } },
        objects: [`${place.schema}.\`orders\``],
      };
      const unnamed = (await place.preflight({ schemas: null })).finding('sampleRead');
      expect(unnamed).toMatchObject({ ...found, statements: [] });
      const named = (await place.preflight()).finding('sampleRead');
      expect(named).toMatchObject({
        ...found,
        statements: [`GRANT SELECT ON ${place.schema}.\`orders\` TO \`user_${serial}\`@\`%\``],
      });
      await place.mend(named);
      expect((await place.preflight()).finding('sampleRead').status).toBe('pass');
    });

    test('and not of schemas nobody named: they are a remark without statements', async () => {
      const place = await readingScene();
      const other = `other_${serial}`;
      await sql(
        `create database ${other}; create table ${other}.t (id int); grant insert on ${other}.* to ${place.account}`,
      );
      const told = await place.preflight({ schemas: null });
      expect(told.finding('schemaUsage')).toMatchObject({
        ...{ status: 'pass', evidence: { withoutSelect: 1 } },
        ...{ objects: [`\`${other}\``], statements: [] },
      });
      expect(told.finding('sampleRead')).toMatchObject({ status: 'pass', evidence: { schemas: 1 } });
    });

    test('and sees what each table of a schema gives', async () => {
      const place = await scene();
      await sql(`grant select, insert, update, delete on ${place.schema}.things to ${place.account}`);
      expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
      await sql(`create table ${place.schema}.more (id int); grant select on ${place.schema}.more to ${place.account}`);
      const told = await place.preflight({ purpose: 'read_write' });
      expect(told.complaints).toEqual(['writePrivileges:fail:PRIV_WRITE_MISSING']);
    });

    test('and sees what columns and roles give', async () => {
      const place = await scene();
      await sql(`grant select (id) on ${place.schema}.things to ${place.account}`);
      expect((await place.preflight()).complaints).toEqual([]);
      const other = await scene();
      await sql(
        `create role reads_${serial}; grant select on ${other.pattern}.* to reads_${serial};
         grant reads_${serial} to ${other.account}`,
      );
      expect((await other.preflight()).finding('schemaUsage').status).toBe('fail');
      await sql(`set default role reads_${serial} for ${other.account}`);
      expect((await other.preflight()).complaints).toEqual([]);
    });

    test('without hiding what a grant with wildcards gave', async () => {
      const place = await scene({ schema: `wild${serial}_one` });
      await sql(`grant select, show view on \`wild%\`.* to ${place.account}`);
      const told = await place.preflight({ purpose: 'read_write' });
      expect(told.complaints).toEqual(['writePrivileges:fail:PRIV_WRITE_MISSING']);
      await place.mend(told.finding('writePrivileges'));
      expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
    });

    test('a schema that is not there, for an account that would see it, has no statement', async () => {
      const place = await readingScene();
      await sql(`grant show databases on *.* to ${place.account}`);
      const told = await place.preflight({ schemas: ['nowhere'] });
      expect(told.finding('schemaUsage')).toMatchObject({ status: 'fail', reason: 'CATALOG_EMPTY', statements: [] });
    });
  });

  describe('sees what is beyond the purpose', () => {
    async function isMended(
      place: Scene,
      evidence: CheckFinding['evidence'],
      request: Partial<PreflightRequest> = {},
    ): Promise<CheckFinding> {
      const found = (await place.preflight(request)).finding('leastPrivilege');
      expect(found).toMatchObject({ status: 'warn', reason: 'PRIV_EXCESSIVE', evidence });
      await place.mend(found);
      expect((await place.preflight(request)).complaints).toEqual([]);
      return found;
    }

    test('everything, with the right to hand it on', async () => {
      const place = await scene();
      await sql(`grant all on *.* to ${place.account} with grant option`);
      const found = await isMended(place, { global: 1, grantOptions: 1 });
      expect(found.objects).toContain('*.*');
    });

    test.each([
      ...['SUPER', 'FILE', 'PROCESS', 'CREATE USER', 'RELOAD', 'SHUTDOWN', 'REPLICATION SLAVE', 'CONNECTION ADMIN'],
      ...['SELECT', 'SHOW DATABASES', 'INSERT', 'DROP', 'SET USER', 'BINLOG ADMIN'],
    ])('%s on everything', async (privilege) => {
      const place = await readingScene();
      await sql(`grant ${privilege} on *.* to ${place.account}`);
      const found = await isMended(place, { global: 1 });
      expect(found.statements[0]).toBe(`REVOKE ${privilege} ON *.* FROM \`user_${serial}\`@\`%\``);
    });

    test('reading everything, which it could read its schema by', async () => {
      const place = await scene();
      await sql(`grant select on *.* to ${place.account}`);
      await isMended(place, { global: 1 });
    });

    test('and not what only looks at replication', async () => {
      const place = await readingScene();
      await sql(`grant slave monitor on *.* to ${place.account}`);
      expect((await place.preflight()).complaints).toEqual([]);
    });

    test('all privileges on a schema', async () => {
      const place = await scene();
      await sql(`grant all on ${place.pattern}.* to ${place.account} with grant option`);
      const found = await isMended(place, { onSchemas: 1, grantOptions: 1 });
      expect(found.statements).toHaveLength(3);
    });

    test('and what only writing needs, by the purpose', async () => {
      const place = await readingScene();
      await sql(`grant insert, update, delete, lock tables, execute on ${place.pattern}.* to ${place.account}`);
      expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
      await isMended(place, { onSchemas: 5 });
    });

    test('changing the schema, where writing is declared', async () => {
      const place = await readingScene();
      await sql(
        `grant insert, update, delete, create, alter, drop, index, trigger, event, create view, create routine,
         references on ${place.pattern}.* to ${place.account}`,
      );
      await isMended(place, { onSchemas: 9 }, { purpose: 'read_write' });
    });

    test('on tables, columns and routines, with the right to hand on', async () => {
      const place = await readingScene();
      await sql(
        `create procedure ${place.schema}.p() select 1; create function ${place.schema}.f() returns int return 1;
         grant insert (id, note), references (id), update on ${place.schema}.things to ${place.account} with grant option;
         grant execute, alter routine on procedure ${place.schema}.p to ${place.account};
         grant execute on function ${place.schema}.f to ${place.account}`,
      );
      await isMended(place, { onTables: 3, grantOptions: 1, onRoutines: 3 });
    });

    test('schemas that were not named, and the server’s own', async () => {
      const place = await readingScene();
      await sql(
        `create database other_${serial}; grant select on \`other\\_${serial}\`.* to ${place.account};
         grant select on mysql.* to ${place.account}; grant select on mysql.proc to ${place.account}`,
      );
      const found = await isMended(place, { onSchemas: 2, onTables: 1 });
      expect(found.objects).toContain('`mysql`.`proc`');
    });

    test('a pattern that fits the server’s own schemas', async () => {
      const place = await scene();
      await sql(`grant select on \`%\`.* to ${place.account}`);
      await isMended(place, { onSchemas: 1 });
    });

    test('standing in for others', async () => {
      const place = await readingScene();
      // The account these tests administrate with has to be given that right past the server's own rules.
      await sql(
        `create user other_${serial}@'%';
         insert into mysql.proxies_priv (Host, User, With_grant) values ('%', '${server.superuser}', 1);
         flush privileges`,
      );
      await sql(`grant proxy on other_${serial}@'%' to ${place.account}`);
      await isMended(place, { proxies: 1 });
    });

    test('what everybody may', async () => {
      const place = await readingScene();
      await sql(`create table ${place.schema}.common (x int); grant insert on ${place.schema}.common to public`);
      try {
        const found = await isMended(place, { onTables: 1 });
        expect(found.statements).toEqual([`REVOKE INSERT ON ${place.schema}.\`common\` FROM PUBLIC`]);
      } finally {
        await sql(`revoke all on ${place.schema}.common from public`).catch(() => undefined);
      }
    });

    test('powers of a role of a role, by leaving the role, active or not', async () => {
      for (const isActive of [true, false]) {
        const place = await readingScene();
        const [outer, inner] = [`outer_${serial}`, `inner_${serial}`];
        await sql(
          `create role ${outer}; grant create user on *.* to ${outer}; create role ${inner}; grant ${outer} to ${inner};
           grant ${inner} to ${place.account};
           ${isActive ? `set default role ${inner} for ${place.account}` : ''}`,
        );
        const found = await isMended(place, { roles: 1 });
        expect(found.statements[0]).toBe(`REVOKE \`${inner}\` FROM \`user_${serial}\`@\`%\``);
      }
    });

    test('a role that also let it read', async () => {
      const place = await scene();
      await sql(
        `create role all_${serial}; grant all on ${place.pattern}.* to all_${serial}; grant all_${serial} to ${place.account};
         set default role all_${serial} for ${place.account}`,
      );
      await isMended(place, { roles: 1 });
    });

    test('the right to give a role to others', async () => {
      const place = await scene();
      await sql(
        `create role shared_${serial}; grant select, show view on ${place.pattern}.* to shared_${serial};
         grant shared_${serial} to ${place.account} with admin option; set default role shared_${serial} for ${place.account}`,
      );
      const found = await isMended(place, { adminOptions: 1 });
      expect(found.statements).toEqual([`REVOKE ADMIN OPTION FOR \`shared_${serial}\` FROM \`user_${serial}\`@\`%\``]);
    });
  });

  test('whatever the names, what is shown can be run and mends it', async () => {
    const oddCharacter = fc.constantFrom(...'aZ_% "\'\\;$?üñß漢\u202e\u00a0.-/*@#`!'.split(/(?:)/u));
    const oddName = fc.array(oddCharacter, { minLength: 1, maxLength: 12 }).map((parts) => `x${parts.join('')}y`);
    await fc.assert(
      fc.asyncProperty(oddName, oddName, async (user, name) => {
        const schema = `${name}${serial}`;
        const place = await scene({ user: `${user}${serial}`, schema });
        const missing = await place.preflight({ purpose: 'read_write' });
        for (const check of ['schemaUsage', 'writePrivileges'] as const) {
          const found = (await place.preflight({ purpose: 'read_write' })).finding(check);
          expect(found.status).toBe('fail');
          await place.mend(found);
        }
        expect(missing.finding('schemaUsage').status).toBe('fail');
        await sql(
          `grant all on ${place.pattern}.* to ${place.account} with grant option;
           grant trigger, insert (note) on ${place.schema}.things to ${place.account}; grant file on *.* to ${place.account}`,
        );
        const beyond = (await place.preflight({ purpose: 'read_write' })).finding('leastPrivilege');
        expect(beyond.status).toBe('warn');
        await place.mend(beyond);
        expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
        await sql(`drop database ${place.schema}; drop user ${place.account}`);
      }),
      { numRuns: 15, endOnFailure: true, examples: [["o'n`e\\", 'a_b%c\\d`?']] },
    );
  }, 120_000);

  test('a name that a terminal would obey is in no statement', async () => {
    const place = await scene({ schema: `esc\u001b[31m${serial}` });
    const told = await place.preflight();
    expect(told.finding('schemaUsage')).toMatchObject({ status: 'fail', statements: [] });
    expect(told.finding('schemaUsage').objects.join()).toContain('\u{fffd}');
  });

  describe('the account', () => {
    test('whose password ends soon', async () => {
      const place = await readingScene();
      await sql(`alter user ${place.account} password expire interval 10 day`);
      expect((await place.preflight()).finding('accountState')).toMatchObject({
        status: 'pass',
        evidence: { passwordExpires: true, lifetimeDays: 10, since: 'unknown' },
      });
      await sql(`grant select on mysql.global_priv to ${place.account}`);
      expect((await place.preflight()).finding('accountState')).toMatchObject({
        status: 'warn',
        reason: 'ACCOUNT_EXPIRES_SOON',
        evidence: { daysLeft: 9 },
      });
      await sql(`alter user ${place.account} password expire interval 90 day`);
      expect((await place.preflight()).finding('accountState').status).toBe('pass');
      await sql(`alter user ${place.account} password expire never`);
      expect((await place.preflight()).finding('accountState').evidence).toEqual({ passwordExpires: false });
    });

    test('that has few connections left', async () => {
      const place = await readingScene();
      await sql(`alter user ${place.account} with max_user_connections 3`);
      const found = (await place.preflight()).finding('connectionHeadroom');
      expect(found).toMatchObject({
        status: 'warn',
        reason: 'USER_CONNECTION_LIMIT',
        evidence: { accountLimit: 3, accountUsed: 1, accountLeft: 2 },
      });
    });

    test('that has one connection gets all its checks over it', async () => {
      const place = await readingScene();
      await sql(`alter user ${place.account} with max_user_connections 1`);
      const told = await place.preflight();
      expect(told.complaints).toEqual(['connectionHeadroom:warn:USER_CONNECTION_LIMIT']);
      expect(told.findings).toHaveLength(engineChecks.length);
    });
  });

  describe('the server', () => {
    test('with hardly a connection left', async () => {
      const place = await readingScene();
      const held = Array.from({ length: 8 }, () => mariadbSql(server, 'do sleep(4)'));
      await expect
        .poll(async () => Number((await sql("show global status like 'Threads_connected'"))[0]?.['Value']))
        .toBeGreaterThan(8);
      await sql('set global max_connections = 11');
      try {
        const found = (await place.preflight()).finding('connectionHeadroom');
        expect(found).toMatchObject({ status: 'warn', reason: 'TOO_MANY_CONNECTIONS' });
      } finally {
        await sql('set global max_connections = 151');
        await Promise.all(held);
      }
    });

    test('that is read-only fails only who writes, and is mended', async () => {
      const place = await readingScene();
      await sql(`grant insert, update, delete on ${place.pattern}.* to ${place.account}`);
      await sql('set global read_only = on');
      try {
        expect((await place.preflight()).finding('readOnlyState')).toMatchObject({
          status: 'pass',
          evidence: { readOnly: true },
        });
        const found = (await place.preflight({ purpose: 'read_write' })).finding('readOnlyState');
        expect(found).toMatchObject({ status: 'fail', reason: 'SERVER_READ_ONLY' });
        await place.mend(found);
        expect((await place.preflight({ purpose: 'read_write' })).complaints).toEqual([]);
      } finally {
        await sql('set global read_only = off');
      }
    });

    test('that is slow to answer', async () => {
      const told = await inspect(connector, target(), { schemas: ['app'], roundTripMs: 0 });
      expect(told.complaints).toEqual(['roundTrip:warn:QUERY_TIMEOUT']);
    });

    test('with more tables than are expected', async () => {
      const told = await inspect(connector, target(), { schemas: ['app'], catalogTables: 0 });
      expect(told.complaints).toEqual(['catalogSize:warn:CATALOG_TOO_LARGE']);
    });

    test('with a schema in another character set', async () => {
      const place = await readingScene();
      await sql(`alter database ${place.schema} character set latin1`);
      expect((await place.preflight()).finding('encodingAndClock')).toMatchObject({
        status: 'warn',
        reason: 'SERVER_SETTING_UNUSUAL',
        objects: [place.schema],
      });
    });

    test('whose clock differs from ours', async () => {
      for (const skewMs of [60_000, -60_000]) {
        const ahead = createMysqlConnector({ dialler, clock: { nowMs: () => Date.now() + skewMs } });
        const found = (await inspect(ahead, target(), { schemas: ['app'] })).finding('encodingAndClock');
        expect(found).toMatchObject({ status: 'warn', reason: 'CLOCK_SKEWED' });
        expect(Math.abs(Number(found.evidence['skewMs']) + skewMs)).toBeLessThan(3_000);
      }
    });

    test('that is too old, or says so', async () => {
      for (const [version, status] of [
        ['10.4.34-MariaDB', 'fail'],
        ['10.5.29-MariaDB', 'warn'],
      ] as const) {
        const old = await startMariadb({ settings: { version } });
        try {
          await mariadbSql(
            old,
            `create database app; create user reader@'%' identified by '${password}'; grant select on app.* to reader@'%'`,
          );
          const found = (await inspect(connector, target({ port: old.port }))).finding('serverVersion');
          expect(found).toMatchObject({ status, reason: 'ENGINE_VERSION_UNSUPPORTED' });
        } finally {
          await old.stop();
        }
      }
    });

    test('whose table is locked is told as busy, and the rest goes on', async () => {
      const place = await readingScene();
      const locking = mariadbSql(server, `lock tables ${place.schema}.things write; do sleep(3)`);
      await expect
        .poll(() => sql("select 1 from information_schema.processlist where info like 'do sleep(3)%'"))
        .toHaveLength(1);
      const told = await inspect(connector, target({ username: `user_${serial}`, database: 'information_schema' }), {
        schemas: [`schema_${serial}`],
        statementMs: 600,
      });
      expect(told.finding('sampleRead')).toMatchObject({ status: 'fail', reason: 'QUERY_TIMEOUT' });
      expect(told.complaints).toHaveLength(1);
      await locking;
    });

    test('a replica, up to date, stopped and behind', async () => {
      const primary = await startMariadb({ settings: { 'log-bin': 'binlog', 'server-id': 1 } });
      const replica = await startMariadb({ settings: { 'server-id': 2, 'character-set-server': 'utf8mb4' } });
      try {
        await mariadbSql(primary, "create user repl@'%' identified by 'r'; grant replication slave on *.* to repl@'%'");
        // What the server ran when it was made is not for the replica.
        const place = await mariadbSql(primary, 'show master status');
        await mariadbSql(
          replica,
          `create database app; create user reader@'%' identified by '${password}'; grant select on app.* to reader@'%';
           change master to master_log_file='${String(place[0]?.['File'])}', master_log_pos=${Number(place[0]?.['Position'])},
            master_host='127.0.0.1', master_port=${primary.port}, master_user='repl', master_password='r',
           master_use_gtid=no; start slave`,
        );
        const at = target({ port: replica.port });
        const lag = async () => (await inspect(connector, at, { schemas: ['app'] })).finding('replicaLag');
        await expect.poll(async () => (await lag()).evidence).toEqual({ replicaRunning: true, mayLook: false });
        const blind = await lag();
        expect(blind).toMatchObject({ status: 'warn', reason: 'CATALOG_VIEW_MISSING' });
        for (const statement of blind.statements) await mariadbSql(replica, statement);
        await expect
          .poll(async () => (await lag()).evidence)
          .toEqual({ replica: true, follows: 1, stopped: 0, lagSeconds: 0 });
        expect((await lag()).status).toBe('pass');
        await mariadbSql(replica, 'stop slave sql_thread');
        expect(await lag()).toMatchObject({ status: 'warn', reason: 'REPLICA_BEHIND', evidence: { stopped: 1 } });
      } finally {
        await Promise.all([primary.stop(), replica.stop()]);
      }
    });
  });

  test('a replica that lags is told of from half a minute on', () => {
    const behind = (seconds: string | null, thread = 'Yes') =>
      new Map([
        ['Slave_IO_Running', thread],
        ['Slave_SQL_Running', 'Yes'],
        ['Seconds_Behind_Master', seconds],
      ]);
    expect(judgeReplicas([behind('30')])).toMatchObject({ status: 'pass', evidence: { lagSeconds: 30 } });
    expect(judgeReplicas([behind('1'), behind('31')])).toMatchObject({ status: 'warn', reason: 'REPLICA_BEHIND' });
    expect(judgeReplicas([behind(null)])).toMatchObject({ status: 'warn', evidence: { stopped: 1 } });
    expect(judgeReplicas([behind('0', 'Connecting')])).toMatchObject({ status: 'warn', evidence: { stopped: 1 } });
  });

  test('a deadline that comes in the middle is a finding for every check that was not done', async () => {
    const told = await inspect(connector, target(), { schemas: ['app'] }, { totalMs: 1_060, stageMs: 560 });
    expect(told.findings).toHaveLength(told.findings.length === 0 ? 0 : engineChecks.length);
    expect(told.ms).toBeLessThan(2_500);
  });
});
