/** `/admin/v1/audit`, `/overview`, `/settings` and `/signing-keys` over the wire. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDescriptions } from '../../../src/http/native/audit-description.js';
import { overviewDescriptions } from '../../../src/http/native/overview-description.js';
import { signingKeyDescriptions } from '../../../src/http/native/signing-key-description.js';
import { Secret } from '../../../src/kernel/secret.js';
import { type Received, send } from '../support/client.js';
import { faultsOf } from '../support/described.js';
import { administratorKey, nativeToken } from '../support/sign-in.js';
import { marker, openWorld, passwords, type World } from '../support/world.js';

let world: World;
let keeper: string;
/** May read the trail, and nothing beyond the organisation `other`. */
let auditor: string;

const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

beforeAll(async () => {
  world = await openWorld();
  keeper = `Bearer ${await administratorKey(world)}`;
  const { identity } = world;
  await identity.organisations.add(operator, { uid: 'other', name: 'Other' });
  await identity.roles.add(operator, { organisationUid: 'other', name: 'auditor', allowed: ['audit.read'] });
  await identity.users.add(operator, {
    ...{ kind: 'service', username: 'watcher', organisationUid: 'other', roles: ['auditor'], password: null },
  });
  const key = await identity.apiKeys.addFor(operator, 'watcher', { name: 'watch' });
  auditor = `Bearer ${key.value?.reveal()}`;
  await ask('POST', '/admin/v1/users', { kind: 'person', username: 'otto', organisation: 'other' });
  for (const password of ['wrong one', passwords.ada]) {
    await send(world, { method: 'POST', path: '/user/login', body: { username: 'ada', password } });
  }
});
afterAll(() => world.close());

const ask = (method: string, path: string, body?: unknown, authorization = keeper): Promise<Received> =>
  send(world, { method, path, body, headers: { authorization } });
const told = (received: Received) => received.body as Record<string, unknown>;
interface Entry {
  readonly chain: number;
  readonly seq: number;
  readonly event: string;
  readonly actor: { id: string; username: string | null } | null;
  readonly organisation: string | null;
  readonly reason: string | null;
  readonly subject: string | null;
  readonly mac?: string;
}
const audit = async (query = '', authorization = keeper) => {
  const received = await ask('GET', `/admin/v1/audit${query}`, undefined, authorization);
  return { status: received.status, ...(received.body as { items: Entry[]; nextCursor: string | null; code: string }) };
};
const lines = ({ text }: Received) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);

describe('the trail', () => {
  test('is listed newest first, with who did it by name', async () => {
    const { items } = await audit('?event=user.created&organisation=other&limit=1');
    expect(items).toEqual([
      {
        ...{ chain: 0, seq: expect.any(Number), event: 'user.created', atMs: world.clock.nowMs() },
        ...{ door: 'native', address: '127.0.0.1', requestId: expect.any(String) },
        actor: { id: expect.any(String), username: 'bob' },
        credential: { kind: 'api_key', id: expect.any(String) },
        ...{ organisation: 'other', subject: expect.stringMatching(/^user:/), outcome: 'ok', reason: null },
        facts: { kind: 'person' },
      },
    ]);
    const { items: refused } = await audit('?outcome=refused&reason=wrong_password');
    expect(refused).toMatchObject([{ event: 'login.refused', actor: null, organisation: 'acme' }]);
    expect(JSON.stringify(refused)).not.toContain('wrong one');
  });

  test('names who signed in, and finds it by them; who was refused is nobody', async () => {
    const { items } = await audit('?actor=ada');
    expect(items).toMatchObject([{ event: 'login.succeeded', actor: { username: 'ada' }, organisation: 'acme' }]);
    expect(items[0]?.subject).toBe(`user:${items[0]?.actor?.id}`);
  });

  test('is narrowed by every filter together, in pages', async () => {
    const { items: all } = await audit('?limit=1000');
    const bobs = all.filter(({ actor }) => actor?.username === 'bob');
    expect((await audit('?actor=BOB&limit=1000')).items).toEqual(bobs);
    expect((await audit(`?actor=${bobs[0]?.actor?.id}&limit=1000`)).items).toEqual(bobs);
    const subject = bobs.find(({ event }) => event === 'user.created')?.subject ?? '';
    const both = `?actor=bob&subject=${encodeURIComponent(subject)}&event=user.created&outcome=ok`;
    expect((await audit(both)).items).toHaveLength(1);
    const seen: Entry[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof audit>> = await audit(
        `?limit=7&outcome=ok${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.map(({ seq }) => seq)).toEqual((await audit('?outcome=ok&limit=1000')).items.map(({ seq }) => seq));
    const later = world.clock.nowMs() + 1;
    for (const nothing of [`?fromMs=${later}`, '?toMs=1', '?actor=void', '?reason=void', '?subject=%27']) {
      expect([nothing, (await audit(nothing)).items]).toEqual([nothing, []]);
    }
  });

  test.each([
    ['?event=login', 'http.field_invalid', 'event'],
    ['?outcome=good', 'http.field_invalid', 'outcome'],
    ['?fromMs=yesterday', 'http.field_invalid', 'fromMs'],
    ['?subject=a%00', 'http.field_invalid', 'subject'],
    ['?cursor=x', 'store.page_invalid', 'cursor'],
    ['?organisation=void', 'identity.organisation_not_found', undefined],
    ['?who=ada', 'http.parameter_unknown', undefined],
  ])('%s is refused', async (query, code, field) => {
    expect(told(await ask('GET', `/admin/v1/audit${query}`))).toMatchObject(
      field === undefined ? { code } : { code, field },
    );
  });

  test('is shown to who does not manage the directory of their own organisation alone', async () => {
    const { items } = await audit('?limit=1000', auditor);
    expect(items.length).toBeGreaterThan(3);
    expect(new Set(items.map(({ organisation }) => organisation))).toEqual(new Set(['other']));
    // The administrator of another organisation acted here: by id, not by name.
    expect(items.find(({ event, actor }) => event === 'user.created' && actor !== null)?.actor).toEqual({
      ...{ id: expect.any(String), username: null },
    });
    expect((await audit('?actor=bob', auditor)).items).toEqual([]);
    for (const foreign of ['acme', 'void']) {
      expect(await audit(`?organisation=${foreign}`, auditor)).toMatchObject({
        ...{ status: 404, code: 'identity.organisation_not_found' },
      });
    }
    const exported = lines(await ask('GET', '/admin/v1/audit/export', undefined, auditor));
    expect(new Set(exported.map(({ organisation }) => organisation))).toEqual(new Set(['other']));
  });

  test('is handed out as lines, oldest first, with what proves each, and says that it was', async () => {
    const received = await ask('GET', '/admin/v1/audit/export');
    expect([received.status, received.headers['content-type']]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    const exported = lines(received);
    expect(exported.map(({ seq }) => seq)).toEqual(exported.map((_, place) => place + 1));
    expect(exported[0]?.mac).toMatch(/^[0-9a-f]{64}$/);
    expect(exported.at(-1)).toMatchObject({
      event: 'audit.exported',
      actor: { username: 'bob' },
      organisation: 'acme',
    });
    const { items } = await audit('?limit=1000');
    expect([...items].reverse()).toEqual(exported.map(({ mac, ...event }) => event));
    const some = lines(await ask('GET', '/admin/v1/audit/export?event=user.created&outcome=ok'));
    expect(new Set(some.map(({ event }) => event))).toEqual(new Set(['user.created']));
    expect(received.text).not.toContain(marker);
  });

  test('is verified once for all who ask at the same time', async () => {
    const verdicts = await Promise.all([1, 2, 3].map(() => ask('POST', '/admin/v1/audit/verify')));
    const { items } = await audit('?limit=1');
    const events = items[0]?.seq;
    expect(told(verdicts[0] as Received)).toEqual({
      ...{ isIntact: true, atMs: world.clock.nowMs(), events, findings: [] },
      chains: [{ chain: 0, events, isIntact: true }],
    });
    expect(new Set(verdicts.map(({ text }) => text)).size).toBe(1);
    expect((await ask('POST', '/admin/v1/audit/verify', undefined, auditor)).status).toBe(200);
  });
});

test('the overview counts what there is and what went on, by the hour', async () => {
  const hourMs = 3_600_000;
  const received = await ask('GET', '/admin/v1/overview?hours=2');
  const begin = Math.floor(world.clock.nowMs() / hourMs) * hourMs;
  expect(told(received)).toEqual({
    node: {
      ...{ version: expect.stringMatching(/^\d+\.\d+\.\d+/), startedAtMs: expect.any(Number), rssBytes: 1 },
      ...{ nodeVersion: process.versions.node, store: { engine: 'sqlite', isReady: true } },
      listeners: { http: null, https: null },
    },
    sources: { total: 0, byHealth: { unknown: 0, healthy: 0, degraded: 0, failing: 0 } },
    counts: { users: 5, serviceAccounts: 2, organisations: 2, apiKeys: 2, sessions: expect.any(Number) },
    signIns: [
      { atMs: begin - hourMs, succeeded: 0, refused: 0 },
      { atMs: begin, succeeded: expect.any(Number), refused: 1 },
    ],
    refusals: expect.arrayContaining([{ reason: 'wrong_password', count: 1 }]),
    connectionTests: [
      { atMs: begin - hourMs, passed: 0, failed: 0 },
      { atMs: begin, passed: 0, failed: 0 },
    ],
  });
  const own = told(await ask('GET', '/admin/v1/overview', undefined, auditor));
  expect(own).toMatchObject({ counts: { users: 1, serviceAccounts: 1, organisations: 1, apiKeys: 1, sessions: 0 } });
  expect(own['signIns']).toHaveLength(24);
  expect(JSON.stringify(own['signIns'])).not.toContain('"refused":1');
  // A minute is as good as now.
  await send(world, { method: 'POST', path: '/user/login', body: { username: 'ada', password: 'wrong' } });
  expect((await ask('GET', '/admin/v1/overview?hours=2')).text).toBe(received.text);
  world.clock.advance(60_000);
  const later = told(await ask('GET', '/admin/v1/overview?hours=1'));
  expect(later['refusals']).toContainEqual({ reason: 'wrong_password', count: 2 });
  expect((await ask('GET', '/admin/v1/overview?hours=169')).status).toBe(400);
});

test('settings are shown with where they come from, and secrets are not', async () => {
  const { items } = told(await ask('GET', '/admin/v1/settings')) as { items: Record<string, unknown>[] };
  expect(items.find(({ name }) => name === 'http.port')).toEqual({
    ...{ name: 'http.port', variable: 'LATCHKEY_HTTP_PORT', value: 8000, isSecret: false, isSet: true },
    ...{ from: 'default', text: 'Port of the plain HTTP listener.', unit: null },
  });
  expect(items.find(({ name }) => name === 'masterKey')).toMatchObject({ isSecret: true, isSet: false, value: null });
  expect((await ask('GET', '/admin/v1/settings', undefined, auditor)).status).toBe(403);
});

test('every answer is what its description says', async () => {
  const all = [...auditDescriptions, ...overviewDescriptions, ...signingKeyDescriptions];
  for (const [id, method, path] of [
    ['listAuditEvents', 'GET', '/admin/v1/audit?limit=1000'],
    ['verifyAuditTrail', 'POST', '/admin/v1/audit/verify'],
    ['showOverview', 'GET', '/admin/v1/overview?hours=3'],
    ['listSettings', 'GET', '/admin/v1/settings'],
    ['listSigningKeys', 'GET', '/admin/v1/signing-keys'],
    ['rotateSigningKeys', 'POST', '/admin/v1/signing-keys/onedb/rotate'],
  ] as const) {
    expect([id, faultsOf(all, id, 200, told(await ask(method, path)))]).toEqual([id, []]);
  }
  const [first] = lines(await ask('GET', '/admin/v1/audit/export'));
  expect(faultsOf(all, 'exportAuditEvents', 200, first, 'application/x-ndjson')).toEqual([]);
  // What does not fit is seen.
  expect(faultsOf(all, 'listSettings', 200, { items: [{}] })).not.toEqual([]);
  expect(faultsOf(all, 'exportAuditEvents', 200, { ...first, more: 1 }, 'application/x-ndjson')).not.toEqual([]);
});

test('signing keys are listed and rotated, and what signs is never shown', async () => {
  const before = told(await ask('GET', '/admin/v1/signing-keys'))['items'] as { family: string; state: string }[];
  expect(before.find(({ family }) => family === 'precrime')).toMatchObject({ state: 'signing', retiredAtMs: null });
  const token = await nativeToken(world, 'ada');
  const rotated = await ask('POST', '/admin/v1/signing-keys/native/rotate');
  expect(told(rotated)).toMatchObject({ family: 'native', created: { state: 'published' }, removedIds: [] });
  const presented = { shape: 'jwt', value: new Secret(token), csrf: null } as const;
  const { origin } = operator;
  await world.identity.authenticate({ presented, accepts: ['native_token'], origin });
  const revoked = await ask('POST', '/admin/v1/signing-keys/native/rotate', { revokeOld: true });
  expect(told(revoked)).toMatchObject({ created: { state: 'signing' }, retiredId: null });
  expect(told(revoked)['removedIds']).toHaveLength(2);
  await expect(world.identity.authenticate({ presented, accepts: ['native_token'], origin })).rejects.toThrow();
  expect(rotated.text + revoked.text).not.toMatch(/private|"d":|PRIVATE/);
  expect((await ask('POST', '/admin/v1/signing-keys/void/rotate')).status).toBe(404);
  expect(told(await ask('POST', '/admin/v1/signing-keys/native/rotate', { all: true }))).toMatchObject({
    code: 'http.member_unknown',
  });
});
