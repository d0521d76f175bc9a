/**
 * Sources that dial nothing: the host name of the target says what the answer is, and stored sources are kept in
 * memory. For the shapes at the doors, where every verdict must be seen; that verdicts are right is tested against real
 * databases elsewhere.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { authorize } from '../../../src/access/index.js';
import type { Secret } from '../../../src/kernel/secret.js';
import {
  type CatalogChange,
  type CatalogItem,
  type CatalogRequest,
  type CatalogSchema,
  type CheckRow,
  type ConnectionReport,
  type ConnectionTarget,
  type CredentialReference,
  checks,
  type FamilyCheck,
  type NewSource,
  type ParsedTarget,
  type PreflightReport,
  type RawTarget,
  type Rejection,
  type SchemaFilter,
  type Snapshot,
  type Source,
  type SourceChange,
  type Sources,
  type Stage,
  type StageRow,
  type Subject,
  sourcesErrors,
  stages,
  standardLimits,
  type ToldReport,
} from '../../../src/sources/index.js';

export interface ScriptedSources extends Sources {
  /** What {@link Sources.parseTarget} was given, newest last. */
  readonly parsed: RawTarget[];
  /** Time limits that reaching verbs were given. */
  readonly timeouts: (number | undefined)[];
  readonly subjects: Subject[];
  /** What the next test answers; without it, success. */
  verdict: { stage: Stage; reason: string; field?: string } | null;
  /** Whether whoever asks may see why. */
  isTold: boolean;
  /** What the next parse refuses. */
  rejections: readonly Rejection[];
  /** What every reaching verb throws. */
  refusal: unknown;
  /** Filters that were asked for, and what the three checks answer. */
  readonly filters: SchemaFilter[];
  familyChecks: Readonly<Record<'databaseSchemaCheck' | 'tablesCheck' | 'versionCheck', FamilyCheck>>;
  preflightStatus: PreflightReport['status'];
  catalog: string;
  schemas: readonly CatalogSchema[];
  /** Made anew for every reading. */
  items: () => AsyncIterable<CatalogItem>;
  readonly requests: CatalogRequest[];
  readonly readings: { opened: number; closed: number; tagged: number };
  changes: readonly CatalogChange[];
  /** What `registry` was given. */
  readonly added: NewSource[];
  readonly changed: SourceChange[];
  /** Shown once, with the next addition or change. */
  webhookKey: Secret | null;
}

const nowMs = 1_777_162_107_000;

export function createScriptedSources(): ScriptedSources {
  const stored = new Map<string, Source>();
  const find = (reference: string): Source => {
    const found = [...stored.values()].find(({ id, name }) => id === reference || name === reference);
    if (found === undefined) throw sourcesErrors.not_found();
    return found;
  };
  const reach = ({ subject, timeoutMs }: { subject: Subject; timeoutMs?: number }): ToldReport => {
    if ('source' in subject) find(subject.source);
    scripted.subjects.push(subject);
    scripted.timeouts.push(timeoutMs);
    if (scripted.refusal !== null) throw scripted.refusal;
    const report = reportOf(scripted.verdict);
    if (scripted.isTold) return { detail: 'full', report };
    const isPolicy = report.failure?.stage === 'policy';
    return { detail: 'outcome', outcome: isPolicy ? 'policy' : report.outcome, engine: null };
  };
  const preflight = (): PreflightReport => ({
    status: scripted.preflightStatus,
    checks: Object.entries(checks).map(([check, definition]) => checkOf(check as CheckRow['check'], definition)),
    statements: ['GRANT SELECT ON public.orders TO app'],
    connection: reportOf(null),
    totalMs: 42.4,
  });
  const scripted: ScriptedSources = {
    parsed: [],
    timeouts: [],
    subjects: [],
    verdict: null,
    isTold: true,
    rejections: [],
    refusal: null,
    filters: [],
    familyChecks: {
      databaseSchemaCheck: { success: true, message: 'Schemas and Databases check successful' },
      tablesCheck: { success: true, message: 'Tables check successful. Table count: 3' },
      versionCheck: { success: true, message: 'Client version: 15.18 (no minimum version requirement)' },
    },
    preflightStatus: 'ready',
    catalog: 'shop',
    schemas: [schemaOf('public'), schemaOf('audit')],
    items: async function* () {
      yield tableOf('orders');
    },
    requests: [],
    readings: { opened: 0, closed: 0, tagged: 0 },
    changes: [],
    added: [],
    changed: [],
    webhookKey: null,
    parseTarget(raw): ParsedTarget {
      scripted.parsed.push(raw);
      if (scripted.rejections.length > 0) return { ok: false, rejections: scripted.rejections };
      return { ok: true, target: targetOf(raw) };
    },
    async testConnection(input) {
      authorize(input.principal, 'source' in input.subject ? 'sources.inspect' : 'connections.test');
      return reach(input);
    },
    async preflight(input) {
      const told = reach(input);
      const isReached = told.detail === 'full' ? told.report.failure === null : told.outcome === 'passed';
      return { told, preflight: isReached ? preflight() : null };
    },
    async familyCheck(input) {
      scripted.filters.push(input.filter);
      const told = reach(input);
      if (scripted.verdict !== null) return { outcome: 'failed', told };
      return { outcome: 'checked', ...scripted.familyChecks, preflight: preflight() };
    },
    async metadata(input) {
      const told = reach(input);
      scripted.requests.push(input.request);
      if (scripted.verdict !== null) return { outcome: 'failed', told };
      scripted.readings.opened += 1;
      const { catalog } = scripted;
      return {
        outcome: 'read',
        server: {
          engine: 'postgres',
          version: 'PostgreSQL 15.18',
          catalog,
          collation: 'C.UTF-8',
          timeZone: 'UTC',
          isReadOnly: false,
        },
        schemas: scripted.schemas,
        etag: async (schema) => {
          scripted.readings.tagged += 1;
          return scripted.schemas.some(({ name }) => name === schema) ? `W/"${schema}-1"` : null;
        },
        items: () => scripted.items(),
        close: async () => {
          scripted.readings.closed += 1;
        },
      };
    },
    async takeSnapshot({ source }) {
      return snapshotOf(find(source).id);
    },
    async diff({ source }) {
      const snapshot = snapshotOf(find(source).id);
      return {
        snapshot,
        async *changes() {
          yield* scripted.changes;
        },
      };
    },
    registry: {
      async add({ principal }, source) {
        scripted.added.push(source);
        if (scripted.refusal !== null) throw scripted.refusal;
        const made = sourceOf(source, principal?.organisationUid ?? 'main');
        stored.set(made.id, made);
        return { source: made, webhookKey: scripted.webhookKey };
      },
      async list(_actor, { engine }, { limit, cursor }) {
        const all = [...stored.values()].filter((one) => engine === undefined || one.engine === engine);
        const start = Number(cursor ?? 0);
        const end = start + limit;
        return { items: all.slice(start, end), ...(all.length > end ? { nextCursor: String(end) } : {}) };
      },
      async show(_actor, reference) {
        return find(reference);
      },
      async change(_actor, reference, change) {
        scripted.changed.push(change);
        if (scripted.refusal !== null) throw scripted.refusal;
        const before = find(reference);
        const after = { ...before, name: change.name ?? before.name, revision: before.revision + 1 };
        stored.set(after.id, after);
        return { source: after, webhookKey: scripted.webhookKey };
      },
      async remove(_actor, reference) {
        stored.delete(find(reference).id);
      },
    },
    startSchedule: () => ({ stop: async () => {} }),
    data: {
      findRelation: () => Promise.reject(new TypeError('no scenario asks for data')),
      lease: () => Promise.reject(new TypeError('no scenario asks for data')),
      forget: () => undefined,
    },
    close: () => undefined,
  };
  return scripted;
}

export function schemaOf(name: string): CatalogSchema {
  return { catalog: 'shop', name, owner: 'postgres', comment: null };
}

export function tableOf(name: string, schema = 'public'): CatalogItem {
  return {
    section: 'table',
    table: {
      kind: 'table',
      schema,
      name,
      comment: null,
      rowEstimate: 3,
      isPartitioned: false,
      hasRowSecurity: false,
      columns: [],
    },
  };
}

function snapshotOf(sourceId: string): Snapshot {
  return { id: '6f1f8a9e-6f0e-4c62-9d6c-6c9f5f7f2b11', sourceId, takenAtMs: nowMs, objects: 3 };
}

function checkOf(check: CheckRow['check'], { number, isBlocking, asks }: (typeof checks)[CheckRow['check']]): CheckRow {
  const isFailed = check === 'leastPrivilege';
  return {
    check,
    number,
    isBlocking,
    asks,
    status: isFailed ? 'warn' : 'pass',
    reason: isFailed ? 'PRIV_EXCESSIVE' : null,
    ms: 1.5,
    evidence: isFailed ? { superuser: true } : {},
    objects: [],
    statements: isFailed ? ['GRANT SELECT ON public.orders TO app'] : [],
    audience: isFailed ? 'dba' : null,
    field: null,
    fix: isFailed ? 'Take away what is not needed.' : null,
  };
}

function sourceOf(source: NewSource, organisation: string): Source {
  const { host, port, database, username, authType, engine } = source.target;
  return {
    id: randomUUID(),
    name: source.name,
    description: source.description ?? null,
    organisationId: randomUUID(),
    organisationUid: source.organisation ?? organisation,
    engine: (engine ?? 'postgres') as Source['engine'],
    host: String(host ?? ''),
    port: Number(port ?? 0),
    database: String(database),
    username: String(username ?? ''),
    authType: (authType ?? 'basic') as Source['authType'],
    tls: { mode: 'prefer', ca: null, clientCertificate: null, hasClientKey: false },
    credential: credentialOf(source.credential),
    credentialSetAtMs: nowMs,
    purpose: source.purpose ?? 'read',
    limits: { ...standardLimits, ...source.limits },
    checkEveryMinutes: source.checkEveryMinutes ?? null,
    nextCheckAtMs: null,
    webhookUrl: source.webhookUrl ?? null,
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
}

function credentialOf(text: string | undefined): CredentialReference {
  if (text?.startsWith('env:')) return { kind: 'env', name: text.slice('env:'.length) };
  if (text?.startsWith('file:')) return { kind: 'file', path: text.slice('file:'.length) };
  return { kind: 'stored' };
}

function targetOf(raw: RawTarget): ConnectionTarget {
  return {
    engine: 'postgres',
    host: String(raw.host),
    port: Number(raw.port),
    username: String(raw.username),
    authType: raw.authType === 'oauth' || raw.authType === 'token' ? raw.authType : 'basic',
    password: raw.password as ConnectionTarget['password'],
    database: String(raw.database),
    tls: { mode: 'prefer' },
  } as ConnectionTarget;
}

function reportOf(verdict: ScriptedSources['verdict']): ConnectionReport {
  const failed = verdict === null ? stages.length : stages.indexOf(verdict.stage);
  const rows = stages.map((stage, at): StageRow => {
    const isFailure = at === failed;
    return {
      stage,
      status: at < failed ? 'pass' : isFailure ? 'fail' : 'skip',
      reason: isFailure ? (verdict?.reason ?? null) : at < failed ? null : 'PRIOR_STAGE_FAILED',
      ms: 1,
      evidence: {},
      retryable: false,
      audience: isFailure ? 'user' : null,
      field: isFailure ? (verdict?.field ?? null) : null,
      fix: isFailure ? 'Mend it.' : null,
    } as StageRow;
  });
  return {
    outcome: verdict === null ? 'passed' : 'failed',
    engine: 'postgres',
    serverVersion: 'PostgreSQL 15.18',
    failure: rows[failed] ?? null,
    stages: rows,
    totalMs: 12,
  };
}
