/**
 * The columns of a table in one row: lists side by side, which cost the server and us far less than a row for each
 * column. A table whose lists would be long says so instead, and its columns are read one by one.
 *
 * @module
 */
import type { CatalogColumn } from '../../../sources/index.js';
import type { Row } from '../question.js';
import type { ColumnTypes } from './column-types.js';
import { type BuildStatement, defaultText, detail, tableKinds } from './statements.js';

/** Most bytes of one table's lists; so a batch of {@link listsInBatch} stays far below what ends a session. */
const maxListBytes = 65_536;
export const listsInBatch = 100;
/** Columns of a table that may be told in lists. */
const maxListed = 400;
/** A comment or default that is longer is not put in a list. */
const maxItemBytes = 16_384;

/** Facts of a column. */
const factsEach = 3;

/**
 * Fields: oid, whether the lists are too long to be told, names (JSON), facts; and where all about columns is wanted:
 * collations (JSON), numbers and texts (JSON) of defaults, the same of comments. Facts are three a column: number,
 * type with modifier, and letters: `t` or `f` for not null, then `pg_attribute.attidentity` and `attgenerated`.
 */
export const selectColumnLists: BuildStatement = (selection, dialect) => {
  const isWhole = selection.request.groups.has('columns');
  const generated = dialect.version >= 120_000 ? 'a.attgenerated' : "''";
  const facts = isWhole
    ? `concat(a.attnum, ',', a.atttypid, ':', a.atttypmod, ',', a.attnotnull, a.attidentity, a.attgenerated)`
    : `concat(a.attnum, ',,')`;
  const fields = isWhole
    ? `a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, ${generated} AS attgenerated,
      a.attcollation, a.atthasdef`
    : 'a.attname, a.attnum';
  const columns = `SELECT count(*) AS amount, json_agg(a.attname) AS names, string_agg(${facts}, ',') AS facts${
    isWhole
      ? `, CASE WHEN bool_or(a.attcollation NOT IN (0, 100)) THEN json_agg(CASE WHEN a.attcollation NOT IN (0, 100)
        THEN (SELECT l.collname FROM pg_collation l WHERE l.oid = a.attcollation) END) END AS collations,
      bool_or(a.atthasdef) AND count(*) <= ${maxListed} AS has_defaults,
      array_agg(a.attnum) FILTER (WHERE a.attgenerated <> '') AS generated`
      : ''
  }
    FROM (SELECT ${fields} FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum) a OFFSET 0`;
  const texts = (numbered: string) => `SELECT string_agg(u.number::text, ',') AS numbers,
      json_agg(CASE WHEN octet_length(u.text) <= ${maxItemBytes} THEN u.text END) AS texts,
      coalesce(max(octet_length(u.text)), 0) AS longest FROM (${numbered}) u OFFSET 0`;
  const defaults =
    texts(`SELECT d.adnum AS number, ${defaultText('d.adnum = ANY(a.generated)')} AS text FROM pg_attrdef d
      WHERE a.has_defaults AND d.adrelid = t.oid ORDER BY d.adnum OFFSET 0`);
  const comments = texts(`SELECT d.objsubid AS number, d.description AS text FROM pg_description d
      WHERE a.amount <= ${maxListed} AND d.objoid = t.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid > 0 ORDER BY d.objsubid OFFSET 0`);
  const told = ['a.names', 'a.facts'];
  if (isWhole) told.push('a.collations', 'd.numbers', 'd.texts', 'm.numbers', 'm.texts');
  const bytes = told.map((one) => `coalesce(pg_column_size(${one}), 0)`).join(' + ');
  const longest = isWhole ? `greatest(d.longest, m.longest) > ${maxItemBytes} OR ` : '';
  const joined = isWhole ? ` CROSS JOIN LATERAL (${defaults}) d CROSS JOIN LATERAL (${comments}) m` : '';
  return detail(
    selection,
    dialect,
    tableKinds,
    `SELECT s.is_long, ${told.map((one) => `CASE WHEN NOT s.is_long THEN ${one} END`).join(', ')}
  FROM (${columns}) a${joined} CROSS JOIN LATERAL (SELECT a.amount > ${maxListed} OR ${longest}${bytes} > ${maxListBytes} AS is_long OFFSET 0) s`,
  );
};

/** Whether a row tells nothing but that its table's columns are to be read one by one. */
export function isTooLong(row: Row | undefined): boolean {
  return row?.[1] === 't';
}

/** The types with their modifiers that rows of lists name, as `column-types.ts` keys them. */
export function typesInLists(rows: readonly Row[]): ReadonlySet<string> {
  const types = new Set<string>();
  for (const row of rows) {
    const facts = listOf(row[3]);
    for (let at = 1; at < facts.length; at += factsEach) types.add(facts[at] ?? '');
  }
  return types;
}

/** What one row of lists tells. @throws TypeError  when lists do not fit each other, which no server sends of itself. */
export class ColumnLists {
  readonly #row: Row;
  readonly #names: readonly (string | null)[];
  readonly #facts: readonly string[];

  constructor(row: Row) {
    this.#row = row;
    this.#names = readTexts(row[2]);
    this.#facts = listOf(row[3]);
    if (this.#facts.length !== this.#names.length * factsEach) throw new TypeError('lists of columns that do not fit');
  }

  /** The name of a column by its number; empty when it has none. */
  nameOf(number: string): string {
    // Where no column was dropped it has its number's place.
    let at = Number(number) - 1;
    if (this.#facts[at * factsEach] !== number) {
      at = this.#names.findIndex((_, place) => this.#facts[place * factsEach] === number);
    }
    return this.#names[at] ?? '';
  }

  /** @param types  Which has learnt those of the row. */
  columns(types: ColumnTypes): readonly CatalogColumn[] {
    const facts = this.#facts;
    const collations = readTexts(this.#row[4]);
    const defaults = new NumberedTexts(this.#row[5], this.#row[6]);
    const comments = new NumberedTexts(this.#row[7], this.#row[8]);
    return this.#names.map((name, at) => {
      const ordinal = Number(facts[at * factsEach]);
      const kind = types.find(facts[at * factsEach + 1] ?? '');
      const letters = facts[at * factsEach + 2] ?? '';
      return {
        name: name ?? '',
        ordinal,
        nativeType: kind.nativeType,
        canonicalType: kind.canonicalType,
        length: kind.length,
        precision: kind.precision,
        scale: kind.scale,
        isNullable: !kind.isNotNull && !letters.startsWith('t'),
        default: defaults.of(ordinal),
        generated: letters.length < 2 ? null : (generatedBy.get(letters.slice(-1)) ?? null),
        identity: letters.length < 2 ? null : (identities.get(letters.charAt(1)) ?? null),
        collation: collations[at] ?? null,
        comment: comments.of(ordinal),
      };
    });
  }
}

/** The last letter of a column whose values are made from others. */
const generatedBy = new Map<string, 'stored' | 'virtual'>([
  ['s', 'stored'],
  ['v', 'virtual'],
]);

const identities = new Map<string, 'always' | 'by_default'>([
  ['a', 'always'],
  ['d', 'by_default'],
]);

/** Texts of some of the columns, taken in the order of their numbers. */
class NumberedTexts {
  readonly #numbers: readonly string[];
  readonly #texts: readonly (string | null)[];
  #at = 0;

  constructor(numbers: string | null | undefined, texts: string | null | undefined) {
    this.#numbers = listOf(numbers);
    this.#texts = readTexts(texts);
    if (this.#numbers.length !== this.#texts.length) throw new TypeError('lists of texts that do not fit');
  }

  of(ordinal: number): string | null {
    // What is left over belongs to no column that is still there.
    while (Number(this.#numbers[this.#at]) < ordinal) this.#at += 1;
    return Number(this.#numbers[this.#at]) === ordinal ? (this.#texts[this.#at++] ?? null) : null;
  }
}

function listOf(text: string | null | undefined): readonly string[] {
  return text == null ? none : text.split(',');
}

/** A JSON list of texts and nulls that the server made. */
function readTexts(text: string | null | undefined): readonly (string | null)[] {
  if (text == null) return none;
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list) || !list.every(isTextOrNull)) throw new TypeError('a list of something else than texts');
  return list;
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === 'string' || value === null;
}

const none: readonly never[] = [];
