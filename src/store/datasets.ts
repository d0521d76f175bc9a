/**
 * The port of data on our tables: datasets, put together with grants and receipts of writes, which have files of their
 * own. What every request asks, a dataset with the grants of some roles, is one statement.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { AuditEvent } from '../audit/index.js';
import type { DataStore, DatasetQuestion, DatasetWithGrants, DataTransaction } from '../data/index.js';
import type { KeyRing } from '../secrets/index.js';
import type { AuditTrail } from './audit.js';
import { fromDataset, toDataset, toGrant } from './data-codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { grantReads, grantWrites } from './grants.js';
import type { HeldLookUps } from './held-look-ups.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import { readLimits } from './source-codecs.js';
import { receiptReads, receiptWrites } from './write-receipts.js';

export interface DataStoreDeps {
  readonly engine: StoreEngine;
  readonly keyRing: KeyRing;
  readonly trail: AuditTrail;
  readonly held: HeldLookUps;
}

export function createDataStore({ engine, keyRing, trail, held }: DataStoreDeps): DataStore {
  const { read } = engine;
  return {
    ...grantReads(read),
    ...receiptReads(read, keyRing),

    async transaction(work) {
      let hasChanged = false;
      const attempt = async (tx: StoreDatabase) => {
        hasChanged = false;
        const events: AuditEvent[] = [];
        const auditWriter = trail.writerWithin(tx);
        const noted = <Input extends unknown[], Result>(verb: (...input: Input) => Promise<Result>) => {
          return (...input: Input) => {
            hasChanged = true;
            return verb(...input);
          };
        };
        const datasets = datasetWrites(tx, engine.kind);
        const grants = grantWrites(tx, engine.kind);
        const made = await work({
          findDataset: datasets.findDataset,
          insertDataset: noted(datasets.insertDataset),
          updateDataset: noted(datasets.updateDataset),
          deleteDataset: noted(datasets.deleteDataset),
          findGrant: grants.findGrant,
          insertGrant: noted(grants.insertGrant),
          updateGrant: noted(grants.updateGrant),
          deleteGrant: noted(grants.deleteGrant),
          ...receiptWrites(tx, keyRing),
          // Written last, so that a chain is held no longer than its own append and the commit take.
          appendAudit: async (event) => {
            events.push(event);
          },
        });
        if (hasChanged) await held.change(tx);
        await auditWriter.write(events);
        return made;
      };
      let made: Awaited<ReturnType<typeof work>>;
      try {
        made = await engine.transaction(attempt);
      } finally {
        // When it failed, too: whether a commit came through is not always known.
        if (hasChanged) held.tell();
      }
      if (hasChanged) await held.untilKnown();
      return made;
    },

    async findDatasets(question, roleIds) {
      const key = `${roleIds === null ? 'no roles' : digestOf(roleIds)} ${JSON.stringify(question)}`;
      return held.find(key, () => datasetsWithGrants(read, question, roleIds), weightOf);
    },

    async listDatasets(filter, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['string', 'string']);
      let query = datasetRows(read);
      if (filter.organisationId !== undefined) {
        query = query.where('datasets.organisation_id', '=', filter.organisationId);
      }
      if (filter.sourceId !== undefined) query = query.where('datasets.source_id', '=', filter.sourceId);
      if (filter.sourceIds !== undefined) {
        if (filter.sourceIds.length === 0) return { items: [] };
        query = query.where('datasets.source_id', 'in', filter.sourceIds);
      }
      const { grantedToRoleIds } = filter;
      if (grantedToRoleIds !== undefined) {
        if (grantedToRoleIds.length === 0) return { items: [] };
        query = query.where('datasets.id', 'in', ({ selectFrom }) =>
          selectFrom('grants').select('grants.dataset_id').where('grants.role_id', 'in', grantedToRoleIds),
        );
      }
      if (after !== null) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('datasets.name', 'datasets.id'), '>', tuple(after[0], after[1])),
        );
      }
      const rows = await query
        .orderBy('datasets.name')
        .orderBy('datasets.id')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, toDataset, (row) => [row.name, row.id]);
    },

    async findSource(reference) {
      const row = await read
        .selectFrom('sources')
        .select(['id', 'name', 'organisation_id', 'limits'])
        .where(({ eb, or }) => or([eb('id', '=', reference), eb('name', '=', reference)]))
        .executeTakeFirst();
      if (row === undefined) return null;
      const { statementMs } = readLimits(row.limits);
      return { id: row.id, name: row.name, organisationId: row.organisation_id, statementMs };
    },

    async findRoles(organisationId, name) {
      let query = read.selectFrom('roles').select(['id', 'organisation_id']).where('name', '=', name);
      if (organisationId !== null) query = query.where('organisation_id', '=', organisationId);
      const rows = await query.limit(1_000).execute();
      return rows.map((row) => ({ id: row.id, organisationId: row.organisation_id }));
    },

    async findOrganisationId(uid) {
      const row = await read.selectFrom('organisations').select('id').where('uid', '=', uid).executeTakeFirst();
      return row?.id ?? null;
    },
  };
}

/** Of lists that nobody can change: whoever has a thousand roles is asked for them with every reading. */
const digests = new WeakMap<readonly string[], string>();

/** The same for the same roles, and for no others. */
function digestOf(roleIds: readonly string[]): string {
  const known = digests.get(roleIds);
  if (known !== undefined) return known;
  const digest = hash('sha256', JSON.stringify(roleIds), 'base64url');
  if (Object.isFrozen(roleIds)) digests.set(roleIds, digest);
  return digest;
}

async function datasetsWithGrants(
  read: StoreDatabase,
  question: DatasetQuestion,
  roleIds: readonly string[] | null,
): Promise<readonly DatasetWithGrants[]> {
  let query = datasetRows(read)
    .select('sources.limits as source_limits')
    .leftJoin('grants', (join) => {
      const on = join.onRef('grants.dataset_id', '=', 'datasets.id');
      return roleIds === null || roleIds.length === 0
        ? on.on(sql<boolean>`1 = 0`)
        : on.on('grants.role_id', 'in', roleIds);
    })
    .select([
      'grants.id as grant_id',
      'grants.role_id as grant_role_id',
      'grants.operations as grant_operations',
      'grants.readable as grant_readable',
      'grants.writable as grant_writable',
      'grants.filter as grant_filter',
      'grants.masks as grant_masks',
    ])
    .orderBy('datasets.id')
    .orderBy('grants.id');
  switch (question.by) {
    case 'id':
      query = query.where('datasets.id', '=', question.id);
      break;
    case 'name':
      query = query.where('datasets.name', '=', question.name);
      if (question.organisationId !== null) {
        query = query.where('datasets.organisation_id', '=', question.organisationId);
      }
      break;
    case 'place': {
      const { source, object } = question;
      // One branch per index: an `or` over three columns would make the planner read every dataset of the source.
      const ids = (column: 'name' | 'place' | 'table_name') =>
        read
          .selectFrom('datasets')
          .select('datasets.id')
          .where(`datasets.${column}`, '=', object)
          .where('datasets.source_id', '=', sourceIdOf(read, source));
      query = query.where('datasets.id', 'in', ids('name').union(ids('place')).union(ids('table_name')));
    }
  }
  return withGrants(await query.execute());
}

/** What is not there is asked for each time. */
function weightOf(found: readonly DatasetWithGrants[]): number {
  return found.reduce((sum, { grants }) => sum + 1 + grants.length, 0);
}

function datasetWrites(
  tx: StoreDatabase,
  kind: StoreEngine['kind'],
): Pick<DataTransaction, 'findDataset' | 'insertDataset' | 'updateDataset' | 'deleteDataset'> {
  return {
    async findDataset(id) {
      let query = datasetRows(tx).where('datasets.id', '=', id);
      if (kind === 'postgres') query = query.forUpdate('datasets');
      const row = await query.executeTakeFirst();
      return row === undefined ? null : toDataset(row);
    },

    async insertDataset(dataset) {
      // Held until the transaction ends, so that the dataset does not outlive its source in between.
      let source = tx.selectFrom('sources').select('id').where('id', '=', dataset.sourceId);
      if (kind === 'postgres') source = source.forKeyShare();
      if ((await source.executeTakeFirst()) === undefined) return 'gone';
      const row = fromDataset(dataset);
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('datasets')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows !== 0n) return 'ok';
      return (await isNameTaken(tx, dataset.organisationId, dataset.name, dataset.id)) ? 'taken' : 'place_taken';
    },

    async updateDataset({ id, organisationId, name }) {
      await holdNames(tx, kind, organisationId);
      if (await isNameTaken(tx, organisationId, name, id)) return 'taken';
      const { numUpdatedRows } = await tx
        .updateTable('datasets')
        .set({ name })
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n ? 'ok' : 'gone';
    },

    async deleteDataset(id) {
      const { numDeletedRows } = await tx.deleteFrom('datasets').where('id', '=', id).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

async function isNameTaken(tx: StoreDatabase, organisationId: string, name: string, byOtherThan: string) {
  const other = await tx
    .selectFrom('datasets')
    .select('id')
    .where('organisation_id', '=', organisationId)
    .where('name', '=', name)
    .where('id', '!=', byOtherThan)
    .executeTakeFirst();
  return other !== undefined;
}

/** Until the transaction ends nobody else renames in the organisation: a name that was free stays so. */
async function holdNames(tx: StoreDatabase, kind: StoreEngine['kind'], organisationId: string): Promise<void> {
  if (kind === 'sqlite') return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`latchkey datasets ${organisationId}`}, 0))`.execute(tx);
}

function sourceIdOf(db: StoreDatabase, reference: string) {
  // No name is a UUID, so no text is the id of one and the name of another.
  return db
    .selectFrom('sources')
    .select('sources.id')
    .where(({ eb, or }) => or([eb('sources.id', '=', reference), eb('sources.name', '=', reference)]))
    .limit(1);
}

function datasetRows(db: StoreDatabase) {
  return db
    .selectFrom('datasets')
    .innerJoin('sources', 'sources.id', 'datasets.source_id')
    .selectAll('datasets')
    .select('sources.name as source_name');
}

type JoinedRow = Parameters<typeof toDataset>[0] & {
  readonly source_limits: string;
  readonly grant_id: string | null;
  readonly grant_role_id: string | null;
  readonly grant_operations: string | null;
  readonly grant_readable: string | null;
  readonly grant_writable: string | null;
  readonly grant_filter: string | null;
  readonly grant_masks: string | null;
};

/** @param rows  One per grant, those of a dataset together. */
function withGrants(rows: readonly JoinedRow[]): readonly DatasetWithGrants[] {
  const found: (DatasetWithGrants & { readonly grants: DatasetWithGrants['grants'][number][] })[] = [];
  for (const row of rows) {
    let last = found.at(-1);
    if (last?.dataset.id !== row.id) {
      last = { dataset: toDataset(row), grants: [], statementMs: readLimits(row.source_limits).statementMs };
      found.push(last);
    }
    const grant = grantOf(row);
    if (grant !== null) last.grants.push(grant);
  }
  return found;
}

function grantOf(row: JoinedRow) {
  const { grant_id, grant_role_id, grant_operations, grant_masks } = row;
  if (grant_id === null || grant_role_id === null || grant_operations === null || grant_masks === null) return null;
  return toGrant({
    id: grant_id,
    role_id: grant_role_id,
    dataset_id: row.id,
    operations: grant_operations,
    readable: row.grant_readable,
    writable: row.grant_writable,
    filter: row.grant_filter,
    masks: grant_masks,
  });
}
