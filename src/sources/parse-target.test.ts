import { beforeAll, describe, expect, test } from 'vitest';
import { createTestCertificates, type TestCertificates } from '../../test/servers/certificates.js';
import { Secret } from '../kernel/secret.js';
import { parseTarget } from './parse-target.js';
import type { Connector, TargetSyntax } from './ports.js';
import type { ParsedTarget, RawTarget } from './use-cases.js';

const nowMs = 1_800_000_000_000;

const connectorOf = (engine: Connector['engine'], authTypes: Connector['authTypes']): Connector => ({
  engine,
  wellKnownPorts: [],
  extraKeys: [],
  authTypes,
  isFileEngine: engine === 'sqlite' || engine === 'duckdb',
  probe: () => Promise.reject(new TypeError('nothing is dialled here')),
  preflight: () => Promise.reject(new TypeError('nothing is dialled here')),
  openCatalog: () => Promise.reject(new TypeError('nothing is dialled here')),
});

const connectors = [
  connectorOf('postgres', ['basic', 'oauth', 'token']),
  connectorOf('mysql', ['basic', 'oauth', 'token']),
  connectorOf('sqlite', ['basic']),
  connectorOf('duckdb', ['basic']),
];

/** A grammar small enough to see through: the real one has its own tests, and both meet in test/contract. */
const syntax: TargetSyntax = {
  canonicalHost: (text) => (/^[a-z0-9.-]+$/i.test(text) ? text.toLowerCase() : null),
  assumedTlsMode: (host) => (host === 'localhost' ? 'prefer' : 'verify-full'),
  isCertificatePem: (text) => text.startsWith('-----BEGIN CERTIFICATE-----\nM'),
  judgeClientPair: (cert, key) => (cert.includes('bad') ? 'bad_certificate' : key.includes('bad') ? 'bad_key' : 'ok'),
};

const seed = {
  authType: 'basic',
  host: 'localhost',
  port: 5432,
  username: 'username',
  password: new Secret('password'),
  database: 'databasename',
} as const;

const parse = (raw: Partial<RawTarget>) =>
  parseTarget({ connectors, syntax, nowMs }, { ...seed, strict: true, ...raw } as RawTarget);
const without = (key: keyof typeof seed, more: Partial<RawTarget> = {}) =>
  parse({ ...more, [key]: key === 'password' ? null : undefined });

function faults(parsed: ParsedTarget): string[] {
  return parsed.ok ? ['accepted'] : parsed.rejections.map(({ field, reason }) => `${field}:${reason}`);
}
function targetOf(parsed: ParsedTarget) {
  if (!parsed.ok) throw new Error(faults(parsed).join(', '));
  return parsed.target;
}
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createTestCertificates();
});

describe('the seed’s own example', () => {
  test('is a target, with plain text allowed to this machine only', () => {
    expect(targetOf(parse({}))).toMatchObject({
      engine: null,
      host: 'localhost',
      port: 5432,
      username: 'username',
      authType: 'basic',
      database: 'databasename',
      tls: { mode: 'prefer' },
    });
    expect(targetOf(parse({ host: 'db.example' })).tls).toEqual({ mode: 'verify-full' });
  });
});

describe('required fields', () => {
  test.each(['authType', 'host', 'port', 'username', 'password', 'database'] as const)('%s is missed', (key) => {
    expect(faults(without(key))).toEqual([`${key}:INPUT_MISSING_FIELD`]);
    expect(faults(parse({ [key]: key === 'password' ? new Secret('') : '' }))).toEqual([`${key}:INPUT_MISSING_FIELD`]);
    if (key !== 'password') expect(faults(parse({ [key]: null }))).toEqual([`${key}:INPUT_MISSING_FIELD`]);
  });

  test('all that is missing is told at once', () => {
    const nothing = parseTarget({ connectors, syntax, nowMs }, { password: null, strict: true });
    expect(faults(nothing)).toEqual(
      ['authType', 'host', 'port', 'username', 'database'].map((field) => `${field}:INPUT_MISSING_FIELD`),
    );
  });

  test('without the strict shape authType is basic and database may be in extra', () => {
    const parsed = parse({ strict: false, authType: undefined, database: undefined, extra: { database: 'inner' } });
    expect(targetOf(parsed)).toMatchObject({ authType: 'basic', database: 'inner' });
    expect(faults(parse({ database: undefined, extra: { database: 'inner' } }))).toEqual([
      'database:INPUT_MISSING_FIELD',
    ]);
    expect(targetOf(parse({ strict: false, extra: { database: 'inner' } })).database).toBe('databasename');
  });
});

describe('port', () => {
  test.each([[1], [65_535], ['5432'], ['1']])('%j is one', (port) => {
    expect(targetOf(parse({ port })).port).toBe(Number(port));
  });
  test.each([
    [0],
    [65_536],
    [-1],
    [5432.5],
    [Number.NaN],
    [true],
    [false],
    ['0'],
    ['05432'],
    ['5432 '],
    ['0x10'],
    ['5e3'],
    ['5432.0'],
    ['+1'],
    ['٥٤'],
    [[5432]],
    [{}],
    ['65536'],
  ])('%j is none', (port) => {
    expect(faults(parse({ port }))).toEqual(['port:INPUT_INVALID_FIELD']);
  });
});

describe('texts', () => {
  test.each([[5], [{}], [['x']], [true], ['a\0b'], ['a\nb'], ['\u001b[31m'], ['x'.repeat(257)], ['\ud800']])(
    '%j is no name',
    (value) => {
      expect(faults(parse({ username: value }))).toEqual(['username:INPUT_INVALID_FIELD']);
      expect(faults(parse({ database: value }))).toEqual(['database:INPUT_INVALID_FIELD']);
    },
  );
  test('names keep every other character', () => {
    const odd = `Ünï "quoted" o'neill %s ; -- 例`;
    expect(targetOf(parse({ username: odd, database: odd }))).toMatchObject({ username: odd, database: odd });
  });
  test.each([['a b'], ['/tmp'], [5], [{}]])('%j is no host', (host) => {
    expect(faults(parse({ host }))).toEqual(['host:INPUT_INVALID_FIELD']);
  });
  test('a password with NUL or half a character is refused', () => {
    for (const bad of ['a\0b', '\udc00', 'x'.repeat(16_385)]) {
      expect(faults(parse({ password: new Secret(bad) }))).toEqual(['password:INPUT_INVALID_FIELD']);
    }
  });
});

describe('authType', () => {
  test.each(['iam_user', 'iam_role', 'BASIC', 'none', 1, {}, ['basic'], '__proto__'])('%j is none', (authType) => {
    expect(faults(parse({ authType }))).toEqual(['authType:INPUT_INVALID_FIELD']);
  });

  test.each([
    ['oauth', { oauth_token: 'one', access_token: 'two' }, 'one'],
    ['oauth', { access_token: 'two' }, 'two'],
    ['oauth', { api_key: 'three' }, 'password'],
    ['token', { token: 'four', api_key: 'three' }, 'four'],
    ['token', { api_key: 'three' }, 'three'],
    ['token', {}, 'password'],
    ['basic', { token: 'four', oauth_token: 'one' }, 'password'],
  ])('%s with %j is proved by %s', (authType, extra, proof) => {
    expect(targetOf(parse({ authType, extra })).password.reveal()).toBe(proof);
  });

  test('a password is not needed beside a token, and a token is', () => {
    expect(faults(without('password', { authType: 'oauth', extra: { oauth_token: 'one' } }))).toEqual(['accepted']);
    expect(faults(without('password', { authType: 'oauth', extra: { api_key: 'x' } }))).toEqual([
      'token:TOKEN_MISSING',
    ]);
    expect(faults(without('password', { authType: 'token', extra: { token: '' } }))).toEqual(['token:TOKEN_MISSING']);
    expect(faults(parse({ authType: 'token', password: new Secret('') }))).toEqual(['token:TOKEN_MISSING']);
  });

  test('a JWT that has ended is not worth a try', () => {
    const at = (exp: unknown) => faults(parse({ authType: 'oauth', extra: { oauth_token: jwt({ exp }) } }));
    expect(at(nowMs / 1_000 - 1)).toEqual(['token:TOKEN_EXPIRED']);
    expect(at(nowMs / 1_000)).toEqual(['token:TOKEN_EXPIRED']);
    expect(at(nowMs / 1_000 + 1)).toEqual(['accepted']);
    expect(at('1')).toEqual(['accepted']);
    expect(at(undefined)).toEqual(['accepted']);
    expect(faults(parse({ authType: 'token', extra: { token: 'a.b.c' } }))).toEqual(['accepted']);
    expect(faults(parse({ authType: 'basic', password: new Secret(jwt({ exp: 1 })) }))).toEqual(['accepted']);
  });
});

describe('engine', () => {
  test.each([
    [{ engine: 'postgres' }, {}, 'postgres'],
    [{ engine: 'PostgreSQL' }, {}, 'postgres'],
    [{}, { engine: 'mariadb' }, 'mysql'],
    [{}, { connectorType: 'mysql' }, 'mysql'],
    [{ engine: 'mysql' }, { connectorType: 'mariadb' }, 'mysql'],
    [{}, {}, null],
  ])('%j and %j name %s', (raw, extra, engine) => {
    expect(targetOf(parse({ ...raw, extra })).engine).toBe(engine);
  });

  test.each([
    [{ engine: 'oracle' }, {}],
    [{ engine: 5 }, {}],
    [{}, { engine: 'h2' }],
    [{}, { engine: ['mysql'] }],
    [{ engine: 'mysql' }, { engine: 'postgres' }],
    [{ engine: 'constructor' }, {}],
  ])('%j and %j name none', (raw, extra) => {
    expect(faults(parse({ ...raw, extra }))).toEqual(['engine:INPUT_INVALID_FIELD']);
  });

  test.each(['sqlite', 'duckdb', 'SQLite3', 'DuckDB'])('a file needs nothing but its path (%s)', (engine) => {
    const parsed = parseTarget(
      { connectors, syntax, nowMs },
      { authType: 'basic', database: '/data/one.db', engine, password: null, strict: true },
    );
    const named = engine.toLowerCase().startsWith('sqlite') ? 'sqlite' : 'duckdb';
    expect(targetOf(parsed)).toMatchObject({
      engine: named,
      database: '/data/one.db',
      host: '',
      port: 0,
      username: '',
    });
    expect(faults(parse({ engine, port: 0, database: '/data/one.db' }))).toEqual(['accepted']);
  });

  test('what is no file engine needs the rest, also when it is not told which it is', () => {
    for (const engine of ['postgres', 'mysql', undefined]) {
      const parsed = parseTarget(
        { connectors, syntax, nowMs },
        { authType: 'basic', database: '/data/one.db', engine, password: null, strict: true },
      );
      expect(faults(parsed)).toEqual(expect.arrayContaining(['host:INPUT_MISSING_FIELD', 'port:INPUT_MISSING_FIELD']));
    }
  });

  describe.each(['sqlite', 'duckdb'])('%s', (engine) => {
    test.each(['one.db', './one.db', '/a/../b', '/a/./b', '/a//b', '/a/', '/', 'file:/a', ':memory:', '/a\0b', ''])(
      'the path %j is none',
      (database) => {
        const [fault] = faults(parse({ engine, database }));
        expect(fault).toMatch(/^database:INPUT_(INVALID|MISSING)_FIELD$/);
      },
    );
  });

  test('a token on a file is not a thing', () => {
    const parsed = parse({ engine: 'sqlite', authType: 'oauth', database: '/a.db', extra: { oauth_token: 'x' } });
    expect(faults(parsed)).toEqual(['authType:AUTH_TYPE_UNSUPPORTED_BY_ENGINE']);
  });
});

describe('extra', () => {
  test.each([[undefined], [null], [''], [{}], ['{}'], ['{"engine":null}'], [{ ssl_mode: '' }]])(
    '%j is nothing',
    (extra) => {
      expect(faults(parse({ extra }))).toEqual(['accepted']);
    },
  );

  test('is the same as an object and as its text', () => {
    const extra = { ssl_mode: 'disable', engine: 'postgres', timeout: 5 };
    const parsed = parse({ extra: JSON.stringify(extra) });
    expect(parsed).toMatchObject({
      ok: true,
      timeoutMs: 5_000,
      target: { engine: 'postgres', tls: { mode: 'disable' } },
    });
    expect(parse({ extra })).toMatchObject({ ok: true, timeoutMs: 5_000 });
  });

  test.each([['{'], ['[]'], [[]], ['null'], ['5'], [5], [true], ['"x"'], ['{"a":1}x'], [' ']])(
    '%j cannot be read',
    (extra) => {
      expect(faults(parse({ extra }))).toEqual(['extra:EXTRA_UNPARSABLE']);
    },
  );

  test.each([
    ...['hostaddr', 'service', 'passfile', 'options', 'sslrootcert', 'sslcert', 'sslkey', 'socketPath', 'authPlugins'],
    ...['flags', 'application_name', 'host', 'port', 'stream', 'ssl', 'infileStreamFactory', 'connectionString'],
  ])('%s is refused by its name', (key) => {
    expect(faults(parse({ extra: { [key]: '/etc/passwd' } }))).toEqual([`extra.${key}:INPUT_INVALID_FIELD`]);
  });

  test('any other key is refused without being repeated', () => {
    for (const extra of [
      { canary_key: 1 },
      '{"__proto__":{"engine":"mysql"}}',
      '{"constructor":1}',
      { SSL_MODE: 'x' },
    ]) {
      const parsed = parse({ extra });
      expect(faults(parsed)).toEqual(['extra:INPUT_INVALID_FIELD']);
      expect(JSON.stringify(parsed)).not.toContain('canary_key');
    }
  });

  test.each(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'])('ssl_mode %s', (mode) => {
    expect(targetOf(parse({ extra: { ssl_mode: mode } })).tls.mode).toBe(mode);
    expect(targetOf(parse({ extra: { sslmode: mode } })).tls.mode).toBe(mode);
  });

  test.each([
    [{ ssl_mode: 'no-verify' }, 'tls.mode'],
    [{ ssl_mode: 'REQUIRE' }, 'tls.mode'],
    [{ ssl_mode: true }, 'tls.mode'],
    [{ ssl_mode: 'require', sslmode: 'disable' }, 'tls.mode'],
    [{ ssl_cert: '-----BEGIN CERTIFICATE-----...' }, 'tls.ca'],
    [{ ssl_cert: '/etc/ssl/ca.pem' }, 'tls.ca'],
    [{ ssl_cert: 5 }, 'tls.ca'],
    [{ ssl_client_cert: 'x', ssl_client_key: 'bad' }, 'tls.clientKey'],
    [{ ssl_client_cert: 'bad', ssl_client_key: 'x' }, 'tls.clientCertificate'],
    [{ timeout: 0 }, 'extra.timeout'],
    [{ timeout: '1e3' }, 'extra.timeout'],
    [{ timeout: 121 }, 'extra.timeout'],
    [{ timeout: {} }, 'extra.timeout'],
  ])('%j is wrong at %s', (extra, field) => {
    expect(faults(parse({ extra }))).toEqual([`${field}:INPUT_INVALID_FIELD`]);
  });

  test('a client certificate comes with its key', () => {
    expect(faults(parse({ extra: { ssl_client_cert: 'x' } }))).toEqual(['tls.clientKey:INPUT_MISSING_FIELD']);
    expect(faults(parse({ extra: { ssl_client_key: 'x' } }))).toEqual(['tls.clientCertificate:INPUT_MISSING_FIELD']);
  });

  test('anchors and pair arrive', () => {
    const { cert } = certificates.good;
    const parsed = parse({ extra: { ssl_root_cert: cert, ssl_cert: cert, ssl_client_cert: 'x', ssl_client_key: 'y' } });
    expect(targetOf(parsed).tls).toMatchObject({ ca: cert, clientCertificate: 'x' });
    expect(JSON.stringify(targetOf(parsed).tls)).toContain('[redacted]');
  });
});

describe('whatever is sent', () => {
  const canary = 'CANARY-7f3a9';
  test.each(['authType', 'host', 'port', 'username', 'database', 'engine', 'extra'] as const)(
    'a value in %s is never repeated',
    (key) => {
      for (const value of [`${canary}\n`, { [canary]: canary }, [canary], `{"${canary}":"${canary}"}`]) {
        const parsed = parse({ [key]: value });
        if (!parsed.ok) expect(JSON.stringify(parsed)).not.toContain(canary);
      }
    },
  );

  test('nor is a password', () => {
    const parsed = parse({ password: new Secret(`${canary}\0`), extra: { ssl_client_key: canary } });
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain(canary);
  });
});
