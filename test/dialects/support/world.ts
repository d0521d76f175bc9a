/**
 * The front door over the real rooms: identity, an embedded store in a throw-away folder, both listeners on free ports,
 * a clock that stands still until a test moves it, and hashes that cost next to nothing.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudit } from '../../../src/audit/index.js';
import { loadConfig, presentSettings } from '../../../src/config/index.js';
import { createData } from '../../../src/data/index.js';
import { type Core, createHttp, type Http, type HttpOptions, type RequestDone } from '../../../src/http/index.js';
import {
  type Actor,
  createIdentity,
  createPasswordPool,
  defaultIdentityPolicy,
  type Identity,
  type IdentityPolicy,
  type NewUser,
} from '../../../src/identity/index.js';
import { Secret } from '../../../src/kernel/secret.js';
import { networks } from '../../../src/network/index.js';
import { createKeyRing, ensureListenerCertificate, makePrivateKey } from '../../../src/secrets/index.js';
import type { Sources } from '../../../src/sources/index.js';
import { openStore } from '../../../src/store/open-store.js';
import type { RealDeps } from './real-sources.js';
import { createScriptedSources } from './scripted-sources.js';

/** 2026-04-26T00:08:27Z. */
export const startMs = 1_777_162_107_000;

/** Every password of these tests carries a marker that no answer may ever hold. */
export const marker = 'cAnArY';
export const passwords = {
  ada: `${marker} tangerine orbit cactus`,
  bob: `${marker} velvet lantern walnut`,
  nightly: `${marker} copper meadow anchor`,
  api: `${marker} quartz ribbon thunder`,
  nobody: `${marker} pepper glacier button`,
};

export interface World {
  readonly core: Core;
  readonly identity: Identity;
  readonly http: Http;
  /** Base URLs of the listeners. */
  readonly plainUrl: string;
  readonly tlsUrl: string;
  /** PEM of the TLS listener. */
  readonly certificate: string;
  readonly clock: { nowMs(): number; advance(ms: number): void };
  /** What was told to the operator's log. */
  readonly faults: { fault: unknown; requestId: string }[];
  readonly done: RequestDone[];
  /** Makes every use-case of identity throw this from now on; `null` mends it. */
  sabotage(fault: unknown): void;
  /** Makes the operator's log throw. */
  breakLog(isBroken: boolean): void;
  addUser(user: Omit<NewUser, 'organisationUid' | 'password'> & { password: string }): Promise<void>;
  /** Names of audit events since the last call, oldest first. */
  takeEvents(): Promise<string[]>;
  closeStore(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly sources?: Sources | ((deps: RealDeps) => Sources);
  readonly settings?: Partial<Core['settings']>;
  readonly http?: Partial<HttpOptions>;
  readonly keepKeyValues?: boolean;
  readonly guesses?: IdentityPolicy['guesses'];
  readonly apiKeys?: IdentityPolicy['apiKeys'];
}

const operator: Actor = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

/** One person (`ada`), another (`bob`), a service account, an API user, and somebody without any right. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-door-'));
  let nowMs = startMs;
  const clock = {
    nowMs: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
  const ids = { uuid: () => randomUUID(), bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  const keyRing = createKeyRing({ current: new Secret(ids.bytes(32)), randomBytes: ids.bytes });
  const store = await openStore({ dataDir, keyRing, clock, ids, onFatal: () => {} });
  const hasher = createPasswordPool({ threads: 1 });
  const identity = createIdentity({
    store: store.identity,
    clock,
    ids,
    hasher,
    digestKey: await store.installSecret('digest', () => ids.bytes(32)),
    decoyKey: await store.installSecret('decoy', () => ids.bytes(32)),
    makePrivateKey,
    issuer: () => 'https://latchkey.example',
    networks,
    policy: {
      ...defaultIdentityPolicy,
      passwordParameters: { memoryKib: 8, passes: 1, lanes: 1 },
      keepKeyValues: options.keepKeyValues ?? true,
      // Many scenarios make keys and throw none away.
      apiKeys: options.apiKeys ?? { perUser: 10_000, maxLifetimeMs: null },
      // Many scenarios sign in wrongly, all from one address.
      guesses: options.guesses ?? { perSource: 10_000, perAccountDay: 10_000, perAddressHour: 10_000 },
    },
  });
  const addUser: World['addUser'] = async ({ password, ...user }) => {
    await identity.users.add(operator, { ...user, organisationUid: 'acme', password: new Secret(password) });
  };
  await identity.organisations.add(operator, { uid: 'acme', name: 'Acme Corp' });
  await addUser({
    kind: 'person',
    username: 'ada',
    password: passwords.ada,
    email: 'ada@acme.example',
    firstName: 'Ada',
    lastName: 'Lovelace',
  });
  await addUser({ kind: 'person', username: 'bob', password: passwords.bob });
  await addUser({ kind: 'service', username: 'nightly', displayName: 'Nightly', password: passwords.nightly });
  await addUser({ kind: 'api', username: 'vault', password: passwords.api });
  await addUser({ kind: 'person', username: 'nobody', password: passwords.nobody, roles: [] });

  // Signing keys are made with the first sign-in of a family; their events are not of any scenario.
  for (const family of ['precrime', 'cloudio', 'onedb'] as const) {
    const origin = { door: family, requestId: null, address: null };
    await identity.login({ family, username: 'bob', password: new Secret(passwords.bob), origin });
  }

  const faults: World['faults'] = [];
  const done: RequestDone[] = [];
  let sabotage: unknown = null;
  let isLogBroken = false;
  let isStoreOpen = true;
  const sources =
    typeof options.sources === 'function'
      ? options.sources({ clock, ids, audit: store.audit, store: store.sources })
      : (options.sources ?? createScriptedSources());
  const data = createData({
    ...{ store: store.data, sources: sources.data, directory: identity.users },
    ...{ audit: store.audit, clock, ids },
  });
  const core: Core = {
    clock,
    ids,
    identity: sabotaged(identity, () => sabotage),
    sources,
    data,
    audit: createAudit({ store: store.audit, chain: store.auditChain, clock }),
    settingsInForce: () => presentSettings(loadConfig({ environment: {}, folder: dataDir })),
    node: () => ({
      ...{ startedAtMs: startMs, nodeVersion: process.versions.node, rssBytes: 1, storeEngine: 'sqlite' },
      listeners: { http: null, https: null },
    }),
    countSources: (organisationId) => store.sources.countByHealth(organisationId ?? undefined),
    isStoreReady: () => store.isReady(),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: '# nothing\n' }),
    reportFault: (fault, requestId) => {
      if (isLogBroken) throw new Error('the log is full');
      faults.push({ fault, requestId });
    },
    settings: {
      workflowsAccess: 'loopback',
      isBoundToLoopback: true,
      trustedProxies: [],
      maxBodyBytes: 1_048_576,
      ...options.settings,
    },
  };
  const { certificate, key } = await ensureListenerCertificate(dataDir, ['localhost', '127.0.0.1'], Date.now());
  const http = await createHttp(core, {
    http: { host: '127.0.0.1', port: 0 },
    https: { host: '127.0.0.1', port: 0, certificate, key },
    onRequestDone: (request) => void done.push(request),
    ...options.http,
  });
  const urls = await http.listen();
  let seen = (await store.audit.list({}, { limit: 1_000 })).items.length;

  const closeStore = async () => {
    if (!isStoreOpen) return;
    isStoreOpen = false;
    await store.close();
  };
  return {
    core,
    identity,
    http,
    plainUrl: urls.http ?? '',
    tlsUrl: urls.https ?? '',
    certificate,
    clock,
    faults,
    done,
    sabotage: (fault) => {
      sabotage = fault;
    },
    breakLog: (isBroken) => {
      isLogBroken = isBroken;
    },
    addUser,
    async takeEvents() {
      const { items } = await store.audit.list({}, { limit: 1_000 });
      const fresh = items.slice(0, items.length - seen);
      seen = items.length;
      return fresh.map(({ name }) => name).reverse();
    },
    closeStore,
    async close() {
      await http.close(1_000);
      if (isStoreOpen) await Promise.all([identity.settle(), data.settle()]);
      await closeStore();
      await hasher.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Identity with a switch that makes every verb throw, for the one case no real fault can be arranged for. */
function sabotaged(identity: Identity, fault: () => unknown): Identity {
  const guard = <T extends object>(room: T): T =>
    new Proxy(room, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member === 'object' && member !== null) return guard(member);
        if (typeof member !== 'function') return member;
        return (...input: unknown[]) => {
          if (fault() !== null) throw fault();
          return member.apply(target, input) as unknown;
        };
      },
    });
  return guard(identity);
}
