/** A grant as it is being written: what it is on, for whom, and its terms; from an address, from the server, to the server. @module */
import type { Dataset, Grant, Operation } from '../../api/access';
import { type FilterJson, fromJson, type Group, newGroup, toJson } from './row-filter';

export type Target =
  | { readonly by: 'table'; readonly schema: string; readonly table: string }
  | { readonly by: 'dataset'; readonly id: string; readonly name: string };

export interface Draft {
  readonly role: string;
  /** Name of the source; empty: none is chosen. */
  readonly source: string;
  readonly target: Target | null;
  readonly operations: readonly Operation[];
  /** `null`: every column. */
  readonly readable: readonly string[] | null;
  readonly writable: readonly string[] | null;
  readonly rows: Group;
  readonly masks: Readonly<Record<string, string>>;
}

export const operationWords: readonly { readonly name: Operation; readonly text: string }[] = [
  { name: 'query', text: 'Read rows.' },
  { name: 'insert', text: 'Add rows; each new row has to be one of the rows below.' },
  { name: 'update', text: 'Change rows; a changed row has to stay one of the rows below.' },
  { name: 'delete', text: 'Remove rows.' },
];
const operationNames = operationWords.map(({ name }) => name);

export function writes(operations: readonly Operation[]): boolean {
  return operations.includes('insert') || operations.includes('update');
}

/** `?role=&source=&schema=&table=` (or `dataset=`)`&operation=&columns=`; what is not said is left open. */
export function draftFromAddress(asked: URLSearchParams): Draft {
  const operation = operationNames.find((name) => name === asked.get('operation')) ?? 'query';
  const columns = (asked.get('columns') ?? '').split(',').filter((name) => name !== '');
  const given = writes([operation]);
  return {
    role: asked.get('role') ?? '',
    source: asked.get('source') ?? '',
    target: targetFromAddress(asked),
    operations: [operation],
    readable: columns.length === 0 || given ? null : columns,
    writable: given && columns.length > 0 ? columns : null,
    rows: newGroup(),
    masks: {},
  };
}

function targetFromAddress(asked: URLSearchParams): Target | null {
  const [schema, table, dataset] = [asked.get('schema'), asked.get('table'), asked.get('dataset')];
  if (dataset !== null && dataset !== '') return { by: 'dataset', id: dataset, name: dataset };
  if (table === null || table === '') return null;
  if (schema !== null && schema !== '') return { by: 'table', schema, table };
  // `schema.table`, as the other pages and the API write it.
  const dot = table.indexOf('.');
  return dot > 0 ? { by: 'table', schema: table.slice(0, dot), table: table.slice(dot + 1) } : null;
}

/** Its table, where it stands for one. */
export function targetOf({ id, name, schema, table }: Dataset): Target {
  return schema === null || table === null ? { by: 'dataset', id, name } : { by: 'table', schema, table };
}

export function draftFromGrant(grant: Grant, dataset: Dataset | undefined): Draft {
  const { role, source, operations, readable, writable, filter, masks } = grant;
  return {
    ...{ role, source, operations, readable, writable, masks },
    target: dataset === undefined ? { by: 'dataset', id: grant.dataset, name: grant.dataset } : targetOf(dataset),
    rows: filter === null ? newGroup() : fromJson(filter),
  };
}

export interface SentTerms {
  readonly operations: Operation[];
  readonly readable: string[] | null;
  readonly writable: string[] | null;
  readonly filter: FilterJson | null;
  readonly masks: Record<string, string>;
}

/**
 * What is sent. Without an operation that writes, no column may be written: whoever adds one later says which. Masks are
 * for columns that are shown.
 */
export function termsOf({ operations, readable, writable, rows, masks }: Draft): SentTerms {
  const isShown = (name: string) => readable === null || readable.includes(name);
  return {
    operations: operationNames.filter((name) => operations.includes(name)),
    readable: readable === null ? null : [...readable],
    writable: !writes(operations) ? [] : writable === null ? null : [...writable],
    filter: toJson(rows),
    masks: Object.fromEntries(Object.entries(masks).filter(([name]) => isShown(name))),
  };
}

/** Masks that can stand in for values of a type, in the server's spelling; numbers are the reader's to choose. */
export function masksFor(type: string | null): readonly string[] {
  const text = type === null || type === 'text' ? ['hash', 'keep-left', 'keep-right'] : [];
  const date = type === null || ['date', 'timestamp', 'timestamptz'].includes(type) ? ['year', 'month', 'day'] : [];
  return ['null', ...text, ...date];
}
