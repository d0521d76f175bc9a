/**
 * From what a caller calls a dataset to the dataset and the caller's standing with it. What is unknown, what is of
 * another organisation and what no grant is for are one answer, after one look-up.
 *
 * @module
 */
import { authorize, type Principal, type Standing, standingOf } from '../access/index.js';
import { dataErrors } from './errors.js';
import type { Dataset, DatasetReference } from './model.js';
import type { DataStore, DatasetQuestion, DatasetWithGrants } from './ports.js';

export interface Reach extends DatasetWithGrants {
  readonly standing: Standing;
}

/** Whoever may read the data folder: needs no grant. */
export function isOperator(principal: Principal): boolean {
  return principal.credential.kind === 'cli';
}

/**
 * @throws `access.denied` without `data.use` · `data.dataset_denied` · `data.dataset_ambiguous` several that the caller
 *         may use.
 */
export async function reach(
  store: Pick<DataStore, 'findDatasets' | 'findSource'>,
  principal: Principal,
  reference: DatasetReference,
): Promise<Reach> {
  authorize(principal, 'data.use');
  const question = questionOf(principal, reference);
  const found = await store.findDatasets(question, isOperator(principal) ? null : principal.roleIds);
  const own = found.filter((one) => isWithinReach(principal, one));
  const [only, another] = nearest(own, reference);
  if (only === undefined && isOperator(principal)) return tableForOperator(store, principal, reference);
  if (only === undefined) throw dataErrors.dataset_denied();
  if (another !== undefined) throw dataErrors.dataset_ambiguous();
  return reachOf(principal, only);
}

/** The same right is the same object for as long as what was looked up is believed. */
const reaches = new WeakMap<DatasetWithGrants, WeakMap<Principal, Reach>>();

function reachOf(principal: Principal, found: DatasetWithGrants): Reach {
  const known = reaches.get(found)?.get(principal);
  if (known !== undefined) return known;
  const made: Reach = { ...found, standing: standingOf(principal, found.grants) };
  const ofFound = reaches.get(found) ?? new WeakMap<Principal, Reach>();
  reaches.set(found, ofFound.set(principal, made));
  return made;
}

/** Whoever needs no grant needs no dataset either: any table of a source, by `schema.table`. */
async function tableForOperator(
  store: Pick<DataStore, 'findSource'>,
  principal: Principal,
  reference: DatasetReference,
): Promise<Reach> {
  const source = reference.by === 'place' ? await store.findSource(reference.source) : null;
  const at = reference.by === 'place' ? reference.object.indexOf('.') : -1;
  if (reference.by !== 'place' || source === null || at < 1) throw dataErrors.dataset_not_found();
  const { object } = reference;
  return {
    dataset: {
      ...{ id: '', name: object, sourceId: source.id, sourceName: source.name, createdAtMs: 0 },
      organisationId: source.organisationId,
      of: { kind: 'table', schema: object.slice(0, at), name: object.slice(at + 1) },
    },
    grants: [],
    statementMs: source.statementMs,
    standing: standingOf(principal, []),
  };
}

/** What the trail calls it; a table that is no dataset by its source. */
export function subjectOf({ id, sourceId }: Dataset): string {
  return id === '' ? `source:${sourceId}` : `dataset:${id}`;
}

function questionOf(principal: Principal, reference: DatasetReference): DatasetQuestion {
  if (reference.by === 'place') return reference;
  if (isOperator(principal)) return { by: 'name', organisationId: null, name: reference.name };
  // An account always has an organisation; whoever has neither finds nothing by this id.
  return { by: 'name', organisationId: principal.organisationId ?? '', name: reference.name };
}

function isWithinReach(principal: Principal, { dataset, grants }: DatasetWithGrants): boolean {
  if (principal.sources !== null && !principal.sources.includes(dataset.sourceId)) return false;
  if (isOperator(principal)) return true;
  return dataset.organisationId === principal.organisationId && grants.length > 0;
}

/** A name is meant before a place, and a whole place before a table that is called like it. */
export function nearest<One extends Pick<DatasetWithGrants, 'dataset'>>(
  found: readonly One[],
  reference: DatasetReference,
): readonly One[] {
  if (reference.by === 'name' || found.length < 2) return found;
  const { object } = reference;
  const named = found.filter(({ dataset }) => dataset.name === object);
  if (named.length > 0) return named;
  const placed = found.filter(({ dataset: { of } }) => of.kind === 'table' && `${of.schema}.${of.name}` === object);
  return placed.length > 0 ? placed : found;
}
