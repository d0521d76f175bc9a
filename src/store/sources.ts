/**
 * The port of sources on our tables: the sources themselves and their secrets. Snapshots and notices have files of
 * their own.
 *
 * @module
 */
import { sql } from 'kysely';
import type { AuditEvent } from '../audit/index.js';
import type { KeyRing } from '../secrets/index.js';
import { healthStates, type SourceStore, type SourceTransaction } from '../sources/index.js';
import type { AuditTrail } from './audit.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import type { HeldLookUps } from './held-look-ups.js';
import { claimDueNotices, noticeWrites } from './notices.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import { fromHealth, fromSource, openSecrets, sealSecrets, toSource } from './source-codecs.js';
import { retireSnapshots, type SnapshotDeps, snapshotParts, sweepSnapshots } from './source-snapshots.js';

export interface SourceStoreDeps extends SnapshotDeps {
  readonly keyRing: KeyRing;
  readonly trail: AuditTrail;
  readonly held: HeldLookUps;
}

export function createSourceStore(deps: SourceStoreDeps): SourceStore {
  const { engine, keyRing, held } = deps;
  const { read } = engine;
  return {
    findSource: (reference) => findSource(read, keyRing, reference),

    async findKnownSource(id) {
      return held.find(
        `source ${id}`,
        () => findSource(read, keyRing, id),
        () => 1,
      );
    },

    async listSources(filter, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['string']);
      let query = sourceRows(read);
      if (filter.organisationId !== undefined) {
        query = query.where('sources.organisation_id', '=', filter.organisationId);
      }
      if (filter.ids !== undefined) query = query.where('sources.id', 'in', filter.ids);
      if (filter.engine !== undefined) query = query.where('sources.engine', '=', filter.engine);
      if (after !== null) query = query.where('sources.name', '>', after[0]);
      const rows = await query
        .orderBy('sources.name')
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        (row) => toSource(row, keyRing),
        (row) => [row.name],
      );
    },

    async countByHealth(organisationId) {
      const rows = await read
        .selectFrom('sources')
        .$if(organisationId !== undefined, (all) => all.where('organisation_id', '=', organisationId ?? ''))
        .select(({ fn }) => ['health', fn.countAll<number>().as('count')])
        .groupBy('health')
        .execute();
      const counts = new Map(rows.map(({ health, count }) => [health, Number(count)]));
      const [unknown, healthy, degraded, failing] = healthStates.map((state) => counts.get(state) ?? 0);
      return { unknown: unknown ?? 0, healthy: healthy ?? 0, degraded: degraded ?? 0, failing: failing ?? 0 };
    },

    async findSourceSecrets(sourceId, revision) {
      if (!isReference(sourceId)) return null;
      let query = read.selectFrom('sources').selectAll().where('id', '=', sourceId);
      if (revision !== undefined) query = query.where('revision', '=', revision);
      const row = await query.executeTakeFirst();
      return row === undefined ? null : openSecrets(row, keyRing);
    },

    async findOrganisationId(uid) {
      if (!isReference(uid)) return null;
      const row = await read.selectFrom('organisations').select('id').where('uid', '=', uid).executeTakeFirst();
      return row?.id ?? null;
    },

    async transaction(work) {
      let hasChanged = false;
      let hasDeleted = false;
      const attempt = async (tx: StoreDatabase) => {
        hasChanged = false;
        hasDeleted = false;
        const events: AuditEvent[] = [];
        const auditWriter = deps.trail.writerWithin(tx);
        const writes = sourceWrites(tx, engine.kind, keyRing, () => {
          hasDeleted = true;
        });
        const made = await work({
          ...writes,
          // A new one is in nobody's memory, and health is in nobody's question.
          updateSource: (...input) => {
            hasChanged = true;
            return writes.updateSource(...input);
          },
          deleteSource: (id) => {
            hasChanged = true;
            return writes.deleteSource(id);
          },
          ...noticeWrites(tx),
          // Written last, so that a chain is held no longer than its own append and the commit take.
          appendAudit: async (event) => {
            events.push(event);
          },
        });
        if (hasChanged) await held.change(tx);
        await auditWriter.write(events);
        return made;
      };
      let result: Awaited<ReturnType<typeof work>>;
      try {
        result = await engine.transaction(attempt);
      } finally {
        // When it failed, too: whether a commit came through is not always known.
        if (hasChanged) held.tell();
      }
      if (hasChanged) await held.untilKnown();
      // The source is gone and nobody finds its snapshot; what a failure leaves here goes with the next sweep.
      if (hasDeleted) await sweepSnapshots(engine).catch(() => {});
      return result;
    },

    async claimDueChecks(nowMs, leaseMs, limit) {
      const due = dueSources(read, nowMs, leaseMs).limit(1);
      // A look costs nothing; a transaction every few seconds would cost a sync of the disk.
      if ((await due.executeTakeFirst()) === undefined) return [];
      return engine.transaction(async (tx) => {
        let claim = dueSources(tx, nowMs, leaseMs).orderBy('next_check_at_ms').limit(limit);
        if (engine.kind === 'postgres') claim = claim.forUpdate().skipLocked();
        const ids = (await claim.execute()).map(({ id }) => id);
        if (ids.length === 0) return [];
        await tx
          .updateTable('sources')
          .set({ next_check_at_ms: nowMs + leaseMs })
          .where('id', 'in', ids)
          .execute();
        const rows = await sourceRows(tx).where('sources.id', 'in', ids).orderBy('sources.name').execute();
        return rows.map((row) => toSource(row, keyRing));
      });
    },

    claimDueNotices: (nowMs, leaseMs, limit) => claimDueNotices(engine, nowMs, leaseMs, limit),

    ...snapshotParts(deps),
  };
}

type SourceWrites = Pick<
  SourceTransaction,
  'findSource' | 'insertSource' | 'updateSource' | 'deleteSource' | 'writeHealth'
>;

function sourceWrites(
  tx: StoreDatabase,
  kind: StoreEngine['kind'],
  keyRing: KeyRing,
  onDeleted: () => void,
): SourceWrites {
  return {
    // Locked where others could write meanwhile: what is decided on what was read still stands when it is written.
    findSource: (reference) => findSource(tx, keyRing, reference, kind === 'postgres'),

    async insertSource(source, secrets) {
      const row = fromSource(source, keyRing);
      await holdName(tx, kind, source.name);
      const sealed = { password: null, client_key: null, webhook_key: null, ...sealSecrets(secrets, row, keyRing) };
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('sources')
        .values({ ...row, ...sealed, ...fromHealth(source.health) })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows !== 0n;
    },

    async updateSource(source, secrets) {
      const { id, ...row } = fromSource(source, keyRing);
      let query = tx.selectFrom('sources').select('revision').where('id', '=', id);
      if (kind === 'postgres') query = query.forUpdate();
      const stored = await query.executeTakeFirst();
      if (stored === undefined) return 'gone';
      if (stored.revision !== source.revision - 1) return 'stale';
      await holdName(tx, kind, source.name);
      const other = tx.selectFrom('sources').select('id').where('name', '=', source.name).where('id', '!=', id);
      if ((await other.executeTakeFirst()) !== undefined) return 'taken';
      await tx
        .updateTable('sources')
        .set({ ...row, ...sealSecrets(secrets, { id, ...row }, keyRing) })
        .where('id', '=', id)
        .execute();
      return 'ok';
    },

    async deleteSource(sourceId) {
      const { numDeletedRows } = await tx.deleteFrom('sources').where('id', '=', sourceId).executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
      await retireSnapshots(tx, sourceId);
      onDeleted();
      return true;
    },

    async writeHealth(sourceId, revision, health, nextCheckAtMs) {
      const { numUpdatedRows } = await tx
        .updateTable('sources')
        .set({ ...fromHealth(health), next_check_at_ms: nextCheckAtMs })
        .where('id', '=', sourceId)
        .where('revision', '=', revision)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
  };
}

/** Until the transaction ends nobody else takes the name: what a look at it said still stands when it is written. */
async function holdName(tx: StoreDatabase, kind: StoreEngine['kind'], name: string): Promise<void> {
  if (kind === 'sqlite') return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`latchkey source ${name}`}, 0))`.execute(tx);
}

async function findSource(db: StoreDatabase, keyRing: KeyRing, reference: string, isLocked = false) {
  if (!isReference(reference)) return null;
  // No name is a UUID, so no text is the id of one and the name of another.
  let query = sourceRows(db).where(({ eb, or }) =>
    or([eb('sources.id', '=', reference), eb('sources.name', '=', reference)]),
  );
  if (isLocked) query = query.forUpdate('sources');
  const row = await query.executeTakeFirst();
  return row === undefined ? null : toSource(row, keyRing);
}

/** The longest a planned check is put off beyond its interval. */
const maxJitterMs = 60_000;

/** Also those that are further away than any plan would put them: the clock was ahead when they were planned. */
function dueSources(db: StoreDatabase, nowMs: number, leaseMs: number) {
  const latest = sql<number>`${nowMs + leaseMs + maxJitterMs} + check_every_minutes * 60000`;
  return db
    .selectFrom('sources')
    .select('id')
    .where(({ eb, or }) => or([eb('next_check_at_ms', '<=', nowMs), eb('next_check_at_ms', '>', latest)]));
}

function sourceRows(db: StoreDatabase) {
  return db
    .selectFrom('sources')
    .innerJoin('organisations', 'organisations.id', 'sources.organisation_id')
    .selectAll('sources')
    .select('organisations.uid as organisation_uid');
}

/** What ids, names and uids are made of: anything else is the reference of nothing, and no text for a database. */
function isReference(text: string): boolean {
  return /^[a-z0-9_-]{1,63}$/.test(text);
}
