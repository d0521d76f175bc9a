/** Administration of datasets: which tables, views and named queries of sources can be granted at all. @module */
import { accessErrors, authorize, isAllowed, type Principal } from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import { AppError } from '../kernel/errors.js';
import type { Relation } from '../query/index.js';
import { sourcesErrors } from '../sources/index.js';
import { adminEvent } from './admin-event.js';
import { namesFor, readName } from './dataset-name.js';
import { dataErrors } from './errors.js';
import { assertMayGrant, governed, governs } from './law.js';
import { maxBufferedRows, maxQueryCharacters, maxWrittenBytes } from './limits.js';
import type { Actor, Dataset } from './model.js';
import type { DataParts } from './parts.js';
import type { DataTransaction, GuardedSource } from './ports.js';
import { describeQuery } from './relation-of.js';
import type { Data, NewDataset } from './use-cases.js';

export function createDatasets(parts: DataParts): Data['datasets'] {
  const { store } = parts;
  return {
    add: (actor, input) => addDataset(parts, actor, input),

    async list({ principal }, { source }, page) {
      assertMayGrant(principal);
      const own = governed(principal);
      if (own === null) return { items: [] };
      const sourceId = source === undefined ? null : ((await store.findSource(source))?.id ?? '');
      return store.listDatasets({ ...own, ...(sourceId === null ? {} : { sourceId }) }, page);
    },

    async show({ principal }, reference) {
      assertMayGrant(principal);
      return findGoverned(parts, principal, reference);
    },

    async rename(actor, reference, name) {
      assertMayGrant(actor.principal);
      readName(name);
      const { id } = await findGoverned(parts, actor.principal, reference);
      return store.transaction(async (tx) => {
        const before = await tx.findDataset(id);
        if (before === null) throw dataErrors.dataset_not_found();
        if (before.name === name) return before;
        const dataset = { ...before, name };
        const outcome = await tx.updateDataset(dataset);
        if (outcome === 'gone') throw dataErrors.dataset_not_found();
        if (outcome === 'taken') throw dataErrors.name_taken({ details: { field: 'name' } });
        await tx.appendAudit(datasetEvent(parts, 'dataset.changed', actor, dataset, { before: before.name }));
        return dataset;
      });
    },

    async remove(actor, reference) {
      assertMayGrant(actor.principal);
      const { id } = await findGoverned(parts, actor.principal, reference);
      await store.transaction(async (tx) => {
        const dataset = await tx.findDataset(id);
        if (dataset === null || !(await tx.deleteDataset(id))) throw dataErrors.dataset_not_found();
        await tx.appendAudit(datasetEvent(parts, 'dataset.removed', actor, dataset));
      });
    },
  };
}

/**
 * The dataset of that id, or of that name in the caller's organisation; where the caller has none or governs all of
 * them, in any.
 *
 * @throws `data.dataset_not_found` unknown and foreign alike · `data.dataset_ambiguous`
 */
export async function findGoverned(
  { store }: Pick<DataParts, 'store'>,
  principal: Principal,
  reference: string,
): Promise<Dataset> {
  const found = [
    ...(await store.findDatasets({ by: 'id', id: reference }, null)),
    ...(await store.findDatasets({ by: 'name', organisationId: null, name: reference }, null)),
  ];
  const own = found.map(({ dataset }) => dataset).filter((dataset) => governs(principal, dataset));
  // One's own is meant before that of another organisation.
  const near = own.filter(({ organisationId }) => organisationId === principal.organisationId);
  const [only, another] = near.length > 0 ? near : own;
  if (only === undefined) throw dataErrors.dataset_not_found();
  if (another !== undefined) throw dataErrors.dataset_ambiguous({ details: { fix: 'Give its id.' } });
  return only;
}

/** @throws `sources.not_found` unknown and foreign alike. */
export async function findGovernedSource(
  { store }: Pick<DataParts, 'store'>,
  principal: Principal,
  reference: string,
): Promise<GuardedSource> {
  const source = await store.findSource(reference);
  if (source === null || !governs(principal, { organisationId: source.organisationId, sourceId: source.id })) {
    throw sourcesErrors.not_found({ details: { field: 'source' } });
  }
  return source;
}

async function addDataset(parts: DataParts, actor: Actor, input: NewDataset): Promise<Dataset> {
  assertMayGrant(actor.principal);
  const name = input.name === undefined ? null : readName(input.name);
  const source = await findGovernedSource(parts, actor.principal, input.source);
  const { of } = input;
  if (of.kind === 'table') await findTable(parts, source, of);
  else await judgeQuery(parts, actor, source, of.text);
  if (of.kind === 'query' && name === null) throw dataErrors.name_invalid({ details: { field: 'name' } });
  return parts.store.transaction((tx) => insertDataset(parts, tx, actor, { source, name, of }));
}

/** @throws `data.relation_not_found` · what reading the catalogue throws. */
export async function findTable(
  { sources }: DataParts,
  source: GuardedSource,
  place: { readonly schema: string; readonly name: string },
): Promise<Relation> {
  const relation = await sources.findRelation(source.id, place);
  if (relation === null) throw dataErrors.relation_not_found({ details: { field: 'table' } });
  return relation;
}

/**
 * The text is SQL that the service will run with the source's account, so only who manages the source may write it, and
 * only what the database itself says is one SELECT is kept.
 *
 * @throws `access.denied` · `data.query_invalid` · `sources.unreachable`
 */
async function judgeQuery(parts: DataParts, { principal }: Actor, source: GuardedSource, text: string): Promise<void> {
  authorize(principal, 'sources.manage');
  const isOwn = isAllowed(principal, 'directory.manage') || principal.organisationId === source.organisationId;
  if (!isOwn) throw accessErrors.denied();
  const invalid = (fix: string) => dataErrors.query_invalid({ details: { field: 'query', fix } });
  if (text.trim() === '' || text.length > maxQueryCharacters || text.includes('\0')) {
    throw invalid(`Send a text of 1 to ${maxQueryCharacters} characters.`);
  }
  const { statementMs } = source;
  const limits = {
    ...{ statementMs, maxRows: maxBufferedRows, maxBytes: maxWrittenBytes },
    signal: new AbortController().signal,
  };
  const { columns } = await describeQuery(parts.sources, source.id, text, limits).catch((error: unknown) => {
    if (error instanceof AppError && refusals.has(error.code)) {
      throw dataErrors.query_invalid({ details: { field: 'query' }, cause: error });
    }
    throw error;
  });
  const names = new Set(columns.map((column) => column.name));
  if (columns.length === 0) throw invalid('Select at least one column.');
  if (names.size < columns.length || names.has('')) throw invalid('Give every column a name of its own.');
}

/** How a session says that a text is nothing it could run. */
const refusals: ReadonlySet<string> = new Set([
  sourcesErrors.query_refused.code,
  sourcesErrors.value_refused.code,
  sourcesErrors.relation_changed.code,
]);

/**
 * @param name  `null`: made from the table's.
 * @throws `data.name_taken` · `data.place_taken` · `data.name_invalid` · `sources.not_found`
 */
export async function insertDataset(
  parts: DataParts,
  tx: DataTransaction,
  actor: Actor,
  { source, name, of }: { readonly source: GuardedSource; readonly name: string | null; readonly of: Dataset['of'] },
): Promise<Dataset> {
  const made = of.kind === 'table' ? namesFor(source.name, of.schema, of.name) : [];
  const names = name === null ? made : [name];
  for (const one of names) {
    const dataset: Dataset = {
      id: parts.ids.uuid(),
      name: one,
      sourceId: source.id,
      sourceName: source.name,
      organisationId: source.organisationId,
      of,
      createdAtMs: parts.clock.nowMs(),
    };
    const outcome = await tx.insertDataset(dataset);
    if (outcome === 'gone') throw sourcesErrors.not_found();
    if (outcome === 'place_taken') throw dataErrors.place_taken({ details: { field: 'table' } });
    if (outcome === 'ok') {
      await tx.appendAudit(datasetEvent(parts, 'dataset.created', actor, dataset));
      return dataset;
    }
  }
  // A table whose name gives none, or whose names are all taken, is given one by hand.
  if (names.length === 0)
    throw dataErrors.name_invalid({ details: { field: 'name', fix: 'Give the dataset a name.' } });
  throw dataErrors.name_taken({ details: { field: 'name' } });
}

function datasetEvent(
  parts: DataParts,
  name: 'dataset.created' | 'dataset.changed' | 'dataset.removed',
  actor: Actor,
  dataset: Dataset,
  facts: AuditEvent['facts'] = {},
): AuditEvent {
  const { of } = dataset;
  const place = of.kind === 'table' ? { table: `${of.schema}.${of.name}` } : {};
  return adminEvent(parts.clock, name, actor, {
    organisationId: dataset.organisationId,
    subject: `dataset:${dataset.id}`,
    facts: { name: dataset.name, source: dataset.sourceName, kind: of.kind, ...place, ...facts },
  });
}
