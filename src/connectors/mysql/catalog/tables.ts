/** Tables put together from the rows of {@link module:questions}: the rows of one range, in the order they come. @module */
import type {
  CatalogCheck,
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogKey,
  CatalogTable,
  CatalogTrigger,
  ReferentialAction,
} from '../../../sources/index.js';
import type { Row } from '../connect.js';
import { quoteName } from '../quote.js';
import { canonicalTypeOf } from './column-type.js';
import type { Flavour } from './questions.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A table while its rows come in. */
export interface TableDraft {
  readonly kind: 'table' | 'view';
  /** The server says that it cannot open it. */
  readonly isBroken: boolean;
  readonly table: Omit<CatalogTable, 'schema'>;
  readonly bytes: number | null;
  readonly columns: Mutable<CatalogColumn>[];
  primaryKey: CatalogKey | null;
  readonly uniqueKeys: CatalogKey[];
  readonly foreignKeys: Map<string, Draft<CatalogForeignKey>>;
  readonly checks: CatalogCheck[];
  readonly indexes: CatalogIndex[];
  readonly triggers: CatalogTrigger[];
}

type Draft<T extends { readonly columns: readonly string[] }> = Mutable<Omit<T, 'columns' | 'toColumns'>> & {
  readonly columns: string[];
  readonly toColumns: string[];
};

/** Rows of `tablesQuestion`. */
export function draftTables(rows: readonly Row[]): Map<string, TableDraft> {
  const drafts = new Map<string, TableDraft>();
  for (const [name, type, engine, tableRows, bytes, options, comment] of rows) {
    if (name === null || name === undefined) continue;
    const isView = type === 'VIEW' || type === 'SYSTEM VIEW';
    // Where a table cannot be opened its engine is missing and its comment is the server's complaint.
    const isBroken = !isView && (engine ?? null) === null;
    drafts.set(name, {
      kind: isView ? 'view' : 'table',
      isBroken,
      table: {
        kind: isView ? 'view' : 'table',
        name,
        comment: isView || isBroken ? null : textOrNull(comment),
        rowEstimate: isView ? null : numberOrNull(tableRows),
        isPartitioned: /\bpartitioned\b/.test(options ?? ''),
        hasRowSecurity: false,
      },
      bytes: numberOrNull(bytes),
      columns: [],
      primaryKey: null,
      uniqueKeys: [],
      foreignKeys: new Map(),
      checks: [],
      indexes: [],
      triggers: [],
    });
  }
  return drafts;
}

/** Rows of `columnsQuestion`. */
export function addColumns(drafts: ReadonlyMap<string, TableDraft>, rows: readonly Row[], flavour: Flavour): void {
  for (const row of rows) {
    const [table, name, ordinal, preset, nullable, dataType, columnType, length, precision, scale, fraction] = row;
    const [collation, extra, comment, expression] = row.slice(11);
    const draft = drafts.get(table ?? '');
    if (draft === undefined || name === null || name === undefined) continue;
    const native = columnType ?? '';
    const more = extra ?? '';
    const generated = /\bVIRTUAL GENERATED\b/.test(more)
      ? 'virtual'
      : /\bSTORED GENERATED\b/.test(more)
        ? 'stored'
        : null;
    const isText = (collation ?? null) !== null && !/^(?:enum|set)$/i.test(dataType ?? '');
    const isBytes = /(?:binary|blob)$/i.test(dataType ?? '');
    draft.columns.push({
      name,
      ordinal: Number(ordinal),
      nativeType: native,
      canonicalType: canonicalTypeOf(dataType ?? '', native),
      length: isText || isBytes ? numberOrNull(length) : null,
      precision: numberOrNull(precision) ?? numberOrNull(fraction),
      scale: numberOrNull(scale),
      isNullable: nullable === 'YES',
      default: generated === null ? defaultOf(preset ?? null, more, isText, flavour) : textOrNull(expression),
      generated,
      identity: /\bauto_increment\b/.test(more) ? 'auto_increment' : null,
      collation: collation ?? null,
      comment: textOrNull(comment),
    });
  }
}

/** MariaDB gives an expression, MySQL the bare value unless it says that it is one; "no value" has no expression. */
function defaultOf(preset: string | null, extra: string, isText: boolean, flavour: Flavour): string | null {
  if (preset === null || (flavour === 'mariadb' && preset === 'NULL')) return null;
  const isLiteral = flavour === 'mysql' && isText && !/\bDEFAULT_GENERATED\b/.test(extra);
  const expression = isLiteral ? `'${preset.replaceAll("'", "''")}'` : preset;
  const onUpdate = /\bon update (\S+)/i.exec(extra)?.[1];
  return onUpdate === undefined ? expression : `${expression} ON UPDATE ${onUpdate}`;
}

/** Rows of `indexesQuestion`: the columns of one index follow each other. */
export function addIndexes(drafts: ReadonlyMap<string, TableDraft>, rows: readonly Row[]): void {
  let last: { table: string; name: string; columns: string[]; names: string[]; row: Row } | null = null;
  const settle = () => {
    if (last === null) return;
    const draft = drafts.get(last.table);
    const [, , , , , nonUnique, type] = last.row;
    const isUnique = nonUnique === '0';
    if (draft !== undefined) {
      const key = { name: last.name, columns: last.names };
      if (last.name === 'PRIMARY') draft.primaryKey = key;
      else if (isUnique) draft.uniqueKeys.push(key);
      const method = type?.toLowerCase() ?? null;
      draft.indexes.push({ name: last.name, method, columns: last.columns, isUnique, where: null });
    }
  };
  for (const row of rows) {
    const [table, name, column, part, direction, , type, expression] = row;
    if (last === null || last.table !== table || last.name !== name) {
      settle();
      last = { table: table ?? '', name: name ?? '', columns: [], names: [], row };
    }
    last.names.push(column ?? expression ?? '');
    last.columns.push(indexColumn(column ?? null, type === 'SPATIAL' ? null : (part ?? null), direction, expression));
  }
  settle();
}

/** A bare name, or an expression as the server writes it. */
function indexColumn(
  column: string | null,
  part: string | null,
  direction: string | null | undefined,
  expression: string | null | undefined,
): string {
  const down = direction === 'D' ? ' DESC' : '';
  if (column === null) return `(${expression ?? ''})${down}`;
  if (part === null && down === '') return column;
  return `${quoteName(column)}${part === null ? '' : `(${part})`}${down}`;
}

/** Rows of `foreignColumnsQuestion` and `foreignRulesQuestion`. */
export function addForeignKeys(
  drafts: ReadonlyMap<string, TableDraft>,
  columns: readonly Row[],
  rules: readonly Row[],
): void {
  for (const [table, name, column, toSchema, toTable, toColumn] of columns) {
    const draft = drafts.get(table ?? '');
    if (draft === undefined || name === null || name === undefined) continue;
    let key = draft.foreignKeys.get(name);
    if (key === undefined) {
      const to = { toSchema: toSchema ?? '', toTable: toTable ?? '', toColumns: [] };
      key = { name, columns: [], ...to, onDelete: 'restrict', onUpdate: 'restrict', isDeferrable: false };
      draft.foreignKeys.set(name, key);
    }
    key.columns.push(column ?? '');
    key.toColumns.push(toColumn ?? '');
  }
  for (const [table, name, onUpdate, onDelete] of rules) {
    const key = drafts.get(table ?? '')?.foreignKeys.get(name ?? '');
    if (key === undefined) continue;
    key.onUpdate = actionOf(onUpdate);
    key.onDelete = actionOf(onDelete);
  }
}

function actionOf(rule: string | null | undefined): ReferentialAction {
  return actions.get(rule ?? '') ?? 'restrict';
}

const actions = new Map<string, ReferentialAction>([
  ['NO ACTION', 'no_action'],
  ['RESTRICT', 'restrict'],
  ['CASCADE', 'cascade'],
  ['SET NULL', 'set_null'],
  ['SET DEFAULT', 'set_default'],
]);

/** Rows of `checksQuestion`. A column that must hold JSON, and may hold any length of it, is what MariaDB calls JSON. */
export function addChecks(drafts: ReadonlyMap<string, TableDraft>, rows: readonly Row[]): void {
  for (const [table, name, level, clause] of rows) {
    const draft = drafts.get(table ?? '');
    if (draft === undefined) continue;
    const expression = clause ?? '';
    // One that stands with its column has no name of its own.
    draft.checks.push({ name: level === 'Column' ? null : (name ?? null), expression });
    if (level !== 'Column' || name === null || name === undefined) continue;
    if (expression !== `json_valid(${quoteName(name)})`) continue;
    const column = draft.columns.find((one) => one.name === name);
    if (column?.nativeType === 'longtext') column.canonicalType = 'json';
  }
}

/** Rows of `triggersQuestion`. */
export function addTriggers(drafts: ReadonlyMap<string, TableDraft>, rows: readonly Row[]): void {
  for (const [table, name, timing, event] of rows) {
    drafts.get(table ?? '')?.triggers.push({
      name: name ?? '',
      timing: timing === 'BEFORE' ? 'before' : 'after',
      events: (event ?? '').toLowerCase().split(',').filter(Boolean),
    });
  }
}

function numberOrNull(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

function textOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === '' ? null : text;
}
