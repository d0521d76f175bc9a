/**
 * How the checks ask: each question in a read-only transaction of its own, with a time limit of the server's and no
 * search path that somebody else has a say in, so that it works the same through a pooler of transactions.
 *
 * @module
 */
import type { Clock } from '../../../kernel/clock.js';
import type { PreflightRequest } from '../../../sources/index.js';
import type { Found } from '../../check-findings.js';
import type { Session } from '../connect.js';
import type { Row, Value } from '../question.js';
import { quoteIdentifier } from '../quote.js';

export interface Asking {
  readonly session: Session;
  readonly request: PreflightRequest;
  readonly clock: Clock;
  /** The server's limit for one statement, milliseconds. */
  readonly statementMs: number;
}

export type PostgresCheck = (asking: Asking) => Promise<Found>;

/** The server answered something it was not asked for. */
export class UnexpectedAnswer extends Error {}

/**
 * Asks one question in a transaction of its own.
 *
 * @param sql  Finds its own names only in `pg_catalog`.
 */
export async function readRows(
  { session, statementMs }: Asking,
  sql: string,
  values: readonly Value[] = [],
): Promise<readonly Row[]> {
  const limits = `SET LOCAL statement_timeout = ${statementMs}; SET LOCAL lock_timeout = ${statementMs}`;
  await session.ask(`BEGIN READ ONLY; ${limits}; SET LOCAL search_path = pg_catalog, pg_temp`);
  try {
    return await session.rows(sql, values);
  } finally {
    await session.ask('ROLLBACK').catch(ignore);
  }
}

/** Like {@link readRows}, for one row. */
export async function readRow(asking: Asking, sql: string, values: readonly Value[] = []): Promise<Row> {
  const [row] = await readRows(asking, sql, values);
  if (row === undefined) throw new UnexpectedAnswer();
  return row;
}

/** The text at a place, or `null`. */
export function textAt(row: Row, place: number): string | null {
  const text = row[place];
  if (text === undefined || (text !== null && text.length > maxTextLength)) throw new UnexpectedAnswer();
  return text;
}

/** Something that has to be there: a name. */
export function nameAt(row: Row, place: number): string {
  const text = textAt(row, place);
  if (text === null || text === '') throw new UnexpectedAnswer();
  return text;
}

export function numberAt(row: Row, place: number): number {
  const text = textAt(row, place);
  const number = Number(text);
  if (text === null || text === '' || !Number.isFinite(number)) throw new UnexpectedAnswer();
  return number;
}

export function flagAt(row: Row, place: number): boolean {
  return textAt(row, place) === 't';
}

/** Words joined by a blank: privileges. */
export function wordsAt(row: Row, place: number): readonly string[] {
  const words = (textAt(row, place) ?? '').split(' ').filter((word) => word !== '');
  if (words.some((word) => !/^[A-Z]{1,16}$/.test(word))) throw new UnexpectedAnswer();
  return words;
}

/** No name is longer (`NAMEDATALEN` is 64 bytes, and rarely 128), nor is anything else asked for here. */
const maxTextLength = 255;

/** SQL that is true for a schema of pg_namespace as `n` that is not the engine's own. */
export const isOwnSchema = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** SQL that is true for a schema of pg_namespace as `n` that is asked about; `$1` is {@link askedSchemas}. */
export const isAskedSchema = `(n.nspname = ANY ($1::text[]) OR ($1::text[] IS NULL AND ${isOwnSchema}))`;

/** The schemas of the request; names that no PostgreSQL can have are not sent. */
export function askedSchemas({ schemas }: PreflightRequest): readonly string[] | null {
  return schemas === null ? null : schemas.filter((name) => isPossibleName(name));
}

export function isPossibleName(name: string): boolean {
  return name !== '' && name.length <= maxTextLength && !name.includes('\0');
}

/** Lists of quoted names for statements that take many: none gets too long to be read. */
export function inLists(names: readonly string[]): readonly string[] {
  const lists: string[] = [];
  let list: string[] = [];
  let length = 0;
  for (const name of names) {
    if (list.length > 0 && length + name.length > maxListLength) {
      lists.push(list.join(', '));
      list = [];
      length = 0;
    }
    list.push(name);
    length += name.length + 2;
  }
  if (list.length > 0) lists.push(list.join(', '));
  return lists;
}

const maxListLength = 3_000;

export function quoteAll(names: readonly string[]): readonly string[] {
  return names.map(quoteIdentifier);
}

function ignore(): void {}
