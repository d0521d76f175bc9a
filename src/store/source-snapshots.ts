/**
 * Snapshots of catalogues, however large: written and taken away in small transactions of their own, so that nobody
 * else waits for one, and read as they are taken. A snapshot is seen by nobody before it is complete.
 *
 * @module
 */
import type { AuditEvent } from '../audit/index.js';
import type { Ids } from '../kernel/ids.js';
import { type Snapshot, type SnapshotEntry, type SourceStore, sourcesErrors } from '../sources/index.js';
import type { AuditTrail } from './audit.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { toSnapshot } from './source-codecs.js';

export interface SnapshotDeps {
  readonly engine: StoreEngine;
  readonly trail: AuditTrail;
  readonly ids: Ids;
}

/** What one part holds at most: its JSON is made and read in a few milliseconds. */
const maxPartEntries = 1_000;
const maxPartCharacters = 262_144;
/** What one snapshot holds at most: a server that never stops telling must not fill our disk. */
const maxEntries = 2_000_000;
const maxCharacters = 1_073_741_824;
/** Parts that are taken away in one transaction. */
const sweptAtOnce = 4;
/** A writing that began longer ago is not going on any more. */
const abandonedAfterMs = 6 * 3_600_000;

type Entry = readonly [schema: string, section: string, name: string, argumentsText: string, body: string];

export function snapshotParts(
  deps: SnapshotDeps,
): Pick<SourceStore, 'findSnapshot' | 'readSnapshot' | 'writeSnapshot'> {
  const { engine } = deps;
  return {
    async findSnapshot(sourceId) {
      const row = await engine.read
        .selectFrom('source_snapshots')
        .selectAll()
        .where('source_id', '=', sourceId)
        .where('state', '=', 'complete')
        .executeTakeFirst();
      return row === undefined ? null : toSnapshot(row);
    },

    async *readSnapshot(snapshotId) {
      const snapshots = engine.read.selectFrom('source_snapshots').select(['parts', 'state']);
      const isComplete = async () => {
        const row = await snapshots.where('id', '=', snapshotId).executeTakeFirst();
        return row?.state === 'complete' ? row.parts : null;
      };
      const parts = await isComplete();
      if (parts === null) throw sourcesErrors.no_snapshot();
      for (let part = 0; part < parts; part += 1) {
        const row = await engine.read
          .selectFrom('source_snapshot_parts')
          .select('entries')
          .where('snapshot_id', '=', snapshotId)
          .where('part', '=', part)
          .executeTakeFirst();
        // Another one took its place while it was read: half of it must not pass for the whole.
        if (row === undefined) throw sourcesErrors.changed_meanwhile();
        for (const [schema, section, name, argumentsText, body] of JSON.parse(row.entries) as Entry[]) {
          yield { schema, section: section as SnapshotEntry['section'], name, arguments: argumentsText, body };
        }
      }
    },

    writeSnapshot: (sourceId, takenAtMs, entries, audit) => writeSnapshot(deps, sourceId, takenAtMs, entries, audit),
  };
}

/** See `SourceStore.writeSnapshot`. @throws `sources.reading_failed` when there is more than a snapshot may hold. */
async function writeSnapshot(
  { engine, trail, ids }: SnapshotDeps,
  sourceId: string,
  takenAtMs: number,
  entries: AsyncIterable<SnapshotEntry>,
  audit: (snapshot: Snapshot) => AuditEvent,
): Promise<Snapshot | null> {
  await sweepSnapshots(engine, takenAtMs - abandonedAfterMs);
  const id = ids.uuid();
  const hasBegun = await engine.transaction(async (tx) => {
    if (!(await isSourceThere(tx, engine, sourceId))) return false;
    const row = { id, source_id: sourceId, taken_at_ms: takenAtMs, objects: 0, parts: 0, state: 'writing' };
    await tx.insertInto('source_snapshots').values(row).execute();
    return true;
  });
  if (!hasBegun) return null;

  try {
    let objects = 0;
    let parts = 0;
    let characters = 0;
    for await (const part of inParts(entries)) {
      objects += part.length;
      const text = JSON.stringify(part);
      characters += text.length;
      if (objects > maxEntries || characters > maxCharacters) throw sourcesErrors.reading_failed();
      if (!(await writePart(engine, id, parts, text))) return null;
      parts += 1;
    }
    return await engine.transaction(async (tx) => {
      const auditWriter = trail.writerWithin(tx);
      if (!(await isSourceThere(tx, engine, sourceId))) return null;
      await tx
        .updateTable('source_snapshots')
        .set({ state: 'gone' })
        .where('source_id', '=', sourceId)
        .where('state', '=', 'complete')
        .execute();
      await tx
        .updateTable('source_snapshots')
        .set({ state: 'complete', objects, parts })
        .where('id', '=', id)
        .execute();
      const snapshot = { id, sourceId, takenAtMs, objects };
      await auditWriter.write([audit(snapshot)]);
      return snapshot;
    });
  } finally {
    // Takes away the one before; or this one, if it did not become complete.
    await engine
      .transaction((tx) =>
        tx
          .updateTable('source_snapshots')
          .set({ state: 'gone' })
          .where('id', '=', id)
          .where('state', '=', 'writing')
          .execute(),
      )
      .then(() => sweepSnapshots(engine))
      // What is left goes with the next sweep.
      .catch(() => {});
  }
}

/** @returns `false` when the snapshot is not being written any more: its source is gone. */
function writePart(engine: StoreEngine, snapshotId: string, part: number, text: string): Promise<boolean> {
  return engine.transaction(async (tx) => {
    let query = tx.selectFrom('source_snapshots').select('state').where('id', '=', snapshotId);
    if (engine.kind === 'postgres') query = query.forUpdate();
    if ((await query.executeTakeFirst())?.state !== 'writing') return false;
    await tx.insertInto('source_snapshot_parts').values({ snapshot_id: snapshotId, part, entries: text }).execute();
    return true;
  });
}

/** Locked on PostgreSQL, so that the source cannot go away, nor another snapshot become its only one, meanwhile. */
async function isSourceThere(tx: StoreDatabase, engine: StoreEngine, sourceId: string): Promise<boolean> {
  let query = tx.selectFrom('sources').select('id').where('id', '=', sourceId);
  if (engine.kind === 'postgres') query = query.forUpdate();
  return (await query.executeTakeFirst()) !== undefined;
}

async function* inParts(entries: AsyncIterable<SnapshotEntry>): AsyncIterable<Entry[]> {
  let part: Entry[] = [];
  let characters = 0;
  for await (const { schema, section, name, arguments: argumentsText, body } of entries) {
    const size = schema.length + name.length + argumentsText.length + body.length;
    if (part.length > 0 && (part.length === maxPartEntries || characters + size > maxPartCharacters)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push([schema, section, name, argumentsText, body]);
    characters += size;
  }
  if (part.length > 0) yield part;
}

/** Within the transaction that takes the source away. */
export async function retireSnapshots(tx: StoreDatabase, sourceId: string): Promise<void> {
  await tx.updateTable('source_snapshots').set({ state: 'gone' }).where('source_id', '=', sourceId).execute();
}

/**
 * Takes away what nobody finds any more, a few parts at a time.
 *
 * @param abandonedBeforeMs  Writings that began before this are given up, too.
 */
export async function sweepSnapshots(engine: StoreEngine, abandonedBeforeMs?: number): Promise<void> {
  if (abandonedBeforeMs !== undefined) {
    await engine.transaction((tx) =>
      tx
        .updateTable('source_snapshots')
        .set({ state: 'gone' })
        .where('state', '=', 'writing')
        .where('taken_at_ms', '<', abandonedBeforeMs)
        .execute(),
    );
  }
  const gone = await engine.read.selectFrom('source_snapshots').select('id').where('state', '=', 'gone').execute();
  for (const { id } of gone) {
    for (let isLeft = true; isLeft; ) isLeft = await engine.transaction((tx) => sweepSome(tx, id));
  }
}

/** @returns whether there may be more. */
async function sweepSome(tx: StoreDatabase, snapshotId: string): Promise<boolean> {
  const parts = await tx
    .selectFrom('source_snapshot_parts')
    .select('part')
    .where('snapshot_id', '=', snapshotId)
    .orderBy('part')
    .limit(sweptAtOnce)
    .execute();
  if (parts.length === 0) {
    await tx.deleteFrom('source_snapshots').where('id', '=', snapshotId).execute();
    return false;
  }
  await tx
    .deleteFrom('source_snapshot_parts')
    .where('snapshot_id', '=', snapshotId)
    .where(
      'part',
      'in',
      parts.map(({ part }) => part),
    )
    .execute();
  return true;
}
