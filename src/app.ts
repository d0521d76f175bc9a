/**
 * The composition root: the only file that knows the whole house. It reads the wall clock and the random generator for
 * everybody, opens the rooms in order and closes them in the opposite one. No logic of its own.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Principal } from './access/index.js';
import { type Audit, type AuditOrigin, createAudit } from './audit/index.js';
import { type Config, ConfigError } from './config/index.js';
import { createEngineDetector } from './connectors/detect.js';
import { createMysqlConnector } from './connectors/mysql/index.js';
import { createPostgresConnector } from './connectors/postgres/index.js';
import { createSqliteConnector } from './connectors/sqlite/index.js';
import { createSampleDatabase } from './connectors/sqlite/sample-database.js';
import { type Core, createHttp } from './http/index.js';
import {
  createIdentity,
  createPasswordPool,
  defaultIdentityPolicy,
  type Identity,
  type IdentityPolicy,
} from './identity/index.js';
import type { Clock } from './kernel/clock.js';
import type { Ids } from './kernel/ids.js';
import type { Secret } from './kernel/secret.js';
import {
  createDialler,
  createTargetPolicy,
  endpointsOfUrl,
  type OwnEndpoint,
  parseTargetsAllow,
  type TargetRule,
  targetSyntax,
} from './network/index.js';
import { createLog, type Log } from './observability/index.js';
import {
  createKeyRing,
  ensureListenerCertificate,
  type ListenerCertificate,
  loadMasterKey,
  parseMasterKey,
  readListenerCertificate,
} from './secrets/index.js';
import { createSources, type Sources } from './sources/index.js';
import { openStore, type Store } from './store/open-store.js';

const clock: Clock = { nowMs: () => Date.now() };
const ids: Ids = { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) };

export interface AppOptions {
  /** A command says what it has to say itself; only the service writes its log in full. */
  readonly log: 'full' | 'errors-only';
  /** Weak sample passwords are possible only here. */
  readonly isDemo?: boolean;
}

export interface App {
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Identity;
  readonly sources: Sources;
  readonly audit: Audit;
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
  const allow = targetRules(config);
  const isBoundToLoopback = loopbackHosts.has(config.host);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const keyRing = createKeyRing({ current: await masterKey(config), randomBytes: ids.bytes });
  const store = await openStore({
    url: config.storeUrl ?? undefined,
    dataDir: config.dataDir,
    keyRing,
    clock,
    ids,
    onFatal: (fault) => {
      log.fatal({ fault }, 'it is not known whether a write is durable: ending');
      process.exit(1);
    },
  });
  const [digestKey, decoyKey] = await ownKeys(store);
  const hasher = createPasswordPool(config.passwordHashThreads === 0 ? {} : { threads: config.passwordHashThreads });
  const audit = createAudit({ store: store.audit, chain: store.auditChain, clock });
  const identity = createIdentity({
    store: store.identity,
    clock,
    ids,
    hasher,
    digestKey,
    decoyKey,
    policy: identityPolicy(config, options.isDemo === true),
    observer: { backgroundWriteFailed: (fault) => log.warn({ fault }, 'a last-seen time was not written') },
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
  const sources = createSources({
    connectors: [
      createPostgresConnector({ dialler, clock }),
      createMysqlConnector({ dialler, clock }),
      createSqliteConnector({
        roots: config.sqliteRoots,
        isBoundToLoopback: () => isBoundToLoopback,
        ownFolders: [config.dataDir],
        ownFiles: config.storeUrl?.startsWith('sqlite:') === true ? [config.storeUrl.slice('sqlite:'.length)] : [],
      }),
    ],
    detector: createEngineDetector({ dialler }),
    syntax: targetSyntax,
    audit,
    clock,
  });
  const listenerCertificate = () => certificateOf(config);
  const isStoreReady = atMostEverySecond(() => store.isReady());
  const core: Core = {
    clock,
    ids,
    identity,
    sources,
    isStoreReady,
    reportFault: (fault, requestId) => log.error({ fault, requestId }, 'a request failed that should not have'),
    settings: { workflowsAccess: config.workflowsAccess, isBoundToLoopback, maxBodyBytes: 1_048_576 },
  };
  return {
    clock,
    log,
    identity,
    sources,
    audit,
    operator: () => ({
      principal: identity.localPrincipal('cli'),
      origin: { door: 'cli', requestId: null, address: null },
    }),
    isStoreReady,
    listenerCertificate,
    createSampleDatabase,
    async serve() {
      const { certificate, key, fingerprint } = await listenerCertificate();
      const http = await createHttp(core, {
        http: config.httpPort === null ? null : { host: config.host, port: config.httpPort },
        https: config.httpsPort === null ? null : { host: config.host, port: config.httpsPort, certificate, key },
        onRequestDone: (facts) => log.info(facts, 'request'),
      });
      const urls = await http.listen();
      listening.push(...endpointsOfUrl(urls.http, 80), ...endpointsOfUrl(urls.https, 443));
      const serverFile = join(config.dataDir, 'server.json');
      writeFileSync(`${serverFile}.new`, JSON.stringify({ pid: process.pid, ...urls }), { mode: 0o600 });
      renameSync(`${serverFile}.new`, serverFile);
      log.info({ ...urls, ...(urls.https === null ? {} : { fingerprint }) }, 'ready');
      return {
        ...urls,
        async stop() {
          rmSync(serverFile, { force: true });
          await http.close(10_000);
        },
      };
    },
    async close() {
      await identity.settle();
      await hasher.close();
      await store.close();
    },
  };
}

/** @throws ConfigError with one line per entry that is not a target. */
export function targetRules(config: Config): readonly TargetRule[] {
  const parsed = parseTargetsAllow(config.targetsAllow.join(','));
  if (!parsed.ok) throw new ConfigError(parsed.faults.map((fault) => `targets.allow: ${fault}`));
  return parsed.rules;
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

async function masterKey(config: Config): Promise<Secret<Uint8Array>> {
  if (config.masterKey !== null) return parseMasterKey(config.masterKey);
  const file = config.masterKeyFile ?? join(config.dataDir, 'master.key');
  return (await loadMasterKey({ file, randomBytes: ids.bytes })).key;
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

function identityPolicy(config: Config, isDemo: boolean): IdentityPolicy {
  return {
    ...defaultIdentityPolicy,
    passwordParameters: {
      memoryKib: config.passwordMemoryKib,
      passes: config.passwordPasses,
      lanes: config.passwordLanes,
    },
    minPersonLength: config.passwordMinLength,
    contextWords: [...defaultIdentityPolicy.contextWords, ...config.passwordContextWords],
    keepKeyValues: config.apiKeysListTokens === 'full',
    cloudio: {
      idleMs: config.sessionsCloudioIdleMinutes * 60_000,
      absoluteMs: config.sessionsCloudioHours * 3_600_000,
    },
    allowWeakPasswords: isDemo,
  };
}

function certificateOf({ host, dataDir, httpsCertificateFile, httpsKeyFile }: Config): Promise<ListenerCertificate> {
  if (httpsCertificateFile !== null && httpsKeyFile !== null) {
    return readListenerCertificate(httpsCertificateFile, httpsKeyFile);
  }
  const names = ['localhost', '127.0.0.1', '::1', hostname(), ...(['0.0.0.0', '::'].includes(host) ? [] : [host])];
  return ensureListenerCertificate(dataDir, [...new Set(names.map((name) => name.toLowerCase()))], clock.nowMs());
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
