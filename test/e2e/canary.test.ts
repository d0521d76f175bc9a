/**
 * Canaries: every secret of a run is marked, and looked for in everything the run wrote or answered, in the encodings
 * in which a leak would show.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, mariadbSql, postgresSql, shared } from '../servers/index.js';
import { createInstallation, type RunningProgram } from './support/program.js';

const installation = createInstallation({ LATCHKEY_LOG_LEVEL: 'trace' });
let server: RunningProgram;

/** What must never show, by what it is. */
const secrets = new Map<string, string>();
/** Answers that may not hold any secret: refusals, verdicts, lists that are not the owner's. */
const answers: string[] = [];

const person = 'Canary-person-7f3a9 passphrase';
const service = 'Canary-service-51d0e passphrase';
const database = 'Canary-database-c84b2';
const typed = 'Canary-mistyped-0a6d7 passphrase';

async function call(method: string, path: string, headers: Record<string, string>, body?: unknown, isOwner = false) {
  const response = await fetch(`${server.http}${path}`, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!isOwner) answers.push(`${JSON.stringify([...response.headers])} ${text}`);
  return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
}

beforeAll(async () => {
  for (const [name, value] of Object.entries({ person, service, database, typed })) secrets.set(name, value);
  await installation.run(['user', 'add', 'canary', '--password-stdin'], { stdin: person });
  await installation.run(['service-account', 'add', 'canary-service', '--password-stdin'], { stdin: service });
  server = await installation.start();
  secrets.set('master key', readFileSync(join(installation.dataDir, 'master.key'), 'utf8').trim());
}, 60_000);

afterAll(async () => {
  await server?.stop();
  installation.remove();
});

/** The ways a secret could be written down. */
function spellings(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = [
    secret,
    encodeURIComponent(secret),
    secret.replaceAll(' ', '+'),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    [...secret].reverse().join(''),
    // Base64 at each of the three alignments, without the characters that depend on what stands around it.
    ...[0, 1, 2].flatMap((shift) => {
      const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replaceAll('=', '');
      const inner = encoded.slice(shift === 0 ? 0 : 4, -4);
      return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
    }),
  ];
  return [...texts.map((text) => Buffer.from(text)), Buffer.from(secret, 'utf16le')];
}

function find(sinks: ReadonlyMap<string, Buffer>): string[] {
  const hits: string[] = [];
  for (const [what, secret] of secrets) {
    for (const spelling of spellings(secret)) {
      for (const [sink, content] of sinks) if (content.includes(spelling)) hits.push(`${what} in ${sink}`);
    }
  }
  return hits;
}

describeWith(['postgres', 'mariadb'], 'canary secrets', () => {
  it('appear in no log, no refusal, no audit row and no database file', async () => {
    const postgres = shared('postgres');
    const mariadb = shared('mariadb');
    await postgresSql(postgres, 'CREATE DATABASE canary');
    await postgresSql(postgres, `CREATE ROLE canary LOGIN PASSWORD '${database}'`);
    await mariadbSql(mariadb, 'CREATE DATABASE canary');
    await mariadbSql(mariadb, `CREATE USER canary IDENTIFIED BY '${database}'`);

    // Owners' answers: where each secret may be.
    const login = await call('POST', '/user/login', {}, { username: 'canary', password: person }, true);
    const token = String(login.body['Token']);
    secrets.set('precrime token', token);
    const key = await call('POST', '/authheader/add', { authorization: token }, { name: 'canary' }, true);
    secrets.set('API key', String(key.body['token']));
    const basic = Buffer.from(`canary-service:${service}`).toString('base64');
    const auth = await call('POST', '/v1/auth', { authorization: `Token ${basic}` }, {}, true);
    secrets.set('cloudio jwt', String(auth.body['jwt']));
    secrets.set('cloudio csrf', String(auth.body['csrf']));
    const bearer = await call('POST', '/api/authenticate', {}, { username: 'canary', password: person }, true);
    secrets.set('onedb token', String(bearer.body['token']));

    // Everybody else's.
    await call('POST', '/user/login', {}, { username: 'canary', password: typed });
    await call('POST', '/user/login', {}, { username: person, password: typed });
    await call('POST', '/user/login', {}, `{"username":"canary","password":"${person}"`);
    await call('POST', '/v1/auth', { authorization: `Token ${Buffer.from(`x:${typed}`).toString('base64')}` }, {});
    await call('POST', '/v1/auth', { authorization: `Token ${basic}!` }, {});
    await call('POST', '/api/authenticate', {}, { username: 'canary', password: typed });
    await call('POST', '/user/password', {}, { username: 'canary', old: typed, new: person, confirm: person });
    await call('POST', '/user/password', {}, { username: 'canary', old: person, new: 'short', confirm: typed });
    await call('GET', '/test/secure', { authorization: `${token}x` });
    await call('GET', '/test/secure', { authorization: token, 'x-authorization': String(key.body['token']) });
    await call(
      'POST',
      `/v1/api?csrf=${String(auth.body['csrf'])}x`,
      { authorization: `Bearer ${String(auth.body['jwt'])}` },
      {},
    );
    await call(
      'POST',
      `/v1/api?csrf=${String(auth.body['csrf'])}`,
      { authorization: `Bearer ${String(auth.body['jwt'])}` },
      {
        A: { ds: 'Employees', query: { limit: 1 } },
      },
    );
    await call('GET', `/nowhere?password=${encodeURIComponent(person)}`, {});
    for (const [port, user] of [
      [postgres.port, 'canary'],
      [mariadb.port, 'canary'],
      [postgres.port, 'nobody'],
      [mariadb.port, 'nobody'],
      [shared('postgres').port, 'canary'],
    ] as const) {
      const extra = {
        engine: port === mariadb.port ? 'mysql' : 'postgres',
        ssl_mode: user === 'nobody' ? 'prefer' : 'disable',
      };
      for (const secret of [database, typed]) {
        await call(
          'POST',
          '/workflows/v1/auth',
          {},
          {
            authType: 'basic',
            host: '127.0.0.1',
            port,
            username: user,
            password: secret,
            database: 'canary',
            extra,
          },
        );
      }
    }

    const audit = await installation.run(['audit', 'list', '--json', '--limit', '500']);
    expect(audit.code).toBe(0);
    const sinks = new Map<string, Buffer>([
      ['stdout', Buffer.from(server.stdout())],
      ['stderr', Buffer.from(server.stderr())],
      ['audit list', Buffer.from(audit.stdout)],
      ['answers', Buffer.from(answers.join('\n'))],
    ]);
    for (const file of readdirSync(installation.dataDir)) {
      if (file === 'master.key') continue;
      sinks.set(file, readFileSync(join(installation.dataDir, file)));
    }
    expect([...sinks.keys()]).toContain('latchkey.db');
    expect(server.stdout().length).toBeGreaterThan(200);
    expect(find(sinks)).toEqual([]);
  });

  it('would be found in any of these places, had they been there', () => {
    for (const [what, secret] of secrets) {
      for (const spelling of spellings(secret)) {
        const planted = Buffer.concat([gzipSync(Buffer.from('noise')), spelling, Buffer.from('"}')]);
        expect(find(new Map([['planted', planted]]))).toContain(`${what} in planted`);
      }
    }
  });
});
