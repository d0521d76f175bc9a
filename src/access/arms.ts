/**
 * Arms: the grants of a caller that allow an operation, each with the rows and the columns it lets through. Together
 * they say what is visible, and no arm lends another its rows or its columns.
 *
 * @module
 */
import {
  allColumns,
  always,
  anyOf,
  type Column,
  type Expression,
  isAlways,
  isNever,
  type Mask,
  never,
  type Operation,
  type Predicate,
  type Relation,
  type VisibleColumn,
  type VisibleColumns,
} from '../query/index.js';
import { accessErrors } from './errors.js';
import type { Grant } from './grant.js';
import { resolveRowFilter } from './row-filter.js';
import type { Standing } from './subject.js';

export interface Arm {
  /** `null` for the operator. */
  readonly grantId: string | null;
  /** The rows it is for. The same object for two arms whose filters are written alike. */
  readonly rows: Predicate;
  /** How it shows a column; `null`: not at all. */
  reads(column: Column): 'plain' | Mask | null;
  writes(column: string): boolean;
}

const operator: Arm = { grantId: null, rows: always, reads: () => 'plain', writes: () => true };

/**
 * The arms of an operation, by grant id.
 *
 * @throws `access.denied` when there is none.
 */
export function armsFor(standing: Standing, relation: Relation, operation: Operation): readonly Arm[] {
  const arms = findArms(standing, relation, operation);
  if (arms.length === 0) throw accessErrors.denied();
  return arms;
}

/** As {@link armsFor}; empty when there is none. */
export function findArms(standing: Standing, relation: Relation, operation: Operation): readonly Arm[] {
  if (standing.kind === 'operator') return [operator];
  const { subject } = standing;
  let columns: VisibleColumns | null = null;
  const resolved = new Map<string, Predicate>();
  const rowsOf = ({ filter }: Grant): Predicate => {
    if (filter === null) return always;
    columns ??= allColumns(relation);
    const rows = resolveRowFilter(filter, subject, columns);
    if (isNever(rows)) return never;
    const key = JSON.stringify(filter);
    const same = resolved.get(key) ?? rows;
    resolved.set(key, same);
    return same;
  };
  return standing.grants
    .filter(({ operations }) => operations.includes(operation))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map((grant) => armOf(grant, rowsOf(grant)));
}

function armOf({ id, readable, writable, masks }: Grant, rows: Predicate): Arm {
  const reads = readable === null ? null : new Set(readable);
  const writes = writable === null ? null : new Set(writable);
  return {
    grantId: id,
    rows,
    reads: (column) => {
      if (reads !== null && !reads.has(column.name)) return null;
      const mask = masks.length === 0 ? undefined : masks.find((entry) => entry.column === column.name)?.mask;
      if (mask === undefined) return 'plain';
      return isFitting(mask, column) ? mask : { kind: 'null' };
    },
    writes: (column) => writes === null || writes.has(column),
  };
}

/** Whether a mask can stand in for the values of a column. */
export function isFitting(mask: Mask, column: Column): boolean {
  switch (mask.kind) {
    case 'keep_left':
    case 'keep_right':
    case 'hash':
      return column.type === 'text';
    case 'truncate':
      return column.type === 'date' || column.type === 'timestamp' || column.type === 'timestamptz';
    default:
      return true;
  }
}

export function idsOf(arms: readonly Arm[]): readonly string[] {
  return arms.flatMap(({ grantId }) => (grantId === null ? [] : [grantId]));
}

/** Rows that some arm is for. */
export function rowsInReach(arms: readonly Arm[]): Predicate {
  return anyOf(arms.map(({ rows }) => rows));
}

/**
 * The columns some arm reads, each as the expression that shows, row by row, what the arms for that row let through:
 * the value where one shows it plainly, else the mask of the first that masks it, else null. It holds for rows in reach
 * of the arms and for no others.
 */
export function visibleColumns(arms: readonly Arm[], relation: Relation): VisibleColumns {
  const columns = new Map<string, VisibleColumn>();
  for (const column of relation.columns) {
    const expression = effective(column, arms);
    if (expression !== null) {
      columns.set(column.name, { column, expression, isMasked: expression.kind !== 'column' });
    }
  }
  return columns;
}

interface Case {
  readonly when: Predicate;
  readonly then: Expression;
}

function effective(column: Column, arms: readonly Arm[]): Expression | null {
  const plain: Predicate[] = [];
  const masked: { readonly rows: Predicate; readonly mask: Mask }[] = [];
  let isReadWhereverVisible = true;
  for (const arm of arms) {
    const shown = arm.reads(column);
    if (shown === 'plain') plain.push(arm.rows);
    else if (shown !== null) masked.push({ rows: arm.rows, mask: shown });
    else if (!isNever(arm.rows)) isReadWhereverVisible = false;
  }
  if (plain.length === 0 && masked.length === 0) return null;
  const cases = casesOf(column, plain, masked);
  const last = cases.at(-1);
  // Nothing but nulls: no row is in reach of who reads it.
  if (last === undefined) return nothing(column);
  // A row in reach that none of the cases before is for is one for the last.
  if (isReadWhereverVisible) cases[cases.length - 1] = caseOf(always, last.then);
  const [first] = cases;
  if (first !== undefined && isAlways(first.when)) return first.then;
  return { kind: 'cases', cases, type: column.type };
}

function caseOf(when: Predicate, shown: Expression): Case {
  // biome-ignore lint/suspicious/noThenProperty: it is data, and nothing that could be awaited holds it by itself
  return { when, then: shown };
}

/** In the order they are tried; without those that come too late to be true of any row. */
function casesOf(
  column: Column,
  plain: readonly Predicate[],
  masked: readonly { readonly rows: Predicate; readonly mask: Mask }[],
): Case[] {
  const cases: Case[] = [];
  const settled = new Set<Predicate>(plain);
  const shown = anyOf(plain);
  if (!isNever(shown)) cases.push(caseOf(shown, { kind: 'column', column }));
  if (isAlways(shown)) return cases;
  for (const { rows, mask } of masked) {
    if (isNever(rows) || settled.has(rows)) continue;
    settled.add(rows);
    cases.push(caseOf(rows, { kind: 'masked', column, mask }));
    if (isAlways(rows)) break;
  }
  return cases;
}

function nothing({ type, nativeType }: Column): Expression {
  return { kind: 'bound', bound: { type, nativeType, text: null } };
}
