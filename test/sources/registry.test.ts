/** The registry of sources over a real store: what it takes, refuses, asks for again, and records. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Action, Principal } from '../../src/access/index.js';
import { actions } from '../../src/access/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createKeyRing } from '../../src/secrets/index.js';
import type {
  Actor,
  ConnectionTarget,
  Connector,
  HealthState,
  NewSource,
  RawTarget,
  Source,
  SourceChange,
  Sources,
  TargetSyntax,
} from '../../src/sources/index.js';
import { parseTarget } from '../../src/sources/parse-target.js';
import { findSourceFor, reachSubject } from '../../src/sources/reach-subject.js';
import { createRegistry } from '../../src/sources/registry/create-registry.js';
import { openStore, type Store } from '../../src/store/open-store.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';

const startMs = 1_800_000_000_000;
let nowMs = startMs;

const connectorOf = (
  engine: Connector['engine'],
  port: number | null,
  authTypes: Connector['authTypes'],
): Connector => {
  const unused = () => Promise.reject(new TypeError('nothing is dialled here'));
  return {
    engine,
    wellKnownPorts: port === null ? [] : [port],
    extraKeys: [],
    authTypes,
    isFileEngine: port === null,
    probe: unused,
    preflight: unused,
    openCatalog: unused,
  };
};
const connectors = [
  connectorOf('postgres', 5432, ['basic', 'oauth', 'token']),
  connectorOf('mysql', 3306, ['basic']),
  connectorOf('sqlite', null, ['basic']),
];
const syntax: TargetSyntax = {
  canonicalHost: (text) => (/^[a-z0-9.-]+$/i.test(text) ? text.toLowerCase() : null),
  assumedTlsMode: (host) => (host === 'localhost' ? 'prefer' : 'verify-full'),
  isCertificatePem: (text) => text.startsWith('-----BEGIN CERTIFICATE-----\nM'),
  judgeClientPair: () => 'ok',
};

let folder: string;
let store: Store;
let registry: Sources['registry'];
let certificates: TestCertificates;
let organisations: readonly { readonly id: string; readonly uid: string }[];

beforeAll(async () => {
  certificates = await createTestCertificates();
  folder = await mkdtemp(join(tmpdir(), 'latchkey-registry-'));
  const clock = { nowMs: () => nowMs };
  const ids = { uuid: randomUUID, bytes: randomBytes };
  const keyRing = createKeyRing({ current: new Secret<Uint8Array>(Buffer.alloc(32, 7)), randomBytes });
  store = await openStore({ dataDir: folder, keyRing, clock, ids, onFatal: () => undefined });
  organisations = await Promise.all(
    ['ours', 'theirs'].map((uid) =>
      store.identity.transaction((tx) =>
        tx.insertOrganisation({ id: randomUUID(), uid, name: uid, createdAtMs: startMs }),
      ),
    ),
  );
  registry = createRegistry({
    store: store.sources,
    connectors,
    parseTarget: (raw) => parseTarget({ connectors, syntax, nowMs }, raw),
    credentials: { isAllowed: (reference) => !('name' in reference) || reference.name !== 'LATCHKEY_MASTER_KEY' },
    poster: { isUrl: (text) => text.startsWith('https://') && URL.canParse(text) },
    clock,
    ids,
  });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  nowMs = startMs;
});

function actor(allowed: readonly Action[], organisation = organisations[0]): Actor {
  const principal = {
    userId: randomUUID(),
    username: 'someone',
    userKind: 'person',
    organisationId: organisation?.id ?? null,
    organisationUid: organisation?.uid ?? null,
    credential: { kind: 'api_key', id: randomUUID(), expiresAtMs: null },
    roleIds: [],
    sources: null,
    allowed: new Set(allowed),
  } as unknown as Principal;
  return { principal, origin: { door: 'native', requestId: 'r', address: '192.0.2.1' } };
}
const keeper = () => actor(['sources.inspect', 'sources.manage']);
const root = () => actor(actions);

const newName = () => `s-${randomBytes(6).toString('hex')}`;
const target = (more: Partial<RawTarget> = {}): RawTarget => ({
  authType: 'basic',
  host: 'db.example.test',
  port: 5432,
  username: 'reader',
  password: new Secret('canary-password'),
  database: 'app',
  strict: true,
  ...more,
});
const fresh = (more: Partial<NewSource> = {}): NewSource => ({ name: newName(), target: target(), ...more });
const added = async (more: Partial<NewSource> = {}, by = keeper()) => (await registry.add(by, fresh(more))).source;
const changed = async (source: Source, change: SourceChange) =>
  (await registry.change(keeper(), source.id, change)).source;
const passwordOf = async (source: Source) => (await store.sources.findSourceSecrets(source.id))?.password?.reveal();

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    const { code, details } = error as { code: string; details?: { field?: string } };
    return details?.field === undefined ? code : `${code} ${details.field}`;
  }
  return 'accepted';
}

async function auditOf(source: Source) {
  return (await store.audit.list({ subject: `source:${source.id}` }, { limit: 50 })).items;
}

async function setHealth(source: Source, state: HealthState): Promise<void> {
  await store.sources.transaction((tx) =>
    tx.writeHealth(source.id, source.revision, { ...source.health, state, checkedAtMs: nowMs }, source.nextCheckAtMs),
  );
}

describe('adding', () => {
  test('keeps what was sent, canonical, with standards for the rest, and seals the password', async () => {
    const source = await added({ target: target({ host: 'DB.Example.Test', port: '5432' }) });
    expect(await registry.show(keeper(), source.name)).toEqual(source);
    expect(source).toMatchObject({
      organisationUid: 'ours',
      engine: 'postgres',
      host: 'db.example.test',
      port: 5432,
      tls: { mode: 'verify-full', ca: null, clientCertificate: null, hasClientKey: false },
      credential: { kind: 'stored' },
      purpose: 'read',
      limits: { connections: 4, connectMs: 10_000, statementMs: 30_000, catalogTables: 50_000 },
      checkEveryMinutes: null,
      nextCheckAtMs: null,
      webhookUrl: null,
      health: { state: 'unknown', checkedAtMs: null },
      revision: 1,
    });
    expect(await passwordOf(source)).toBe('canary-password');
    const [event] = await auditOf(source);
    expect(event).toMatchObject({
      name: 'source.created',
      facts: { name: source.name, engine: 'postgres', organisation: 'ours' },
    });
    expect(JSON.stringify(event)).not.toMatch(/canary|example\.test/);
  });

  test('keeps client certificate and key, the key sealed', async () => {
    const { cert, key } = certificates.client;
    const extra = {
      ssl_mode: 'verify-ca',
      ssl_cert: certificates.authority.cert,
      ssl_client_cert: cert,
      ssl_client_key: key,
    };
    const source = await added({ target: target({ extra }) });
    expect(source.tls).toEqual({
      mode: 'verify-ca',
      ca: certificates.authority.cert,
      clientCertificate: cert,
      hasClientKey: true,
    });
    expect((await store.sources.findSourceSecrets(source.id))?.clientKey?.reveal()).toBe(key);
  });

  test('keeps a reference instead of a password', async () => {
    for (const [text, reference] of [
      ['env:PG_PASSWORD', { kind: 'env', name: 'PG_PASSWORD' }],
      ['file:/run/secrets/pg', { kind: 'file', path: '/run/secrets/pg' }],
    ] as const) {
      const source = await added({ target: target({ password: null }), credential: text });
      expect(source.credential).toEqual(reference);
      expect(await passwordOf(source)).toBeUndefined();
    }
  });

  test('gives a webhook a key of its own, shown once', async () => {
    const { source, webhookKey } = await registry.add(
      keeper(),
      fresh({ webhookUrl: 'https://hooks.example.test/T0/path' }),
    );
    expect(webhookKey?.reveal()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await store.sources.findSourceSecrets(source.id))?.webhookKey?.reveal()).toBe(webhookKey?.reveal());
    expect((await registry.add(keeper(), fresh())).webhookKey).toBeNull();
  });

  test('plans the first check soon', async () => {
    const source = await added({ checkEveryMinutes: 60 });
    expect(source.nextCheckAtMs).toBeGreaterThanOrEqual(nowMs);
    expect(source.nextCheckAtMs).toBeLessThan(nowMs + 10_000);
  });

  test('takes a file without host, port, user and password', async () => {
    const file = { engine: 'sqlite', database: '/data/app.db', authType: 'basic', password: null, strict: true };
    const source = await added({ target: file });
    expect(source).toMatchObject({ engine: 'sqlite', host: '', port: 0, username: '', database: '/data/app.db' });
    expect(await passwordOf(source)).toBeUndefined();
    expect(await refusal(added({ target: file, credential: 'env:X' }))).toBe('sources.field_invalid credential');
  });

  test.each<[string, Partial<NewSource>]>([
    ['sources.name_invalid name', { name: 'Upper' }],
    ['sources.name_invalid name', { name: '1st' }],
    ['sources.name_invalid name', { name: '' }],
    ['sources.name_invalid name', { name: `a${'b'.repeat(63)}` }],
    ['sources.name_invalid name', { name: 'abcdef01-2345-4678-9abc-def012345678' }],
    ['sources.name_invalid name', { name: 'a\nb' }],
    ['sources.field_invalid description', { description: 'a\u001b[31mred' }],
    ['sources.field_invalid description', { description: 'x'.repeat(1_001) }],
    ['sources.field_invalid engine', { target: target({ port: 6_000 }) }],
    [
      'sources.field_invalid authType',
      { target: target({ port: 3306, authType: 'token', password: new Secret('x') }) },
    ],
    ['sources.field_invalid host', { target: target({ host: '/run/postgresql' }) }],
    ['sources.field_invalid password', { target: target({ password: null }) }],
    ['sources.field_invalid extra.hostaddr', { target: target({ extra: { hostaddr: '127.0.0.1' } }) }],
    ['sources.field_invalid credential', { credential: 'env:PG' }],
    ['sources.field_invalid credential', { credential: 'vault:x', target: target({ password: null }) }],
    ['sources.field_invalid credential', { credential: 'env:1X', target: target({ password: null }) }],
    ['sources.field_invalid credential', { credential: 'file:relative', target: target({ password: null }) }],
    ['sources.field_invalid credential', { credential: 'file:/run/../etc/shadow', target: target({ password: null }) }],
    ['sources.field_invalid credential', { credential: 'file:/run//x', target: target({ password: null }) }],
    ['sources.field_invalid credential', { credential: 'file:/run/x\0y', target: target({ password: null }) }],
    [
      'sources.field_invalid credential',
      { credential: 'env:PG', target: target({ password: null, authType: 'token', extra: { token: 'x' } }) },
    ],
    [
      'sources.credential_not_allowed credential',
      { credential: 'env:LATCHKEY_MASTER_KEY', target: target({ password: null }) },
    ],
    ['sources.field_invalid purpose', { purpose: 'write' as never }],
    ['sources.field_invalid limits.connections', { limits: { connections: 51 } }],
    ['sources.field_invalid limits.connectMs', { limits: { connectMs: 999 } }],
    ['sources.field_invalid limits.statementMs', { limits: { statementMs: 1.5 } }],
    ['sources.field_invalid limits.catalogTables', { limits: { catalogTables: Number.NaN } }],
    ['sources.field_invalid checkEveryMinutes', { checkEveryMinutes: 0 }],
    ['sources.field_invalid checkEveryMinutes', { checkEveryMinutes: 10_081 }],
    ['sources.field_invalid webhookUrl', { webhookUrl: 'ftp://x' }],
    ['sources.field_invalid webhookUrl', { webhookUrl: `https://x/${'y'.repeat(2_048)}` }],
    ['sources.organisation_not_found organisation', { organisation: 'theirs' }],
    ['sources.organisation_not_found organisation', { organisation: 'nobody' }],
  ])('refuses %s: %j', async (code, more) => {
    expect(await refusal(added(more))).toBe(code);
  });

  test('refuses a name that is taken, also by somebody else’s source', async () => {
    const source = await added({}, root());
    const other = actor(['sources.manage'], organisations[1]);
    expect(await refusal(registry.add(other, fresh({ name: source.name })))).toBe('sources.name_taken name');
  });

  test('for another organisation needs the whole directory; the terminal names one', async () => {
    expect((await added({ organisation: 'theirs' }, root())).organisationUid).toBe('theirs');
    expect(await refusal(added({ organisation: 'nobody' }, root()))).toBe(
      'sources.organisation_not_found organisation',
    );
    const terminal = { ...root(), principal: { ...root().principal, organisationId: null, organisationUid: null } };
    expect(await refusal(added({}, terminal))).toBe('sources.organisation_not_found organisation');
    expect((await added({ organisation: 'ours' }, terminal)).organisationUid).toBe('ours');
  });
});

describe('the law', () => {
  test('without the action every verb is denied, before anything is looked up', async () => {
    const nobody = actor(['connections.test', 'connections.diagnose']);
    const reader = actor(['sources.inspect']);
    const source = await added();
    for (const reference of [source.id, 'nothing']) {
      expect(await refusal(registry.show(nobody, reference))).toBe('access.denied');
      expect(await refusal(registry.change(reader, reference, { name: 'x' }))).toBe('access.denied');
      expect(await refusal(registry.remove(reader, reference))).toBe('access.denied');
    }
    expect(await refusal(registry.list(nobody, {}, { limit: 1 }))).toBe('access.denied');
    expect(await refusal(registry.add(reader, fresh()))).toBe('access.denied');
    expect(await registry.show(reader, source.id)).toEqual(source);
  });

  test('a foreign source and an unknown one answer alike to every verb', async () => {
    const source = await added({ organisation: 'theirs' }, root());
    const answers = [];
    for (const reference of [source.id, source.name, randomUUID(), 'unknown', 'A\0B']) {
      for (const ask of [
        () => registry.show(keeper(), reference),
        () => registry.change(keeper(), reference, { revision: 99, host: '/bad' }),
        () => registry.remove(keeper(), reference),
      ]) {
        answers.push(await refusal(ask()));
      }
    }
    expect(new Set(answers)).toEqual(new Set(['sources.not_found']));
    expect((await registry.show(root(), source.id)).id).toBe(source.id);
  });

  test('a list holds one’s own; with the whole directory everybody’s', async () => {
    const [own, foreign] = [await added(), await added({ organisation: 'theirs' }, root())];
    const names = async (by: Actor) => (await registry.list(by, {}, { limit: 1_000 })).items.map(({ name }) => name);
    expect(await names(keeper())).toContain(own.name);
    expect(await names(keeper())).not.toContain(foreign.name);
    expect(await names(root())).toEqual(expect.arrayContaining([own.name, foreign.name]));
    const homeless = { ...keeper(), principal: { ...keeper().principal, organisationId: null } };
    expect(await registry.list(homeless, {}, { limit: 10 })).toEqual({ items: [] });
  });

  test('a credential that is narrowed to some sources reaches them, and no other database', async () => {
    const [mine, other, foreign] = [await added(), await added(), await added({}, actor(actions, organisations[1]))];
    for (const by of [keeper(), root()]) {
      const narrowed = (...ids: string[]): Actor => ({ ...by, principal: { ...by.principal, sources: ids } });
      const one = narrowed(mine.id, 'gone');
      expect((await registry.show(one, mine.name)).id).toBe(mine.id);
      expect((await registry.change(one, mine.id, { description: 'x' })).source.id).toBe(mine.id);
      expect((await registry.list(one, {}, { limit: 1_000 })).items.map(({ id }) => id)).toEqual([mine.id]);
      expect((await registry.list(narrowed(), {}, { limit: 1_000 })).items).toEqual([]);
      for (const { id } of [other, foreign]) {
        expect(await refusal(registry.show(one, id))).toBe('sources.not_found');
        expect(await refusal(registry.change(one, id, {}))).toBe('sources.not_found');
        expect(await refusal(registry.remove(one, id))).toBe('sources.not_found');
        expect(await refusal(findSourceFor({ store: store.sources }, one.principal, id, 'sources.inspect'))).toBe(
          'sources.not_found',
        );
      }
      expect(await refusal(registry.add(one, fresh()))).toBe('access.denied');
    }
    const bare = actor(['connections.test']).principal;
    const reach = (sources: readonly string[] | null) => {
      const credentials = { find: () => Promise.reject(new Error('nothing is looked up')) };
      const subject = { target: { engine: 'postgres' } as ConnectionTarget };
      return refusal(reachSubject({ store: store.sources, credentials }, { ...bare, sources }, subject));
    };
    expect([await reach(null), await reach([mine.id]), await reach([])]).toEqual([
      ...['accepted', 'access.denied', 'access.denied'],
    ]);
  });

  test('who may only look sees where a webhook leads, not its path', async () => {
    const source = await added({ webhookUrl: 'https://hooks.example.test/T0/secret' });
    const reader = actor(['sources.inspect']);
    expect((await registry.show(reader, source.id)).webhookUrl).toBe('https://hooks.example.test/');
    expect(JSON.stringify(await registry.list(reader, {}, { limit: 1_000 }))).not.toContain('T0/secret');
    expect((await registry.show(keeper(), source.id)).webhookUrl).toBe('https://hooks.example.test/T0/secret');
  });
});

describe('changing', () => {
  /** Every change that would have the stored password shown to somebody else, or more openly. */
  const repointing: [string, SourceChange][] = [
    ['host', { host: 'evil.example.test' }],
    ['port', { port: 5433 }],
    ['authType', { authType: 'token' }],
    ['TLS mode', { tls: { ssl_mode: 'disable' } }],
    ['TLS mode, by leaving all out', { tls: { ssl_mode: 'require' } }],
    ['host and name', { host: 'evil.example.test', name: 'innocent' }],
  ];

  test.each(repointing)('%s asks for the password again', async (_, change) => {
    const source = await added();
    expect(await refusal(changed(source, change))).toBe('sources.password_required password');
    expect(await registry.show(keeper(), source.id)).toEqual(source);
    const done = await changed(source, { ...change, password: new Secret('sent again') });
    expect(done.revision).toBe(2);
    expect(await passwordOf(done)).toBe('sent again');
  });

  test('trust anchors and client certificates ask for it, too', async () => {
    const source = await added();
    const { cert, key } = certificates.client;
    const ca = certificates.strangeAuthority.cert;
    for (const tls of [
      { ssl_mode: 'verify-full', ssl_cert: ca },
      { ssl_client_cert: cert, ssl_client_key: key },
    ]) {
      expect(await refusal(changed(source, { tls }))).toBe('sources.password_required password');
    }
  });

  test('what is no change of these does not ask for it', async () => {
    const source = await added();
    const same: SourceChange = {
      host: 'DB.EXAMPLE.test',
      port: '5432',
      authType: 'basic',
      database: 'app',
      tls: { ssl_mode: 'verify-full' },
    };
    expect(await changed(source, same)).toEqual(source);
    const done = await changed(source, { ...same, database: 'other', username: 'writer', purpose: 'read_write' });
    expect(done).toMatchObject({ revision: 2, database: 'other', username: 'writer', purpose: 'read_write' });
    expect(await passwordOf(done)).toBe('canary-password');
  });

  test('with a reference nothing is asked for: it may be named for any target anyway', async () => {
    const source = await added({ target: target({ password: null }), credential: 'env:PG' });
    expect((await changed(source, { host: 'other.example.test' })).host).toBe('other.example.test');
  });

  test('a file moves without a password it does not have', async () => {
    const file = { engine: 'sqlite', database: '/data/app.db', authType: 'basic', password: null, strict: true };
    const source = await added({ target: file });
    expect(await changed(source, { database: '/data/other.db' })).toMatchObject({
      database: '/data/other.db',
      revision: 2,
    });
  });

  test('a mode that is good enough for this machine does not move to another host unsaid', async () => {
    const source = await added({ target: target({ host: 'localhost' }) });
    expect(source.tls.mode).toBe('prefer');
    const password = new Secret('again');
    expect((await changed(source, { host: 'db.example.test', password })).tls.mode).toBe('verify-full');
    const said = await added({ target: target({ host: 'localhost' }) });
    const tls = { ssl_mode: 'prefer' };
    expect((await changed(said, { host: 'db.example.test', password, tls })).tls.mode).toBe('prefer');
  });

  test('a reference takes the place of the password, and a password that of the reference', async () => {
    const source = await added();
    const referring = await changed(source, { credential: 'env:PG' });
    expect(referring.credential).toEqual({ kind: 'env', name: 'PG' });
    expect(await passwordOf(referring)).toBeUndefined();
    const stored = await changed(referring, { password: new Secret('anew') });
    expect(stored.credential).toEqual({ kind: 'stored' });
    expect(await passwordOf(stored)).toBe('anew');
    expect(await refusal(changed(stored, { credential: 'env:PG', password: new Secret('x') }))).toBe(
      'sources.field_invalid credential',
    );
  });

  test.each<[string, SourceChange]>([
    ['sources.field_invalid host', { host: 'a b' }],
    ['sources.field_invalid host', { host: null }],
    ['sources.field_invalid port', { port: 0 }],
    ['sources.field_invalid username', { username: '' }],
    ['sources.field_invalid tls', { tls: { token: 'x' } }],
    ['sources.field_invalid tls', { tls: { database: 'x' } }],
    ['sources.field_invalid tls', JSON.parse('{"tls":{"__proto__":{"ssl_mode":"disable"}}}')],
    ['sources.field_invalid tls.mode', { tls: { ssl_mode: 'never' } }],
    ['sources.field_invalid password', { password: new Secret('') }],
    ['sources.field_invalid password', { password: new Secret('a\0b') }],
    ['sources.name_invalid name', { name: 'Bad' }],
    ['sources.field_invalid limits.connections', { limits: { connections: 0 } }],
    ['sources.credential_not_allowed credential', { credential: 'env:LATCHKEY_MASTER_KEY' }],
  ])('refuses %s: %j', async (code, change) => {
    const source = await added();
    expect(await refusal(changed(source, change))).toBe(code);
    expect(await registry.show(keeper(), source.id)).toEqual(source);
  });

  test('names what changed in the trail, and no value', async () => {
    const source = await added();
    await changed(source, {
      host: 'canary-host.test',
      password: new Secret('canary-two'),
      description: 'canary-three',
    });
    const [event] = await auditOf(source);
    expect(event).toMatchObject({ name: 'source.changed', facts: { fields: 'host password description' } });
    expect(JSON.stringify(event)).not.toContain('canary');
  });

  test('makes earlier checks count for nothing when the target is another, and checks soon', async () => {
    const source = await added({ checkEveryMinutes: 600 });
    await setHealth(source, 'healthy');
    nowMs += 3_600_000;
    const renamed = await changed(source, { description: 'only words' });
    expect(renamed).toMatchObject({ health: { state: 'healthy' }, nextCheckAtMs: source.nextCheckAtMs });
    const moved = await changed(renamed, { username: 'other' });
    expect(moved.health).toMatchObject({ state: 'unknown', sinceMs: nowMs, checkedAtMs: null });
    expect(moved.nextCheckAtMs).toBeGreaterThanOrEqual(nowMs);
    expect(moved.nextCheckAtMs).toBeLessThan(nowMs + 10_000);
    expect(await registry.show(keeper(), source.id)).toEqual(moved);
  });

  test('a new interval plans anew, none plans nothing', async () => {
    const source = await added({ checkEveryMinutes: 600 });
    nowMs += 60_000;
    expect((await changed(source, { checkEveryMinutes: 5 })).nextCheckAtMs).toBeGreaterThanOrEqual(nowMs);
    expect((await changed(source, { checkEveryMinutes: null })).nextCheckAtMs).toBeNull();
  });

  test('another webhook gets another key; none has none', async () => {
    const { source, webhookKey } = await registry.add(keeper(), fresh({ webhookUrl: 'https://one.example.test/' }));
    const again = await registry.change(keeper(), source.id, {
      webhookUrl: 'https://one.example.test/',
      name: newName(),
    });
    expect(again.webhookKey).toBeNull();
    const other = await registry.change(keeper(), source.id, { webhookUrl: 'https://two.example.test/' });
    expect(other.webhookKey?.reveal()).toMatch(/^whsec_/);
    expect(other.webhookKey?.reveal()).not.toBe(webhookKey?.reveal());
    const none = await registry.change(keeper(), source.id, { webhookUrl: null });
    expect(none.webhookKey).toBeNull();
    expect((await store.sources.findSourceSecrets(source.id))?.webhookKey).toBeNull();
  });

  test('from a revision that is not the latest is refused', async () => {
    const source = await added();
    await changed(source, { description: 'first', revision: 1 });
    expect(await refusal(changed(source, { description: 'second', revision: 1 }))).toBe('sources.changed_meanwhile');
    expect(await changed(source, { description: 'second', revision: 2 })).toMatchObject({ revision: 3 });
  });

  test('of many changes from one revision at once, one is made', async () => {
    const source = await added();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => refusal(changed(source, { description: `${index}`, revision: 1 }))),
    );
    expect(outcomes.sort()).toEqual(['accepted', ...Array.from({ length: 7 }, () => 'sources.changed_meanwhile')]);
  });

  test('to a name that is taken is refused', async () => {
    const [one, two] = [await added(), await added()];
    expect(await refusal(changed(one, { name: two.name }))).toBe('sources.name_taken name');
  });
});

test('removing takes it away and is recorded', async () => {
  const source = await added();
  await registry.remove(keeper(), source.name);
  expect(await refusal(registry.show(keeper(), source.id))).toBe('sources.not_found');
  expect(await refusal(registry.remove(keeper(), source.id))).toBe('sources.not_found');
  expect((await auditOf(source)).map(({ name }) => name)).toEqual(['source.removed', 'source.created']);
});
