/** What a caller may do with a dataset, and which datasets there are for a caller. @module */
import { authorize, type Standing, viewColumns } from '../access/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import { dataErrors } from './errors.js';
import { maxBufferedRows, maxWrittenBytes } from './limits.js';
import type { Actor, Dataset, DatasetReference, DatasetView } from './model.js';
import type { DataParts } from './parts.js';
import { isOperator, reach } from './reach.js';
import { refusalRecorded } from './read-trail.js';
import { relationOf } from './relation-of.js';
import type { Data } from './use-cases.js';

/** See `use-cases.ts`. */
export async function view(parts: DataParts, actor: Actor, reference: DatasetReference): Promise<DatasetView> {
  const found = await refusalRecorded(parts, actor, () => reach(parts.store, actor.principal, reference));
  const { dataset, standing, statementMs } = found;
  const signal = new AbortController().signal;
  const limits = { statementMs, maxRows: maxBufferedRows, maxBytes: maxWrittenBytes, signal };
  const relation = await relationOf(parts, dataset, limits);
  const rights = viewColumns(standing, relation);
  if (rights.operations.length === 0) throw dataErrors.dataset_denied();
  const readable = new Set(rights.columns.filter(({ isReadable }) => isReadable).map(({ column }) => column.name));
  const isShown = (columns: readonly string[]) => columns.every((name) => readable.has(name));
  return {
    dataset,
    operations: rights.operations,
    columns: rights.columns.map(({ column, ...may }) => ({ ...column, ...may })),
    tableColumns: relation.columns,
    tableKey: relation.primaryKey,
    primaryKey: isShown(relation.primaryKey) ? relation.primaryKey : [],
    foreignKeys: relation.foreignKeys.filter(({ columns }) => isShown(columns)),
    rowEstimate: seesEveryRow(standing) ? relation.rowEstimate : null,
  };
}

function seesEveryRow(standing: Standing): boolean {
  if (standing.kind === 'operator') return true;
  return standing.grants.some(({ operations, filter }) => operations.includes('query') && filter === null);
}

/** See `use-cases.ts`. */
export async function list(
  { store }: DataParts,
  { principal }: Actor,
  { source }: Parameters<Data['list']>[1],
  page: PageRequest,
): Promise<Page<Dataset>> {
  authorize(principal, 'data.use');
  const sourceId = source === undefined ? null : ((await store.findSource(source))?.id ?? '');
  const { organisationId, roleIds, sources } = principal;
  const narrowed = {
    ...(sourceId === null ? {} : { sourceId }),
    ...(sources === null ? {} : { sourceIds: sources }),
  };
  if (isOperator(principal)) return store.listDatasets(narrowed, page);
  if (organisationId === null) return { items: [] };
  return store.listDatasets({ ...narrowed, organisationId, grantedToRoleIds: roleIds }, page);
}
