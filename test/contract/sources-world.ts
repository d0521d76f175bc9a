/**
 * The room `sources` with ports that play a part: connectors that say what a test wants them to say, a store in
 * memory, and everything that was recorded and observed.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Action, Principal } from '../../src/access/index.js';
import type { AuditEvent, AuditOrigin } from '../../src/audit/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { targetSyntax } from '../../src/network/index.js';
import {
  type CatalogItem,
  type CatalogReading,
  type CatalogRequest,
  type CheckFinding,
  type ConnectionTarget,
  createSources,
  type DataConnector,
  type DataSession,
  type Engine,
  type PreflightRequest,
  type ProbeLimits,
  type ProbeResult,
  type ProbeStep,
  type SessionLimits,
  type Snapshot,
  type SnapshotEntry,
  type Source,
  type SourceConnector,
  type SourceSecrets,
  type SourceStore,
  type SourcesDeps,
  standardLimits,
} from '../../src/sources/index.js';

export const origin: AuditOrigin = { door: 'native', requestId: 'r-1', address: '127.0.0.1' };
export const nowMs = 1_800_000_000_000;
export const dayMs = 86_400_000;
export const secret = 'CANARY-password';

export function principalWith(...allowed: Action[]): Principal {
  return {
    userId: 'u-1',
    username: 'john.doe',
    userKind: 'person',
    organisationId: 'o-1',
    organisationUid: 'acme',
    credential: { kind: 'precrime_token', id: 's-1', expiresAtMs: null },
    roleIds: [],
    sources: null,
    allowed: new Set(allowed),
  } as unknown as Principal;
}

export const target: ConnectionTarget = {
  engine: 'postgres',
  host: 'db.example',
  port: 5432,
  username: 'app',
  authType: 'basic',
  password: new Secret(secret),
  database: 'app',
  tls: { mode: 'verify-full' },
};

export const source: Source = {
  id: 'a1b2c3d4-0000-4000-8000-000000000001',
  name: 'sales',
  description: null,
  organisationId: 'o-1',
  organisationUid: 'acme',
  engine: 'postgres',
  host: 'db.example',
  port: 5432,
  database: 'app',
  username: 'app',
  authType: 'basic',
  tls: { mode: 'verify-full', ca: null, clientCertificate: null, hasClientKey: false },
  credential: { kind: 'stored' },
  credentialSetAtMs: nowMs - 10 * dayMs,
  purpose: 'read_write',
  limits: { ...standardLimits, connectMs: 4_000 },
  checkEveryMinutes: null,
  nextCheckAtMs: null,
  webhookUrl: null,
  health: {
    state: 'unknown',
    sinceMs: nowMs,
    checkedAtMs: null,
    stage: null,
    reason: null,
    failuresInRow: 0,
    passesInRow: 0,
  },
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  revision: 1,
};

export const step = (
  stage: ProbeStep['stage'],
  reason: ProbeStep['reason'] = null,
  evidence: ProbeStep['evidence'] = {},
): ProbeStep => ({ stage, status: reason === null ? 'pass' : 'fail', reason, ms: 1, evidence });

export const passing = (
  ['policy', 'resolve', 'tcp', 'tls', 'handshake', 'authenticate', 'database', 'query'] as const
).map((stage) => step(stage));

export const passed: ProbeResult = { steps: passing, serverVersion: 'PostgreSQL 15.18' };

/** A walk that passes until it fails. */
export function failedWalk(stage: ProbeStep['stage'], reason: NonNullable<ProbeStep['reason']>): ProbeResult {
  const upTo = passing.findIndex((one) => one.stage === stage);
  return { steps: [...passing.slice(0, Math.max(0, upTo)), step(stage, reason)], serverVersion: null };
}

export function found(
  check: CheckFinding['check'],
  status: CheckFinding['status'] = 'pass',
  more: Partial<CheckFinding> = {},
): CheckFinding {
  return { check, status, reason: null, ms: 1, evidence: {}, objects: [], statements: [], ...more };
}

/** A catalogue that says `items`; counts how often it was closed. */
export function readingOf(
  items: readonly CatalogItem[] | (() => AsyncIterable<CatalogItem>),
  more: Partial<CatalogReading> = {},
): CatalogReading & { readonly closed: () => number } {
  let closed = 0;
  const names = typeof items === 'function' ? [] : items.flatMap((item) => schemaOf(item) ?? []);
  return {
    server: {
      engine: 'postgres',
      version: 'PostgreSQL 15.18',
      catalog: 'app',
      collation: null,
      timeZone: null,
      isReadOnly: false,
    },
    schemas: [...new Set(names)].map((name) => ({ catalog: 'app', name, owner: null, comment: null })),
    fingerprint: async (schema) => (schema === 'public' ? 'f"1\r\n' : null),
    items: typeof items === 'function' ? items : () => streamOf(items),
    async close() {
      closed += 1;
    },
    closed: () => closed,
    ...more,
  };
}

function schemaOf(item: CatalogItem): string | null {
  switch (item.section) {
    case 'table':
      return item.table.schema;
    case 'type':
      return item.type.schema;
    case 'sequence':
      return item.sequence.schema;
    case 'routine':
      return item.routine.schema;
    case 'fault':
      return null;
  }
}

export async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

export interface WorldOptions {
  readonly probe?: (limits: ProbeLimits, target: ConnectionTarget) => Promise<ProbeResult>;
  readonly findings?: readonly CheckFinding[];
  /** The walk of `openCatalog`; that of `probe` when absent. */
  readonly reading?: (request: CatalogRequest) => CatalogReading;
  readonly detected?: { readonly engine: Engine | null; readonly steps: readonly ProbeStep[] };
  readonly tests?: SourcesDeps['tests'];
  readonly budgets?: SourcesDeps['budgets'];
  readonly minimumVersions?: SourcesDeps['minimumVersions'];
  readonly appendFails?: boolean;
  readonly sources?: readonly Source[];
  readonly secrets?: SourceSecrets;
  readonly credential?: Awaited<ReturnType<SourcesDeps['credentials']['find']>>;
  readonly engines?: readonly Engine[];
  /** Real ones, in place of all that play a part. */
  readonly connectors?: readonly SourceConnector[];
  /** Opens a session for data; absent: the engines cannot be queried. */
  readonly session?: (target: ConnectionTarget, limits: ProbeLimits & SessionLimits) => Promise<DataSession | null>;
}

export function createWorld(options: WorldOptions = {}) {
  const events: AuditEvent[] = [];
  const calls: string[] = [];
  const targets: ConnectionTarget[] = [];
  const limitsGiven: ProbeLimits[] = [];
  const preflights: PreflightRequest[] = [];
  const observed: Record<string, unknown>[] = [];
  const walk = async (limits: ProbeLimits, to: ConnectionTarget) => {
    targets.push(to);
    limitsGiven.push(limits);
    return (await options.probe?.(limits, to)) ?? passed;
  };
  const openDataWith =
    (open: NonNullable<WorldOptions['session']>): DataConnector['openData'] =>
    async (to, limits) => {
      calls.push('open data');
      const probe = await walk(limits, to);
      return { probe, session: hasFailed(probe) ? null : await open(to, limits) };
    };
  const hasFailed = (probe: ProbeResult) => probe.steps.some((one) => one.status === 'fail');
  const connectorOf = (engine: Engine, wellKnownPorts: number[]): SourceConnector => ({
    engine,
    wellKnownPorts,
    extraKeys: [],
    authTypes: ['basic'],
    isFileEngine: engine === 'sqlite' || engine === 'duckdb',
    async probe(to, limits) {
      calls.push(`probe ${engine}`);
      return walk(limits, to);
    },
    async preflight(to, request, limits) {
      calls.push(`preflight ${engine}`);
      preflights.push(request);
      const probe = await walk(limits, to);
      return { probe, findings: hasFailed(probe) ? [] : (options.findings ?? []) };
    },
    async openCatalog(to, request, limits) {
      calls.push(`open ${engine}`);
      const probe = await walk(limits, to);
      return { probe, reading: hasFailed(probe) ? null : (options.reading?.(request) ?? readingOf([])) };
    },
    ...(options.session === undefined ? {} : { openData: openDataWith(options.session) }),
  });
  const store = createMemoryStore(options, calls, events);
  const sources = createSources({
    connectors:
      options.connectors ??
      (options.engines ?? (['postgres', 'mysql', 'sqlite'] as const)).map((engine) =>
        connectorOf(engine, engine === 'postgres' ? [5432] : engine === 'mysql' ? [3306] : []),
      ),
    detector: {
      async detect() {
        calls.push('detect');
        return options.detected ?? { engine: null, steps: [] };
      },
    },
    syntax: targetSyntax,
    audit: {
      async append(more) {
        if (options.appendFails === true) throw new Error('disk full');
        calls.push('append');
        events.push(...more);
      },
    },
    clock: { nowMs: () => nowMs },
    ids: { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) },
    store,
    credentials: {
      async find() {
        calls.push('find');
        return options.credential ?? { ok: false, reason: 'CREDENTIAL_REF_UNRESOLVED' };
      },
      isAllowed: () => true,
    },
    poster: { post: async () => null, isUrl: () => true },
    observer: {
      connectionTested: (facts) => observed.push({ told: 'tested', ...facts }),
      unclassified: (facts) => observed.push({ told: 'unclassified', ...facts }),
      healthChanged: (facts) => observed.push({ told: 'health', ...facts }),
      noticeAttempted: (facts) => observed.push({ told: 'notice', ...facts }),
      backgroundFailed: (fault) => observed.push({ told: 'failed', fault }),
    },
    ...(options.tests === undefined ? {} : { tests: options.tests }),
    ...(options.budgets === undefined ? {} : { budgets: options.budgets }),
    ...(options.minimumVersions === undefined ? {} : { minimumVersions: options.minimumVersions }),
  });
  return { sources, events, calls, targets, limitsGiven, preflights, observed, snapshots: store.snapshots };
}

/** As much of a store as the verbs of the room ask. */
function createMemoryStore(
  { sources = [source], secrets }: WorldOptions,
  calls: string[],
  events: AuditEvent[],
): SourceStore & { readonly snapshots: Map<string, { snapshot: Snapshot; entries: SnapshotEntry[] }> } {
  const snapshots = new Map<string, { snapshot: Snapshot; entries: SnapshotEntry[] }>();
  const absent = () => Promise.reject(new TypeError('no test asks for this'));
  return {
    snapshots,
    findSource: async (reference) => sources.find((one) => one.id === reference || one.name === reference) ?? null,
    findKnownSource: async (id) => sources.find((one) => one.id === id) ?? null,
    listSources: absent,
    countByHealth: absent,
    async findSourceSecrets() {
      calls.push('secrets');
      return secrets ?? { password: new Secret(secret), clientKey: null, webhookKey: null };
    },
    findOrganisationId: absent,
    transaction: absent,
    claimDueChecks: absent,
    claimDueNotices: absent,
    findSnapshot: async (sourceId) => snapshots.get(sourceId)?.snapshot ?? null,
    readSnapshot: (id) => streamOf([...snapshots.values()].find((one) => one.snapshot.id === id)?.entries ?? []),
    async writeSnapshot(sourceId, takenAtMs, entries, audit) {
      const taken: SnapshotEntry[] = [];
      for await (const entry of entries) taken.push(entry);
      const snapshot = { id: `snap-${snapshots.size + 1}`, sourceId, takenAtMs, objects: taken.length };
      snapshots.set(sourceId, { snapshot, entries: taken });
      events.push(audit(snapshot));
      return snapshot;
    },
  };
}
