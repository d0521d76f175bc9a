/** Terms of a grant judged against the relation they are for, before they are written down. @module */
import { AppError } from '../kernel/errors.js';
import {
  allColumns,
  asksAbout,
  bindCompared,
  isAble,
  type Mask,
  operations,
  planFilter,
  queryErrors,
  type Relation,
  type VisibleColumns,
} from '../query/index.js';
import { isFitting } from './arms.js';
import type { Grant } from './grant.js';
import { readPlaceholder } from './row-filter.js';

export interface GrantFault {
  readonly field: 'operations' | 'readable' | 'writable' | 'filter' | 'masks';
  /** The column it is about, where it is about one that is there. */
  readonly column?: string;
  /** A sentence. */
  readonly reason: string;
}

type Terms = Pick<Grant, 'operations' | 'readable' | 'writable' | 'filter' | 'masks'>;

/** @returns Everything that makes no sense; empty when the terms can be granted. */
export function validateGrant(terms: Terms, relation: Relation): readonly GrantFault[] {
  const columns = allColumns(relation);
  return [
    ...operationFaults(terms, relation),
    ...columnFaults('readable', terms.readable, columns),
    ...columnFaults('writable', terms.writable, columns),
    ...filterFaults(terms, columns),
    ...maskFaults(terms, columns),
  ];
}

function* operationFaults({ operations: allowed }: Terms, { origin }: Relation): Generator<GrantFault> {
  const field = 'operations';
  if (allowed.length === 0) yield { field, reason: 'A grant allows at least one operation.' };
  if (new Set(allowed).size < allowed.length) yield { field, reason: 'An operation is named twice.' };
  if (!allowed.every((operation) => operations.includes(operation))) {
    yield { field, reason: `Operations are ${operations.join(', ')}.` };
  }
  if (origin.kind === 'query' && allowed.some((operation) => operation !== 'query')) {
    yield { field, reason: 'A named query can only be queried.' };
  }
}

function* columnFaults(
  field: 'readable' | 'writable',
  names: readonly string[] | null,
  columns: VisibleColumns,
): Generator<GrantFault> {
  if (names === null) return;
  if (new Set(names).size < names.length) yield { field, reason: 'A column is named twice.' };
  for (const name of new Set(names)) {
    const column = columns.get(name)?.column;
    if (column === undefined) yield { field, reason: 'There is no such column.' };
    else if (field === 'writable' && column.isComputed) {
      yield { field, column: name, reason: 'The database computes this column and takes no value for it.' };
    }
  }
}

function* filterFaults({ filter, operations: allowed }: Terms, columns: VisibleColumns): Generator<GrantFault> {
  if (filter === null) return;
  try {
    const rows = planFilter(filter, columns, (visible, value) => {
      const placeholder = readPlaceholder(value);
      if (placeholder.kind === 'plain') return bindCompared(visible, placeholder.value);
      if (placeholder.kind === 'unknown') throw queryErrors.filter_invalid();
      // What will be known of a caller is judged when one is there; any text stands for it until then.
      return { type: visible.column.type, nativeType: null, text: '' };
    });
    if (allowed.includes('update') && asksAbout(rows, ({ isDerived }) => isDerived === true)) {
      yield { field: 'filter', reason: 'Rows that are told by a computed column cannot be updated.' };
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const named = error.details.field;
    const column = named !== undefined && columns.has(named) ? { column: named } : {};
    yield { field: 'filter', ...column, reason: error.message };
  }
}

function* maskFaults({ masks, readable }: Terms, columns: VisibleColumns): Generator<GrantFault> {
  const field = 'masks';
  const seen = new Set<string>();
  for (const { column: name, mask } of masks) {
    const found = columns.get(name);
    if (found === undefined) {
      yield { field, reason: 'There is no such column.' };
      continue;
    }
    const about = { field, column: name } as const;
    if (seen.has(name)) yield { ...about, reason: 'A column has at most one mask.' };
    seen.add(name);
    if (readable !== null && !readable.includes(name)) {
      yield { ...about, reason: 'A mask is for a column that the grant shows.' };
    }
    const reason = faultOf(mask);
    if (reason !== null) yield { ...about, reason };
    else if (!isFitting(mask, found.column))
      yield { ...about, reason: 'The mask does not fit the type of the column.' };
    // Hidden values must not be found out by how they sort where their mask is.
    else if (mask.kind !== 'null' && !isAble(found.column.type, 'equals')) {
      yield { ...about, reason: 'The mask does not fit the type of the column.' };
    }
  }
}

const maxKeep = 1_000;
/** Texts of a salt: long enough not to be guessed, short enough for any statement. */
const saltForm = /^[\x21-\x7e]{16,128}$/;

function faultOf(mask: Mask): string | null {
  switch (mask.kind) {
    case 'keep_left':
    case 'keep_right':
      return Number.isSafeInteger(mask.keep) && mask.keep >= 0 && mask.keep <= maxKeep
        ? null
        : `A mask keeps 0 to ${maxKeep} characters.`;
    case 'hash':
      return typeof mask.salt === 'string' && saltForm.test(mask.salt)
        ? null
        : 'The salt of a hash has 16 to 128 printable ASCII characters.';
    case 'truncate':
      return ['year', 'month', 'day'].includes(mask.unit) ? null : 'A date is cut to its year, month or day.';
    case 'null':
      return null;
    default:
      return 'There is no such mask.';
  }
}
