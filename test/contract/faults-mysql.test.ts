/**
 * The verdicts of MySQL's protocol, each caused: by a real MariaDB, in English and in German, by somebody between us
 * and it, or by a listener that plays what no server here can be made to do.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createWebServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createTargetPolicy, parseTargetsAllow } from '../../src/network/index.js';
import type { ConnectionTarget, ProbeLimits, Reason, Stage } from '../../src/sources/index.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';
import { describeWith, mariadbSql, type RunningMariadb, startMariadb } from '../servers/index.js';
import { type Actor, canary, clock, localDialler, probe, startActor, type Told, targetOf } from './connector-bench.js';

// Each of many servers is started for one fault.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

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
    `\n MariaDB: ${caused.size} distinct faults caused, ${times} times in all; UNCLASSIFIED: ${nameless}, all of codes made up for it\n`,
  );
});

/** What is tried: a target, perhaps a question other than the trivial one, and limits. */
interface Attempt {
  readonly fields?: Parameters<typeof targetOf>[0];
  readonly question?: string;
  readonly limits?: Partial<ProbeLimits>;
}

function attempt(port: number, { fields = {}, question, limits = {} }: Attempt): Promise<Told> {
  const connector = createMysqlConnector({ dialler, clock, ...(question === undefined ? {} : { question }) });
  return probe(connector, targetOf({ port, username: 'app', password, database: 'app', ...fields }), limits);
}

const noTls: ConnectionTarget['tls'] = { mode: 'disable' };

/** Caused by what the server is asked and how it is set up: the same for every language. */
const serverFaults: readonly (Fault & Attempt)[] = [
  {
    name: 'wrong password',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { native: 1045, mayMean: expect.stringContaining('client certificate') },
    fields: { password: canary() },
  },
  {
    name: 'wrong password without TLS',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { native: 1045 },
    fields: { password: canary(), tls: noTls },
  },
  {
    name: 'unknown user',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    fields: { username: 'nobody' },
  },
  { name: 'empty password', stage: 'authenticate', reason: 'AUTH_PASSWORD_REQUIRED', fields: { password: '' } },
  {
    name: 'account that is only for the server’s own machine',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { native: 1698 },
    fields: { username: 'by_socket' },
  },
  {
    name: 'locked account',
    stage: 'authenticate',
    reason: 'AUTH_ACCOUNT_LOCKED',
    evidence: { native: 4151 },
    fields: { username: 'locked' },
  },
  {
    name: 'password that has expired, where the server hangs up',
    stage: 'authenticate',
    reason: 'AUTH_PASSWORD_EXPIRED',
    evidence: { native: 1862 },
    fields: { username: 'old' },
  },
  {
    name: 'account of a plugin we do not have: ed25519',
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    fields: { username: 'by_ed25519' },
  },
  {
    name: 'account of a plugin we do not have: pam',
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    fields: { username: 'by_pam' },
  },
  {
    name: 'account with a password in the old form',
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    evidence: { native: 1275 },
    fields: { username: 'by_old_password' },
  },
  {
    name: 'account of a plugin the server does not have',
    stage: 'authenticate',
    reason: 'AUTH_PLUGIN_UNSUPPORTED',
    evidence: { native: 1524 },
    fields: { username: 'orphan' },
  },
  {
    name: 'account that requires TLS',
    stage: 'tls',
    reason: 'TLS_REQUIRED_BY_SERVER',
    fields: { username: 'tls_only', tls: noTls },
  },
  {
    name: 'account that requires a client certificate',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { mayMean: expect.stringContaining('requires a client certificate') },
    fields: { username: 'with_certificate' },
  },
  {
    name: 'account that requires another client certificate',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    evidence: { mayMean: expect.stringContaining('another client certificate') },
    fields: { username: 'with_other_certificate', tls: { mode: 'verify-full', clientCertificate: 'ours' } },
  },
  {
    name: 'account that requires another cipher',
    stage: 'authenticate',
    reason: 'AUTH_INVALID_CREDENTIALS',
    fields: { username: 'with_cipher' },
  },
  {
    name: 'client certificate of an unknown authority',
    stage: 'tls',
    reason: 'TLS_CLIENT_CERT_INVALID',
    fields: { tls: { mode: 'verify-full', clientCertificate: 'strange' } },
  },
  {
    name: 'key of another client certificate',
    stage: 'tls',
    reason: 'TLS_CLIENT_CERT_KEY_MISMATCH',
    fields: { tls: { mode: 'verify-full', clientCertificate: 'mixed' } },
  },
  {
    name: 'client certificate that is none',
    stage: 'tls',
    reason: 'TLS_CLIENT_CERT_INVALID',
    fields: { tls: { mode: 'verify-full', clientCertificate: 'broken' } },
  },
  {
    name: 'account with as many connections an hour as it may',
    stage: 'authenticate',
    reason: 'USER_CONNECTION_LIMIT',
    evidence: { native: 1226 },
    fields: { username: 'hourly' },
  },
  {
    name: 'account with as many questions an hour as it may',
    stage: 'query',
    reason: 'USER_CONNECTION_LIMIT',
    evidence: { native: 1226 },
    fields: { username: 'quiet' },
  },
  {
    name: 'no such database',
    stage: 'database',
    reason: 'DATABASE_NOT_FOUND',
    evidence: { native: 1049 },
    fields: { username: 'everywhere', database: 'nowhere' },
  },
  {
    name: 'database that is not for this user',
    stage: 'database',
    reason: 'DATABASE_ACCESS_DENIED',
    evidence: { native: 1044 },
    fields: { database: 'forbidden' },
  },
  {
    name: 'statement that takes longer than its account may',
    stage: 'query',
    reason: 'QUERY_TIMEOUT',
    evidence: { native: 1969 },
    fields: { username: 'hasty' },
    question: 'SELECT SLEEP(5)',
  },
  {
    name: 'writing to a read-only server',
    stage: 'query',
    reason: 'SERVER_READ_ONLY',
    evidence: { native: 1290 },
    question: 'INSERT INTO app.things VALUES (1)',
  },
  ...(
    [
      ['a question that is no SQL', 1064, 'SELEKT 1'],
      ['a table that is not there', 1146, 'SELECT 1 FROM app.missing'],
      ['a column that is not there', 1054, 'SELECT missing FROM app.things'],
      ['a table that may not be read', 1142, 'SELECT 1 FROM mysql.global_priv'],
      ['a column that may not be read', 1143, 'SELECT secret FROM app.half'],
      ['a function that is not there', 1305, 'SELECT app.missing()'],
      ['a statement for administrators', 1227, 'SET GLOBAL max_connections = 1'],
      ['a view on what is gone', 1356, 'SELECT * FROM app.broken'],
    ] as const
  ).map(([name, native, question]): Fault & Attempt => ({
    name,
    question,
    stage: 'query',
    reason: 'QUERY_FAILED',
    evidence: { native },
  })),
  {
    name: 'an error whose number has no name',
    stage: 'query',
    reason: 'UNCLASSIFIED',
    evidence: { native: 31_999 },
    question: "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 31999, MESSAGE_TEXT = 'x'",
  },
];

for (const [language, locale, word] of [
  ['English', 'en_US', /Access denied/],
  ['German', 'de_DE', /hat keine Zug/],
] as const) {
  describeWith('mariadb', `a MariaDB that speaks ${language}`, () => {
    let server: RunningMariadb;
    let certificates: TestCertificates;

    beforeAll(async () => {
      certificates = await createTestCertificates();
      server = await startMariadb({
        tls: { ...certificates.good, ca: certificates.authority.cert },
        settings: { 'disconnect-on-expired-password': 'ON', 'plugin-maturity': 'unknown' },
      });
      const proof = `identified by '${password}'`;
      await mariadbSql(server, "install soname 'auth_ed25519'; install soname 'auth_pam'");
      await mariadbSql(
        server,
        `create database app; create database forbidden; create table app.things (id int);
         create table app.half (open int, secret int); create table app.gone (id int);
         create view app.broken as select id from app.gone; drop table app.gone;
         ${[
           'app',
           'locked',
           'old',
           'tls_only',
           'with_certificate',
           'with_other_certificate',
           'with_cipher',
           'hourly',
           'quiet',
           'everywhere',
           'hasty',
         ]
           .map((user) => `create user ${user}@'%' ${proof}; grant select, insert on app.things to ${user}@'%'`)
           .join(';')};
         grant select on app.broken to app@'%'; grant select (open) on app.half to app@'%';
         grant select on app.* to everywhere@'%'; grant select on nowhere.* to everywhere@'%';
         grant execute on app.* to app@'%'; grant select, create on app.missing to app@'%';
         alter user locked@'%' account lock; alter user old@'%' password expire; alter user tls_only@'%' require ssl;
         alter user with_certificate@'%' require x509;
         alter user with_other_certificate@'%' require subject '/CN=somebody else';
         alter user with_cipher@'%' require cipher 'NO-SUCH-CIPHER';
         alter user hourly@'%' with max_connections_per_hour 1; alter user quiet@'%' with max_queries_per_hour 1;
         alter user hasty@'%' with max_statement_time 0.2;
         create user by_socket@'%' identified via unix_socket; create user by_pam@'%' identified via pam using 'nothing';
         create user by_ed25519@'%' identified via ed25519 using password('${password}');
         create user by_old_password@'%' identified via mysql_old_password using '0123456789abcdef';
         insert into mysql.global_priv (Host, User, Priv) values ('%', 'orphan', '{"access":0,"plugin":"no_such_plugin"}');
         flush privileges; set global read_only = on; set global lc_messages = '${locale}'`,
      );
      // What counts by the hour is used up before.
      for (const user of ['hourly', 'quiet']) {
        const connection = await mysql.createConnection({ host: '127.0.0.1', port: server.port, user, password });
        if (user === 'quiet') await connection.query('select 1');
        await connection.end();
      }
    }, 180_000);

    afterAll(() => server?.stop());

    function tlsOf(asked: ConnectionTarget['tls'] | undefined): ConnectionTarget['tls'] {
      if (asked?.mode === 'disable') return asked;
      const base = { mode: asked?.mode ?? 'verify-full', ca: certificates.authority.cert };
      const { client, strangeClient } = certificates;
      switch (asked?.clientCertificate) {
        case 'ours':
          return { ...base, clientCertificate: client.cert, clientKey: new Secret(client.key) };
        case 'strange':
          return { ...base, clientCertificate: strangeClient.cert, clientKey: new Secret(strangeClient.key) };
        case 'mixed':
          return { ...base, clientCertificate: client.cert, clientKey: new Secret(strangeClient.key) };
        case 'broken':
          return {
            ...base,
            clientCertificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
            clientKey: new Secret(client.key),
          };
        default:
          return base;
      }
    }

    test('does so', async () => {
      const refused = mysql.createConnection({ host: '127.0.0.1', port: server.port, user: 'app', password: 'no' });
      await expect(refused).rejects.toThrow(word);
    });

    test.each(serverFaults)('$name', async (fault) => {
      const told = await attempt(server.port, {
        ...fault,
        fields: { ...fault.fields, tls: tlsOf(fault.fields?.tls) },
      });
      judge(fault, told);
      expect(told.text).not.toMatch(/denied for|keine Zug|verweigert/);
    });
  });
}

describeWith('mariadb', 'a MariaDB in trouble', () => {
  async function withServer(
    options: Parameters<typeof startMariadb>[0],
    body: (server: RunningMariadb) => Promise<void>,
  ): Promise<void> {
    const server = await startMariadb(options);
    try {
      await mariadbSql(
        server,
        `create database app; create table app.things (id int); create user app@'%' identified by '${password}';
         grant select, insert on app.* to app@'%'`,
      );
      await body(server);
    } finally {
      await server.stop();
    }
  }

  const slow = { question: 'SELECT SLEEP(30)' };
  const findAsking = "select id from information_schema.processlist where user = 'app' and info like '%SLEEP(30)%'";

  test('no connections left, of the server and of every account', async () => {
    await withServer({ settings: { 'max-user-connections': 1, 'max-connections': 10 } }, async (server) => {
      const asking = attempt(server.port, slow);
      await expect.poll(() => mariadbSql(server, findAsking)).toHaveLength(1);
      judge(
        {
          name: 'as many connections of one account as the server lets any have',
          stage: 'authenticate',
          reason: 'USER_CONNECTION_LIMIT',
          evidence: { native: 1203 },
        },
        await attempt(server.port, {}),
      );
      await mariadbSql(server, `kill ${Number((await mariadbSql(server, findAsking))[0]?.['id'])}`);
      judge({ name: 'session that is killed', stage: 'query', reason: 'CONNECTION_LOST' }, await asking);
      const clients = await Promise.all(Array.from({ length: 10 }, () => hold(server)));
      const full = await attempt(server.port, {});
      const fault = {
        stage: full.failure?.stage ?? 'query',
        reason: 'TOO_MANY_CONNECTIONS',
        evidence: { native: 1040 },
      } as const;
      judge({ ...fault, name: 'no connections left' }, full);
      expect(fault.stage).toMatch(/^(?:handshake|authenticate)$/);
      for (const client of clients) client.destroy();
    });
  });

  /** Takes a place without saying who it is: that counts as well. */
  async function hold(server: RunningMariadb): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'data');
    return socket;
  }

  test('an account that has to change its password', async () => {
    await withServer({ settings: { 'disconnect-on-expired-password': 'OFF' } }, async (server) => {
      await mariadbSql(server, "alter user app@'%' password expire");
      const fault = { stage: 'authenticate', reason: 'AUTH_PASSWORD_MUST_CHANGE', evidence: { native: 1820 } } as const;
      judge({ ...fault, name: 'password that must be changed first' }, await attempt(server.port, {}));
    });
  });

  test('an account with too many wrong passwords', async () => {
    await withServer({ settings: { 'max-password-errors': 2 } }, async (server) => {
      for (let wrong = 0; wrong < 2; wrong += 1) await attempt(server.port, { fields: { password: canary() } });
      const fault = { stage: 'authenticate', reason: 'AUTH_ACCOUNT_LOCKED', evidence: { native: 4150 } } as const;
      judge({ ...fault, name: 'account with too many wrong passwords' }, await attempt(server.port, {}));
    });
  });

  test('every transaction only reads', async () => {
    await withServer({}, async (server) => {
      await mariadbSql(server, 'set global tx_read_only = on');
      const told = await attempt(server.port, { question: 'INSERT INTO app.things VALUES (1)' });
      const fault = { stage: 'query', reason: 'SERVER_READ_ONLY', evidence: { native: 1792 } } as const;
      judge({ ...fault, name: 'writing in a transaction that only reads' }, told);
    });
  });

  test('a first statement of the server’s that fails', async () => {
    await withServer({}, async (server) => {
      await mariadbSql(server, "set global init_connect = 'this is no SQL'");
      const told = await attempt(server.port, {});
      judge({ name: 'init_connect that fails', stage: 'query', reason: 'CONNECTION_LOST' }, told);
    });
  });

  test('a statement that is ended, by somebody and by the server', async () => {
    await withServer({}, async (server) => {
      const asking = attempt(server.port, { question: 'SELECT SLEEP(30) FROM (SELECT BENCHMARK(1, 1)) x' });
      await expect.poll(() => mariadbSql(server, findAsking)).toHaveLength(1);
      await mariadbSql(server, `kill query ${Number((await mariadbSql(server, findAsking))[0]?.['id'])}`);
      judge(
        { name: 'statement that somebody ended', stage: 'query', reason: 'QUERY_TIMEOUT', evidence: { native: 1317 } },
        await asking,
      );
      await mariadbSql(server, 'set global max_statement_time = 0.2');
      judge(
        {
          name: 'statement longer than the server lets any be',
          stage: 'query',
          reason: 'QUERY_TIMEOUT',
          evidence: { native: 1969 },
        },
        await attempt(server.port, slow),
      );
    });
  });

  test('a lock that nobody lets go', async () => {
    await withServer({}, async (server) => {
      await mariadbSql(server, 'set global lock_wait_timeout = 1');
      const locking = mariadbSql(server, 'lock tables app.things write; do sleep(3)');
      await expect
        .poll(() => mariadbSql(server, "select 1 from information_schema.processlist where info like 'do sleep(3)%'"))
        .toHaveLength(1);
      const told = await attempt(server.port, { question: 'SELECT * FROM app.things' });
      judge({ name: 'waiting for a lock', stage: 'query', reason: 'QUERY_TIMEOUT', evidence: { native: 1205 } }, told);
      await locking;
    });
  });

  test('a server that is stopped while it answers, and then is gone', async () => {
    await withServer({}, async (server) => {
      const asking = attempt(server.port, slow);
      await expect.poll(() => mariadbSql(server, findAsking)).toHaveLength(1);
      await server.halt();
      const told = await asking;
      judge({ name: 'server that stops', stage: 'query', reason: told.failure?.reason ?? 'INTERNAL' }, told);
      expect(told.failure?.reason).toMatch(/^(?:CONNECTION_LOST|SERVER_SHUTTING_DOWN)$/);
      judge({ name: 'server that has stopped', stage: 'tcp', reason: 'TCP_REFUSED' }, await attempt(server.port, {}));
    });
  });

  test('a machine of ours that may not come, and one that was blocked', async () => {
    const [own] = Object.values(networkInterfaces()).flatMap((some) =>
      (some ?? []).filter((one) => one.family === 'IPv4' && !one.internal),
    );
    await withServer(
      { listen: '0.0.0.0', settings: { 'skip-name-resolve': 'OFF', 'max-connect-errors': 1 } },
      async (server) => {
        await mariadbSql(server, 'select 1');
        if (own !== undefined) {
          const rules = parseTargetsAllow(`${own.address}:${server.port}`);
          const far = createMysqlConnector({
            dialler: createDialler({
              policy: createTargetPolicy({
                allow: rules.ok ? rules.rules : [],
                isBoundToLoopback: () => true,
                ownEndpoints: () => [],
              }),
            }),
            clock,
          });
          const at = targetOf({ host: own.address, port: server.port, username: 'app', password, database: 'app' });
          expect((await probe(far, at)).failure).toBeNull();
          // Connections that end before they say who they are.
          for (let wrong = 0; wrong < 3; wrong += 1) {
            const socket = connect(server.port, own.address);
            await once(socket, 'data');
            socket.destroy();
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          const fault = { stage: 'handshake', reason: 'CLIENT_HOST_BLOCKED', evidence: { native: 1129 } } as const;
          judge({ ...fault, name: 'machine that was blocked' }, await probe(far, at));
        }
      },
    );
    await withServer({}, async (server) => {
      await mariadbSql(
        server,
        "rename user app@'%' to app@'10.9.8.7'; delete from mysql.global_priv where Host = '%'; flush privileges",
      );
      const told = await attempt(server.port, {});
      const fault = { stage: 'handshake', reason: 'CLIENT_HOST_NOT_PERMITTED', evidence: { native: 1130 } } as const;
      judge({ ...fault, name: 'machine that may not come' }, told);
    });
  });

  describe('TLS', () => {
    let certificates: TestCertificates;
    beforeAll(async () => {
      certificates = await createTestCertificates();
    });
    const full = (): ConnectionTarget['tls'] => ({ mode: 'verify-full', ca: certificates.authority.cert });

    test('that it does not have', async () => {
      await withServer({ settings: { 'skip-ssl': 'ON' } }, async (server) => {
        const told = await attempt(server.port, { fields: { tls: full() } });
        judge({ name: 'server without TLS', stage: 'tls', reason: 'TLS_NOT_SUPPORTED_BY_SERVER' }, told);
      });
    });

    test('that it insists on', async () => {
      const settings = { require_secure_transport: 'ON' };
      await withServer({ tls: certificates.good, settings }, async (server) => {
        const told = await attempt(server.port, { fields: { tls: noTls } });
        judge({ name: 'server that insists on TLS', stage: 'tls', reason: 'TLS_REQUIRED_BY_SERVER' }, told);
      });
    });

    test('of a version and of ciphers we do not have', async () => {
      for (const [name, settings] of [
        ['no TLS version in common', { 'tls-version': 'TLSv1.1' }],
        ['no cipher in common', { 'tls-version': 'TLSv1.2', 'ssl-cipher': 'CAMELLIA256-SHA' }],
      ] as const) {
        await withServer({ tls: certificates.good, settings }, async (server) => {
          const told = await attempt(server.port, { fields: { tls: full() } });
          judge({ name, stage: 'tls', reason: 'TLS_VERSION_OR_CIPHER' }, told);
        });
      }
    });

    test('with certificates that are wrong, each in its own way', async () => {
      for (const [name, certificate, reason] of [
        ['certificate of an unknown authority', 'good', 'TLS_UNTRUSTED_ISSUER'],
        ['certificate for another name', 'wrongName', 'TLS_NAME_MISMATCH'],
        ['certificate that has expired', 'expired', 'TLS_EXPIRED'],
        ['certificate of the future', 'notYetValid', 'TLS_NOT_YET_VALID'],
        ['self-signed certificate', 'selfSigned', 'TLS_SELF_SIGNED'],
      ] as const) {
        await withServer({ tls: certificates[certificate] }, async (server) => {
          const ca = certificate === 'good' ? certificates.strangeAuthority.cert : certificates.authority.cert;
          const told = await attempt(server.port, { fields: { tls: { mode: 'verify-full', ca } } });
          judge({ name, stage: 'tls', reason }, told);
        });
      }
    });

    test('taken away by somebody in between', async () => {
      await withServer({ tls: certificates.good }, async (server) => {
        const stripper = await between(server, (greeting) => {
          // Capabilities: after the version, the thread, eight bytes and a zero.
          const at = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1;
          greeting.writeUInt16LE(greeting.readUInt16LE(at) & ~0x0800, at);
          return greeting;
        });
        const told = await attempt(stripper.port, { fields: { tls: full() } });
        judge({ name: 'TLS stripped on the way', stage: 'tls', reason: 'TLS_NOT_SUPPORTED_BY_SERVER' }, told);
        expect(stripper.received()).toHaveLength(0);
        await stripper.close();
      });
    });
  });

  /** Passes everything on, the server's first packet changed; or not, from a number of answers on. */
  function between(
    server: RunningMariadb,
    change: (greeting: Buffer) => Buffer,
    {
      answers = Number.POSITIVE_INFINITY,
      then = 'silence',
    }: { answers?: number; then?: 'silence' | 'hang up' | 'reset' } = {},
  ): Promise<Actor> {
    return startActor((socket) => {
      if (answers === 0 && then === 'silence') return;
      if (answers === 0) {
        setTimeout(() => (then === 'reset' ? socket.resetAndDestroy() : socket.destroy()), 50);
        return;
      }
      const upstream = connect(server.port, '127.0.0.1');
      upstream.on('error', () => undefined);
      upstream.on('close', () => socket.destroy());
      socket.on('data', (chunk) => upstream.write(chunk));
      socket.on('close', () => upstream.destroy());
      let heard = 0;
      upstream.on('data', (chunk: Buffer) => {
        heard += 1;
        if (heard <= answers) socket.write(heard === 1 ? change(chunk) : chunk);
        else if (then === 'hang up') socket.destroy();
        else if (then === 'reset') socket.resetAndDestroy();
      });
    });
  }

  test('a line that falls silent or breaks, after each thing the server says', async () => {
    const certificates = await createTestCertificates();
    await withServer({ tls: certificates.good }, async (server) => {
      const same = (greeting: Buffer) => greeting;
      for (const [answers, said, silent, broken, tls] of [
        [0, 'nothing', ['handshake', 'STAGE_TIMEOUT'], ['handshake', 'TCP_RESET'], 'disable'],
        [1, 'the greeting, before TLS', ['tls', 'STAGE_TIMEOUT'], ['tls', 'TCP_RESET'], 'require'],
        [1, 'the greeting', ['authenticate', 'STAGE_TIMEOUT'], ['authenticate', 'TCP_RESET'], 'disable'],
        [2, 'the welcome', ['query', 'QUERY_TIMEOUT'], ['query', 'CONNECTION_LOST'], 'disable'],
      ] as const) {
        for (const then of ['silence', 'hang up', 'reset'] as const) {
          const actor = await between(server, same, { answers, then });
          const [stage, reason] = then === 'silence' ? silent : broken;
          const fields = { tls: { mode: tls, ca: certificates.authority.cert } } as const;
          const told = await attempt(actor.port, { fields, limits: { stageMs: 800 } });
          judge({ name: `${then} after ${said}`, stage, reason }, told);
          await actor.close();
        }
      }
    });
  });
});

describe('a listener on the port', () => {
  const packet = (sequence: number, body: Buffer | string) => {
    const bytes = Buffer.from(body as string, 'latin1');
    const header = Buffer.alloc(4);
    header.writeUIntLE(bytes.length, 0, 3);
    header[3] = sequence;
    return Buffer.concat([header, bytes]);
  };
  const refusal = (errno: number, sequence = 0, state = '') => {
    const body = Buffer.from(`\xff\0\0${state}x`, 'latin1');
    body.writeUInt16LE(errno, 1);
    return packet(sequence, body);
  };
  const greeting = packet(
    0,
    Buffer.concat([
      Buffer.from('\x0a8.0.36\0\x07\0\0\x0012345678\0', 'latin1'),
      Buffer.from([0xff, 0xf7 & ~0x08, 0xff, 2, 0, 0xff, 0xdf, 21]),
      Buffer.alloc(10),
      Buffer.from('123456789012\0mysql_native_password\0'),
    ]),
  );
  const welcome = packet(2, '\0\0\0\x02\0\0\0');

  /** Greets, and answers each thing it is told with the next of its lines; after the last it is silent. */
  const speaking = (first: Buffer | string, ...lines: readonly Buffer[]) => {
    return (socket: Socket) => {
      socket.write(first);
      const left = [...lines];
      socket.on('data', () => {
        const line = left.shift();
        if (line !== undefined) socket.write(line);
      });
    };
  };

  const played: readonly (Fault & { readonly play: (socket: Socket) => void } & Attempt)[] = [
    ...(
      [
        ['no connections left, by a MySQL', 1040, 'TOO_MANY_CONNECTIONS'],
        ['machine that was blocked, by a MySQL', 1129, 'CLIENT_HOST_BLOCKED'],
        ['machine that may not come, by a MySQL', 1130, 'CLIENT_HOST_NOT_PERMITTED'],
        ['server that is stopping', 1053, 'SERVER_SHUTTING_DOWN'],
        ['server that is offline', 3032, 'SERVER_SHUTTING_DOWN'],
        ['a refusal at once whose number has no name', 31_998, 'UNCLASSIFIED'],
      ] as const
    ).map(([name, errno, reason]) => ({
      name,
      reason,
      stage: 'handshake' as const,
      evidence: { native: errno },
      play: speaking(refusal(errno)),
    })),
    ...(
      [
        ['insists on TLS, by a MySQL', 3159, 'tls', 'TLS_REQUIRED_BY_SERVER'],
        ['locked account, by a MySQL', 3118, 'authenticate', 'AUTH_ACCOUNT_LOCKED'],
        ['too many wrong passwords, by a MySQL', 3955, 'authenticate', 'AUTH_ACCOUNT_LOCKED'],
        ['a client of another time', 1251, 'authenticate', 'AUTH_PLUGIN_UNSUPPORTED'],
        ['a login it cannot read', 1043, 'handshake', 'PROTOCOL_MISMATCH'],
        ['a refusal of the login whose number has no name', 31_997, 'authenticate', 'UNCLASSIFIED'],
      ] as const
    ).map(([name, errno, stage, reason]) => ({
      name,
      reason,
      stage,
      evidence: { native: errno },
      play: speaking(greeting, refusal(errno, 2, '#HY000')),
    })),
    ...(
      [
        ['statement longer than may be, by a MySQL', 3024, 'QUERY_TIMEOUT'],
        ['read-only, by a MySQL', 1836, 'SERVER_READ_ONLY'],
        ['session that was killed, by a MySQL', 3169, 'CONNECTION_LOST'],
        ['session that was idle, by a MySQL', 4031, 'CONNECTION_LOST'],
      ] as const
    ).map(([name, errno, reason]) => ({
      name,
      reason,
      stage: 'query' as const,
      evidence: { native: errno },
      play: speaking(greeting, welcome, refusal(errno, 1, '#HY000')),
    })),
    {
      name: 'a question that is never answered, and the whole time with it',
      stage: 'authenticate',
      reason: 'TOTAL_TIMEOUT',
      play: speaking(greeting),
      limits: { totalMs: 1_200, stageMs: 3_000 },
    },
    {
      name: 'an SSH server',
      stage: 'handshake',
      reason: 'PROTOCOL_MISMATCH',
      play: speaking('SSH-2.0-OpenSSH_9.2\r\n'),
    },
    {
      name: 'a mail server',
      stage: 'handshake',
      reason: 'PROTOCOL_MISMATCH',
      play: speaking('220 mail.example ESMTP\r\n'),
    },
  ];

  test.each(played)('$name', async (fault) => {
    const actor: Actor = await startActor(fault.play);
    const told = await attempt(actor.port, { limits: { stageMs: 900 }, ...fault, fields: { tls: { mode: 'prefer' } } });
    await actor.close();
    judge(fault, told);
    expect(actor.received().includes(password)).toBe(false);
  });

  test('a web server', async () => {
    const web = createWebServer((_request, response) => response.end());
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const told = await attempt((web.address() as AddressInfo).port, {});
    const fault = { stage: 'handshake', reason: 'PROTOCOL_MISMATCH', evidence: { speaks: 'http' } } as const;
    judge({ ...fault, name: 'a web server' }, told);
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
    const connector = createMysqlConnector({ dialler: strict, clock });
    const told = await probe(connector, targetOf({ port: 3306 }));
    judge({ name: 'a target that is not allowed', stage: 'policy', reason: 'TARGET_NOT_ALLOWED' }, told);
  });

  test('under a name that does not exist', async () => {
    const told = await attempt(3306, { fields: { host: 'no-such-host.invalid' } });
    judge({ name: 'a name that does not exist', stage: 'resolve', reason: 'DNS_NOT_FOUND' }, told);
  });
});
