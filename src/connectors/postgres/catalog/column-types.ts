/**
 * What PostgreSQL's types are in words of every engine. A type is looked up on the server once, by its number and
 * modifier; a column's row then carries those two only.
 *
 * @module
 */
import type { CanonicalType, CatalogColumn } from '../../../sources/index.js';
import type { Session } from '../connect.js';
import type { Row } from '../question.js';

export interface ColumnType
  extends Pick<CatalogColumn, 'nativeType' | 'canonicalType' | 'length' | 'precision' | 'scale'> {
  /** A domain that no value of can be null. */
  readonly isNotNull: boolean;
}

/** Domains are followed to what they are over; the native type stays the domain's name. */
const describeTypes = `WITH RECURSIVE asked AS (
  SELECT u.type, u.modifier FROM unnest($1::oid[], $2::int4[]) AS u(type, modifier)
), steps AS (
  SELECT a.type, a.modifier, a.type AS base, a.modifier AS base_modifier, false AS not_null, 0 AS depth
  FROM asked a
  UNION ALL
  SELECT s.type, s.modifier, t.typbasetype, t.typtypmod, s.not_null OR t.typnotnull, s.depth + 1
  FROM steps s
  JOIN pg_type t ON t.oid = s.base AND t.typtype = 'd' WHERE s.depth < 64
)
SELECT s.type, s.modifier, format_type(s.type, s.modifier), t.typname, n.nspname = 'pg_catalog', t.typtype,
  t.typelem <> 0 AND t.typlen = -1, s.base_modifier,
  s.not_null
FROM steps s JOIN pg_type t ON t.oid = s.base JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype <> 'd'`;

/** More types than this are not kept; a database with so many asks for them again. */
const maxKept = 10_000;

const maxNameLength = 1_000;

const unknownType: ColumnType = {
  nativeType: '???',
  canonicalType: 'other',
  length: null,
  precision: null,
  scale: null,
  isNotNull: false,
};

/** The types met so far, at least those of the latest batches. Their keys are number and modifier: `1043:44`. */
export class ColumnTypes {
  #types = new Map<string, ColumnType>();
  /** Those before them: a table may begin in one batch and end in the next. */
  #older = new Map<string, ColumnType>();

  /** Looks up what a batch of rows needs and is not known yet: none or one question. */
  async learn(session: Session, keys: ReadonlySet<string>): Promise<void> {
    const missing: string[] = [];
    for (const key of keys) {
      if (this.#types.has(key)) continue;
      const known = this.#older.get(key);
      if (known === undefined) missing.push(key);
      else this.#types.set(key, known);
    }
    if (missing.length === 0) return;
    const asked = missing.map((key) => key.split(':', 2));
    const rows = await session.rows(describeTypes, [
      asked.map(([type = '']) => type),
      asked.map(([, modifier = '']) => modifier),
    ]);
    if (this.#types.size > maxKept) {
      this.#older = this.#types;
      this.#types = new Map();
    }
    for (const row of rows) this.#types.set(`${row[0]}:${row[1]}`, readType(row));
  }

  find(key: string): ColumnType {
    return this.#types.get(key) ?? this.#older.get(key) ?? unknownType;
  }
}

function readType([, , native, name, isBuiltIn, kind, isArray, modifierText, isNotNull]: Row): ColumnType {
  // Names have 63 bytes; what is much longer is not kept.
  if (native == null || native.length > maxNameLength) return unknownType;
  const nativeType = native;
  const none = { nativeType, length: null, precision: null, scale: null, isNotNull: isNotNull === 't' };
  if (isArray === 't') return { ...none, canonicalType: 'array' };
  const byKind = canonicalByKind.get(kind ?? '');
  if (byKind !== undefined) return { ...none, canonicalType: byKind };
  const canonicalType = (isBuiltIn === 't' ? builtIn : fromExtensions).get(name ?? '') ?? 'other';
  if (isBuiltIn !== 't') return { ...none, canonicalType };
  return { ...none, canonicalType, ...readModifier(name ?? '', Number(modifierText)) };
}

/** What stands in parentheses, from the number the server keeps it as (`typmod`; -1 without). */
function readModifier(name: string, modifier: number): Partial<ColumnType> {
  const isGiven = modifier >= 0;
  switch (name) {
    case 'varchar':
    case 'bpchar':
      return { length: modifier >= 4 ? modifier - 4 : null };
    case 'char':
      return { length: 1 };
    case 'bit':
    case 'varbit':
      return { length: isGiven ? modifier : null };
    case 'numeric': {
      if (modifier < 4) return {};
      const packed = modifier - 4;
      // The scale has eleven bits and a sign (utils/adt/numeric.c, numeric_typmod_scale).
      return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 };
    }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return { precision: isGiven ? modifier : 6 };
    case 'interval':
      return { precision: !isGiven || (modifier & 0xffff) === 0xffff ? 6 : modifier & 0xffff };
    default:
      return {};
  }
}

/** `pg_type.typtype`: composite, enum, range, multirange. */
const canonicalByKind = new Map<string, CanonicalType>([
  ['c', 'struct'],
  ['e', 'enum'],
  ['r', 'range'],
  ['m', 'range'],
]);

const builtIn = byName({
  boolean: ['bool'],
  int16: ['int2'],
  int32: ['int4'],
  int64: ['int8', 'oid', 'xid8'],
  decimal: ['numeric', 'money'],
  float32: ['float4'],
  float64: ['float8'],
  text: ['text', 'varchar', 'bpchar', 'char', 'name'],
  bytes: ['bytea'],
  bit: ['bit', 'varbit'],
  date: ['date'],
  time: ['time', 'timetz'],
  timestamp: ['timestamp'],
  timestamptz: ['timestamptz'],
  interval: ['interval'],
  uuid: ['uuid'],
  json: ['json', 'jsonb'],
  xml: ['xml'],
  geometry: ['point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle'],
  network: ['inet', 'cidr', 'macaddr', 'macaddr8'],
  search: ['tsvector', 'tsquery'],
});

/** Types that well-known extensions bring, whatever schema they were put in. */
const fromExtensions = byName({
  text: ['citext'],
  map: ['hstore'],
  geometry: ['geometry', 'geography', 'box2d', 'box3d'],
});

function byName(table: Partial<Record<CanonicalType, readonly string[]>>): ReadonlyMap<string, CanonicalType> {
  const pairs = Object.entries(table) as [CanonicalType, readonly string[]][];
  return new Map(pairs.flatMap(([canonical, names]) => names.map((name) => [name, canonical] as const)));
}
