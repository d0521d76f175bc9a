/**
 * Rows of the statements as nouns of the catalogue. Fields are told apart by position; `statements.ts` says which is
 * which.
 *
 * @module
 */
import { compareBytes } from '../../../kernel/byte-order.js';
import type {
  CatalogCheck,
  CatalogColumn,
  CatalogForeignKey,
  CatalogGroup,
  CatalogIndex,
  CatalogKey,
  CatalogRoutine,
  CatalogSequence,
  CatalogTable,
  CatalogTrigger,
  CatalogTypeDefinition,
  ReferentialAction,
  TableKind,
} from '../../../sources/index.js';
import type { Row } from '../question.js';
import { ColumnLists } from './column-lists.js';
import type { ColumnTypes } from './column-types.js';
import type { Grants } from './grants.js';

/** The rows of a table's details by group of statements; `null` where they were not asked for or could not be read. */
export interface DetailRows {
  /** One row of lists, which may say that they are too long. */
  readonly columns: readonly Row[] | null;
  /** A row for each column: of those that are too long for lists, or of those that could not be read the names alone. */
  readonly singly: readonly Row[] | null;
  readonly constraints: readonly Row[] | null;
  readonly indexes: readonly Row[] | null;
  readonly triggers: readonly Row[] | null;
  readonly sizes: readonly Row[] | null;
}

export function readTable(
  row: Row,
  details: DetailRows,
  types: ColumnTypes,
  grants: Grants | null,
  groups: ReadonlySet<CatalogGroup>,
): CatalogTable {
  const [, schema, name, kind, comment, rows, hasRowSecurity, parent] = row;
  const { columns, singly, constraints, indexes, triggers, sizes } = details;
  const lists = singly === null && columns?.[0] !== undefined ? new ColumnLists(columns[0]) : null;
  const nameOf = lists === null ? columnNames(singly ?? columns) : (number: string) => lists.nameOf(number);
  const partitionOf = parent == null ? null : readPair(parent);
  return {
    kind: tableKinds.get(kind ?? '') ?? 'table',
    schema: schema ?? '',
    name: name ?? '',
    comment: comment ?? null,
    rowEstimate: rows == null ? null : Number(rows),
    isPartitioned: kind === 'p',
    ...(partitionOf === null ? {} : { partitionOf }),
    hasRowSecurity: hasRowSecurity === 't',
    ...(groups.has('columns') && columns !== null
      ? { columns: lists?.columns(types) ?? (singly ?? []).map((one) => readColumn(one, types)) }
      : {}),
    ...(constraints === null ? {} : readConstraints(constraints, nameOf, groups)),
    ...(indexes === null || nameOf === null ? {} : { indexes: inOrder(indexes).map((one) => readIndex(one, nameOf)) }),
    ...(triggers === null ? {} : { triggers: inOrder(triggers).map(readTrigger) }),
    ...(grants === null ? {} : { grantsForCaller: grants.of(row) }),
    ...(sizes === null ? {} : { bytes: sizes[0]?.[1] == null ? null : Number(sizes[0][1]) }),
  };
}

function readColumn(row: Row, types: ColumnTypes): CatalogColumn {
  const [, name, number, type, modifier, isNotNull, byDefault, identity, generated, collation, comment] = row;
  const kind = types.find(`${type}:${modifier}`);
  return {
    name: name ?? '',
    ordinal: Number(number),
    nativeType: kind.nativeType,
    canonicalType: kind.canonicalType,
    length: kind.length,
    precision: kind.precision,
    scale: kind.scale,
    isNullable: isNotNull !== 't' && !kind.isNotNull,
    default: byDefault ?? null,
    generated: generated == null ? null : generated === 's' ? 'stored' : 'virtual',
    identity: identity == null ? null : identity === 'a' ? 'always' : 'by_default',
    collation: collation ?? null,
    comment: comment ?? null,
  };
}

function readConstraints(
  rows: readonly Row[],
  nameOf: ((number: string) => string) | null,
  groups: ReadonlySet<CatalogGroup>,
): Partial<CatalogTable> {
  let primaryKey: CatalogKey | null = null;
  const uniqueKeys: CatalogKey[] = [];
  const foreignKeys: CatalogForeignKey[] = [];
  const checks: CatalogCheck[] = [];
  for (const row of inOrder(rows)) {
    const name = row[1] ?? null;
    const kind = row[2];
    if (kind === 'c') {
      checks.push({ name, expression: row[4] ?? '' });
      continue;
    }
    if (nameOf === null) continue;
    const columns = readNumbers(row[3]).map(nameOf);
    if (kind === 'p') primaryKey = { name, columns };
    else if (kind === 'u') uniqueKeys.push({ name, columns });
    else foreignKeys.push(readForeignKey(name, columns, row));
  }
  return {
    ...(groups.has('keys') && nameOf !== null ? { primaryKey, uniqueKeys, foreignKeys } : {}),
    ...(groups.has('checks') ? { checks } : {}),
  };
}

function readForeignKey(name: string | null, columns: readonly string[], row: Row): CatalogForeignKey {
  const toColumn = row[7];
  return {
    name,
    columns,
    toSchema: row[5] ?? '',
    toTable: row[6] ?? '',
    toColumns: toColumn == null ? readTexts(row[8]) : [toColumn],
    onDelete: actions.get(row[9] ?? '') ?? 'no_action',
    onUpdate: actions.get(row[10] ?? '') ?? 'no_action',
    isDeferrable: row[11] === 't',
  };
}

function readIndex(row: Row, nameOf: (number: string) => string): CatalogIndex {
  const expressions = readTexts(row[5]);
  let next = 0;
  const columns = readNumbers(row[4]).map((number) => (number === '0' ? (expressions[next++] ?? '') : nameOf(number)));
  return { name: row[1] ?? '', method: row[2] ?? null, columns, isUnique: row[3] === 't', where: row[6] ?? null };
}

function readTrigger([, name, bits]: Row): CatalogTrigger {
  const kind = Number(bits);
  const events = triggerEvents.filter(([bit]) => (kind & bit) !== 0).map(([, event]) => event);
  return { name: name ?? '', timing: kind & 64 ? 'instead_of' : kind & 2 ? 'before' : 'after', events };
}

export function readType([schema, name, kind, labels, over = null, comment = null]: Row): CatalogTypeDefinition {
  return {
    kind: kind === 'e' ? 'enum' : 'domain',
    schema: schema ?? '',
    name: name ?? '',
    values: kind === 'e' ? readTexts(labels) : null,
    over,
    comment,
  };
}

export function readSequence([schema, name, type, start, increment, comment]: Row): CatalogSequence {
  return {
    schema: schema ?? '',
    name: name ?? '',
    nativeType: type ?? null,
    start: start ?? null,
    increment: increment ?? null,
    comment: comment ?? null,
  };
}

export function readRoutine([schema, name, args, kind, returns, language, volatility, comment]: Row): CatalogRoutine {
  return {
    kind: routineKinds.get(kind ?? '') ?? 'function',
    schema: schema ?? '',
    name: name ?? '',
    arguments: args ?? '',
    returns: returns ?? null,
    language: language ?? null,
    volatility: volatilities.get(volatility ?? '') ?? null,
    comment: comment ?? null,
  };
}

/** Names of columns by their numbers. Whole-row and system columns have none of the table's own. */
function columnNames(rows: readonly Row[] | null): ((number: string) => string) | null {
  if (rows === null) return null;
  let names: Map<string, string> | null = null;
  return (number) => {
    names ??= new Map(rows.map((row) => [row[2] ?? '', row[1] ?? '']));
    return names.get(number) ?? '';
  };
}

/** Rows by their names, in byte order. */
function inOrder(rows: readonly Row[]): readonly Row[] {
  for (let at = 1; at < rows.length; at += 1) {
    if (compareNames(rows[at - 1], rows[at]) > 0) return [...rows].sort(compareNames);
  }
  return rows;
}

function compareNames(one: Row | undefined, other: Row | undefined): number {
  return compareBytes(one?.[1] ?? '', other?.[1] ?? '');
}

/** `{1,2}` */
function readNumbers(text: string | null | undefined): readonly string[] {
  return text == null || text.length <= 2 ? [] : text.slice(1, -1).split(',');
}

/** A JSON list of texts that the server made. */
function readTexts(text: string | null | undefined): readonly string[] {
  if (text == null) return [];
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list.map(String) : [];
}

function readPair(text: string): { readonly schema: string; readonly name: string } {
  const [schema = '', name = ''] = readTexts(text);
  return { schema, name };
}

const tableKinds = new Map<string, TableKind>([
  ['r', 'table'],
  ['p', 'table'],
  ['v', 'view'],
  ['m', 'materialized_view'],
  ['f', 'foreign_table'],
]);

const actions = new Map<string, ReferentialAction>([
  ['a', 'no_action'],
  ['r', 'restrict'],
  ['c', 'cascade'],
  ['n', 'set_null'],
  ['d', 'set_default'],
]);

const triggerEvents: readonly (readonly [bit: number, event: string])[] = [
  [4, 'insert'],
  [16, 'update'],
  [8, 'delete'],
  [32, 'truncate'],
];

const routineKinds = new Map<string, CatalogRoutine['kind']>([
  ['f', 'function'],
  ['p', 'procedure'],
  ['a', 'aggregate'],
  ['w', 'window'],
]);

const volatilities = new Map<string, CatalogRoutine['volatility']>([
  ['i', 'immutable'],
  ['s', 'stable'],
  ['v', 'volatile'],
]);
