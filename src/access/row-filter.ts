/**
 * A grant's row filter for one caller: its placeholders replaced by what is known of who asks, planned over the columns
 * as they are. Whatever cannot be understood lets no row through.
 *
 * @module
 */
import { AppError } from '../kernel/errors.js';
import {
  type Bound,
  bindCompared,
  type Filter,
  never,
  type Predicate,
  planFilter,
  queryErrors,
  type VisibleColumn,
  type VisibleColumns,
} from '../query/index.js';
import type { Subject } from './grant.js';

/** What a value of a row filter stands for. */
export type Placeholder =
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'user' }
  | { readonly kind: 'organisation' }
  | { readonly kind: 'claim'; readonly name: string }
  /** Begins like one and is none. */
  | { readonly kind: 'unknown' };

export function readPlaceholder(value: unknown): Placeholder {
  if (typeof value !== 'string' || !value.startsWith('$')) return { kind: 'plain', value };
  if (value.startsWith('$$')) return { kind: 'plain', value: value.slice(1) };
  if (value === '$user') return { kind: 'user' };
  if (value === '$org') return { kind: 'organisation' };
  const name = /^\$claims\.([A-Za-z0-9_.:/-]{1,128})$/.exec(value)?.[1];
  return name === undefined ? { kind: 'unknown' } : { kind: 'claim', name };
}

/**
 * @param columns  Every column of the relation, as it is.
 * @returns        `never` when something in it is not known of the caller, does not fit its column, or the relation has
 *                 changed under it: then all of it is true of no row, whatever stands under a `not`.
 */
export function resolveRowFilter(filter: Filter, subject: Subject, columns: VisibleColumns): Predicate {
  try {
    return planFilter(filter, columns, (visible, value) => bindKnown(visible, value, subject));
  } catch (error) {
    if (error instanceof AppError) return never;
    throw error;
  }
}

function bindKnown(visible: VisibleColumn, value: unknown, subject: Subject): Bound {
  const known = lookUp(readPlaceholder(value), subject);
  if (known === undefined || known === null) throw queryErrors.filter_invalid();
  return bindCompared(visible, known);
}

function lookUp(placeholder: Placeholder, subject: Subject): unknown {
  switch (placeholder.kind) {
    case 'plain':
      return placeholder.value;
    case 'user':
      return subject.user;
    case 'organisation':
      return subject.organisation;
    case 'claim':
      return subject.claims.get(placeholder.name);
    default:
      return null;
  }
}
