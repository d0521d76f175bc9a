/** The whole connection test, from what a door received to the report and its record, on real servers. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/index.js';
import { createEngineDetector } from '../../src/connectors/detect.js';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createTargetPolicy, targetSyntax } from '../../src/network/index.js';
import {
  type ConnectionReport,
  createSources,
  type RawTarget,
  type SourceStore,
  type Sources,
} from '../../src/sources/index.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresSql, shared } from '../servers/index.js';
import { type Actor, canary, clock, startActor } from './connector-bench.js';

describeWith(['postgres', 'mariadb', 'redis'], 'the connection test', () => {
  const password = canary();
  const events: AuditEvent[] = [];
  let own: { host: string; port: number }[] = [];
  let sources: Sources;
  let certificates: TestCertificates;
  let database: string;
  let role: string;
  let silent: Actor;

  beforeAll(async () => {
    certificates = await createTestCertificates();
    silent = await startActor(() => undefined);
    database = await createPostgresDatabase(shared('postgres'), 'sources');
    role = `${database}_role`;
    await postgresSql(shared('postgres'), `create role ${role} login password '${password}'`);
    const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => own });
    const dialler = createDialler({ policy });
    const isBoundToLoopback = () => true;
    sources = createSources({
      connectors: [
        createPostgresConnector({ dialler, clock }),
        createMysqlConnector({ dialler, clock }),
        createSqliteConnector({ roots: [], isBoundToLoopback, ownFolders: [], ownFiles: [] }),
      ],
      detector: createEngineDetector({ dialler }),
      syntax: targetSyntax,
      audit: {
        async append(more) {
          events.push(...more);
        },
      },
      clock,
      ids: { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) },
      // Bare targets only: nothing is looked up.
      store: {} as SourceStore,
      credentials: { find: async () => ({ ok: false, reason: 'CREDENTIAL_REF_UNRESOLVED' }), isAllowed: () => false },
      poster: { post: async () => null, isUrl: () => false },
    });
  });

  afterAll(async () => {
    await dropPostgresDatabase(shared('postgres'), database);
    await postgresSql(shared('postgres'), `drop role ${role}`);
    await silent.close();
  });

  const principal = {
    userId: null,
    username: 'operator',
    userKind: null,
    organisationId: null,
    organisationUid: null,
    credential: { kind: 'loopback', id: null, expiresAtMs: null },
    roleIds: [],
    sources: null,
    allowed: new Set(['connections.test', 'connections.diagnose']),
  } as unknown as Parameters<Sources['testConnection']>[0]['principal'];

  async function run(raw: Omit<Partial<RawTarget>, 'password'> & { password?: string }): Promise<ConnectionReport> {
    const parsed = sources.parseTarget({
      authType: 'basic',
      host: 'localhost',
      port: shared('postgres').port,
      username: role,
      database,
      strict: true,
      ...raw,
      password: new Secret(raw.password ?? password),
    });
    if (!parsed.ok) throw new Error(parsed.rejections.map(({ field, reason }) => `${field} ${reason}`).join(', '));
    events.length = 0;
    const told = await sources.testConnection({
      principal,
      subject: { target: parsed.target },
      signal: new AbortController().signal,
      origin: { door: 'atlan', requestId: 'r-1', address: '127.0.0.1' },
    });
    if (told.detail !== 'full') throw new Error('the report was evened out');
    const { report } = told;
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ name: 'connection.tested', reason: report.failure?.reason ?? null });
    const said = JSON.stringify([report, events]);
    for (const secret of [password, raw.password ?? password].filter((one) => one !== '')) {
      for (const spelling of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')]) {
        expect(said).not.toContain(spelling);
      }
    }
    return report;
  }

  test('the seed’s own example passes, its engine told by the server', async () => {
    const report = await run({});
    expect(report).toMatchObject({ outcome: 'passed', engine: 'postgres', failure: null });
    expect(report.serverVersion).toMatch(/^PostgreSQL 1\d/);
    expect(report.totalMs).toBeLessThan(3_000);
  });

  test('a peer that hangs up before it says anything is not called slow', async () => {
    const rude = await startActor((socket) => socket.destroy());
    const report = await run({ port: rude.port });
    await rude.close();
    expect(report.failure).toMatchObject({ stage: 'handshake', reason: 'TCP_RESET', retryable: true });
  });

  test('so does a MariaDB', async () => {
    const { port, superuser, password: theirs } = shared('mariadb');
    const report = await run({ port, username: superuser, password: theirs, database: 'mysql' });
    expect(report).toMatchObject({ outcome: 'passed', engine: 'mysql' });
  });

  test('a token stands for the password', async () => {
    const report = await run({ authType: 'oauth', password: '', extra: JSON.stringify({ oauth_token: password }) });
    expect(report.outcome).toBe('passed');
    const refused = await run({ authType: 'token', password: '', extra: { api_key: canary() } });
    expect(refused.failure?.reason).toBe('AUTH_INVALID_CREDENTIALS');
  });

  test('Redis is neither, named or not', async () => {
    const { port } = shared('redis');
    for (const extra of [{}, { engine: 'postgres' }, { engine: 'mariadb' }]) {
      const report = await run({ port, extra });
      expect(report.failure).toMatchObject({ reason: 'PROTOCOL_MISMATCH', evidence: { speaks: 'redis' } });
    }
  });

  test('a listener that never answers is not told, in time', async () => {
    const report = await run({ port: silent.port });
    expect(report).toMatchObject({ engine: null, failure: { stage: 'handshake', reason: 'STAGE_TIMEOUT' } });
    expect(report.totalMs).toBeLessThan(3_500);
  });

  test('each failure says who can mend it and how', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    closed.close();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    const verdicts = [
      [await run({ password: canary() }), 'authenticate', 'AUTH_INVALID_CREDENTIALS', 'user', 'password'],
      [await run({ database: 'nowhere' }), 'database', 'DATABASE_NOT_FOUND', 'user', 'database'],
      [await run({ host: 'no-such.invalid' }), 'resolve', 'DNS_NOT_FOUND', 'user', 'host'],
      [await run({ port, extra: { engine: 'postgres' } }), 'tcp', 'TCP_REFUSED', 'network', 'port'],
      [await run({ extra: { ssl_mode: 'require' } }), 'tls', 'TLS_NOT_SUPPORTED_BY_SERVER', 'dba', 'tls.mode'],
      [await run({ host: '169.254.169.254' }), 'policy', 'TARGET_NOT_ALLOWED', 'platform', 'host'],
      [
        await run({ extra: { engine: 'sqlite' }, database: '/no/such/file.db' }),
        'database',
        'DATABASE_FILE_MISSING',
        'user',
        'database',
      ],
    ] as const;
    for (const [{ failure, outcome }, stage, reason, audience, field] of verdicts) {
      expect(outcome).toBe('failed');
      expect(failure).toMatchObject({ stage, reason, audience, field, fix: expect.stringMatching(/\.$/) });
    }
  });

  test('our own store is refused wherever it is reached', async () => {
    own = [{ host: 'localhost', port: shared('postgres').port }];
    try {
      for (const host of ['localhost', '127.0.0.1', '127.0.0.2', 'x.localhost', '::ffff:127.0.0.1']) {
        const { failure } = await run({ host });
        expect(failure).toMatchObject({ stage: 'policy', reason: 'TARGET_NOT_ALLOWED', evidence: {} });
      }
    } finally {
      own = [];
    }
  });

  test('a host that is not one does not become a target', () => {
    for (const host of ['2130706433', '[::1]', 'localhost.', '/tmp', '127.0.0.1:5432', '①②⑦.⓪.⓪.①', 'a,b']) {
      const parsed = sources.parseTarget({ ...seedOf(host), strict: true });
      expect(parsed).toMatchObject({ ok: false, rejections: [{ field: 'host', reason: 'INPUT_INVALID_FIELD' }] });
    }
  });

  test('real certificates are told from what only looks like them', () => {
    const withExtra = (extra: object) => sources.parseTarget({ ...seedOf('localhost'), strict: true, extra });
    expect(withExtra({ ssl_cert: certificates.authority.cert })).toMatchObject({ ok: true });
    expect(withExtra({ ssl_cert: '-----BEGIN CERTIFICATE-----...' })).toMatchObject({ ok: false });
    const { cert, key } = certificates.client;
    expect(withExtra({ ssl_client_cert: cert, ssl_client_key: key })).toMatchObject({ ok: true });
    expect(withExtra({ ssl_client_cert: cert, ssl_client_key: certificates.good.key })).toMatchObject({
      ok: false,
      rejections: [{ field: 'tls.clientKey' }],
    });
  });

  const seedOf = (host: string): RawTarget => ({
    authType: 'basic',
    host,
    port: 5432,
    username: 'username',
    password: new Secret('password'),
    database: 'databasename',
    strict: true,
  });
});
