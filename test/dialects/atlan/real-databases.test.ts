/** The atlan family against real databases: the seed's own request, and each refusal by causing it. @module */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSampleDatabase } from '../../../src/connectors/sqlite/sample-database.js';
import { describeWith, mariadbSql, postgresSql, shared } from '../../servers/index.js';
import { send } from '../support/client.js';
import { createRealSources } from '../support/real-sources.js';
import { precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

/** A port on which nothing listens: it was free a moment ago. */
async function findClosedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const username = 'door_user';
const password = 'd00r-pa55word';
const database = 'door_database';

describeWith(['postgres', 'mariadb'], 'the routes of /workflows/v1 against real databases', () => {
  let world: World;
  let folder: string;
  let closedPort: number;

  beforeAll(async () => {
    await postgresSql(shared('postgres'), `CREATE DATABASE ${database}`);
    await postgresSql(shared('postgres'), `CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
    await mariadbSql(shared('mariadb'), `CREATE DATABASE ${database}`);
    await mariadbSql(shared('mariadb'), `CREATE USER ${username} IDENTIFIED BY '${password}'`);
    await mariadbSql(shared('mariadb'), `GRANT ALL ON ${database}.* TO ${username}`);
    folder = await mkdtemp(join(tmpdir(), 'latchkey-sample-'));
    createSampleDatabase(join(folder, 'sample.db'));
    closedPort = await findClosedPort();
    world = await openWorld({ sources: createRealSources });
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(change: Record<string, unknown>, headers: Record<string, string> = {}, route = 'auth') {
    const body = { authType: 'basic', host: '127.0.0.1', username, password, database, ...change };
    await world.takeEvents();
    const received = await send(world, { method: 'POST', path: `/workflows/v1/${route}`, body, headers });
    expect(received.text).not.toContain(password);
    return {
      status: received.status,
      body: received.body as Record<string, unknown>,
      events: await world.takeEvents(),
    };
  }

  const portOf = (engine: string) => shared(engine === 'postgres' ? 'postgres' : 'mariadb').port;
  const plain = (engine: string) => ({ port: portOf(engine), extra: { engine, ssl_mode: 'prefer' } });

  test.each(['postgres', 'mysql'])('%s lets the right password in', async (engine) => {
    const answer = await ask(plain(engine));
    expect(answer).toMatchObject({
      status: 200,
      body: {
        success: true,
        message: 'Authentication successful',
        data: { status: 'success', engine, outcome: 'passed', reason: null },
      },
      events: ['connection.tested'],
    });
  });

  test.each(['postgres', 'mysql'])('%s is found out by asking the server', async (engine) => {
    expect(await ask({ port: String(portOf(engine)), extra: '{"ssl_mode":"prefer"}' })).toMatchObject({
      status: 200,
      body: { data: { engine } },
    });
  });

  test.each(['postgres', 'mysql'])('%s refuses a wrong password with 500', async (engine) => {
    expect(await ask({ ...plain(engine), password: 'wrong' })).toMatchObject({
      status: 500,
      body: {
        success: false,
        message: 'The database refused the credentials',
        error: 'connection_failed',
        reason: 'AUTH_INVALID_CREDENTIALS',
        data: { status: 'invalid_credentials', stage: 'authenticate' },
      },
      events: ['connection.tested'],
    });
  });

  test.each(['oauth', 'token'])('a refused %s credential is 401', async (authType) => {
    const extra = { engine: 'postgres', ssl_mode: 'prefer', [authType === 'oauth' ? 'oauth_token' : 'token']: 'wrong' };
    expect(await ask({ authType, port: portOf('postgres'), extra })).toMatchObject({
      status: 401,
      body: { success: false, error: 'unauthorized', reason: 'AUTH_INVALID_CREDENTIALS' },
    });
  });

  test('a token that is not there, or over, is 401 before anything is dialled', async () => {
    const at = { authType: 'token', port: portOf('postgres'), password: '' };
    expect(await ask(at)).toMatchObject({
      status: 401,
      body: { message: 'Missing authentication token', reason: 'TOKEN_MISSING' },
      events: [],
    });
    const payload = Buffer.from(JSON.stringify({ exp: 1_000 })).toString('base64url');
    expect(await ask({ ...at, extra: { token: `e30.${payload}.c2ln` } })).toMatchObject({
      status: 401,
      body: { message: 'Authentication token has expired', reason: 'TOKEN_EXPIRED', data: { status: 'expired' } },
      events: [],
    });
  });

  test.each(['postgres', 'mysql'])('%s without that database is 500', async (engine) => {
    const answer = await ask({ ...plain(engine), database: 'no_such_database' });
    expect(answer).toMatchObject({ status: 500, body: { data: { status: 'failed', stage: 'database' } } });
    expect(['DATABASE_NOT_FOUND', 'DATABASE_ACCESS_DENIED']).toContain(answer.body['reason']);
  });

  test('a port where nothing listens is 500', async () => {
    expect(await ask({ port: closedPort, extra: { engine: 'postgres' } })).toMatchObject({
      status: 500,
      body: { reason: 'TCP_REFUSED', data: { status: 'failed', stage: 'tcp' } },
    });
  });

  test('a target on the never-list is 400', async () => {
    expect(await ask({ host: '169.254.169.254', port: 5432 })).toMatchObject({
      status: 400,
      body: { success: false, reason: 'TARGET_NOT_ALLOWED', data: { stage: 'policy' } },
      events: ['connection.tested'],
    });
  });

  test('a SQLite file needs no more than its path', async () => {
    const nested = { credentials: { database: join(folder, 'sample.db'), extra: { engine: 'sqlite' } } };
    const received = await send(world, { method: 'POST', path: '/workflows/v1/auth', body: nested });
    expect(received).toMatchObject({ status: 200, body: { success: true, data: { engine: 'sqlite' } } });
  });

  test.each([
    [{ port: 0 }, 'port'],
    [{ port: 5432.5 }, 'port'],
    [{ port: true }, 'port'],
    [{ port: '5432 ' }, 'port'],
    [{ host: '2130706433' }, 'host'],
    [{ host: '/var/run/postgresql' }, 'host'],
    [{ host: 'a,b' }, 'host'],
    [{ authType: 'iam_user' }, 'authType'],
    [{ authType: undefined }, 'authType'],
    [{ username: '' }, 'username'],
    [{ password: undefined }, 'password'],
    [{ database: null }, 'database'],
    [{ extra: '{' }, 'extra'],
    [{ extra: '[]' }, 'extra'],
    [{ extra: '{"ssl_mode":"require","ssl_mode":"disable"}' }, 'extra'],
    [{ extra: { ssl_mode: 'sometimes' } }, 'extra.ssl_mode'],
    [{ extra: { ssl_cert: 'not pem' } }, 'extra.ssl_cert'],
    [{ extra: { engine: 'oracle' } }, 'extra.engine'],
  ])('%j is 400, names the field and dials nothing', async (change, field) => {
    const answer = await ask({ port: portOf('postgres'), ...change });
    expect(answer).toMatchObject({
      status: 400,
      body: { success: false, error: 'invalid_request', message: `Invalid request: ${field}`, detail: [{ field }] },
      events: [],
    });
    expect(answer.body).not.toHaveProperty('data');
  });

  test('a caller who may not diagnose learns only that it failed', async () => {
    const authorization = await precrimeToken(world);
    const answers = [
      await ask({ ...plain('postgres'), password: 'wrong' }, { authorization }),
      await ask({ ...plain('mysql'), database: 'no_such_database' }, { authorization }),
      await ask({ port: closedPort, extra: { engine: 'postgres' } }, { authorization }),
    ];
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(answers[0]?.status).toBe(500);
  });

  describe('metadata', () => {
    const rows = async (change: Record<string, unknown>) => {
      const answer = await ask(change, {}, 'metadata');
      expect(answer).toMatchObject({ status: 200, body: { success: true }, events: ['catalog.read'] });
      return answer.body['data'];
    };

    test('of PostgreSQL: the schemas of its database, without its own', async () => {
      const sql = (text: string) => postgresSql(shared('postgres'), text, { database });
      await sql('CREATE SCHEMA IF NOT EXISTS "Zebra"; CREATE SCHEMA IF NOT EXISTS audit');
      const all = ['Zebra', 'audit', 'public'].map((name) => ({ TABLE_CATALOG: database, TABLE_SCHEMA: name }));
      expect(await rows({ ...plain('postgres') })).toEqual(all);
      expect(await rows({ ...plain('postgres'), type: 'schema' })).toEqual(all);
      expect(await rows({ ...plain('postgres'), type: 'DATABASE' })).toEqual([{ TABLE_CATALOG: database }]);
    });

    test('of MariaDB: databases are its schemas', async () => {
      expect(await rows({ ...plain('mysql') })).toEqual([{ TABLE_CATALOG: 'def', TABLE_SCHEMA: database }]);
      expect(await rows({ ...plain('mysql'), type: 'database' })).toEqual([{ TABLE_CATALOG: 'def' }]);
    });

    test('of a SQLite file', async () => {
      const nested = { credentials: { database: join(folder, 'sample.db'), extra: { engine: 'sqlite' } } };
      const received = await send(world, { method: 'POST', path: '/workflows/v1/metadata', body: nested });
      expect(received).toMatchObject({ status: 200, body: { success: true, data: [{ TABLE_SCHEMA: 'main' }] } });
    });

    test('fails as /auth does', async () => {
      for (const route of ['metadata', 'check']) {
        expect(await ask({ ...plain('postgres'), password: 'wrong' }, {}, route)).toMatchObject({
          status: 500,
          body: { success: false, reason: 'AUTH_INVALID_CREDENTIALS', data: { status: 'invalid_credentials' } },
        });
        const token = { authType: 'token', extra: { engine: 'postgres', ssl_mode: 'prefer', token: 'wrong' } };
        expect(await ask({ ...plain('postgres'), ...token }, {}, route)).toMatchObject({ status: 401 });
      }
    });
  });

  describe('check', () => {
    const check = async (engine: string, metadata: object) => {
      const answer = await ask({ ...plain(engine), metadata }, {}, 'check');
      expect(answer).toMatchObject({ status: 200, events: ['connection.preflighted'] });
      return answer.body as {
        success: boolean;
        data: Record<string, { success: boolean; message: string }>;
        preflight: object;
      };
    };

    beforeAll(async () => {
      const sql = (text: string) => postgresSql(shared('postgres'), text, { database });
      await sql(`CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE tmp_orders (id int);
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${username}`);
      await mariadbSql(shared('mariadb'), `CREATE TABLE ${database}.orders (id int PRIMARY KEY)`);
    });

    test('of PostgreSQL, with filters in both spellings, as object and as text', async () => {
      for (const metadata of [
        {
          'include-filter': JSON.stringify({ [`^${database}$`]: ['^public$'] }),
          'exclude-filter': '{}',
          'temp-table-regex': '^tmp_',
        },
        { include_filter: { [`^${database}$`]: ['^public$'] }, exclude_filter: {}, temp_table_regex: '^tmp_' },
      ]) {
        const { success, data, preflight } = await check('postgres', metadata);
        expect({ success, data }).toMatchObject({
          success: true,
          data: {
            databaseSchemaCheck: { success: true, message: 'Schemas and Databases check successful' },
            tablesCheck: { success: true, message: 'Tables check successful. Table count: 1' },
            versionCheck: { success: true, message: expect.stringMatching(/^Client version: \d+/) },
          },
        });
        expect((preflight as { checks: object[] }).checks).toHaveLength(24);
      }
      expect((await check('postgres', {})).data['tablesCheck']).toMatchObject({
        message: 'Tables check successful. Table count: 2',
      });
    });

    test('names what is not there', async () => {
      for (const [filter, name] of [
        [{ '^nowhere$': [] }, 'nowhere database'],
        [{ [`^${database}$`]: ['^nothing$'] }, `${database}.nothing schema`],
      ] as const) {
        const { success, data } = await check('postgres', { 'include-filter': filter });
        expect(success).toBe(false);
        expect(data['databaseSchemaCheck']).toEqual({
          success: false,
          message: `Schemas and Databases check failed for ${name}`,
          successMessage: '',
          failureMessage: `Schemas and Databases check failed for ${name}`,
        });
      }
    });

    test('of MariaDB', async () => {
      const { data } = await check('mysql', { 'include-filter': { '^def$': [`^${database}$`] } });
      expect(data).toMatchObject({
        databaseSchemaCheck: { success: true },
        tablesCheck: { success: true, message: 'Tables check successful. Table count: 1' },
        versionCheck: { success: true },
      });
    });

    test.each([
      ['{', 'include-filter'],
      ['{"^(a+)+$(?=x)":[]}', 'include-filter'],
      [7, 'include-filter'],
    ])('a filter of %j is 400', async (filter, field) => {
      expect(await ask({ ...plain('postgres'), metadata: { 'include-filter': filter } }, {}, 'check')).toMatchObject({
        status: 400,
        body: { success: false, detail: [{ field }] },
      });
    });
  });
});
