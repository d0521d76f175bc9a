/** PostgreSQL behind PgBouncer, pooling transactions: what works through it, and its own faults. @module */
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import type { ConnectionTarget, Reason, Stage } from '../../src/sources/index.js';
import { createTestCertificates } from '../servers/certificates.js';
import {
  describeWith,
  postgresSql,
  type RunningPgbouncer,
  type RunningPostgres,
  startPgbouncer,
  startPostgres,
} from '../servers/index.js';
import { readAll, tablesOf } from './catalog.contract.js';
import { keepsConnectorContract } from './connector.contract.js';
import { canary, clock, localDialler, probe, targetOf } from './connector-bench.js';
import { engineChecks, inspect } from './preflight.contract.js';

const connector = createPostgresConnector({ dialler: localDialler(), clock });
const password = canary();

describeWith(['postgres', 'pgbouncer'], 'PgBouncer', () => {
  let server: RunningPostgres;
  let bouncer: RunningPgbouncer;

  beforeAll(async () => {
    server = await startPostgres();
    await postgresSql(
      server,
      `create role app login password '${password}'; create role refused login password 'another'; create role no_login password '${password}'`,
    );
    for (const name of ['app', 'other', 'limited']) await postgresSql(server, `create database ${name}`);
    await postgresSql(
      server,
      'create schema sales; create table sales.orders (id int); grant usage on schema sales to app; grant select on sales.orders to app; revoke temporary on database app from public',
      { database: 'app' },
    );
    await postgresSql(server, 'alter database limited connection limit 0');
    bouncer = await startPgbouncer({
      upstream: server,
      users: { app: password, refused: password, no_login: password, boss: password },
      databases: {
        app: 'dbname=app pool_size=2',
        gone: 'dbname=nowhere',
        limited: 'dbname=limited',
        narrow: 'dbname=app pool_size=1',
        other: 'dbname=other',
      },
      settings: { admin_users: 'boss', query_wait_timeout: 1, server_login_retry: 1, max_client_conn: 40 },
    });
  });

  afterAll(async () => {
    await bouncer?.stop();
    await server?.stop();
  });

  function target(fields: Parameters<typeof targetOf>[0] = {}): ConnectionTarget {
    return targetOf({
      port: bouncer.port,
      username: 'app',
      password,
      database: 'app',
      tls: { mode: 'prefer' },
      ...fields,
    });
  }

  async function connect(one: RunningPgbouncer, user: string, database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port: one.port, user, password, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Through the console of its own. */
  async function order(...commands: readonly string[]): Promise<void> {
    const boss = await connect(bouncer, 'boss', 'pgbouncer');
    for (const command of commands) await boss.query(command);
    await boss.end();
  }

  describe('keeps the contract of connectors', () => {
    keepsConnectorContract(() => ({
      connector,
      good: target(),
      bad: [target({ password: canary() }), target({ database: 'nowhere' }), target({ tls: { mode: 'require' } })],
      silent: null,
      product: /^PostgreSQL \d+/,
    }));
  });

  test('lets preflight through with every check, over fewer connections than it asks at once', async () => {
    const told = await inspect(connector, target({ database: 'narrow' }), { schemas: ['sales'] });
    expect(told.complaints).toEqual([]);
    expect(told.findings).toHaveLength(engineChecks.length);
    expect(told.finding('serverVersion').evidence).toMatchObject({ pooled: true });
    expect(told.finding('sampleRead').evidence).toMatchObject({ read: 1 });
  });

  test.each([
    ['a connection for each session', 'app'],
    ['fewer connections than it asks for', 'narrow'],
  ])('gives the same catalogue as the server, with %s', async (_name, database) => {
    const through = await readAll({ connector, target: target({ database }) });
    const direct = await readAll({ connector, target: target({ port: server.port }) });
    expect(through).toEqual(direct);
    expect(tablesOf(through).map((table) => table.name)).toEqual(['orders']);
  });

  test('is noticed by a connection test', async () => {
    const steps = (await probe(connector, target())).result.steps;
    expect(steps.at(-1)).toMatchObject({ stage: 'query', evidence: { pooled: true } });
    const direct = (await probe(connector, target({ port: server.port }))).result.steps;
    expect(direct.at(-1)?.evidence).toEqual({});
  });

  test('passes a cancelled question on to the server', async () => {
    const slow = createPostgresConnector({ dialler: localDialler(), clock, question: 'SELECT pg_sleep(60)' });
    const told = await probe(slow, target(), { stageMs: 700 });
    expect(told.failure).toEqual({ stage: 'query', reason: 'QUERY_TIMEOUT' });
    await expect
      .poll(() => postgresSql(server, "select 1 from pg_stat_activity where usename = 'app' and state = 'active'"), {
        timeout: 3_000,
      })
      .toHaveLength(0);
  });

  describe('faults of its own', () => {
    async function expectFailure(
      fields: Parameters<typeof targetOf>[0],
      stage: Stage,
      reason: Reason,
      pooler?: string,
    ): Promise<void> {
      const told = await probe(connector, target(fields));
      expect(told.failure).toEqual({ stage, reason });
      if (pooler !== undefined) expect(told.evidence).toMatchObject({ pooler });
    }

    test('a database it does not have, to somebody who proved who he is', async () => {
      const told = await probe(connector, target({ database: 'nowhere' }));
      expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_NOT_FOUND' });
      expect(told.walk).toContain('authenticate:pass');
      await expectFailure({ database: 'nowhere', password: canary() }, 'authenticate', 'AUTH_INVALID_CREDENTIALS');
    });

    test('a wrong password, and a user it does not know', async () => {
      await expectFailure(
        { password: canary() },
        'authenticate',
        'AUTH_INVALID_CREDENTIALS',
        'SASL authentication failed',
      );
      await expectFailure({ username: 'stranger' }, 'authenticate', 'AUTH_INVALID_CREDENTIALS');
      await expectFailure({ password: '' }, 'authenticate', 'AUTH_PASSWORD_REQUIRED');
    });

    test.each([
      ['the database is not there', { database: 'gone' }],
      ['its own password is wrong', { username: 'refused' }],
      ['the role may not log in', { username: 'no_login', database: 'other' }],
      ['the database has no connections left', { database: 'limited' }],
    ])('behind it %s: it cannot log in there, which is no fault of the caller', async (_name, fields) => {
      const told = await probe(connector, target(fields));
      expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_ACCESS_DENIED' });
      expect(told.evidence).toEqual({ native: '08P01', pooler: 'passed on' });
      expect(told.walk).toContain('authenticate:pass');
    });

    test('a pool that is used up', async () => {
      const holding = await connect(bouncer, 'app', 'narrow');
      try {
        await holding.query('begin');
        await expectFailure({ database: 'narrow' }, 'query', 'TOO_MANY_CONNECTIONS', 'query_wait_timeout');
      } finally {
        await holding.end();
      }
      expect((await probe(connector, target({ database: 'narrow' }))).failure).toBeNull();
    });

    test('a database that was disabled, and one that is paused', async () => {
      await order('DISABLE app');
      await expectFailure({}, 'database', 'DATABASE_ACCESS_DENIED', 'disabled');
      await order('ENABLE app', 'PAUSE app');
      await expectFailure({}, 'query', 'TOO_MANY_CONNECTIONS', 'query_wait_timeout');
      await order('RESUME app');
      expect((await probe(connector, target())).failure).toBeNull();
    });

    test('its own console, which is no database', async () => {
      await expectFailure({ username: 'boss', database: 'pgbouncer' }, 'database', 'DATABASE_NOT_FOUND');
      await expectFailure({ database: 'pgbouncer' }, 'database', 'DATABASE_ACCESS_DENIED', 'not allowed');
    });

    test('no more clients', async () => {
      const small = await startPgbouncer({
        upstream: server,
        users: { app: password },
        settings: { max_client_conn: 1 },
      });
      const only = await connect(small, 'app', 'app');
      await expectFailure({ port: small.port }, 'handshake', 'TOO_MANY_CONNECTIONS', 'no more connections allowed');
      await only.end();
      await small.stop();
    });

    test('rules that do not know us', async () => {
      const strict = await startPgbouncer({
        upstream: server,
        users: { app: password },
        settings: { auth_type: 'hba', auth_hba_file: '/dev/null' },
      });
      await expectFailure({ port: strict.port }, 'handshake', 'CLIENT_HOST_NOT_PERMITTED', 'login rejected');
      await strict.stop();
    });

    test('TLS that is required, and TLS that is not there', async () => {
      const { good } = await createTestCertificates();
      const strict = await startPgbouncer({
        upstream: server,
        users: { app: password },
        files: { 'server.crt': good.cert, 'server.key': good.key },
        settings: {
          client_tls_sslmode: 'require',
          client_tls_cert_file: (folder) => join(folder, 'server.crt'),
          client_tls_key_file: (folder) => join(folder, 'server.key'),
        },
      });
      await expectFailure(
        { port: strict.port, tls: { mode: 'disable' } },
        'tls',
        'TLS_REQUIRED_BY_SERVER',
        'SSL required',
      );
      expect((await probe(connector, target({ port: strict.port }))).failure).toBeNull();
      await strict.stop();
      await expectFailure({ tls: { mode: 'require' } }, 'tls', 'TLS_NOT_SUPPORTED_BY_SERVER');
    });

    test('that is frozen', async () => {
      bouncer.pause();
      try {
        const told = await probe(connector, target(), { stageMs: 700 });
        expect(told.failure).toEqual({ stage: 'handshake', reason: 'STAGE_TIMEOUT' });
      } finally {
        bouncer.resume();
      }
    });

    test('the server behind it is down, gone in mid-question, and back', async () => {
      const slow = createPostgresConnector({ dialler: localDialler(), clock, question: 'SELECT pg_sleep(20)' });
      const asking = probe(slow, target({ database: 'other' }));
      await expect
        .poll(() => postgresSql(server, "select 1 from pg_stat_activity where state = 'active' and datname = 'other'"))
        .toHaveLength(1);
      await server.kill();
      const lost = await asking;
      expect(lost.failure).toEqual({ stage: 'query', reason: 'CONNECTION_LOST' });
      const reasons: unknown[] = [];
      await expect
        .poll(async () => {
          reasons.push((await probe(connector, target({ database: 'other' }))).failure?.reason);
          return reasons.at(-1);
        })
        .toBe('SERVER_STARTING');
      // Until it knows, it is as if no server were free.
      expect(new Set([...reasons, 'TOO_MANY_CONNECTIONS', 'SERVER_STARTING']).size).toBe(2);
      // One that never saw the server waits for it before it says anything of a login.
      const blind = await startPgbouncer({
        upstream: server,
        users: { app: password },
        settings: { client_login_timeout: 1 },
      });
      const told = await probe(connector, target({ port: blind.port }));
      expect(told.failure?.reason).toMatch(/^(?:SERVER_STARTING|STAGE_TIMEOUT)$/);
      await blind.stop();
      await server.restart();
      await expect
        .poll(async () => (await probe(connector, target({ database: 'other' }))).failure, { timeout: 10_000 })
        .toBeNull();
    });
  });
});
