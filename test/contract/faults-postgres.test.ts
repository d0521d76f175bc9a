/**
 * The verdicts of PostgreSQL, each caused: by a real server, in English and in German, or by a listener that plays what
 * no server here can be made to do. What connector-postgres.test.ts causes in English is caused here in German only.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createTargetPolicy } from '../../src/network/index.js';
import type { ConnectionTarget, ProbeLimits, Reason, Stage } from '../../src/sources/index.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';
import {
  describeWith,
  postgresSql,
  postgresUrl,
  type RunningPostgres,
  startGermanPostgres,
  startPostgres,
} from '../servers/index.js';
import { type Actor, canary, clock, localDialler, probe, startActor, type Told, targetOf } from './connector-bench.js';

const dialler = localDialler();
const password = canary();

interface Fault {
  readonly name: string;
  readonly stage: Stage;
  readonly reason: Reason;
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** Every fault that was caused, by name; and how often it was, over languages. */
const caused = new Map<string, number>();
/** Codes that were made up, so that there is nothing they could be called. */
let nameless = 0;

function judge(fault: Fault, told: Told): void {
  expect(told.failure).toEqual({ stage: fault.stage, reason: fault.reason });
  if (fault.evidence !== undefined) expect(told.evidence).toMatchObject(fault.evidence);
  // An authentication failure never shows as a time-out, nor the other way round.
  expect(told.walk.filter((step) => step.includes(':fail'))).toHaveLength(1);
  caused.set(fault.name, (caused.get(fault.name) ?? 0) + 1);
  if (fault.reason === 'UNCLASSIFIED') nameless += 1;
}

afterAll(() => {
  const times = [...caused.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `\n PostgreSQL: ${caused.size} distinct faults caused, ${times} times in all; UNCLASSIFIED: ${nameless}, all of codes made up for it\n`,
  );
});

/** What is tried: a target, perhaps a question other than the trivial one, and limits. */
interface Attempt {
  readonly fields?: Parameters<typeof targetOf>[0];
  readonly question?: string;
  readonly limits?: Partial<ProbeLimits>;
}

function attempt(port: number, { fields = {}, question, limits = {} }: Attempt): Promise<Told> {
  const connector = createPostgresConnector({ dialler, clock, ...(question === undefined ? {} : { question }) });
  return probe(connector, targetOf({ port, username: 'app', password, database: 'app', ...fields }), limits);
}

const slow = { question: 'SELECT pg_sleep(30)' };

/**
 * Caused by what the server is asked and how it is set up: the same for every language. Some methods of authentication
 * need a library that only Debian's server is built with.
 */
const serverFaults: readonly (Fault & Attempt & { readonly needsLibrary?: true })[] = [
  {
    name: 'wrong password',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { native: '28P01', mayMean: expect.stringContaining('VALID UNTIL') },
    fields: { password: canary() },
  },
  {
    name: 'role past its VALID UNTIL',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { native: '28P01', mayMean: expect.stringContaining('VALID UNTIL') },
    fields: { username: 'expired' },
  },
  {
    name: 'role without a password',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    fields: { username: 'wordless' },
  },
  {
    name: 'role with an MD5 password where SCRAM is asked for',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    fields: { username: 'md5_stored' },
  },
  { name: 'unknown role', stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS', fields: { username: 'nobody' } },
  {
    name: 'unknown role where nobody is asked for a password',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    fields: { username: 'absent' },
  },
  { name: 'empty password', stage: 'authenticate', reason: 'AUTH_PASSWORD_REQUIRED', fields: { password: '' } },
  { name: 'NOLOGIN role', stage: 'authenticate', reason: 'AUTH_ROLE_NOT_LOGIN', fields: { username: 'no_login' } },
  {
    name: 'password asked for in clear',
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    evidence: { asked: 'cleartext' },
    fields: { username: 'cleartext' },
  },
  {
    name: 'ident',
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    evidence: { native: '28000', routine: 'auth_failed' },
    fields: { username: 'by_ident' },
  },
  {
    name: 'GSSAPI',
    needsLibrary: true,
    stage: 'handshake',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    fields: { username: 'by_gss' },
  },
  {
    name: 'LDAP',
    needsLibrary: true,
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    fields: { username: 'by_ldap' },
  },
  {
    name: 'PAM',
    needsLibrary: true,
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    fields: { username: 'by_pam' },
  },
  { name: 'RADIUS', stage: 'authenticate', reason: 'AUTH_PLUGIN_UNSUPPORTED', fields: { username: 'by_radius' } },
  {
    name: 'LDAP that says no, over verified TLS',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { native: '28000' },
    fields: { username: 'by_ldap', tls: { mode: 'verify-full' } },
    needsLibrary: true,
  },
  {
    name: 'no entry in pg_hba.conf',
    stage: 'handshake',
    reason: 'CLIENT_HOST_NOT_PERMITTED',
    fields: { username: 'stranger', database: 'postgres' },
  },
  {
    name: 'rejected by pg_hba.conf',
    stage: 'handshake',
    reason: 'CLIENT_HOST_NOT_PERMITTED',
    fields: { username: 'shut_out' },
  },
  {
    name: 'TLS required by pg_hba.conf',
    stage: 'tls',
    reason: 'TLS_REQUIRED_BY_SERVER',
    fields: { username: 'tls_only', database: 'postgres', tls: { mode: 'disable' } },
  },
  {
    name: 'client certificate required',
    stage: 'tls',
    reason: 'TLS_CLIENT_CERT_REQUIRED',
    fields: { username: 'client', tls: { mode: 'verify-full' } },
  },
  {
    name: 'client certificate of another role',
    stage: 'tls',
    reason: 'TLS_CLIENT_CERT_INVALID',
    evidence: { native: '28000', routine: 'auth_failed' },
    fields: { username: 'other_client', tls: { mode: 'verify-full', clientCertificate: 'client' } },
  },
  {
    name: 'connection limit of the role',
    stage: 'database',
    reason: 'USER_CONNECTION_LIMIT',
    evidence: { native: '53300' },
    fields: { username: 'limited' },
  },
  {
    name: 'connection limit of the database',
    stage: 'database',
    reason: 'TOO_MANY_CONNECTIONS',
    evidence: { native: '53300' },
    fields: { database: 'limited' },
  },
  { name: 'missing database', stage: 'database', reason: 'DATABASE_NOT_FOUND', fields: { database: 'nowhere' } },
  {
    name: 'database whose folder is gone',
    stage: 'database',
    reason: 'DATABASE_NOT_FOUND',
    fields: { database: 'hollow' },
  },
  {
    name: 'CONNECT revoked',
    stage: 'database',
    reason: 'DATABASE_ACCESS_DENIED',
    evidence: { native: '42501' },
    fields: { database: 'revoked' },
  },
  {
    name: 'database that allows no connections',
    stage: 'database',
    reason: 'DATABASE_ACCESS_DENIED',
    evidence: { native: '55000' },
    fields: { database: 'closed' },
  },
  {
    name: 'library of the role’s settings missing',
    stage: 'database',
    reason: 'QUERY_FAILED',
    evidence: { native: '58P01' },
    fields: { username: 'broken' },
  },
  {
    name: 'statement time-out of the role',
    stage: 'query',
    reason: 'QUERY_TIMEOUT',
    evidence: { native: '57014' },
    fields: { username: 'hasty' },
    ...slow,
  },
  {
    name: 'slow query, our own time-out',
    stage: 'query',
    reason: 'QUERY_TIMEOUT',
    limits: { stageMs: 400 },
    ...slow,
  },
  {
    name: 'writing where everything is read-only',
    stage: 'query',
    reason: 'SERVER_READ_ONLY',
    evidence: { native: '25006' },
    fields: { username: 'reading' },
    question: 'CREATE TEMPORARY TABLE t (x int); CREATE TABLE u (x int)',
  },
  {
    name: 'reading what may not be read',
    stage: 'query',
    reason: 'QUERY_FAILED',
    evidence: { native: '42501' },
    question: 'SELECT 1 FROM pg_authid',
  },
  { name: 'a table that is not there', stage: 'query', reason: 'QUERY_FAILED', question: 'SELECT 1 FROM nothing' },
  { name: 'a question in no language', stage: 'query', reason: 'QUERY_FAILED', question: 'SELEC 1' },
  { name: 'division by zero', stage: 'query', reason: 'QUERY_FAILED', question: 'SELECT 1/0' },
  {
    name: 'lock time-out of the role',
    stage: 'query',
    reason: 'QUERY_FAILED',
    evidence: { native: '55P03' },
    fields: { username: 'impatient' },
    question: 'SELECT 1 FROM locked',
  },
  {
    name: 'temporary files beyond their limit',
    stage: 'query',
    reason: 'QUERY_FAILED',
    evidence: { native: '53400' },
    fields: { username: 'frugal' },
    question: 'SELECT count(*) FROM (SELECT x FROM generate_series(1, 50000) x ORDER BY x::text OFFSET 0) s',
  },
  {
    name: 'an error of code in the database',
    stage: 'query',
    reason: 'QUERY_FAILED',
    evidence: { native: 'P0001' },
    question: "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$",
  },
  {
    name: 'our session ended by an administrator',
    stage: 'query',
    reason: 'SERVER_SHUTTING_DOWN',
    evidence: { native: '57P01' },
    question: 'SELECT pg_terminate_backend(pg_backend_pid())',
  },
  {
    name: 'a code that has no name',
    stage: 'query',
    reason: 'UNCLASSIFIED',
    evidence: { native: 'ZZ999' },
    question: "DO $$ BEGIN RAISE EXCEPTION USING errcode = 'ZZ999'; END $$",
  },
];

const rules = [
  'hostssl all tls_only 127.0.0.1/32 scram-sha-256',
  'hostssl all client,other_client 127.0.0.1/32 cert',
  'host all cleartext 127.0.0.1/32 password',
  'host all absent 127.0.0.1/32 trust',
  'host all shut_out 127.0.0.1/32 reject',
  'host all by_ident 127.0.0.1/32 ident',
  'host all by_radius 127.0.0.1/32 radius radiusservers="127.0.0.1" radiussecrets="x"',
  'host app,limited,revoked,closed,hollow all 127.0.0.1/32 scram-sha-256',
  'host nowhere app 127.0.0.1/32 scram-sha-256',
];

const libraryRules = [
  'host all by_gss 127.0.0.1/32 gss',
  'host all by_ldap 127.0.0.1/32 ldap ldapserver=127.0.0.1 ldapport=1 ldapprefix="cn="',
  'host all by_pam 127.0.0.1/32 pam',
];

function hasLibraries(): boolean {
  const { postgres } = inject('servers');
  return postgres.available && postgres.programs.origin === 'debian';
}

async function furnish(server: RunningPostgres): Promise<pg.Client> {
  const login = [
    'app',
    'tls_only',
    'client',
    'other_client',
    'cleartext',
    'shut_out',
    'stranger',
    'expired',
    'limited',
  ];
  const set = [
    'broken',
    'hasty',
    'reading',
    'impatient',
    'frugal',
    'by_ident',
    'by_gss',
    'by_ldap',
    'by_pam',
    'by_radius',
  ];
  const roles = [...login, ...set].map((role) => `create role ${role} login password '${password}'`);
  await postgresSql(
    server,
    `${roles.join(';')}; create role no_login nologin password '${password}'; create role wordless login;
     alter role expired valid until '2020-01-01'; alter role limited connection limit 0;
     alter role hasty set statement_timeout = 50; alter role reading set default_transaction_read_only = on;
     alter role impatient set lock_timeout = 50; alter role frugal set temp_file_limit = 0; alter role frugal set work_mem = '64kB';
     alter role broken set session_preload_libraries = 'nowhere';
     set password_encryption = md5; create role md5_stored login password '${password}'`,
  );
  for (const name of ['app', 'limited', 'revoked', 'closed', 'hollow'])
    await postgresSql(server, `create database ${name}`);
  await postgresSql(
    server,
    `alter database limited connection limit 0; revoke connect on database revoked from public;
     alter database closed allow_connections false`,
  );
  // What is not written yet would be missed by everybody.
  await postgresSql(server, 'checkpoint');
  const [hollow] = await postgresSql(server, "select oid::text from pg_database where datname = 'hollow'");
  rmSync(join(server.folder, 'data', 'base', String(hollow?.['oid'])), { recursive: true });
  await postgresSql(server, 'create table locked (x int); grant select on locked to public', { database: 'app' });
  const holding = new pg.Client(postgresUrl(server, 'app'));
  holding.on('error', () => undefined);
  await holding.connect();
  await holding.query('begin; lock table locked');
  return holding;
}

const languages = [
  { language: 'English', needs: ['postgres'] as const, start: startPostgres, word: 'password authentication failed' },
  {
    language: 'German',
    needs: ['postgres', 'german'] as const,
    start: startGermanPostgres,
    word: 'Passwort-Authentifizierung',
  },
];

for (const { language, needs, start, word } of languages) {
  describeWith(needs, `a PostgreSQL that speaks ${language}`, () => {
    let server: RunningPostgres;
    let certificates: TestCertificates;
    let holding: pg.Client;

    beforeAll(async () => {
      certificates = await createTestCertificates();
      const tls = { ...certificates.good, ca: certificates.authority.cert };
      // The superuser's rule is for the client that holds a lock.
      server = await start({
        tls,
        hba: ['host all postgres 127.0.0.1/32 scram-sha-256', ...(hasLibraries() ? libraryRules : []), ...rules],
      });
      holding = await furnish(server);
    });

    afterAll(async () => {
      await holding?.end();
      await server?.stop();
    });

    test('does so', async () => {
      const client = new pg.Client(postgresUrl(server, 'app', { user: 'app', password: 'no' }));
      await expect(client.connect()).rejects.toThrow(word);
    });

    for (const { name } of hasLibraries() ? [] : serverFaults.filter((one) => one.needsLibrary)) {
      test.skip(`${name} (this PostgreSQL is built without it)`);
    }

    test.each(serverFaults.filter((one) => !one.needsLibrary || hasLibraries()))('$name', async (fault) => {
      const { tls } = fault.fields ?? {};
      const pair = { clientCertificate: certificates.client.cert, clientKey: new Secret(certificates.client.key) };
      const told = await attempt(server.port, {
        ...fault,
        fields: {
          tls: { mode: 'disable' },
          ...fault.fields,
          ...(tls === undefined
            ? {}
            : {
                tls: {
                  mode: tls.mode,
                  ca: certificates.authority.cert,
                  ...(tls.clientCertificate === undefined ? {} : pair),
                },
              }),
        },
      });
      judge(fault, told);
    });
  });
}

describeWith('postgres', 'a PostgreSQL in trouble', () => {
  async function withServer(
    options: Parameters<typeof startPostgres>[0],
    body: (server: RunningPostgres) => Promise<void>,
  ): Promise<void> {
    const server = await startPostgres(options);
    try {
      await postgresSql(server, `create role app login password '${password}'`);
      await postgresSql(server, 'create database app');
      await body(server);
    } finally {
      await server.stop();
    }
  }

  async function occupy(server: RunningPostgres, count: number): Promise<pg.Client[]> {
    const connect = async () => {
      const client = new pg.Client(postgresUrl(server, 'postgres'));
      client.on('error', () => undefined);
      await client.connect();
      return client;
    };
    // A connection that was given back a moment ago may still hold its place at the server.
    return Promise.all(Array.from({ length: count }, () => vi.waitFor(connect, { timeout: 5_000, interval: 50 })));
  }

  /** Waits until our session runs its question. */
  const isAsking = (server: RunningPostgres) =>
    expect
      .poll(() => postgresSql(server, "select pid from pg_stat_activity where usename = 'app' and state = 'active'"))
      .toHaveLength(1);

  test('every connection taken but those of superusers, and every one', async () => {
    const settings = { max_connections: 6, superuser_reserved_connections: 2, max_wal_senders: 0 };
    await withServer({ settings }, async (server) => {
      const clients = await occupy(server, 4);
      const fault = { stage: 'database', reason: 'TOO_MANY_CONNECTIONS', evidence: { native: '53300' } } as const;
      judge({ ...fault, name: 'only reserved connections left' }, await attempt(server.port, {}));
      clients.push(...(await occupy(server, 2)));
      const told = await attempt(server.port, {});
      judge({ ...fault, stage: told.failure?.stage ?? 'database', name: 'no connections left' }, told);
      for (const client of clients) await client.end();
    });
  });

  test('a standby that answers no questions, as a server that is starting', async () => {
    await withServer({}, async (server) => {
      await postgresSql(server, 'alter system set hot_standby = off');
      writeFileSync(join(server.folder, 'data', 'standby.signal'), '');
      await server.restart();
      const fault = { stage: 'handshake', reason: 'SERVER_STARTING', evidence: { native: '57P03' } } as const;
      judge({ ...fault, name: 'server that is starting' }, await attempt(server.port, {}));
    });
  });

  test('a standby that only reads', async () => {
    await withServer({}, async (server) => {
      writeFileSync(join(server.folder, 'data', 'standby.signal'), '');
      await server.restart();
      const told = await attempt(server.port, { question: 'CREATE TABLE t (x int)' });
      judge({ name: 'writing to a standby', stage: 'query', reason: 'SERVER_READ_ONLY' }, told);
    });
  });

  test('one that stops while it answers, and one that waits for its last client', async () => {
    await withServer({}, async (server) => {
      const asking = attempt(server.port, slow);
      await isAsking(server);
      await server.halt();
      judge({ name: 'server that stops', stage: 'query', reason: 'SERVER_SHUTTING_DOWN' }, await asking);
      await server.restart();
      const [client] = await occupy(server, 1);
      const pid = Number(
        (await postgresSql(server, 'select pg_read_file($$postmaster.pid$$) as pid'))[0]?.['pid']
          ?.toString()
          .split('\n')[0],
      );
      process.kill(pid, 'SIGTERM');
      // By code it cannot be told from one that is starting.
      const fault = { name: 'server that waits to stop', stage: 'handshake', reason: 'SERVER_STARTING' } as const;
      await expect.poll(async () => (await attempt(server.port, {})).failure).not.toBeNull();
      judge(fault, await attempt(server.port, {}));
      await client?.end();
    });
  });

  test('a process of the server that dies: ours, and another', async () => {
    await withServer({ settings: { restart_after_crash: true } }, async (server) => {
      for (const whose of ['app', 'postgres'] as const) {
        const [other] = whose === 'postgres' ? await occupy(server, 1) : [];
        const asking = attempt(server.port, slow);
        await isAsking(server);
        const [victim] = await postgresSql(
          server,
          `select pid from pg_stat_activity where usename = '${whose}' and pid <> pg_backend_pid() and backend_type = 'client backend'`,
        );
        process.kill(Number(victim?.['pid']), 'SIGKILL');
        const name = whose === 'app' ? 'our process killed' : 'another process killed';
        judge({ name, stage: 'query', reason: 'CONNECTION_LOST' }, await asking);
        await other?.end().catch(() => undefined);
        await expect.poll(async () => (await attempt(server.port, {})).failure, { timeout: 10_000 }).toBeNull();
      }
    });
  });

  test.each([
    ['pre_auth_delay', 'handshake', 'before it asks who we are'],
    ['post_auth_delay', 'authenticate', 'before it says that we are in'],
  ] as const)('one that takes its time (%s), or is killed meanwhile', async (setting, stage, when) => {
    await withServer({}, async (server) => {
      await postgresSql(server, `alter system set ${setting} = 10`);
      await postgresSql(server, 'select pg_reload_conf()');
      const fields = { tls: { mode: 'disable' } } as const;
      await expect
        .poll(async () => (await attempt(server.port, { fields, limits: { stageMs: 300 } })).failure)
        .not.toBeNull();
      const late = await attempt(server.port, { fields, limits: { stageMs: 700 } });
      judge({ name: `silent ${when}`, stage, reason: 'STAGE_TIMEOUT' }, late);
      const asking = attempt(server.port, { fields });
      setTimeout(() => void server.kill(), 400);
      const killed = await asking;
      // What wakes the process to die may let it say first that we are in.
      const isIn = killed.failure?.stage === 'query';
      const verdict = isIn ? (['query', 'CONNECTION_LOST'] as const) : ([stage, 'TCP_RESET'] as const);
      judge({ name: `killed ${when}`, stage: verdict[0], reason: verdict[1] }, killed);
    });
  });

  test.each([
    ['TLS 1.1 at most', { ssl_min_protocol_version: 'TLSv1', ssl_max_protocol_version: 'TLSv1.1' }],
    ['no shared cipher', { ssl_max_protocol_version: 'TLSv1.2', ssl_ciphers: 'AES128-GCM-SHA256' }],
  ])('%s', async (name, settings) => {
    const certificates = await createTestCertificates();
    await withServer({ tls: certificates.good, settings }, async (server) => {
      for (const mode of ['prefer', 'require', 'verify-full'] as const) {
        const told = await attempt(server.port, { fields: { tls: { mode, ca: certificates.authority.cert } } });
        judge({ name, stage: 'tls', reason: 'TLS_VERSION_OR_CIPHER' }, told);
      }
    });
  });

  test('a client’s certificate that cannot be used', async () => {
    const certificates = await createTestCertificates();
    await withServer({ tls: { ...certificates.good, ca: certificates.authority.cert } }, async (server) => {
      const { client, strangeClient, authority } = certificates;
      const tls = { mode: 'verify-full', ca: authority.cert } as const;
      const told = (clientCertificate: string, key: string) =>
        attempt(server.port, { fields: { tls: { ...tls, clientCertificate, clientKey: new Secret(key) } } });
      judge(
        { name: 'key of another client certificate', stage: 'tls', reason: 'TLS_CLIENT_CERT_KEY_MISMATCH' },
        await told(client.cert, strangeClient.key),
      );
      judge(
        { name: 'client certificate that is none', stage: 'tls', reason: 'TLS_CLIENT_CERT_INVALID' },
        await told('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', client.key),
      );
      judge(
        { name: 'client certificate of an unknown authority', stage: 'tls', reason: 'TLS_CLIENT_CERT_INVALID' },
        await told(strangeClient.cert, strangeClient.key),
      );
    });
  });

  test('somebody in between who takes TLS away', async () => {
    const certificates = await createTestCertificates();
    await withServer({ tls: certificates.good }, async (server) => {
      const stripper = await startActor((socket) =>
        socket.once('data', () => {
          socket.write('N');
          const upstream = connect(server.port, '127.0.0.1');
          upstream.on('error', () => undefined);
          socket.pipe(upstream).pipe(socket);
        }),
      );
      const told = await attempt(stripper.port, {
        fields: { tls: { mode: 'verify-full', ca: certificates.authority.cert } },
      });
      judge({ name: 'TLS stripped on the way', stage: 'tls', reason: 'TLS_NOT_SUPPORTED_BY_SERVER' }, told);
      expect(stripper.received()).toHaveLength(8);
      await stripper.close();
    });
  });
});

describe('a listener on the port', () => {
  const message = (type: string, body: string) => {
    const bytes = Buffer.from(`${type}\0\0\0\0${body}`, 'latin1');
    bytes.writeUInt32BE(bytes.length - 1, 1);
    return bytes;
  };
  const request = (code: number, rest = '') => message('R', `\0\0\0${String.fromCharCode(code)}${rest}`);
  const refusal = (state: string, fields = 'Fx\0L1\0RProcessStartupPacket\0') =>
    message('E', `SFATAL\0VFATAL\0C${state}\0Mx\0${fields}\0`);
  const hangUp = 'hang up';
  const reset = 'reset';

  /** Answers each thing it is told with the next of its lines; after the last it is silent. */
  const speaking = (...lines: readonly (string | Buffer)[]) => {
    return (socket: Socket) => {
      const left = [...lines];
      socket.on('data', () => {
        const line = left.shift();
        if (line === hangUp) socket.destroy();
        else if (line === reset) socket.resetAndDestroy();
        else if (line !== undefined) socket.write(line);
      });
    };
  };
  const scram = request(10, 'SCRAM-SHA-256\0\0');

  const played: readonly (Fault & { readonly play: (socket: Socket) => void } & Attempt)[] = [
    { name: 'silence after the connection', stage: 'handshake', reason: 'STAGE_TIMEOUT', play: () => undefined },
    { name: 'silence after agreeing to TLS', stage: 'tls', reason: 'STAGE_TIMEOUT', play: speaking('S') },
    { name: 'silence after the names', stage: 'handshake', reason: 'STAGE_TIMEOUT', play: speaking('N') },
    {
      name: 'silence in the middle of SCRAM',
      stage: 'authenticate',
      reason: 'STAGE_TIMEOUT',
      play: speaking('N', scram),
    },
    {
      name: 'silence after the password',
      stage: 'authenticate',
      reason: 'STAGE_TIMEOUT',
      play: speaking('N', request(5, 'salt')),
    },
    { name: 'silence after the login', stage: 'database', reason: 'STAGE_TIMEOUT', play: speaking('N', request(0)) },
    {
      name: 'silence after the question',
      stage: 'query',
      reason: 'QUERY_TIMEOUT',
      play: speaking('N', Buffer.concat([request(0), message('Z', 'I')])),
    },
    {
      name: 'all the time used up by slow stages',
      stage: 'handshake',
      reason: 'TOTAL_TIMEOUT',
      play: speaking('N'),
      limits: { totalMs: 1_200, stageMs: 3_000 },
    },
    { name: 'a reset on the first question', stage: 'handshake', reason: 'PROTOCOL_MISMATCH', play: speaking(reset) },
    {
      name: 'hung up after agreeing to TLS',
      stage: 'tls',
      reason: 'TCP_RESET',
      play: (socket) => socket.once('data', () => socket.end('S')),
    },
    { name: 'hung up after the names', stage: 'handshake', reason: 'TCP_RESET', play: speaking('N', hangUp) },
    {
      name: 'hung up in the middle of SCRAM',
      stage: 'authenticate',
      reason: 'TCP_RESET',
      play: speaking('N', scram, hangUp),
    },
    {
      name: 'reset in the middle of SCRAM',
      stage: 'authenticate',
      reason: 'TCP_RESET',
      play: speaking('N', scram, reset),
    },
    {
      name: 'hung up after the login',
      stage: 'database',
      reason: 'TCP_RESET',
      play: (socket) => {
        socket.once('data', () => {
          socket.write('N');
          socket.once('data', () => {
            socket.write(request(0));
            setTimeout(() => socket.destroy(), 50);
          });
        });
      },
    },
    {
      name: 'hung up after the question',
      stage: 'query',
      reason: 'CONNECTION_LOST',
      play: speaking('N', Buffer.concat([request(0), message('Z', 'I')]), hangUp),
    },
    {
      name: 'nonsense instead of TLS',
      stage: 'tls',
      reason: 'TLS_VERSION_OR_CIPHER',
      play: speaking('S', 'x'.repeat(64)),
    },
    ...([2, 6, 7, 9] as const).map((code): Fault & { readonly play: (socket: Socket) => void } => ({
      name: `authentication of kind ${code}`,
      stage: 'handshake',
      reason: 'AUTH_PLUGIN_UNSUPPORTED',
      play: speaking('N', request(code)),
    })),
    {
      name: 'SASL without SCRAM',
      stage: 'authenticate',
      reason: 'AUTH_PLUGIN_UNSUPPORTED',
      evidence: { asked: 'mechanism' },
      play: speaking('N', request(10, 'OAUTHBEARER\0\0')),
    },
    {
      name: 'a protocol that is too old or too new',
      stage: 'handshake',
      reason: 'ENGINE_VERSION_UNSUPPORTED',
      evidence: { native: '0A000' },
      play: speaking('N', refusal('0A000')),
    },
    {
      name: 'a refusal whose code has no name',
      stage: 'handshake',
      reason: 'UNCLASSIFIED',
      evidence: { native: 'ZZ123' },
      play: speaking('N', refusal('ZZ123')),
    },
    {
      name: 'a refusal by somebody in between, without a word we know',
      stage: 'handshake',
      reason: 'UNCLASSIFIED',
      evidence: { native: '08P01' },
      play: speaking('N', refusal('08P01', '')),
    },
    {
      name: 'an SSH server',
      stage: 'handshake',
      reason: 'PROTOCOL_MISMATCH',
      play: (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    },
    {
      name: 'a mail server',
      stage: 'handshake',
      reason: 'PROTOCOL_MISMATCH',
      play: (socket) => socket.write('220 mail.example ESMTP\r\n'),
    },
  ];

  test.each(played)('$name', async (fault) => {
    const actor: Actor = await startActor(fault.play);
    const told = await attempt(actor.port, { limits: { stageMs: 900 }, ...fault, fields: { tls: { mode: 'prefer' } } });
    await actor.close();
    judge(fault, told);
    expect(actor.received().includes(password)).toBe(false);
  });

  test('a web server that speaks TLS from the first byte', async () => {
    const { good } = await createTestCertificates();
    const web = createWebServer({ cert: good.cert, key: good.key }, (_request, response) => response.end());
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const told = await attempt((web.address() as AddressInfo).port, { fields: { tls: { mode: 'prefer' } } });
    judge({ name: 'a service inside TLS', stage: 'handshake', reason: 'PROTOCOL_MISMATCH' }, told);
    web.close();
  });

  test('none that takes connections, though it listens', async () => {
    // Its queue is full, so that further attempts are dropped without a word, as a firewall does.
    const script =
      "const s=require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},()=>{console.log(s.address().port)})";
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    child.kill('SIGSTOP');
    const fillers = Array.from({ length: 8 }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const told = await attempt(port, { fields: { host: '127.0.0.1' }, limits: { stageMs: 900 } });
    for (const socket of fillers) socket.destroy();
    child.kill('SIGKILL');
    judge({ name: 'dropped without a word', stage: 'tcp', reason: 'TCP_TIMEOUT' }, told);
  });

  test('that may not be reached from here', async () => {
    const strict = createDialler({
      policy: createTargetPolicy({ allow: [], isBoundToLoopback: () => false, ownEndpoints: () => [] }),
    });
    const connector = createPostgresConnector({ dialler: strict, clock });
    const told = await probe(connector, targetOf({ port: 5432 }) satisfies ConnectionTarget);
    judge({ name: 'a target that is not allowed', stage: 'policy', reason: 'TARGET_NOT_ALLOWED' }, told);
  });
});
