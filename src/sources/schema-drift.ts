/**
 * Drift: a source's catalogue is written down once, and what changed since is told by reading both side by side.
 *
 * @module
 */
import type { AuditEvent } from '../audit/index.js';
import { AppError } from '../kernel/errors.js';
import { type Attempt, admitAttempt, runAttempt } from './attempt.js';
import { type CatalogGroup, type CatalogRequest, catalogGroups } from './catalog.js';
import type { CheckFinding } from './checks.js';
import { compareCatalogs } from './comparison/compare-catalogs.js';
import { entriesOf } from './comparison/snapshot-entry.js';
import type { Room } from './deps.js';
import type { CatalogChange, Snapshot, SnapshotEntry } from './drift.js';
import { sourcesErrors } from './errors.js';
import { readingMs } from './metadata.js';
import type { StageRow } from './model.js';
import { closeQuietly, inTurns, openReading, type RecordedReading, recordReading } from './open-reading.js';
import type { CatalogReading, ProbeLimits } from './ports.js';
import { finding, skippedFinding } from './preflight-rows.js';
import { findSourceFor } from './reach-subject.js';
import type { Reason } from './reasons.js';
import type { Actor } from './use-cases.js';

export interface SourceInput extends Actor {
  /** Id or name. */
  readonly source: string;
  readonly signal: AbortSignal;
}

const leftOut: ReadonlySet<CatalogGroup> = new Set<CatalogGroup>(['grants', 'sizes']);

/** Everything that is compared. */
const wholeCatalog: CatalogRequest = {
  schemas: null,
  names: [],
  groups: new Set(catalogGroups.filter((group) => !leftOut.has(group))),
  after: null,
  limit: null,
};

/** See `use-cases.ts` for the contract. */
export async function takeSnapshot(room: Room, input: SourceInput): Promise<Snapshot> {
  const { id } = await findSourceFor(room, input.principal, input.source, 'sources.manage');
  const { attempt, recorded } = await openForDrift(room, { ...input, source: id }, 'sources.manage');
  let faults = 0;
  async function* entries(): AsyncGenerator<SnapshotEntry> {
    for await (const one of entriesOf(recorded.items())) {
      if ('entry' in one) yield one.entry;
      else faults += 1;
    }
  }
  try {
    const describe = (snapshot: Snapshot) => describeSnapshot(room, attempt, snapshot, faults);
    const written = await room.store.writeSnapshot(id, room.clock.nowMs(), entries(), describe);
    if (written === null) throw sourcesErrors.not_found();
    return written;
  } finally {
    await recorded.close();
  }
}

/** See `use-cases.ts` for the contract. */
export async function diff(
  room: Room,
  input: SourceInput,
): Promise<{ readonly snapshot: Snapshot; changes(): AsyncIterable<CatalogChange> }> {
  const source = await findSourceFor(room, input.principal, input.source, 'sources.inspect');
  const snapshot = await room.store.findSnapshot(source.id);
  if (snapshot === null) throw sourcesErrors.no_snapshot({ details: { fix: 'Take a snapshot first.' } });
  const { recorded } = await openForDrift(room, { ...input, source: source.id }, 'sources.inspect');
  async function* changes(): AsyncGenerator<CatalogChange> {
    try {
      yield* compareWith(room, snapshot as Snapshot, recorded);
    } finally {
      await recorded.close();
    }
  }
  return { snapshot, changes };
}

/**
 * The check of preflight: whether anything changed, and what, as far as the time goes. The way to the source has just
 * been proved, so a fault here is one of the catalogue.
 */
export async function findDrift(
  room: Room,
  { subject, connections }: Pick<Attempt, 'subject' | 'connections'>,
  limits: ProbeLimits,
): Promise<CheckFinding> {
  const startedMs = performance.now();
  const spentMs = () => Math.round(performance.now() - startedMs);
  if (subject.source === null) return skippedFinding('schemaDrift', 'not_a_source');
  const snapshot = await room.store.findSnapshot(subject.source.id);
  if (snapshot === null) return skippedFinding('schemaDrift', 'no_snapshot');
  const late = () => finding('schemaDrift', 'fail', 'STAGE_TIMEOUT', { ms: spentMs() });
  if (limits.totalMs < minDriftMs) return late();
  const ended = await openReading(room, subject, wholeCatalog, limits, { readMs: limits.totalMs, connections });
  const reading = ended.value;
  if (reading === null)
    return finding('schemaDrift', 'fail', failureOf(ended.report.failure?.reason), { ms: spentMs() });
  let isLate = false;
  const stop = () => {
    isLate = true;
    closeQuietly(room, reading);
  };
  const timer = setTimeout(stop, Math.max(0, limits.totalMs - spentMs()));
  let changes = 0;
  let breaking = 0;
  const objects = new Set<string>();
  try {
    for await (const change of compareWith(room, snapshot, { reading, items: () => inTurns(reading.items()) })) {
      // Closed under its hands a reading may look like one that came to its end: what is missing then is not gone.
      if (isLate) break;
      changes += 1;
      if (change.isBreaking) breaking += 1;
      if (objects.size < maxObjects) objects.add(nameOf(change));
    }
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault;
    isLate = true;
  } finally {
    clearTimeout(timer);
    await reading.close();
  }
  if (isLate && changes === 0) return late();
  const evidence = { changes, breaking, snapshotTakenAtMs: snapshot.takenAtMs, isWhole: !isLate };
  const [status, reason] = changes === 0 ? (['pass', null] as const) : (['warn', 'CATALOG_DRIFTED'] as const);
  return finding('schemaDrift', status, reason, { ms: spentMs(), evidence, objects: [...objects].map(printable) });
}

const minDriftMs = 250;
const maxObjects = 20;
const maxNameCharacters = 256;

function failureOf(reason: StageRow['reason'] | undefined): Reason {
  return reason === 'TOTAL_TIMEOUT' || reason === 'STAGE_TIMEOUT' ? 'STAGE_TIMEOUT' : 'CATALOG_VIEW_MISSING';
}

function nameOf({ schema, object }: CatalogChange): string {
  return object === null ? schema : `${schema}.${object}`;
}

function printable(name: string): string {
  return name.replace(/\p{C}/gu, '�').slice(0, maxNameCharacters);
}

function compareWith(
  room: Room,
  snapshot: Snapshot,
  { reading, items }: Pick<RecordedReading, 'reading' | 'items'>,
): AsyncGenerator<CatalogChange> {
  return compareCatalogs({
    stored: room.store.readSnapshot(snapshot.id),
    live: items(),
    liveSchemas: new Set(reading.schemas.map((schema) => schema.name)),
  });
}

/** @throws `sources.unreachable` · `sources.cancelled` · as `admitAttempt` */
async function openForDrift(
  room: Room,
  { source, ...input }: SourceInput,
  action: 'sources.manage' | 'sources.inspect',
): Promise<{ readonly attempt: Attempt; readonly recorded: RecordedReading }> {
  const attempt = await admitAttempt(room, 'metadata', { ...input, subject: { source } }, { action });
  const { report, value } = await runAttempt<CatalogReading>(room, attempt, {
    work: (limits) =>
      openReading(room, attempt.subject, wholeCatalog, limits, { readMs: readingMs, connections: attempt.connections }),
    discard: (late) => closeQuietly(room, late),
    keepsOpen: true,
  });
  if (value === null) throw sourcesErrors.unreachable();
  return { attempt, recorded: recordReading(room, attempt, { report, value }, readingMs) };
}

function describeSnapshot(
  { clock }: Room,
  { actor: { principal, origin } }: Attempt,
  snapshot: Snapshot,
  faults: number,
): AuditEvent {
  return {
    name: 'source.snapshot_taken',
    atMs: clock.nowMs(),
    origin,
    actorId: principal.userId,
    credential: { kind: principal.credential.kind, id: principal.credential.id },
    organisationId: principal.organisationId,
    subject: `source:${snapshot.sourceId}`,
    outcome: 'ok',
    reason: null,
    facts: { snapshot: snapshot.id, objects: snapshot.objects, faults },
  };
}
