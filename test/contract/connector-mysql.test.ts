/** MySQL's protocol, on MariaDB: each fault caused on a real server, and the reason it gets. @module */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { Secret } from '../../src/kernel/secret.js';
import type { ConnectionTarget } from '../../src/sources/index.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';
import { describeWith, mariadbSql, type RunningMariadb, shared, startMariadb } from '../servers/index.js';
import { freePort } from '../servers/processes.js';
import { keepsConnectorContract } from './connector.contract.js';
import {
  type Actor,
  canary,
  clock,
  localDialler,
  probe,
  startActor,
  survivesNoise,
  targetOf,
} from './connector-bench.js';

const dialler = localDialler();
const connector = createMysqlConnector({ dialler, clock });
const password = canary();

describeWith('mariadb', 'MariaDB', () => {
  let certificates: TestCertificates;
  let server: RunningMariadb;
  let plain: RunningMariadb;
  let silent: Actor;

  beforeAll(async () => {
    certificates = await createTestCertificates();
    silent = await startActor(() => undefined);
    const tls = { ...certificates.good, ca: certificates.authority.cert };
    server = await startMariadb({ tls, settings: { require_secure_transport: 'ON' } });
    plain = await startMariadb({ settings: { 'skip-ssl': 'ON' } });
    for (const one of [server, plain]) await createAccounts(one);
  });

  /** Again after a restart, which begins with the accounts the server was made with. */
  async function createAccounts(one: RunningMariadb): Promise<void> {
    const users = ['app', 'locked', 'old', 'limited', 'elsewhere', 'client', 'tls_only'];
    const statements = [
      'create database if not exists app',
      'create database if not exists forbidden',
      ...users.map((user) => `create or replace user ${user}@'%' identified by '${password}'`),
      ...users.map((user) => `grant select on app.* to ${user}@'%'`),
      "alter user locked@'%' account lock",
      "alter user old@'%' password expire",
      "alter user limited@'%' with max_user_connections 1",
      "alter user client@'%' require x509",
      "alter user tls_only@'%' require ssl",
    ];
    await mariadbSql(one, statements.join(';'));
  }

  afterAll(async () => {
    await Promise.all([server?.stop(), plain?.stop(), silent?.close()]);
  });

  function target(fields: Parameters<typeof targetOf>[0] = {}): ConnectionTarget {
    return targetOf({ port: server.port, username: 'app', password, database: 'app', ...fields });
  }

  const anchored = (mode: ConnectionTarget['tls']['mode'], ca = certificates.authority.cert) => ({ mode, ca });

  describe('keeps the contract', () => {
    keepsConnectorContract(() => ({
      connector,
      good: target(),
      bad: [
        target({ password: canary() }),
        target({ database: 'nowhere' }),
        target({ tls: { mode: 'verify-full' } }),
        target({ tls: { mode: 'disable' } }),
        target({ host: 'no.such.invalid' }),
      ],
      silent: target({ port: silent.port }),
      product: /^MariaDB \d+\./,
    }));
  });

  describe('a login that is right', () => {
    test('passes each stage', async () => {
      const told = await probe(connector, target({ tls: anchored('verify-full') }));
      expect(told.walk).toEqual([
        'policy:pass',
        'resolve:pass',
        'tcp:pass',
        'handshake:pass',
        'tls:pass',
        'authenticate:pass',
        'database:pass',
        'query:pass',
      ]);
    });

    test.each(['oauth', 'token'] as const)('carries an %s token as the password', async (authType) => {
      expect((await probe(connector, target({ authType }))).failure).toBeNull();
    });

    test('leaves no session behind', async () => {
      await probe(connector, target());
      const sessions = "select 1 from information_schema.processlist where user = 'app'";
      await expect.poll(() => mariadbSql(server, sessions)).toHaveLength(0);
    });
  });

  describe('authentication', () => {
    test('a wrong password is refused credentials', async () => {
      const told = await probe(connector, target({ password: canary() }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' });
      expect(told.evidence).toMatchObject({ native: 1045, mayMean: expect.stringContaining('client certificate') });
    });

    test('a wrong token is refused credentials', async () => {
      const told = await probe(connector, target({ authType: 'token', password: canary() }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' });
    });

    test('an empty password', async () => {
      const told = await probe(connector, { ...target(), password: new Secret('') });
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_PASSWORD_REQUIRED' });
    });

    test('a locked account', async () => {
      const told = await probe(connector, target({ username: 'locked' }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_ACCOUNT_LOCKED' });
    });

    test('an expired password', async () => {
      const told = await probe(connector, target({ username: 'old' }));
      expect(told.failure?.stage).toBe('authenticate');
      expect(told.failure?.reason).toMatch(/^AUTH_PASSWORD_(EXPIRED|MUST_CHANGE)$/);
    });

    test('a plugin we do not have', async () => {
      await mariadbSql(server, "install soname 'auth_ed25519'");
      await mariadbSql(server, `create or replace user ed@'%' identified via ed25519 using password('${password}')`);
      const told = await probe(connector, target({ username: 'ed' }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_PLUGIN_UNSUPPORTED' });
    });
  });

  describe('the server', () => {
    test('that has stopped refuses', async () => {
      const told = await probe(connector, target({ port: await freePort() }));
      expect(told.failure).toEqual({ stage: 'tcp', reason: 'TCP_REFUSED' });
    });

    test('that stops is refused, and back again passes', async () => {
      await plain.halt();
      expect((await probe(connector, target({ port: plain.port }))).failure).toEqual({
        stage: 'tcp',
        reason: 'TCP_REFUSED',
      });
      await plain.restart();
      await createAccounts(plain);
      expect((await probe(connector, target({ port: plain.port }))).failure).toBeNull();
    });

    test('that is frozen runs out of time in the handshake', async () => {
      plain.pause();
      try {
        const told = await probe(connector, target({ port: plain.port }), { stageMs: 900 });
        expect(told.failure).toEqual({ stage: 'handshake', reason: 'STAGE_TIMEOUT' });
      } finally {
        plain.resume();
      }
    });

    test('without the database', async () => {
      await mariadbSql(server, "grant select on `nowhere`.* to app@'%'");
      const told = await probe(connector, target({ database: 'nowhere' }));
      expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_NOT_FOUND' });
      expect(told.walk).toContain('authenticate:pass');
    });

    test('with a database that is not for this user', async () => {
      const told = await probe(connector, target({ database: 'forbidden' }));
      expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_ACCESS_DENIED' });
    });

    test('with no room left', async () => {
      const room = await mariadbSql(plain, 'select @@max_connections as n');
      await mariadbSql(plain, 'set global max_connections = 10');
      const held = await Promise.all(
        Array.from({ length: 11 }, () =>
          createMysqlConnector({ dialler, clock, question: 'SELECT SLEEP(1.5)' }).probe(target({ port: plain.port }), {
            totalMs: 5_000,
            stageMs: 3_000,
            signal: new AbortController().signal,
          }),
        ),
      );
      const failures = held.flatMap(({ steps }) => steps.filter((step) => step.status === 'fail'));
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) {
        expect(failure).toMatchObject({ reason: 'TOO_MANY_CONNECTIONS', evidence: { native: 1040 } });
      }
      await mariadbSql(plain, `set global max_connections = ${Number(room[0]?.['n'])}`);
    });

    test('with a user that has its limit of connections', async () => {
      const slow = createMysqlConnector({ dialler, clock, question: 'SELECT SLEEP(1)' });
      const [one, two] = await Promise.all([
        probe(slow, target({ username: 'limited' })),
        probe(slow, target({ username: 'limited' })),
      ]);
      const failures = [one, two].map((told) => told.failure?.reason ?? null);
      expect(failures).toContain(null);
      expect(failures).toContain('USER_CONNECTION_LIMIT');
    });

    test('that does not let this machine in', async () => {
      const host = `create or replace user only@'10.9.8.7' identified by '${password}'`;
      const strict = await startMariadb();
      try {
        await mariadbSql(strict, `${host}; delete from mysql.global_priv where Host = '%'; flush privileges`);
        const told = await probe(connector, target({ port: strict.port }));
        expect(told.failure).toEqual({ stage: 'handshake', reason: 'CLIENT_HOST_NOT_PERMITTED' });
      } finally {
        await strict.stop();
      }
    });

    test('whose answer takes too long is told to stop', async () => {
      const slow = createMysqlConnector({ dialler, clock, question: 'SELECT SLEEP(60)' });
      for (const one of [server, plain]) {
        const running = () =>
          mariadbSql(
            one,
            "select 1 from information_schema.processlist where user = 'app' and info like '%SLEEP(60)%'",
          );
        const telling = probe(slow, target({ port: one.port }), { stageMs: 700 });
        await expect.poll(running).toHaveLength(1);
        expect((await telling).failure).toEqual({ stage: 'query', reason: 'QUERY_TIMEOUT' });
        await expect.poll(running, { timeout: 2_000 }).toHaveLength(0);
      }
    });

    test('that ends our session while it answers', async () => {
      const slow = createMysqlConnector({ dialler, clock, question: 'SELECT SLEEP(60)' });
      const telling = probe(slow, target());
      const find = "select id from information_schema.processlist where user = 'app' and info like '%SLEEP(60)%'";
      await expect.poll(() => mariadbSql(server, find)).toHaveLength(1);
      await mariadbSql(server, `kill ${Number((await mariadbSql(server, find))[0]?.['id'])}`);
      expect((await telling).failure).toEqual({ stage: 'query', reason: 'CONNECTION_LOST' });
    });

    test('whose answer is an error', async () => {
      const broken = createMysqlConnector({ dialler, clock, question: 'SELEKT 1' });
      expect((await probe(broken, target())).failure).toEqual({ stage: 'query', reason: 'QUERY_FAILED' });
    });
  });

  describe('another service', () => {
    for (const service of ['redis', 'postgres'] as const) {
      describeWith(service, service, () => {
        test('on that port', async () => {
          const told = await probe(connector, target({ port: shared(service).port }));
          expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
          expect(told.evidence).toEqual({ speaks: service });
        });
      });
    }

    test('one that greets otherwise', async () => {
      for (const [greeting, speaks] of [
        ['SSH-2.0-OpenSSH_9.2\r\n', 'ssh'],
        ['220 mail.example ESMTP\r\n', 'mail_or_ftp'],
        ['hello\r\n', 'unknown'],
      ] as const) {
        const actor = await startActor((socket) => socket.write(greeting));
        const told = await probe(connector, target({ port: actor.port }));
        expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
        expect(told.evidence).toEqual({ speaks });
        await actor.close();
      }
    });

    test('one that hangs up', async () => {
      const actor = await startActor((socket) => socket.destroy());
      const told = await probe(connector, target({ port: actor.port }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'TCP_RESET' });
      await actor.close();
    });

    test('one that never answers', async () => {
      const told = await probe(connector, target({ port: silent.port }), { stageMs: 900 });
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'STAGE_TIMEOUT' });
    });

    test('a name that does not exist', async () => {
      const told = await probe(connector, target({ host: 'no-such-host.invalid' }));
      expect(told.failure).toEqual({ stage: 'resolve', reason: 'DNS_NOT_FOUND' });
    });
  });

  describe('TLS', () => {
    async function showing(certificate: { cert: string; key: string }, body: () => Promise<void>): Promise<void> {
      const reload = async (one: { cert: string; key: string }) => {
        writeFileSync(join(server.folder, 'server.crt'), one.cert);
        writeFileSync(join(server.folder, 'server.key'), one.key);
        await mariadbSql(server, 'flush ssl');
      };
      await reload(certificate);
      try {
        await body();
      } finally {
        await reload(certificates.good);
      }
    }

    const reasonWith = async (tls: ConnectionTarget['tls'], fields: Parameters<typeof targetOf>[0] = {}) => {
      const told = await probe(connector, target({ tls, ...fields }));
      return told.failure === null ? 'passed' : `${told.failure.stage}:${told.failure.reason}`;
    };

    test.each(['require', 'verify-ca', 'verify-full'] as const)('%s passes with the right authority', async (mode) => {
      expect(await reasonWith(anchored(mode))).toBe('passed');
    });

    test('a server without TLS, where it is asked for', async () => {
      for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
        expect(await reasonWith(anchored(mode), { port: plain.port })).toBe('tls:TLS_NOT_SUPPORTED_BY_SERVER');
      }
      const told = await probe(connector, target({ port: plain.port, tls: { mode: 'prefer' } }));
      expect(told.failure).toBeNull();
      expect(told.walk).toContain('tls:warn:TLS_NOT_SUPPORTED_BY_SERVER');
    });

    test('a server that insists on TLS', async () => {
      expect(await reasonWith({ mode: 'disable' })).toBe('tls:TLS_REQUIRED_BY_SERVER');
      expect(await reasonWith({ mode: 'disable' }, { password: canary() })).toBe(
        'authenticate:AUTH_INVALID_CREDENTIALS',
      );
      expect(await reasonWith({ mode: 'prefer' })).toBe('passed');
    });

    test('an account that insists on TLS', async () => {
      await mariadbSql(server, 'set global require_secure_transport = OFF');
      expect(await reasonWith({ mode: 'disable' })).toBe('passed');
      expect(await reasonWith({ mode: 'disable' }, { username: 'tls_only' })).toBe('tls:TLS_REQUIRED_BY_SERVER');
      await mariadbSql(server, 'set global require_secure_transport = ON');
    });

    test('an authority nobody vouches for', async () => {
      for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
        expect(await reasonWith({ mode })).toMatch(/^tls:TLS_(UNTRUSTED_ISSUER|SELF_SIGNED)$/);
        const other = anchored(mode, certificates.strangeAuthority.cert);
        expect(await reasonWith(other)).toMatch(/^tls:TLS_(UNTRUSTED_ISSUER|SELF_SIGNED)$/);
      }
    });

    test('a self-signed certificate', async () => {
      await showing(certificates.selfSigned, async () => {
        expect(await reasonWith({ mode: 'require' })).toBe('tls:TLS_SELF_SIGNED');
        expect(await reasonWith(anchored('verify-full'))).toBe('tls:TLS_SELF_SIGNED');
        expect(await reasonWith(anchored('verify-full', certificates.selfSigned.cert))).toBe('passed');
        const told = await probe(connector, target({ tls: { mode: 'prefer' } }));
        expect(told.failure).toBeNull();
        expect(told.walk).toContain('tls:warn:TLS_SELF_SIGNED');
      });
    });

    test('a certificate for another name', async () => {
      await showing(certificates.wrongName, async () => {
        expect(await reasonWith(anchored('verify-full'))).toBe('tls:TLS_NAME_MISMATCH');
        expect(await reasonWith(anchored('verify-full'), { host: '127.0.0.1' })).toBe('tls:TLS_NAME_MISMATCH');
        expect(await reasonWith(anchored('verify-ca'))).toBe('passed');
      });
    });

    test('an expired certificate, and one of the future', async () => {
      await showing(certificates.expired, async () => {
        const told = await probe(connector, target({ tls: anchored('verify-ca') }));
        expect(told.failure).toEqual({ stage: 'tls', reason: 'TLS_EXPIRED' });
        expect(told.evidence).toMatchObject({ native: 'CERT_HAS_EXPIRED', daysLeft: -2 });
      });
      await showing(certificates.notYetValid, async () => {
        expect(await reasonWith(anchored('verify-ca'))).toBe('tls:TLS_NOT_YET_VALID');
      });
    });

    test('a client certificate that is asked for', async () => {
      const withPair = ({ cert, key }: { cert: string; key: string }) => ({
        ...anchored('verify-full'),
        clientCertificate: cert,
        clientKey: new Secret(key),
      });
      const client = { username: 'client' };
      expect(await reasonWith(withPair(certificates.client), client)).toBe('passed');
      // The server says nothing but "access denied" to an account that has to show a certificate.
      expect(await reasonWith(anchored('verify-full'), client)).toBe('authenticate:AUTH_INVALID_CREDENTIALS');
    });

    test('facts of the session are told', async () => {
      const told = await probe(connector, target({ tls: anchored('verify-full') }));
      const tls = told.result.steps.find((step) => step.stage === 'tls');
      expect(tls?.evidence).toMatchObject({
        issuer: 'Test authority',
        names: 'localhost',
        addresses: 2,
        verified: true,
      });
      expect(told.text).not.toContain('127.0.0.1');
    });
  });

  describe('a hostile server', () => {
    /** A greeting as a server makes it, with the plugin it begins with. */
    function greeting(plugin: string): Buffer {
      const body = Buffer.concat([
        Buffer.from([10]),
        Buffer.from('8.0.36\0'),
        Buffer.from([7, 0, 0, 0]),
        Buffer.from('12345678\0'),
        Buffer.from([0xff, 0xf7 & ~0x08, 0xff, 2, 0, 0xff, 0xdf, 21]),
        Buffer.alloc(10),
        Buffer.from('123456789012\0'),
        Buffer.from(`${plugin}\0`),
      ]);
      return packet(0, body);
    }

    function packet(sequence: number, body: Buffer): Buffer {
      const header = Buffer.alloc(4);
      header.writeUIntLE(body.length, 0, 3);
      header[3] = sequence;
      return Buffer.concat([header, body]);
    }

    const switchTo = (plugin: string) =>
      packet(
        2,
        Buffer.concat([Buffer.from([0xfe]), Buffer.from(`${plugin}\0`), Buffer.from('12345678901234567890\0')]),
      );

    test('gets no password in clear without verified TLS', async () => {
      const actor = await startActor((socket) => {
        socket.write(greeting('mysql_native_password'));
        socket.once('data', () => socket.write(switchTo('mysql_clear_password')));
      });
      const told = await probe(connector, target({ port: actor.port }), { stageMs: 900 });
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_PLUGIN_UNSUPPORTED' });
      expect(told.evidence).toEqual({ asked: 'cleartext' });
      expect(actor.received().includes(password)).toBe(false);
      await actor.close();
    });

    test('gets no file of ours', async () => {
      const actor = await startActor((socket) => {
        socket.write(greeting('mysql_native_password'));
        socket.once('data', () => {
          socket.write(packet(2, Buffer.from([0, 0, 0, 2, 0, 0, 0])));
          socket.once('data', () => socket.write(packet(1, Buffer.from('\xfb/etc/passwd', 'latin1'))));
        });
      });
      const told = await probe(connector, target({ port: actor.port }), { stageMs: 900 });
      expect(told.failure?.stage).toBe('query');
      expect(actor.received().includes('root:')).toBe(false);
      // The capability is not even announced.
      expect(actor.received().readUInt32LE(4) & 0x80).toBe(0);
      await actor.close();
    });

    test('that sends packets out of order is left, without a word on the console', async () => {
      const actor = await startActor((socket) => {
        socket.write(greeting('mysql_native_password'));
        socket.once('data', () => {
          for (let i = 0; i < 100; i += 1) socket.write(packet(77, Buffer.from([0, 0, 0, 2, 0, 0, 0])));
        });
      });
      const told = await probe(connector, target({ port: actor.port }), { stageMs: 900 });
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
      expect(told.evidence).toEqual({ native: 'DRIVER_FAULT' });
      await actor.close();
    });

    test('that says anything at all does no more harm than to fail', async () => {
      const openings = [greeting('mysql_native_password'), greeting('caching_sha2_password'), Buffer.alloc(0)];
      await survivesNoise(
        connector,
        (port) => target({ port }),
        openings.map((one) => one.toString('latin1')),
      );
    });

    test('that slips something in before the encryption is noticed', async () => {
      const hello = greeting('mysql_native_password');
      hello.writeUInt16LE(0xffff, 4 + 1 + 7 + 4 + 9);
      const actor = await startActor((socket) => socket.write(Buffer.concat([hello, packet(1, Buffer.from([0]))])));
      const told = await probe(connector, target({ port: actor.port }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
      await actor.close();
    });
  });
});
