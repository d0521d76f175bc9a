/** Rows of the schema table and its pragmas → one table or view of the catalogue. @module */
import { compareBytes } from '../../kernel/byte-order.js';
import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogGroup,
  CatalogIndex,
  CatalogKey,
  CatalogTable,
  CatalogTrigger,
  ReferentialAction,
} from '../../sources/index.js';
import {
  plainTable,
  readCreateIndex,
  readCreateTable,
  readCreateTrigger,
  type TableStatement,
} from '../create-statement.js';
import type { Row } from './connect.js';
import { typeOf } from './types.js';

type Rows = readonly Row[];

/** What was asked for a batch, by row number of the object in the schema table; the last two by its name in lower case. */
export interface TableRows {
  readonly statements: ReadonlyMap<unknown, Rows>;
  readonly columns: ReadonlyMap<unknown, Rows>;
  readonly foreignKeys: ReadonlyMap<unknown, Rows>;
  readonly indexParts: ReadonlyMap<unknown, Rows>;
  readonly belongings: ReadonlyMap<unknown, Rows>;
  readonly sizes: ReadonlyMap<unknown, Rows>;
}

export interface TableSubject {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly isVirtual: boolean;
}

export interface TableContext {
  readonly groups: ReadonlySet<CatalogGroup>;
  readonly rowEstimate: number | null;
  readonly grants: readonly string[];
}

export function buildTable(subject: TableSubject, rows: TableRows, context: TableContext): CatalogTable {
  const { id, schema, name, kind } = subject;
  const { groups } = context;
  const of = (map: ReadonlyMap<unknown, Rows>) => map.get(id) ?? [];
  const sql = of(rows.statements)[0]?.['sql'];
  const statement =
    kind === 'table' && !subject.isVirtual && typeof sql === 'string' ? readCreateTable(sql) : plainTable;
  const columns = [...of(rows.columns)].sort((one, other) => Number(one['cid']) - Number(other['cid']));
  const belongings = rows.belongings.get(name.toLowerCase()) ?? [];
  const indexes = indexesOf(of(rows.indexParts), belongings);
  const bytes = rows.sizes.get(name.toLowerCase())?.[0]?.['bytes'];
  return {
    kind,
    schema,
    name,
    comment: null,
    rowEstimate: context.rowEstimate,
    isPartitioned: false,
    hasRowSecurity: false,
    ...(groups.has('columns') ? { columns: columnsOf(columns, statement) } : {}),
    ...(groups.has('keys')
      ? {
          primaryKey: primaryKeyOf(columns, statement),
          uniqueKeys: uniqueKeysOf(indexes, statement),
          foreignKeys: foreignKeysOf(of(rows.foreignKeys), schema, statement),
        }
      : {}),
    ...(groups.has('checks') ? { checks: statement.checks } : {}),
    ...(groups.has('indexes') ? { indexes: indexes.map(({ index }) => index) } : {}),
    ...(groups.has('triggers') ? { triggers: triggersOf(belongings) } : {}),
    ...(groups.has('grants') ? { grantsForCaller: kind === 'view' ? ['select'] : context.grants } : {}),
    ...(groups.has('sizes') ? { bytes: typeof bytes === 'number' ? bytes : null } : {}),
  };
}

function columnsOf(rows: Rows, statement: TableStatement): readonly CatalogColumn[] {
  const keys = rows.filter((row) => Number(row['pk']) > 0);
  // https://sqlite.org/lang_createtable.html §5: one column of exactly this type is another name of the row number.
  const isRowNumber =
    keys.length === 1 && text(keys[0], 'type')?.toUpperCase() === 'INTEGER' && !statement.isWithoutRowid;
  return rows
    .filter((row) => row['hidden'] !== 1)
    .map((row, at) => {
      const name = text(row, 'name') ?? '';
      const nativeType = text(row, 'type') ?? '';
      const isKey = Number(row['pk']) > 0;
      const expression = statement.generated.get(name.toLowerCase()) ?? null;
      return {
        name,
        ordinal: at + 1,
        nativeType,
        ...typeOf(nativeType),
        isNullable: row['required'] === 0 && !(isKey && (isRowNumber || statement.isWithoutRowid)),
        default: text(row, 'otherwise') ?? expression,
        generated: row['hidden'] === 2 ? 'virtual' : row['hidden'] === 3 ? 'stored' : null,
        identity: isKey && statement.hasAutoincrement ? 'auto_increment' : null,
        collation: statement.collations.get(name.toLowerCase()) ?? null,
        comment: null,
      };
    });
}

function primaryKeyOf(rows: Rows, statement: TableStatement): CatalogKey | null {
  const keys = rows
    .filter((row) => Number(row['pk']) > 0)
    .sort((one, other) => Number(one['pk']) - Number(other['pk']));
  if (keys.length === 0) return null;
  return { name: statement.primaryKeyName, columns: keys.map((row) => text(row, 'name') ?? '') };
}

interface Indexed {
  readonly index: CatalogIndex;
  /** `c`: CREATE INDEX; `u`: UNIQUE; `pk`: PRIMARY KEY. */
  readonly origin: string;
}

function indexesOf(parts: Rows, belongings: Rows): readonly Indexed[] {
  const sqlByName = new Map(
    belongings.filter((row) => row['type'] === 'index').map((row) => [row['name'], row['sql']] as const),
  );
  const byName = new Map<string, Row[]>();
  for (const part of parts) {
    const name = text(part, 'name') ?? '';
    const group = byName.get(name);
    if (group === undefined) byName.set(name, [part]);
    else group.push(part);
  }
  return [...byName]
    .sort(([one], [other]) => compareBytes(one, other))
    .map(([name, rows]) => {
      const sql = sqlByName.get(name);
      const written = typeof sql === 'string' ? readCreateIndex(sql) : { parts: [], where: null };
      const ordered = [...rows].sort((one, other) => Number(one['seqno']) - Number(other['seqno']));
      return {
        origin: text(rows[0], 'origin') ?? 'c',
        index: {
          name,
          method: 'btree',
          columns: ordered.map((row, at) => text(row, 'column') ?? written.parts[at] ?? ''),
          isUnique: rows[0]?.['is_unique'] === 1,
          where: written.where,
        },
      };
    });
}

function uniqueKeysOf(indexes: readonly Indexed[], statement: TableStatement): readonly CatalogKey[] {
  return indexes
    .filter(({ origin }) => origin === 'u')
    .map(({ index: { columns } }) => ({
      name: statement.uniqueNames.get(columns.join('\0').toLowerCase()) ?? null,
      columns,
    }));
}

/** The pragma counts from the last one declared. */
function foreignKeysOf(rows: Rows, schema: string, statement: TableStatement): readonly CatalogForeignKey[] {
  const byKey = new Map<number, Row[]>();
  for (const row of rows) {
    const key = Number(row['key']);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [row]);
    else group.push(row);
  }
  const isUnderstood = statement.foreignKeys.length === byKey.size;
  return [...byKey]
    .sort(([one], [other]) => other - one)
    .map(([, parts], at) => {
      const ordered = [...parts].sort((one, other) => Number(one['seq']) - Number(other['seq']));
      const written = isUnderstood ? statement.foreignKeys[at] : undefined;
      return {
        name: written?.name ?? null,
        columns: ordered.map((row) => text(row, 'source') ?? ''),
        toSchema: schema,
        toTable: text(ordered[0], 'target') ?? '',
        toColumns: ordered.map((row) => text(row, 'column')).filter((column) => column !== null),
        onDelete: actionOf(text(ordered[0], 'on_delete')),
        onUpdate: actionOf(text(ordered[0], 'on_update')),
        isDeferrable: written?.isDeferrable ?? false,
      };
    });
}

function triggersOf(belongings: Rows): readonly CatalogTrigger[] {
  return belongings.flatMap((row) => {
    const sql = row['type'] === 'trigger' ? text(row, 'sql') : null;
    const read = sql === null ? null : readCreateTrigger(sql);
    return read === null ? [] : [{ name: text(row, 'name') ?? '', ...read }];
  });
}

const actions = new Map<string, ReferentialAction>([
  ['RESTRICT', 'restrict'],
  ['CASCADE', 'cascade'],
  ['SET NULL', 'set_null'],
  ['SET DEFAULT', 'set_default'],
]);

function actionOf(said: string | null): ReferentialAction {
  return actions.get(said ?? '') ?? 'no_action';
}

function text(row: Row | undefined, key: string): string | null {
  const value = row?.[key];
  return typeof value === 'string' ? value : null;
}
