/**
 * A catalogue as an entity-relationship diagram in Mermaid's language, to be pasted where that is drawn. Names come from
 * a database, so nothing of them is written that the grammar could take for its own: entities and labels in quotes
 * without blanks, columns and types of plain letters, and of comments the letters and a little punctuation.
 *
 * @module
 */
import type { Item, Reading, Table } from './catalog-tree.js';

/** Renderers refuse longer texts unless told otherwise (Mermaid's `maxTextSize`). */
export const usualMaxCharacters = 50_000;

const maxCommentCharacters = 120;

/** Lines with their line ends: an entity, then its relations. */
export async function* mermaidOf({ schemas }: Reading, items: AsyncIterable<Item>): AsyncGenerator<string> {
  const nameEntity = createEntityNames(schemas.length === 1 ? (schemas[0]?.name ?? null) : null);
  yield 'erDiagram\n';
  for await (const item of items) {
    if (item.section !== 'table') continue;
    const { table } = item;
    const entity = nameEntity(table.schema, table.name);
    const columns = (table.columns ?? []).map((column) => `    ${attributeOf(column, table)}\n`);
    yield columns.length === 0 ? `  ${entity}\n` : `  ${entity} {\n${columns.join('')}  }\n`;
    for (const key of table.foreignKeys ?? []) {
      const parent = nameEntity(key.toSchema, key.toTable);
      const label = safeName(key.name ?? key.columns.join('_'));
      yield `  ${parent} ${cardinalityOf(key.columns, table)} ${entity} : "${label}"\n`;
    }
  }
}

/**
 * The name of an entity, the same for the same table and another for every other: two tables whose names differ only in
 * what cannot be written get a number.
 *
 * @param schemaLeftOut  Tables of this schema are named without it.
 */
function createEntityNames(schemaLeftOut: string | null): (schema: string, table: string) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  return (schema, table) => {
    const place = JSON.stringify([schema, table]);
    const known = given.get(place);
    if (known !== undefined) return known;
    const wanted = safeName(schema === schemaLeftOut ? table : `${schema}.${table}`);
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
    taken.add(name);
    given.set(place, `"${name}"`);
    return `"${name}"`;
  };
}

/** Letters and digits of every script, `_`, `-`, `.`; never empty. Without blanks no word of the grammar can begin in it. */
function safeName(text: string): string {
  const safe = text.replace(/[^\p{L}\p{N}_.-]/gu, '_');
  return safe === '' ? '_' : safe;
}

/** Words that are marks where a column's name stands. */
const keyWord = /^(?:PK|FK|UK)(?![A-Za-z0-9_])/i;

/** A letter or `_`, then letters, digits, `_`, `-` and, in types, brackets. */
function safeWord(text: string, extra: string): string {
  const safe = text.replace(new RegExp(`[^A-Za-z0-9_${extra}-]`, 'g'), '_');
  return /^[A-Za-z_]/.test(safe) && !keyWord.test(safe) ? safe : `_${safe}`;
}

function attributeOf(column: NonNullable<Table['columns']>[number], table: Table): string {
  const isIn = (key: { readonly columns: readonly string[] }) => key.columns.includes(column.name);
  const marks = [
    ...(table.primaryKey && isIn(table.primaryKey) ? ['PK'] : []),
    ...((table.foreignKeys ?? []).some(isIn) ? ['FK'] : []),
    // A column that is unique together with others is not unique.
    ...((table.uniqueKeys ?? []).some((key) => key.columns.length === 1 && isIn(key)) ? ['UK'] : []),
  ];
  const name = safeWord(column.name, '');
  const comment = [...(name === column.name ? [] : [column.name]), ...(column.comment ? [column.comment] : [])].join(
    ': ',
  );
  const words = [
    safeWord(column.nativeType, '()\\[\\]'),
    name,
    marks.join(', '),
    comment === '' ? '' : `"${safeComment(comment)}"`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

function safeComment(text: string): string {
  const safe = text.replace(/[^\p{L}\p{N} _.,:;!?()/+='-]/gu, ' ').replace(/ {2,}/g, ' ');
  const characters = [...safe.trim()];
  return characters.length > maxCommentCharacters
    ? `${characters.slice(0, maxCommentCharacters).join('')}…`
    : characters.join('');
}

/** One parent, or none where the reference may be null; many children, or one where the reference is a key. */
function cardinalityOf(columns: readonly string[], table: Table): string {
  const isOptional = (table.columns ?? []).some((one) => columns.includes(one.name) && one.isNullable);
  const keys = [...(table.primaryKey ? [table.primaryKey] : []), ...(table.uniqueKeys ?? [])];
  const isUnique = keys.some((key) => key.columns.length > 0 && key.columns.every((name) => columns.includes(name)));
  return `${isOptional ? '|o' : '||'}--${isUnique ? 'o|' : 'o{'}`;
}
