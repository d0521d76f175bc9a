/**
 * What engines of files keep only in the text of a CREATE statement: names of constraints, checks, collations, generated
 * expressions, and when a trigger runs. Reads SQLite's grammar (https://sqlite.org/lang_createtable.html), of which what
 * DuckDB writes down is a part, as far as that needs, in one pass, and gives up on what it does not understand.
 *
 * @module
 */
import type { CatalogTrigger } from '../sources/index.js';

interface Token {
  readonly kind: 'word' | 'quoted' | 'literal' | 'mark';
  /** In capitals for a word, without its quotes for a quoted name. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Open parentheses before it. */
  readonly depth: number;
  /** Its place among all. */
  readonly index: number;
  /** Of an opening parenthesis: the place of the one that closes it. */
  closedBy: number | null;
}

export interface TableStatement {
  readonly isWithoutRowid: boolean;
  readonly isStrict: boolean;
  readonly hasAutoincrement: boolean;
  readonly primaryKeyName: string | null;
  /** By the column's name in lower case. */
  readonly collations: ReadonlyMap<string, string>;
  readonly generated: ReadonlyMap<string, string>;
  readonly checks: readonly { readonly name: string | null; readonly expression: string }[];
  /** In the order of the text. */
  readonly foreignKeys: readonly { readonly name: string | null; readonly isDeferrable: boolean }[];
  /** Names of unique constraints, by their columns in lower case joined with U+0000. */
  readonly uniqueNames: ReadonlyMap<string, string>;
}

export const plainTable: TableStatement = Object.freeze({
  isWithoutRowid: false,
  isStrict: false,
  hasAutoincrement: false,
  primaryKeyName: null,
  collations: new Map(),
  generated: new Map(),
  checks: [],
  foreignKeys: [],
  uniqueNames: new Map(),
});

/** @returns {@link plainTable} when the text is not understood. */
export function readCreateTable(sql: string): TableStatement {
  const tokens = tokenize(sql);
  const open = tokens.findIndex((token) => token.text === '(' && token.kind === 'mark');
  const close = groupAt(tokens, open);
  if (close === null) return plainTable;
  const collations = new Map<string, string>();
  const generated = new Map<string, string>();
  const uniqueNames = new Map<string, string>();
  const checks: { name: string | null; expression: string }[] = [];
  const foreignKeys: { name: string | null; isDeferrable: boolean }[] = [];
  let primaryKeyName: string | null = null;
  let hasAutoincrement = false;

  for (const item of splitAtCommas(tokens.slice(open + 1, close))) {
    const isConstraint = item[0]?.kind === 'word' && constraintWords.has(item[0].text);
    const column = isConstraint ? null : (nameOf(item[0], sql)?.toLowerCase() ?? null);
    let name: string | null = null;
    for (let at = isConstraint ? 0 : 1; at < item.length; at += 1) {
      const token = item[at];
      if (token?.kind !== 'word') continue;
      const next = item[at + 1];
      const group = groupAt(item, at + 1);
      if (token.text === 'CONSTRAINT') {
        name = nameOf(next, sql);
        at += 1;
      } else if (token.text === 'DEFAULT' && next?.kind !== 'mark') at += 1;
      else if (token.text === 'CHECK' && group !== null) {
        checks.push({ name, expression: textBetween(sql, item, at + 1, group) });
        name = null;
      } else if (token.text === 'COLLATE' && column !== null) {
        const collation = nameOf(next, sql);
        if (collation !== null) collations.set(column, collation);
        at += 1;
      } else if (token.text === 'AS' && group !== null && column !== null) {
        generated.set(column, textBetween(sql, item, at + 1, group));
      } else if (token.text === 'PRIMARY') {
        primaryKeyName = name;
        name = null;
      } else if (token.text === 'AUTOINCREMENT') hasAutoincrement = true;
      else if (token.text === 'UNIQUE') {
        const columns = group === null ? [column ?? ''] : namesIn(sql, item.slice(at + 2, group));
        if (name !== null) uniqueNames.set(columns.join('\0').toLowerCase(), name);
        name = null;
      } else if (token.text === 'REFERENCES') {
        foreignKeys.push({ name, isDeferrable: false });
        name = null;
        at += 1;
      } else if (token.text === 'DEFERRABLE') {
        const last = foreignKeys.at(-1);
        const before = item[at - 1];
        if (last !== undefined) last.isDeferrable = !(before?.kind === 'word' && before.text === 'NOT');
      }
      // What stands in parentheses is never a clause of ours.
      const skipped = groupAt(item, at + 1);
      if (skipped !== null) at = skipped;
    }
  }
  const options = tokens.slice(close + 1).map((token) => token.text);
  return {
    isWithoutRowid: options.includes('ROWID'),
    isStrict: options.includes('STRICT'),
    hasAutoincrement,
    primaryKeyName,
    collations,
    generated,
    checks,
    foreignKeys,
    uniqueNames,
  };
}

/** The texts of an index' parts, in order, and of its predicate. */
export function readCreateIndex(sql: string): { readonly parts: readonly string[]; readonly where: string | null } {
  const tokens = tokenize(sql);
  const on = tokens.findIndex((token) => token.kind === 'word' && token.text === 'ON');
  const open = tokens.findIndex((token, at) => at > on && token.kind === 'mark' && token.text === '(');
  const close = open < 0 ? null : groupAt(tokens, open);
  if (on < 0 || close === null) return { parts: [], where: null };
  const parts = splitAtCommas(tokens.slice(open + 1, close)).map((item) => {
    const [first] = item;
    const last = item.at(-1);
    if (first?.kind === 'quoted' && item.length === 1) return first.text;
    return first === undefined || last === undefined ? '' : sql.slice(first.start, last.end);
  });
  const where = tokens[close + 1];
  const isPartial = where?.kind === 'word' && where.text === 'WHERE';
  return { parts, where: isPartial ? sql.slice(where.end).trim() : null };
}

/** `null` when it is not understood. */
export function readCreateTrigger(sql: string): Pick<CatalogTrigger, 'timing' | 'events'> | null {
  const words = tokenize(sql, 60);
  for (const [at, token] of words.entries()) {
    if (token.kind !== 'word' || at < 2) continue;
    const event = token.text.toLowerCase();
    if (!['delete', 'insert', 'update'].includes(event)) continue;
    const before = words[at - 1];
    const said = before?.kind === 'word' ? before.text : '';
    const timing = said === 'AFTER' ? 'after' : said === 'OF' ? 'instead_of' : 'before';
    return { timing, events: [event] };
  }
  return null;
}

const constraintWords: ReadonlySet<string> = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']);
const closing: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '[': ']' };

function tokenize(sql: string, atMost = Number.POSITIVE_INFINITY): readonly Token[] {
  const tokens: Token[] = [];
  if (sql.length > maxCharacters) return tokens;
  const unclosed: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], text: string, end: number): Token => {
    const depth = unclosed.length;
    const token: Token = { kind, text, start: at, end, depth, index: tokens.length, closedBy: null };
    tokens.push(token);
    at = end;
    return token;
  };
  while (at < sql.length && tokens.length < atMost) {
    const char = sql.charAt(at);
    if (/\s/.test(char)) at += 1;
    else if (sql.startsWith('--', at)) at = endOr(sql.indexOf('\n', at), sql);
    else if (sql.startsWith('/*', at)) at = endOr(sql.indexOf('*/', at + 2), sql, 2);
    else if (char in closing) {
      const quote = closing[char] ?? char;
      const end = endOfQuoted(sql, at + 1, quote);
      const inner = sql.slice(at + 1, end - 1);
      push(char === "'" ? 'literal' : 'quoted', inner.replaceAll(quote + quote, quote), end);
    } else if (/[\p{L}\p{N}_$\u0080-\uffff]/u.test(char)) {
      wordAt.lastIndex = at;
      const text = wordAt.exec(sql)?.[0] ?? char;
      push(/^\d/.test(text) ? 'literal' : 'word', text.toUpperCase(), at + text.length);
    } else {
      const opening = char === ')' ? unclosed.pop() : undefined;
      const token = push('mark', char, at + 1);
      if (opening !== undefined) opening.closedBy = token.index;
      if (char === '(') unclosed.push(token);
    }
  }
  return tokens;
}

/** Longer statements are not understood. */
const maxCharacters = 1_000_000;
const wordAt = /[\p{L}\p{N}_$\u0080-\uffff]+/uy;

function endOr(found: number, sql: string, plus = 0): number {
  return found < 0 ? sql.length : found + plus;
}

function endOfQuoted(sql: string, from: number, quote: string): number {
  for (let at = from; ; at += 2) {
    const found = sql.indexOf(quote, at);
    if (found < 0) return sql.length;
    if (quote === ']' || sql.charAt(found + 1) !== quote) return found + 1;
    at = found;
  }
}

function splitAtCommas(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const depth = tokens[0]?.depth ?? 0;
  const items: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'mark' && token.text === ',' && token.depth === depth) items.push([]);
    else items.at(-1)?.push(token);
  }
  return items.filter((item) => item.length > 0);
}

/** Where the parenthesis that opens at a place closes, counted in this stretch; `null` when none opens there. */
function groupAt(stretch: readonly Token[], at: number): number | null {
  const open = stretch[at];
  if (open?.kind !== 'mark' || open.text !== '(' || open.closedBy === null) return null;
  const found = open.closedBy - (stretch[0]?.index ?? 0);
  return found < stretch.length ? found : null;
}

function textBetween(sql: string, tokens: readonly Token[], open: number, close: number): string {
  return sql.slice(tokens[open]?.end ?? 0, tokens[close]?.start ?? 0).trim();
}

/** The first name of every part. */
function namesIn(sql: string, tokens: readonly Token[]): readonly string[] {
  return splitAtCommas(tokens).map((item) => nameOf(item[0], sql) ?? '');
}

/** A name as it is written, without quotes; a text literal is one, too (https://sqlite.org/quirks.html §8). */
function nameOf(token: Token | undefined, sql: string): string | null {
  if (token === undefined || token.kind === 'mark') return null;
  return token.kind === 'word' ? sql.slice(token.start, token.end) : token.text;
}
