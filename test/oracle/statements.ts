/**
 * Looks at compiled SQL as text, with a tokenizer of its own: one statement, no comment, names of the catalogue only,
 * and no literal that a caller could have written.
 *
 * @module
 */
import type { TableSpec } from './world.js';

type Token =
  | { readonly kind: 'name' | 'text'; readonly value: string }
  | { readonly kind: 'word' | 'number' | 'sign' | 'fault'; readonly value: string };

/** How an engine quotes names, and whether a backslash means something in its texts. */
const styles = {
  postgres: { name: '"', hasEscapes: false },
  sqlite: { name: '"', hasEscapes: false },
  mysql: { name: '`', hasEscapes: true },
} as const;

export function* tokensOf(engine: string, sql: string): Generator<Token> {
  const style = styles[engine as keyof typeof styles];
  let at = 0;
  while (at < sql.length) {
    const rest = sql.slice(at, at + 2);
    const first = rest[0] as string;
    if (/\s/.test(first)) {
      at += 1;
    } else if (first === "'" || first === style.name) {
      const isText = first === "'";
      const read = readQuoted(sql, at, first, isText && style.hasEscapes);
      if (read === null) {
        yield { kind: 'fault', value: 'a quote that does not end' };
        return;
      }
      yield { kind: isText ? 'text' : 'name', value: read.value };
      at = read.end;
    } else if (rest === '--' || rest === '/*' || first === '#' || first === ';' || /\p{Cc}/u.test(first)) {
      yield { kind: 'fault', value: rest };
      at += rest.length;
    } else {
      const [word = first] =
        /^(?:[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|[$?:]\d+|.)/u.exec(sql.slice(at, at + 200)) ?? [];
      yield { kind: /^[A-Za-z_]/.test(word) ? 'word' : /^\d/.test(word) ? 'number' : 'sign', value: word };
      at += word.length;
    }
  }
}

function readQuoted(
  sql: string,
  start: number,
  quote: string,
  hasEscapes: boolean,
): { value: string; end: number } | null {
  let value = '';
  for (let at = start + 1; at < sql.length; at += 1) {
    if (hasEscapes && sql[at] === '\\') {
      at += 1;
      value += sql[at] ?? '';
    } else if (sql[at] !== quote) value += sql[at];
    else if (sql[at + 1] === quote) {
      value += quote;
      at += 1;
    } else return { value, end: at + 1 };
  }
  return null;
}

/** Texts the compilers write themselves: units, encodings, forms of dates, stars. */
const ownTexts = /^(?:|[a-z0-9-]{1,10}|[A-Z0-9-]{1,10}|\*|00|[%YmdHMSi :.0-9Tfs-]+|1970-01-01.*)$/;

const writtenText = /^(?:[0-9a-f]*|\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d+)?)?|\d\d:\d\d:\d\d(?:\.\d+)?)$/;

/** Names of the engines: the collation that goes by bytes. */
const ownNames = ['C', 'public', 'main'];

/** @returns What is wrong with it; `null`: nothing. */
export function inspectStatement(
  engine: string,
  sql: string,
  table: TableSpec,
  given: ReadonlySet<string>,
): string | null {
  const names = new Set([...table.columns.map(({ name }) => name), table.name, ...ownNames]);
  // Where a protocol has no binding, values are written as bytes in hexadecimal, as digits and as moments.
  const isWritten = engine === 'mysql';
  for (const token of tokensOf(engine, sql)) {
    if (token.kind === 'fault') return `the statement has ${JSON.stringify(token.value)}`;
    if (token.kind === 'name' && !names.has(token.value) && !/^(?:c\d+|oracle_[0-9a-f]+)$/.test(token.value)) {
      return `a name that is not of the catalogue: ${JSON.stringify(token.value)}`;
    }
    if (token.kind === 'text') {
      if (isWritten && writtenText.test(token.value)) continue;
      if (!ownTexts.test(token.value)) return `a literal that nobody here wrote: ${JSON.stringify(token.value)}`;
      if (isTelling(token.value) && given.has(token.value))
        return `a literal that was given: ${JSON.stringify(token.value)}`;
    }
    if (!isWritten && token.kind === 'number' && isTelling(token.value) && given.has(token.value))
      return `a number that was given: ${token.value}`;
    if (token.kind === 'word' && token.value.length > 10 && given.has(token.value))
      return `a word that was given: ${token.value}`;
  }
  return null;
}

/** Long enough not to be one of the compilers' own by chance. */
function isTelling(text: string): boolean {
  return text.length > 4 && !['UTF-8', 'utf-8'].includes(text);
}
