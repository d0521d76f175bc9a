/** What a caller may do with a dataset, and which datasets there are for a caller. @module */
import { authorize } from '../access/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import { maxBufferedRows, maxWrittenBytes } from './limits.js';
import type { Actor, Dataset, DatasetReference, DatasetView } from './model.js';
import type { DataParts } from './parts.js';
import { isOperator, reach } from './reach.js';
import { refusalRecorded } from './read-trail.js';
import { relationOf } from './relation-of.js';
import type { Data } from './use-cases.js';

const neverAborted = new AbortController().signal;

/** See `use-cases.ts`. */
export async function view(parts: DataParts, actor: Actor, reference: DatasetReference): Promise<DatasetView> {
  const found = await refusalRecorded(parts, actor, () => reach(parts.store, actor.principal, reference));
  const { dataset, standing, statementMs } = found;
  const limits = { statementMs, maxRows: maxBufferedRows, maxBytes: maxWrittenBytes, signal: neverAborted };
  return parts.views.find(dataset, standing, await relationOf(parts, dataset, limits));
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
