/**
 * The composition root: the only file that knows the whole house. It reads the wall clock and the random generator for
 * everybody, opens the rooms in order and closes them in the opposite one. No logic of its own.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Principal } from './access/index.js';
import { type Audit, type AuditOrigin, createAudit } from './audit/index.js';
import {
  type Config,
  ConfigError,
  configFileName,
  type LoadedConfig,
  presentSettings,
  readVariable,
} from './config/index.js';
import { createEngineDetector } from './connectors/detect.js';
import { createDuckdbConnector } from './connectors/duckdb/index.js';
import { createMysqlConnector } from './connectors/mysql/index.js';
import { createPostgresConnector } from './connectors/postgres/index.js';
import { createSqliteConnector } from './connectors/sqlite/index.js';
import { createSampleDatabase } from './connectors/sqlite/sample-database.js';
import { createData, type Data } from './data/index.js';
import type { Core } from './http/index.js';
import {
  createIdentity,
  createPasswordPool,
  type Expiring,
  type Identity,
  readIdentityPolicy,
} from './identity/index.js';
import type { Clock } from './kernel/clock.js';
import type { Ids } from './kernel/ids.js';
import type { Secret } from './kernel/secret.js';
import {
  createDialler,
  createPoster,
  createTargetPolicy,
  endpointsOfUrl,
  networks,
  type OwnEndpoint,
  parseTargetsAllow,
  type TargetRule,
  targetSyntax,
} from './network/index.js';
import { createLog, createMetrics, type Log, watchSources } from './observability/index.js';
import {
  createCredentialFinder,
  createKeyRing,
  findListenerCertificate,
  findMasterKey,
  type ListenerCertificate,
  makePrivateKey,
} from './secrets/index.js';
import { createSources, type Sources } from './sources/index.js';
import { storeErrors } from './store/errors.js';
import { isStoreSealed, openStore, readStoreMigrations, type Store } from './store/open-store.js';
import { restoreSqlite } from './store/restore-sqlite.js';

export { auditEventNames } from './audit/index.js';

const clock: Clock = { nowMs: () => Date.now() };
const ids: Ids = { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) };

/** Commands at the terminal have no use for the front door, which is half of what there is to load. */
const loadFrontDoor = () => import('./http/index.js');

/** In the data folder exactly while we listen. */
const announcement = 'server.json';

export interface AppOptions {
  /** A command says what it has to say itself; only the service writes its log in full. */
  readonly log: 'full' | 'errors-only';
  /** Weak sample passwords are possible only here. */
  readonly isDemo?: boolean;
  /** Where each setting comes from, for who asks the service; absent: nobody does. */
  readonly origins?: LoadedConfig['origins'];
}

export interface App {
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Identity;
  readonly sources: Sources;
  readonly data: Data;
  readonly audit: Audit;
  readonly backUp: Store['backUp'];
  /** What opening the store applied. */
  readonly migrations: Store['migrations'];
  /** Whoever may read the data folder, at the terminal. */
  operator(): { readonly principal: Principal; readonly origin: AuditOrigin };
  isStoreReady(): Promise<boolean>;
  listenerCertificate(): Promise<ListenerCertificate>;
  createSampleDatabase(path: string): void;
  serve(): Promise<Running>;
  close(): Promise<void>;
}

export interface Running {
  /** Base URLs of what is listening. */
  readonly http: string | null;
  readonly https: string | null;
  stop(): Promise<void>;
}

/**
 * Opens every room but the front door.
 *
 * @throws ConfigError when a setting makes no sense to the room it is for.
 */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  const log = createLog({
    level: options.log === 'full' ? config.logLevel : 'fatal',
    isPretty: options.log === 'full' && process.stdout.isTTY === true,
  });
  const metrics = createMetrics();
  const allow = targetRules(config);
  const isBoundToLoopback = loopbackHosts.has(config.host);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const place = {
    url: config.storeUrl ?? undefined,
    dataDir: config.dataDir,
    onFatal: (fault: Error) => {
      log.fatal({ fault }, 'it is not known whether a write is durable: ending');
      process.exit(1);
    },
  };
  const masterKey = await findMasterKey(config, { randomBytes: ids.bytes, isSealed: () => isStoreSealed(place) });
  const keyRing = createKeyRing({ current: masterKey, randomBytes: ids.bytes });
  // Read while the threads of the store start; what is wrong with it is told where it is waited for.
  if (options.log === 'full') loadFrontDoor().catch(() => undefined);
  const store = await openStore({ ...place, keyRing, clock, ids });
  const [digestKey, decoyKey] = await ownKeys(store);
  const hasher = createPasswordPool(config.passwordHashThreads === 0 ? {} : { threads: config.passwordHashThreads });
  const audit = createAudit({ store: store.audit, chain: store.auditChain, clock });
  let ownUrl: string | null = null;
  const sharedGuesses =
    config.valkeyUrl === null
      ? undefined
      : (await import('./store/valkey-counters.js')).createValkeyCounters({
          url: config.valkeyUrl,
          onChange: (isAnswering) =>
            isAnswering
              ? log.info('Valkey answers')
              : log.warn('Valkey does not answer: every node counts wrong passwords for itself'),
        });
  const listenerCertificate = () => findListenerCertificate(config, clock.nowMs());
  const identity = createIdentity({
    sharedGuesses,
    store: store.identity,
    clock,
    ids,
    hasher,
    digestKey,
    decoyKey,
    makePrivateKey,
    issuer: () => config.publicUrl ?? ownUrl,
    networks,
    otherEnds: async () => [certificateEnd(await listenerCertificate(), config)],
    policy: readIdentityPolicy(config, options.isDemo === true),
    observer: {
      backgroundWriteFailed: (fault) => log.warn({ fault }, 'a last-seen time was not written'),
      keyRotationFailed: (fault) => log.warn({ fault }, 'signing keys were not looked after'),
      sweepFailed: (fault) => log.warn({ fault }, 'sessions that are over were not tidied away'),
      verificationPollFailed: (fault) => log.warn({ fault }, 'the store did not say which credentials changed'),
    },
  });
  metrics.watch({
    countSources: () => store.sources.countByHealth(),
    countExpiring: () => identity.expiring.count(),
    hashing: () => hasher.measure(),
    verification: () => identity.verification(),
    store: () => store.statistics(),
  });
  const listening: OwnEndpoint[] = [];
  const policy = createTargetPolicy({
    allow,
    isBoundToLoopback: () => isBoundToLoopback,
    ownEndpoints: () => [
      ...listening,
      ...endpointsOfUrl(config.storeUrl, 5432),
      ...endpointsOfUrl(config.valkeyUrl, 6379),
    ],
  });
  const dialler = createDialler({ policy });
  const files = {
    roots: config.sqliteRoots,
    isBoundToLoopback: () => isBoundToLoopback,
    ownFolders: [config.dataDir],
    ownFiles: ownFiles(config),
  };
  const sources = createSources({
    connectors: [
      createPostgresConnector({ dialler, clock }),
      createMysqlConnector({ dialler, clock }),
      createSqliteConnector(files),
      createDuckdbConnector(files),
    ],
    detector: createEngineDetector({ dialler }),
    syntax: targetSyntax,
    audit,
    clock,
    ids,
    store: store.sources,
    credentials: createCredentialFinder({
      variables: config.credentialsEnv,
      roots: config.credentialsRoots,
      isAnyAllowed: () => isBoundToLoopback,
      ownFolders: files.ownFolders,
      ownFiles: files.ownFiles,
      readVariable,
    }),
    poster: createPoster({ dialler, clock }),
    observer: watchSources(metrics, log),
    budgets: { testsPerMinute: config.connectionsTestsPerMinute, targetsPerHour: config.connectionsTargetsPerHour },
  });
  const data = createData({
    store: store.data,
    sources: sources.data,
    directory: identity.users,
    audit,
    clock,
    ids,
    auditReads: config.auditDataReads,
    onBackgroundFault: (fault) => log.error({ fault }, 'what was read was not written down'),
  });
  const isStoreReady = atMostEverySecond(() => store.isReady());
  const startedAtMs = clock.nowMs();
  let listeners: { readonly http: string | null; readonly https: string | null } = { http: null, https: null };
  const core: Core = {
    clock,
    ids,
    identity,
    sources,
    data,
    audit,
    settingsInForce: () => (options.origins === undefined ? [] : presentSettings({ config, origins: options.origins })),
    node: () => ({
      ...{ startedAtMs, nodeVersion: process.versions.node, rssBytes: process.memoryUsage.rss(), listeners },
      storeEngine: config.storeUrl?.startsWith('postgres') === true ? 'postgres' : 'sqlite',
    }),
    countSources: (organisationId) => store.sources.countByHealth(organisationId ?? undefined),
    isStoreReady,
    metrics: () => metrics.render(),
    reportFault: (fault, requestId) => log.error({ fault, requestId }, 'a request failed that should not have'),
    settings: {
      workflowsAccess: config.workflowsAccess,
      isBoundToLoopback,
      trustedProxies: config.proxiesTrusted,
      maxBodyBytes: 1_048_576,
    },
  };
  return {
    clock,
    log,
    identity,
    sources,
    data,
    audit,
    backUp: (order) => store.backUp(order),
    migrations: store.migrations,
    operator: () => ({
      principal: identity.localPrincipal('cli'),
      origin: { door: 'cli', requestId: null, address: null },
    }),
    isStoreReady,
    listenerCertificate,
    createSampleDatabase,
    async serve() {
      const { certificate, key, fingerprint } = await listenerCertificate();
      const { announceListeners, createHttp } = await loadFrontDoor();
      const http = await createHttp(core, {
        http: config.httpPort === null ? null : { host: config.host, port: config.httpPort },
        https: config.httpsPort === null ? null : { host: config.host, port: config.httpsPort, certificate, key },
        onRequestDone: (facts) => {
          log.info(facts, 'request');
          metrics.requestDone(facts);
        },
      });
      const urls = await http.listen();
      ownUrl = urls.https ?? urls.http;
      listeners = urls;
      listening.push(...endpointsOfUrl(urls.http, 80), ...endpointsOfUrl(urls.https, 443));
      metrics.watchProcess();
      const schedule = sources.startSchedule();
      const keySchedule = identity.keys.startSchedule();
      const sweep = identity.revocations.startSweep();
      const retract = announceListeners(join(config.dataDir, announcement), urls);
      log.info({ ...urls, ...(urls.https === null ? {} : { fingerprint }) }, 'ready');
      return {
        ...urls,
        async stop() {
          retract();
          await Promise.all([schedule.stop(), keySchedule.stop(), sweep.stop(), http.close(10_000)]);
        },
      };
    },
    async close() {
      await data.settle().catch((fault: unknown) => log.error({ fault }, 'what was read was not written down'));
      sources.close();
      await identity.close();
      await hasher.close();
      await sharedGuesses?.close();
      await store.close();
    },
  };
}

/**
 * Puts a backup in the place of the embedded store.
 *
 * @param prepare  Given the settings under which the copy is opened, before it is anybody's store.
 * @returns the file the store of before is kept in.
 * @throws `store.in_use` · what {@link restoreSqlite} throws.
 */
export async function restoreBackup(
  config: Config,
  from: string,
  prepare: (copy: Config) => Promise<void>,
): Promise<string | null> {
  const { isListenerAlive } = await loadFrontDoor();
  if (isListenerAlive(join(config.dataDir, announcement))) throw storeErrors.in_use();
  return restoreSqlite({
    from,
    file: (config.storeUrl ?? '').slice('sqlite:'.length),
    mark: new Date(clock.nowMs()).toISOString().replaceAll(/[:.]/g, '-'),
    prepare: (copy) => prepare({ ...config, storeUrl: `sqlite:${copy}` }),
  });
}

/** The OpenAPI document of this version. Opens nothing. */
export async function describeApi(): Promise<object> {
  return (await loadFrontDoor()).describeApi();
}

/** Migrations of this version, and which of them the store has. Opens nothing else and changes nothing. */
export function storeMigrations({ storeUrl, dataDir }: Config): ReturnType<typeof readStoreMigrations> {
  return readStoreMigrations({ url: storeUrl ?? undefined, dataDir, onFatal: () => process.exit(1) });
}

/** @throws ConfigError with one line per entry that is not a target. */
export function targetRules(config: Config): readonly TargetRule[] {
  const parsed = parseTargetsAllow(config.targetsAllow.join(','));
  if (!parsed.ok) throw new ConfigError(parsed.faults.map((fault) => `targets.allow: ${fault}`));
  return parsed.rules;
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Files that hold what is ours: no source, and no credential of one. */
function ownFiles({ storeUrl, masterKeyFile, httpsKeyFile }: Config): string[] {
  const store = storeUrl?.startsWith('sqlite:') === true ? [storeUrl.slice('sqlite:'.length)] : [];
  const others = [masterKeyFile, httpsKeyFile, configFileName].filter((file) => file !== null);
  return [...store, ...others].map((file) => resolve(file));
}

/** One of our own making is renewed by itself. */
function certificateEnd({ notAfterMs }: ListenerCertificate, { httpsCertificateFile }: Config): Expiring {
  const detail = httpsCertificateFile === null ? 'renews_itself' : null;
  const name = 'HTTPS listener';
  return { kind: 'certificate', id: null, name, owner: null, organisation: null, expiresAtMs: notAfterMs, detail };
}

/** Keys of this installation; a store that cannot give them is closed again. */
async function ownKeys(store: Store): Promise<[Secret<Uint8Array>, Secret<Uint8Array>]> {
  try {
    const makeBytes = () => ids.bytes(32);
    return [await store.installSecret('digest', makeBytes), await store.installSecret('decoy', makeBytes)];
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Health checks by the thousand cost one look at the store a second. */
function atMostEverySecond(ask: () => Promise<boolean>): () => Promise<boolean> {
  let last: { readonly atMs: number; readonly answer: Promise<boolean> } | null = null;
  return () => {
    const nowMs = performance.now();
    if (last === null || nowMs - last.atMs > 1_000) last = { atMs: nowMs, answer: ask() };
    return last.answer;
  };
}
