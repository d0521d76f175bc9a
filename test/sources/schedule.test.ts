/**
 * Scheduled checks and webhooks over a real store, the real dialler and real receivers, with a clock that stands still
 * until a test moves it.
 *
 * @module
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createPoster, createTargetPolicy, type OwnEndpoint } from '../../src/network/index.js';
import { createKeyRing } from '../../src/secrets/index.js';
import type { ConnectionReport, Reason, Source, SourcesObserver, StageRow } from '../../src/sources/index.js';
import { reasons, standardLimits } from '../../src/sources/index.js';
import { pauseAfterMs } from '../../src/sources/schedule/deliver-notice.js';
import type { ScheduleDeps } from '../../src/sources/schedule/deps.js';
import { startSchedule } from '../../src/sources/schedule/start-schedule.js';
import { openStore, type Store } from '../../src/store/open-store.js';
import { createTestCertificates, type TestCertificates } from '../servers/certificates.js';

const startMs = 1_800_000_000_000;
const minuteMs = 60_000;
const webhookKey = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

let folder: string;
let store: Store;
let organisation: { readonly id: string; readonly uid: string };
let certificates: TestCertificates;
let nowMs: number;
const clock = { nowMs: () => nowMs };
const ids = { uuid: randomUUID, bytes: randomBytes };

beforeAll(async () => {
  certificates = await createTestCertificates();
});

const atEnd: (() => Promise<unknown> | undefined)[] = [];
beforeEach(async () => {
  nowMs = startMs;
  folder = await mkdtemp(join(tmpdir(), 'latchkey-schedule-'));
  const keyRing = createKeyRing({ current: new Secret<Uint8Array>(Buffer.alloc(32, 7)), randomBytes });
  store = await openStore({ dataDir: folder, keyRing, clock, ids, onFatal: () => undefined });
  organisation = await store.identity.transaction((tx) =>
    tx.insertOrganisation({ id: randomUUID(), uid: 'ours', name: 'ours', createdAtMs: startMs }),
  );
});
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
  await store.close();
  await rm(folder, { recursive: true });
});

async function addSource(more: Partial<Source> = {}, key: string | null = webhookKey): Promise<Source> {
  const source: Source = {
    id: randomUUID(),
    name: `s-${randomBytes(6).toString('hex')}`,
    description: null,
    organisationId: organisation.id,
    organisationUid: organisation.uid,
    engine: 'postgres',
    host: 'canary-host.example.test',
    port: 5432,
    database: 'canary-database',
    username: 'canary-user',
    authType: 'basic',
    tls: { mode: 'verify-full', ca: null, clientCertificate: null, hasClientKey: false },
    credential: { kind: 'stored' },
    credentialSetAtMs: startMs,
    purpose: 'read',
    limits: standardLimits,
    checkEveryMinutes: 5,
    nextCheckAtMs: startMs,
    webhookUrl: null,
    health: {
      ...{ state: 'unknown', sinceMs: startMs, checkedAtMs: null, stage: null, reason: null },
      ...{ failuresInRow: 0, passesInRow: 0 },
    },
    createdAtMs: startMs,
    updatedAtMs: startMs,
    revision: 1,
    ...more,
  };
  const secrets = {
    password: new Secret('canary-password'),
    clientKey: null,
    webhookKey: source.webhookUrl === null || key === null ? null : new Secret(key),
  };
  await store.sources.transaction((tx) => tx.insertSource(source, secrets));
  return source;
}

function report(reason: Reason | null): ConnectionReport {
  const failure: StageRow | null =
    reason === null
      ? null
      : {
          ...{ stage: 'tcp', status: 'fail', reason, ms: 1, evidence: { native: 'canary-native' } },
          ...{ retryable: reasons[reason].retryable, audience: null, field: null, fix: null },
        };
  const outcome = failure === null ? 'passed' : 'failed';
  return {
    outcome,
    engine: 'postgres',
    serverVersion: null,
    failure,
    stages: failure === null ? [] : [failure],
    totalMs: 1,
  };
}

interface Run {
  readonly seen: string[];
  readonly faults: unknown[];
  stop(): Promise<void>;
}

/** A node that looks what is due many times a second. */
function run(more: Partial<ScheduleDeps> & { readonly own?: OwnEndpoint[]; readonly ca?: string } = {}): Run {
  const seen: string[] = [];
  const faults: unknown[] = [];
  const observer: SourcesObserver = {
    connectionTested: ({ kind, outcome, reason }) => seen.push(`${kind} ${outcome} ${reason ?? ''}`.trimEnd()),
    unclassified: ({ native }) => seen.push(`unclassified ${native}`),
    healthChanged: ({ from, to }) => seen.push(`${from}>${to}`),
    noticeAttempted: ({ outcome }) => seen.push(outcome),
    backgroundFailed: (fault) => faults.push(fault),
  };
  const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => more.own ?? [] });
  const dialler = createDialler({ policy });
  const poster = createPoster(more.ca === undefined ? { dialler, clock } : { dialler, clock: realClock, ca: more.ca });
  const check = async () => report(null);
  const node = startSchedule({ store: store.sources, poster, check, observer, clock, ids, pauseMs: 20, ...more });
  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= node.stop();
    return stopped;
  };
  atEnd.push(stop);
  return { seen, faults, stop };
}

/** Certificates are made for today. */
const realClock = { nowMs: () => Date.now() };

const find = async (source: Source) => {
  const found = await store.sources.findSource(source.id);
  if (found === null) throw new Error('the source is gone');
  return found;
};
const auditOf = async (source: Source) =>
  (await store.audit.list({ subject: `source:${source.id}` }, { limit: 100 })).items;
const until = (condition: () => unknown, timeout = 10_000) =>
  expect.poll(async () => Boolean(await condition()), { timeout, interval: 10 }).toBe(true);
const isChecked =
  (source: Source, atMs = nowMs) =>
  async () =>
    (await find(source)).health.checkedAtMs === atMs;

interface Received {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A receiver that answers with the statuses one after the other, the last one for ever. */
async function receiver(statuses: readonly number[], tls?: { cert: string; key: string }) {
  const received: Received[] = [];
  const answer = (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      response.writeHead(statuses[Math.min(received.length, statuses.length) - 1] ?? 200).end();
    });
  };
  const server: Server = tls === undefined ? createServer(answer) : createHttpsServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd.push(async () => server.close());
  const { port } = server.address() as AddressInfo;
  return { received, port, url: `${tls === undefined ? 'http' : 'https'}://localhost:${port}/hook` };
}

/** As the scheme tells receivers to do it. */
function verifies({ headers, body }: Received, key = webhookKey): boolean {
  const bytes = Buffer.from(key.replace('whsec_', ''), 'base64');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return headers['webhook-signature'] === `v1,${createHmac('sha256', bytes).update(content).digest('base64')}`;
}

describe('checks', () => {
  test('a due source is checked, its health written, and the change recorded and told', async () => {
    const source = await addSource();
    const node = run({ check: async () => report('AUTH_INVALID_CREDENTIALS') });
    await until(isChecked(source));
    await node.stop();
    const { health, nextCheckAtMs } = await find(source);
    expect(health).toEqual({
      ...{ state: 'failing', sinceMs: nowMs, checkedAtMs: nowMs, stage: 'tcp', reason: 'AUTH_INVALID_CREDENTIALS' },
      ...{ failuresInRow: 1, passesInRow: 0 },
    });
    expect(nextCheckAtMs).toBeGreaterThanOrEqual(nowMs + 5 * minuteMs);
    expect(nextCheckAtMs).toBeLessThan(nowMs + 5.5 * minuteMs + 1);
    expect(await auditOf(source)).toMatchObject([
      {
        ...{ name: 'source.health_changed', outcome: 'failed', reason: 'AUTH_INVALID_CREDENTIALS', actorId: null },
        origin: { door: 'schedule', requestId: null, address: null },
        facts: { name: source.name, engine: 'postgres', from: 'unknown', to: 'failing', stage: 'tcp' },
      },
    ]);
    expect(JSON.stringify(await auditOf(source))).not.toContain('canary');
    expect(node.seen).toEqual(['scheduled failed AUTH_INVALID_CREDENTIALS', 'unknown>failing']);
    expect(node.faults).toEqual([]);
  });

  test('no change is recorded or told when there is none', async () => {
    const source = await addSource();
    const { url, received } = await receiver([200]);
    await store.sources.transaction((tx) =>
      tx.updateSource({ ...source, webhookUrl: url, revision: 2 }, { webhookKey: new Secret(webhookKey) }),
    );
    const node = run();
    await until(isChecked(source));
    // What is on its way when the clock is moved comes again.
    await until(() => node.seen.includes('delivered'));
    nowMs += 6 * minuteMs;
    await until(isChecked(source));
    await node.stop();
    expect(received).toHaveLength(1);
    expect((await find(source)).health).toMatchObject({ state: 'healthy', sinceMs: startMs, passesInRow: 2 });
    expect((await auditOf(source)).map(({ facts }) => facts['to'])).toEqual(['healthy']);
  });

  test('a native code without a name is counted', async () => {
    const source = await addSource();
    const node = run({ check: async () => report('UNCLASSIFIED') });
    await until(isChecked(source));
    await node.stop();
    expect(node.seen).toContain('unclassified canary-native');
  });

  test('of several nodes one makes each check, at most four at once each', async () => {
    const sources = await Promise.all(Array.from({ length: 24 }, () => addSource()));
    const checked: string[] = [];
    const running = [0, 0, 0];
    let most = 0;
    const nodes = running.map((_, node) =>
      run({
        check: async ({ id }) => {
          running[node]! += 1;
          most = Math.max(most, running[node]!);
          await new Promise((resolve) => setTimeout(resolve, 20));
          running[node]! -= 1;
          checked.push(id);
          return report(null);
        },
      }),
    );
    await until(() => checked.length >= 24);
    await Promise.all(nodes.map(({ stop }) => stop()));
    expect(checked).toHaveLength(24);
    expect(new Set(checked)).toEqual(new Set(sources.map(({ id }) => id)));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  test('many missed intervals make one check', async () => {
    const source = await addSource({ checkEveryMinutes: 1, nextCheckAtMs: startMs - 5_000 * minuteMs });
    let checks = 0;
    const node = run({
      check: async () => {
        checks += 1;
        return report(null);
      },
    });
    await until(isChecked(source));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await node.stop();
    expect(checks).toBe(1);
  });

  test('a check that breaks off is told, and comes again when its lease is over', async () => {
    const source = await addSource();
    let checks = 0;
    const node = run({
      check: async () => {
        checks += 1;
        if (checks === 1) throw new TypeError('broken');
        return report(null);
      },
    });
    await until(() => node.faults.length === 1);
    expect((await find(source)).nextCheckAtMs).toBe(nowMs + 2 * minuteMs);
    nowMs += 2 * minuteMs;
    await until(isChecked(source));
    expect((await find(source)).health.state).toBe('healthy');
    await node.stop();
  });

  test('what was found out about a target that changed meanwhile is forgotten', async () => {
    const source = await addSource();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let checks = 0;
    const node = run({
      check: async () => {
        checks += 1;
        await held;
        return report('TCP_REFUSED');
      },
    });
    await until(() => checks === 1);
    const changed = {
      ...(await find(source)),
      host: 'another.example.test',
      revision: 2,
      nextCheckAtMs: startMs + 9_000,
    };
    await store.sources.transaction((tx) => tx.updateSource(changed, { password: new Secret('x') }));
    release();
    await until(() => node.seen.length > 0);
    await node.stop();
    expect(await find(source)).toEqual(changed);
    expect(await auditOf(source)).toEqual([]);
  });

  test('a source that goes away while it is checked is no fault', async () => {
    const source = await addSource();
    const node = run({
      check: async ({ id }) => {
        await store.sources.transaction((tx) => tx.deleteSource(id));
        return report(null);
      },
    });
    await until(async () => (await store.sources.findSource(source.id)) === null);
    await node.stop();
    expect(node.faults).toEqual([]);
  });

  test('stopping cuts checks off, counts them for nothing and gives them back at once', async () => {
    const source = await addSource();
    let begun = 0;
    const node = run({
      check: async (_, signal) => {
        begun += 1;
        await once(signal, 'abort');
        return report('TCP_TIMEOUT');
      },
    });
    await until(() => begun === 1);
    const startedMs = performance.now();
    await node.stop();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(await find(source)).toMatchObject({ health: { state: 'unknown', checkedAtMs: null }, nextCheckAtMs: nowMs });
    expect(node.seen).toEqual([]);
    const next = run();
    await until(isChecked(source));
    await next.stop();
  });

  test('a store that fails for a while ends nothing', async () => {
    const source = await addSource();
    let failures = 3;
    const claimDueChecks: ScheduleDeps['store']['claimDueChecks'] = async (...asked) => {
      failures -= 1;
      if (failures >= 0) throw new TypeError('the store is away');
      return store.sources.claimDueChecks(...asked);
    };
    const node = run({ store: { ...store.sources, claimDueChecks } });
    await until(isChecked(source));
    await node.stop();
    expect(node.faults).toHaveLength(3);
  });
});

describe('webhooks', () => {
  test('a change is delivered once, signed, without addresses or secrets', async () => {
    const { url, received } = await receiver([200]);
    const source = await addSource({ webhookUrl: url });
    const node = run({ check: async () => report('TCP_REFUSED') });
    await until(() => node.seen.includes('delivered'));
    await node.stop();
    expect(received).toHaveLength(1);
    const [one] = received;
    expect(verifies(one!)).toBe(true);
    expect(verifies(one!, `whsec_${Buffer.alloc(32, 6).toString('base64')}`)).toBe(false);
    expect(one?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-timestamp': `${nowMs / 1_000}`,
      'webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(JSON.parse(one!.body)).toEqual({
      type: 'source.health_changed',
      timestamp: new Date(nowMs).toISOString(),
      data: {
        ...{ id: source.id, name: source.name, engine: 'postgres', from: 'unknown', to: 'degraded' },
        ...{ stage: 'tcp', reason: 'TCP_REFUSED', fix: reasons.TCP_REFUSED.fix },
      },
    });
    expect(one?.body).not.toContain('canary');
  });

  test('what failed comes again later with the same id and body, and a new signature', async () => {
    const { url, received } = await receiver([500, 302, 200]);
    await addSource({ webhookUrl: url });
    const node = run();
    await until(() => node.seen.filter((what) => what === 'retried').length === 1);
    nowMs += 20_000;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(received).toHaveLength(1);
    nowMs += 20_000;
    await until(() => node.seen.filter((what) => what === 'retried').length === 2);
    nowMs += 3 * minuteMs;
    await until(() => node.seen.includes('delivered'));
    nowMs += 24 * 60 * minuteMs;
    await new Promise((resolve) => setTimeout(resolve, 150));
    await node.stop();
    expect(received.filter(({ body }) => body === received[0]?.body)).toHaveLength(3);
    const same = received.slice(0, 3);
    expect(new Set(same.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(same.map(({ headers }) => headers['webhook-signature'])).size).toBe(3);
    expect(same.every((one) => verifies(one))).toBe(true);
  });

  test('a receiver that says 410 is not asked again', async () => {
    const { url, received } = await receiver([410]);
    await addSource({ webhookUrl: url });
    const node = run();
    await until(() => node.seen.includes('given_up'));
    nowMs += 40_000;
    await new Promise((resolve) => setTimeout(resolve, 150));
    await node.stop();
    expect(received).toHaveLength(1);
    expect(await store.sources.claimDueNotices(nowMs + 1e9, 1, 10)).toEqual([]);
  });

  test('after eight attempts it is given up, which is most of a day after the first', async () => {
    const { url, received } = await receiver([503]);
    await addSource({ webhookUrl: url, checkEveryMinutes: 10_080 });
    const node = run();
    for (let attempt = 1; attempt < 8; attempt += 1) {
      await until(() => node.seen.filter((what) => what === 'retried').length === attempt);
      nowMs += pauseAfterMs(attempt, 1);
    }
    await until(() => node.seen.includes('given_up'));
    await node.stop();
    expect(received).toHaveLength(8);
    const total = Array.from({ length: 7 }, (_, index) => pauseAfterMs(index + 1, 0.5)).reduce((sum, ms) => sum + ms);
    expect(total / 3_600_000).toBeGreaterThan(18);
    expect(total / 3_600_000).toBeLessThan(26);
  });

  test('one whose webhook was taken away is given up without a connection', async () => {
    const { url, received } = await receiver([500]);
    const source = await addSource({ webhookUrl: url });
    const node = run();
    await until(() => node.seen.includes('retried'));
    const without = { ...(await find(source)), webhookUrl: null, revision: 2 };
    await store.sources.transaction((tx) => tx.updateSource(without, { webhookKey: null }));
    nowMs += minuteMs;
    await until(() => node.seen.includes('given_up'));
    await node.stop();
    expect(received).toHaveLength(1);
  });

  test('another receiver gets what is left, signed with its own key', async () => {
    const [old, other] = [await receiver([500]), await receiver([200])];
    const source = await addSource({ webhookUrl: old.url });
    const node = run();
    await until(() => node.seen.includes('retried'));
    const key = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    const moved = { ...(await find(source)), webhookUrl: other.url, revision: 2 };
    await store.sources.transaction((tx) => tx.updateSource(moved, { webhookKey: new Secret(key) }));
    nowMs += minuteMs;
    await until(() => other.received.length > 0);
    await node.stop();
    expect(verifies(other.received[0]!, key)).toBe(true);
    expect(old.received).toHaveLength(1);
  });

  test('changes of one source arrive in their order, also when the first had to wait', async () => {
    const { url, received } = await receiver([500, 200]);
    const source = await addSource({ webhookUrl: url, checkEveryMinutes: 1 });
    const verdicts: (Reason | null)[] = [null, 'AUTH_INVALID_CREDENTIALS', null, null];
    const node = run({ check: async () => report(verdicts.shift() ?? null) });
    const attempts = () => node.seen.filter((what) => what === 'retried' || what === 'delivered').length;
    // With the second change the first comes again; what is on its way when the clock is moved would come twice.
    for (const attempted of [1, 3, 4, 5]) {
      await until(isChecked(source));
      await until(() => attempts() === attempted);
      nowMs += 2 * minuteMs;
    }
    await until(() => node.seen.filter((what) => what === 'delivered').length === 4);
    await node.stop();
    const arrived = received.slice(1).map(({ body }) => JSON.parse(body).data);
    expect(arrived.map(({ from, to }) => `${from}>${to}`)).toEqual([
      ...['unknown>healthy', 'healthy>failing', 'failing>degraded', 'degraded>healthy'],
    ]);
  });

  test('what a node that went down had taken comes again from another, with the same id', async () => {
    const { url, received } = await receiver([200]);
    await addSource({ webhookUrl: url });
    // A node that delivers and goes down before it can say so.
    const first = run({ store: { ...store.sources, transaction: failingToSettle() } });
    await until(() => received.length === 1);
    await until(() => first.faults.length === 1);
    await first.stop();
    const second = run();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(received).toHaveLength(1);
    nowMs += minuteMs;
    await until(() => second.seen.includes('delivered'));
    await second.stop();
    expect(received).toHaveLength(2);
    expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id']);
    expect(received[1]?.body).toBe(received[0]?.body);
  });

  function failingToSettle(): ScheduleDeps['store']['transaction'] {
    return (work) =>
      store.sources.transaction((tx) =>
        work({ ...tx, settleNotice: () => Promise.reject(new TypeError('the node is gone')) }),
      );
  }

  test('nothing is sent where the policy forbids it', async () => {
    const { url, port, received } = await receiver([200]);
    await addSource({ webhookUrl: url });
    const node = run({ own: [{ host: '127.0.0.1', port }] });
    await until(() => node.seen.includes('retried'));
    await node.stop();
    expect(received).toEqual([]);
  });

  test('over TLS a notice goes to nobody but who the name is made out to', async () => {
    const ca = certificates.authority.cert;
    const good = await receiver([200], certificates.good);
    const wrong = await receiver([200], certificates.wrongName);
    await addSource({ webhookUrl: good.url, name: 'good' });
    await addSource({ webhookUrl: wrong.url, name: 'wrong' });
    const node = run({ ca });
    await until(() => node.seen.includes('delivered') && node.seen.includes('retried'));
    await node.stop();
    expect(good.received.map(({ body }) => JSON.parse(body).data.name)).toEqual(['good']);
    expect(wrong.received).toEqual([]);
  });

  test('a receiver that is slow holds up nobody else, and stopping does not wait for it', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    atEnd.push(async () => {
      silent.closeAllConnections();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const { url, received } = await receiver([200]);
    const waiting = await addSource({ webhookUrl: `http://localhost:${port}/`, name: 'a-slow' });
    await addSource({ webhookUrl: url, name: 'b-quick' });
    const node = run();
    await until(() => received.length === 1);
    const startedMs = performance.now();
    await node.stop();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    // Not counted: it is due again, with no attempt behind it.
    const [notice] = await store.sources.claimDueNotices(nowMs, 1_000, 10);
    expect(notice).toMatchObject({ sourceId: waiting.id, attempts: 0 });
  });
});
