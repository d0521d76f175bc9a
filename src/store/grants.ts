/** Grants in our tables. @module */
import type { DataStore, DataTransaction, GrantDetail } from '../data/index.js';
import { fromGrant, toGrant } from './data-codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import type { GrantRow } from './schema.js';

export function grantReads(read: StoreDatabase): Pick<DataStore, 'findGrant' | 'listGrants'> {
  return {
    async findGrant(id) {
      const row = await grantRows(read).where('grants.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toDetail(row);
    },

    async listGrants(filter, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number', 'string']);
      let query = grantRows(read);
      if (filter.organisationId !== undefined) {
        query = query.where('datasets.organisation_id', '=', filter.organisationId);
      }
      if (filter.roleId !== undefined) query = query.where('grants.role_id', '=', filter.roleId);
      if (filter.datasetId !== undefined) query = query.where('grants.dataset_id', '=', filter.datasetId);
      if (filter.sourceId !== undefined) query = query.where('datasets.source_id', '=', filter.sourceId);
      if (filter.sourceIds !== undefined) {
        if (filter.sourceIds.length === 0) return { items: [] };
        query = query.where('datasets.source_id', 'in', filter.sourceIds);
      }
      if (after !== null) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('grants.created_at_ms', 'grants.id'), '>', tuple(after[0], after[1])),
        );
      }
      const rows = await query
        .orderBy('grants.created_at_ms')
        .orderBy('grants.id')
        .limit(limit + 1)
        .execute();
      const { items, ...rest } = pageOf(rows, limit, toDetail, (row) => [row.created_at_ms, row.id]);
      return { ...rest, items: items.filter((item) => item !== null) };
    },
  };
}

export function grantWrites(
  tx: StoreDatabase,
  kind: StoreEngine['kind'],
): Pick<DataTransaction, 'findGrant' | 'insertGrant' | 'updateGrant' | 'deleteGrant'> {
  return {
    async findGrant(id) {
      let query = tx.selectFrom('grants').selectAll().where('id', '=', id);
      if (kind === 'postgres') query = query.forUpdate();
      const row = await query.executeTakeFirst();
      return row === undefined ? null : toGrant(row);
    },

    async insertGrant(grant, createdAtMs) {
      let role = tx.selectFrom('roles').select('id').where('id', '=', grant.roleId);
      let dataset = tx.selectFrom('datasets').select('id').where('id', '=', grant.datasetId);
      if (kind === 'postgres') {
        role = role.forKeyShare();
        dataset = dataset.forKeyShare();
      }
      if ((await role.executeTakeFirst()) === undefined) return false;
      if ((await dataset.executeTakeFirst()) === undefined) return false;
      await tx
        .insertInto('grants')
        .values({ ...fromGrant(grant), created_at_ms: createdAtMs })
        .execute();
      return true;
    },

    async updateGrant(grant) {
      const { id, role_id, dataset_id, ...terms } = fromGrant(grant);
      const { numUpdatedRows } = await tx
        .updateTable('grants')
        .set(terms)
        .where('id', '=', id)
        .where('role_id', '=', role_id)
        .where('dataset_id', '=', dataset_id)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async deleteGrant(id) {
      const { numDeletedRows } = await tx.deleteFrom('grants').where('id', '=', id).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function grantRows(db: StoreDatabase) {
  return db
    .selectFrom('grants')
    .innerJoin('roles', 'roles.id', 'grants.role_id')
    .innerJoin('datasets', 'datasets.id', 'grants.dataset_id')
    .innerJoin('sources', 'sources.id', 'datasets.source_id')
    .innerJoin('organisations', 'organisations.id', 'datasets.organisation_id')
    .selectAll('grants')
    .select([
      'roles.name as role_name',
      'datasets.name as dataset_name',
      'datasets.organisation_id as organisation_id',
      'sources.name as source_name',
      'sources.id as source_id',
      'organisations.uid as organisation_uid',
    ]);
}

type DetailRow = GrantRow & {
  readonly role_name: string;
  readonly dataset_name: string;
  readonly organisation_id: string;
  readonly source_name: string;
  readonly source_id: string;
  readonly organisation_uid: string;
};

function toDetail(row: DetailRow): GrantDetail | null {
  const grant = toGrant(row);
  if (grant === null) return null;
  return {
    grant,
    role: row.role_name,
    dataset: row.dataset_name,
    source: row.source_name,
    sourceId: row.source_id,
    organisation: row.organisation_uid,
    organisationId: row.organisation_id,
    createdAtMs: row.created_at_ms,
  };
}
