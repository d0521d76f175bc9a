/** PostgreSQL: each fault caused on a real server, and the reason it gets. @module */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { Secret } from '../../src/kernel/secret.js';
import type { ConnectionTarget } from '../../src/sources/index.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';
import { describeWith, postgresSql, type RunningPostgres, shared, startPostgres } from '../servers/index.js';
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
const connector = createPostgresConnector({ dialler, clock });
const password = canary();

describeWith('postgres', 'PostgreSQL', () => {
  let certificates: TestCertificates;
  let server: RunningPostgres;
  let plain: RunningPostgres;
  let strange: RunningPostgres;
  let silent: Actor;

  beforeAll(async () => {
    certificates = await createTestCertificates();
    silent = await startActor(() => undefined);
    const rules = [
      'hostssl all tls_only 127.0.0.1/32 scram-sha-256',
      'hostssl all client 127.0.0.1/32 cert',
      'host all cleartext 127.0.0.1/32 password',
      'host all md5_user 127.0.0.1/32 md5',
      'host all trusted 127.0.0.1/32 trust',
      'host all nobody_here 127.0.0.1/32 trust',
      'host all shut_out 127.0.0.1/32 reject',
      'host app,locked_database,limited all 127.0.0.1/32 scram-sha-256',
      'host nowhere app 127.0.0.1/32 scram-sha-256',
    ];
    const tls = { ...certificates.good, ca: certificates.authority.cert };
    [server, plain, strange] = await Promise.all([
      startPostgres({ hba: rules, tls }),
      startPostgres({ hba: ['host all app 127.0.0.1/32 scram-sha-256'] }),
      startPostgres({ tls: certificates.good }),
    ]);
    const roles = ['app', 'tls_only', 'client', 'cleartext', 'trusted', 'shut_out', 'stranger', 'limited_user'];
    for (const one of [server, plain]) {
      for (const role of roles) await postgresSql(one, `create role ${role} login password '${password}'`);
      await postgresSql(one, `create role no_login nologin password '${password}'`);
      await postgresSql(one, `set password_encryption = md5; create role md5_user login password '${password}'`);
      for (const name of ['app', 'locked_database', 'limited', 'closed'])
        await postgresSql(one, `create database ${name}`);
      await postgresSql(one, 'revoke connect on database locked_database from public');
      await postgresSql(one, 'alter role limited_user connection limit 0');
      await postgresSql(one, 'alter database limited connection limit 0');
    }
  });

  afterAll(async () => {
    await Promise.all([server?.stop(), plain?.stop(), strange?.stop(), silent?.close()]);
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
        target({ port: silent.port, tls: { mode: 'verify-full' } }),
        target({ tls: { mode: 'verify-full' } }),
        target({ host: 'no.such.invalid' }),
      ],
      silent: target({ port: silent.port }),
      product: /^PostgreSQL \d+/,
    }));
  });

  describe('a login that is right', () => {
    test('passes each stage', async () => {
      const told = await probe(connector, target({ tls: anchored('verify-full') }));
      expect(told.walk).toEqual([
        'policy:pass',
        'resolve:pass',
        'tcp:pass',
        'tls:pass',
        'handshake:pass',
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
      await expect
        .poll(() => postgresSql(server, "select 1 from pg_stat_activity where usename = 'app'"))
        .toHaveLength(0);
    });

    test('tells the server nothing of us but a fixed name', async () => {
      const slow = createPostgresConnector({ dialler, clock, question: 'SELECT pg_sleep(0.5)' });
      const told = probe(slow, target());
      await expect
        .poll(() => postgresSql(server, "select application_name from pg_stat_activity where usename = 'app'"))
        .toEqual([{ application_name: 'latchkey' }]);
      await told;
    });
  });

  describe('authentication', () => {
    test('a wrong password is refused credentials', async () => {
      const told = await probe(connector, target({ password: canary() }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' });
      expect(told.evidence).toMatchObject({ native: '28P01' });
    });

    test('a wrong token is refused credentials', async () => {
      const told = await probe(connector, target({ authType: 'oauth', password: canary() }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' });
    });

    test('an unknown user looks like a wrong password', async () => {
      const told = await probe(connector, target({ username: 'missing', database: 'app' }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' });
    });

    test('an empty password where one is asked for', async () => {
      const told = await probe(connector, { ...target(), password: new Secret('') });
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_PASSWORD_REQUIRED' });
    });

    test('a role that may not log in', async () => {
      const told = await probe(connector, target({ username: 'no_login' }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_ROLE_NOT_LOGIN' });
    });

    test('a role that is not there, where nobody is asked for a password', async () => {
      const told = await probe(connector, target({ username: 'nobody_here' }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' });
    });

    test('a server that wants the password in clear gets it over verified TLS', async () => {
      const told = await probe(connector, target({ username: 'cleartext', tls: anchored('verify-full') }));
      expect(told.failure).toBeNull();
    });

    test.each(['disable', 'prefer'] as const)('and not with %s', async (mode) => {
      const told = await probe(connector, target({ username: 'cleartext', tls: { mode } }));
      expect(told.failure).toEqual({ stage: 'authenticate', reason: 'AUTH_PLUGIN_UNSUPPORTED' });
      expect(told.evidence).toEqual({ asked: 'cleartext' });
    });

    test('MD5 is answered on this machine', async () => {
      expect((await probe(connector, target({ username: 'md5_user' }))).failure).toBeNull();
    });

    test('a peer that nobody asks for a password is let in', async () => {
      expect((await probe(connector, target({ username: 'trusted' }))).failure).toBeNull();
    });
  });

  describe('the server', () => {
    test('that has stopped refuses', async () => {
      const port = await freePort();
      const told = await probe(connector, target({ port }));
      expect(told.failure).toEqual({ stage: 'tcp', reason: 'TCP_REFUSED' });
    });

    test('that stops is refused, and back again passes', async () => {
      await plain.halt();
      expect((await probe(connector, target({ port: plain.port }))).failure).toEqual({
        stage: 'tcp',
        reason: 'TCP_REFUSED',
      });
      await plain.restart();
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

    test('whose rules do not know us', async () => {
      const told = await probe(connector, target({ username: 'stranger', database: 'postgres' }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'CLIENT_HOST_NOT_PERMITTED' });
    });

    test.each(['disable', 'prefer'] as const)('whose rules reject us, with %s', async (mode) => {
      const told = await probe(connector, target({ username: 'shut_out', tls: { mode } }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'CLIENT_HOST_NOT_PERMITTED' });
    });

    test('with a user that has its limit of connections', async () => {
      const told = await probe(connector, target({ username: 'limited_user' }));
      expect(told.failure?.reason).toBe('USER_CONNECTION_LIMIT');
    });

    test('with a database that has its limit of connections', async () => {
      const told = await probe(connector, target({ database: 'limited' }));
      expect(told.failure?.reason).toBe('TOO_MANY_CONNECTIONS');
    });

    test('without the database', async () => {
      const told = await probe(connector, target({ database: 'nowhere' }));
      expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_NOT_FOUND' });
      expect(told.walk).toContain('authenticate:pass');
    });

    test('with a database that is not for this user', async () => {
      const told = await probe(connector, target({ database: 'locked_database' }));
      expect(told.failure).toEqual({ stage: 'database', reason: 'DATABASE_ACCESS_DENIED' });
    });

    test('whose answer takes too long is told to stop', async () => {
      const slow = createPostgresConnector({ dialler, clock, question: 'SELECT pg_sleep(60)' });
      const running = () =>
        postgresSql(server, "select 1 from pg_stat_activity where usename = 'app' and state = 'active'");
      for (const mode of ['disable', 'prefer'] as const) {
        const telling = probe(slow, target({ tls: { mode } }), { stageMs: 700 });
        await expect.poll(running).toHaveLength(1);
        expect((await telling).failure).toEqual({ stage: 'query', reason: 'QUERY_TIMEOUT' });
        await expect.poll(running, { timeout: 2_000 }).toHaveLength(0);
      }
      expect(server.log()).toContain('canceling statement due to user request');
    });

    test('that ends our session while it answers', async () => {
      const slow = createPostgresConnector({ dialler, clock, question: 'SELECT pg_sleep(60)' });
      const telling = probe(slow, target());
      const end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and state = 'active'";
      await expect.poll(() => postgresSql(server, end)).toHaveLength(1);
      expect((await telling).failure?.reason).toBe('SERVER_SHUTTING_DOWN');
    });

    test('whose answer is an error', async () => {
      const broken = createPostgresConnector({ dialler, clock, question: 'SELECT 1 FROM nowhere' });
      expect((await probe(broken, target())).failure).toEqual({ stage: 'query', reason: 'QUERY_FAILED' });
    });
  });

  describe('another service', () => {
    describeWith('redis', 'Redis', () => {
      test('on that port', async () => {
        const { port } = shared('redis');
        for (const mode of ['disable', 'prefer', 'verify-full'] as const) {
          const told = await probe(connector, target({ port, tls: { mode } }));
          expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
          expect(told.evidence).toEqual({ speaks: 'redis' });
        }
      });
    });

    describeWith('mariadb', 'MariaDB', () => {
      test('on that port', async () => {
        const { port } = shared('mariadb');
        for (const mode of ['disable', 'prefer'] as const) {
          const told = await probe(connector, target({ port, tls: { mode } }));
          expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
        }
      });
    });

    test('a web server on that port', async () => {
      const web = createServer((_request, response) => response.end());
      web.listen(0, '127.0.0.1');
      await once(web, 'listening');
      const { port } = web.address() as AddressInfo;
      for (const mode of ['disable', 'prefer'] as const) {
        const told = await probe(connector, target({ port, tls: { mode } }));
        expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
      }
      web.closeAllConnections();
      web.close();
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
        await postgresSql(server, 'select pg_reload_conf()');
        await sleep(300);
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
      const tlsOnly = { username: 'tls_only', database: 'postgres' };
      expect(await reasonWith({ mode: 'disable' }, tlsOnly)).toBe('tls:TLS_REQUIRED_BY_SERVER');
      expect(await reasonWith({ mode: 'prefer' }, tlsOnly)).toBe('passed');
    });

    test('an authority nobody vouches for', async () => {
      const { port } = strange;
      const modes = ['require', 'verify-ca', 'verify-full'] as const;
      for (const mode of modes) {
        expect(await reasonWith({ mode }, { port })).toBe('tls:TLS_UNTRUSTED_ISSUER');
        const other = anchored(mode, certificates.strangeAuthority.cert);
        expect(await reasonWith(other, { port })).toBe('tls:TLS_UNTRUSTED_ISSUER');
        // This server sends its authority along, which is self-signed as authorities are.
        expect(await reasonWith({ mode })).toBe('tls:TLS_SELF_SIGNED');
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
      expect(await reasonWith(anchored('verify-full'), client)).toBe('tls:TLS_CLIENT_CERT_REQUIRED');
      expect(await reasonWith(withPair(certificates.strangeClient), client)).toBe('tls:TLS_CLIENT_CERT_INVALID');
    });

    test('facts of the session are told', async () => {
      const told = await probe(connector, target({ tls: anchored('verify-full') }));
      const tls = told.result.steps.find((step) => step.stage === 'tls');
      expect(tls?.evidence).toMatchObject({
        protocol: 'TLSv1.3',
        issuer: 'Test authority',
        names: 'localhost',
        addresses: 2,
        daysLeft: 29,
        verified: true,
      });
      expect(told.text).not.toContain('127.0.0.1');
    });

    test('something slipped in before the encryption is noticed', async () => {
      const actor = await startActor((socket) => socket.once('data', () => socket.write('S\0\0\0\x08R')));
      const told = await probe(connector, target({ port: actor.port, tls: { mode: 'prefer' } }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
      await actor.close();
    });
  });

  describe('a hostile server', () => {
    test('gets no password, whatever it asks for without TLS', async () => {
      const asks = {
        cleartext: 'R\0\0\0\x08\0\0\0\x03',
        gss: 'R\0\0\0\x08\0\0\0\x07',
        other: 'R\0\0\0\x17\0\0\0\x0aSOMETHING-ELSE\0\0'.slice(0, 9),
      };
      for (const request of Object.values(asks)) {
        const actor = await startActor((socket) =>
          socket.once('data', () => {
            socket.write('N');
            socket.once('data', () => socket.write(Buffer.from(request, 'latin1')));
          }),
        );
        const told = await probe(connector, target({ port: actor.port }), { stageMs: 600 });
        expect(told.failure).not.toBeNull();
        expect(actor.received().includes(password)).toBe(false);
        await actor.close();
      }
    });

    test('that says anything at all does no more harm than to fail', async () => {
      await survivesNoise(connector, (port) => target({ port, tls: { mode: 'prefer' } }), ['N', 'S', '']);
    });

    /** A server without TLS that says this to whoever introduces himself. */
    const saying = (words: (socket: Socket) => void) =>
      startActor((socket) =>
        socket.once('data', () => {
          socket.write('N');
          socket.once('data', () => words(socket));
        }),
      );

    test('that floods ends at its budget of bytes', async () => {
      const notice = Buffer.concat([Buffer.from('N\0\0\x10\x07M'), Buffer.alloc(4_096, 0x41), Buffer.from('\0\0')]);
      notice.writeUInt32BE(notice.length - 1, 1);
      const actor = await saying((socket) => {
        const flood = setInterval(() => socket.write(Buffer.concat(Array(16).fill(notice))), 1);
        socket.on('close', () => clearInterval(flood));
      });
      const told = await probe(connector, target({ port: actor.port }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
      expect(told.evidence).toEqual({ native: 'BYTE_BUDGET' });
      await actor.close();
    });

    test.each([
      ['an error without an end', 'E\0\0\0\x0aMhello'],
      ['a message of two gigabytes', 'E\x7f\xff\xff\xff'],
      ['a login accepted by a length', 'R\0\0\0\x09\0\0\0\x03x'],
      ['a message of another protocol', 'Q\0\0\0\x04'],
    ])('that sends %s is left at once', async (_name, bytes) => {
      const actor = await saying((socket) => socket.write(Buffer.from(bytes, 'latin1')));
      const told = await probe(connector, target({ port: actor.port }));
      expect(told.failure).toEqual({ stage: 'handshake', reason: 'PROTOCOL_MISMATCH' });
      expect(told.evidence).toEqual({ native: 'MALFORMED' });
      expect(told.ms).toBeLessThan(500);
      await actor.close();
    });
  });
});
