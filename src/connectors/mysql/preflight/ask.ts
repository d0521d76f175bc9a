/**
 * How the checks ask, and what several of them need: the account's privileges and the schemas that are asked about are
 * read once and told to all.
 *
 * @module
 */
import { compareBytes } from '../../../kernel/byte-order.js';
import type { Clock } from '../../../kernel/clock.js';
import type { PreflightRequest } from '../../../sources/index.js';
import type { Found } from '../../check-findings.js';
import { type Flavour, systemSchemas } from '../catalog/questions.js';
import type { Row, Session } from '../connect.js';
import { accountOf, type Privileges, readPrivileges } from '../privileges.js';
import type { SqlValue } from '../quote.js';

/** A schema the account can see. */
export interface SeenSchema {
  readonly name: string;
  /** Tables and views it can see there. */
  readonly tables: number;
}

/** Read at most once in a preflight, by whichever check comes first. */
export interface SharedFacts {
  privileges: Promise<Privileges> | null;
  schemas: Promise<readonly SeenSchema[]> | null;
}

export interface Asking {
  readonly session: Session;
  readonly request: PreflightRequest;
  readonly clock: Clock;
  readonly flavour: Flavour;
  /** The server's limit for one statement, milliseconds. */
  readonly statementMs: number;
  readonly signal: AbortSignal;
  readonly facts: SharedFacts;
}

export type MysqlCheck = (asking: Asking) => Promise<Found>;

/** The server answered something it was not asked for. */
export class UnexpectedAnswer extends Error {}

const maxRows = 10_000;
const maxSchemas = 100_000;

export function readRows(asking: Asking, sql: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
  return asking.session.rows(sql, values, { signal: asking.signal, maxRows });
}

/** Like {@link readRows}, for one row. */
export async function readRow(asking: Asking, sql: string, values: readonly SqlValue[] = []): Promise<Row> {
  const [row] = await readRows(asking, sql, values);
  if (row === undefined) throw new UnexpectedAnswer();
  return row;
}

export function textAt(row: Row, place: number): string {
  const text = row[place];
  if (text === undefined || text === null) throw new UnexpectedAnswer();
  return text;
}

export function numberAt(row: Row, place: number): number {
  const number = Number(textAt(row, place));
  if (!Number.isFinite(number)) throw new UnexpectedAnswer();
  return number;
}

/** Settings are `0`, `1`, `OFF` and `ON`, by version. */
export function isOn(text: string | null | undefined): boolean {
  return text !== null && text !== undefined && text !== '0' && text.toUpperCase() !== 'OFF';
}

export function privilegesOf(asking: Asking): Promise<Privileges> {
  asking.facts.privileges ??= askPrivileges(asking);
  return asking.facts.privileges;
}

async function askPrivileges(asking: Asking): Promise<Privileges> {
  const role = asking.flavour === 'mariadb' ? 'CURRENT_ROLE()' : 'NULL';
  const row = await readRow(asking, `SELECT CURRENT_USER(), ${role}`);
  return readPrivileges(accountOf(textAt(row, 0), row[1] ?? null), await readRows(asking, 'SHOW GRANTS'));
}

/** Everything the account can see but the server's own, in byte order. */
export function schemasSeen(asking: Asking): Promise<readonly SeenSchema[]> {
  asking.facts.schemas ??= askSchemas(asking);
  return asking.facts.schemas;
}

async function askSchemas(asking: Asking): Promise<readonly SeenSchema[]> {
  const limits = { signal: asking.signal, maxRows: maxSchemas };
  const names = await asking.session.rows('SELECT SCHEMA_NAME FROM information_schema.SCHEMATA', [], limits);
  // Names alone: no table is opened to count them.
  const counted = await asking.session.rows(
    'SELECT TABLE_SCHEMA, COUNT(*) FROM information_schema.TABLES GROUP BY TABLE_SCHEMA',
    [],
    limits,
  );
  const counts = new Map(counted.map(([schema, count]) => [schema ?? '', Number(count)]));
  const asked = asking.request.schemas === null ? null : new Set(asking.request.schemas);
  const system = new Set<string>(systemSchemas);
  return names
    .flatMap(([name]) => (name === null || name === undefined ? [] : [name]))
    .filter((name) => (asked === null ? !system.has(name.toLowerCase()) : asked.has(name)))
    .sort(compareBytes)
    .map((name) => ({ name, tables: counts.get(name) ?? 0 }));
}

/** Names with control characters stand in no statement that somebody is to copy. */
export function isShowable(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return name !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(name);
}
