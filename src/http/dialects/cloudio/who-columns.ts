/**
 * WHO columns: who made a row and who changed it last, and when. The service writes them itself, and the time of the
 * last change is the lock that keeps one writer from undoing another's work unseen.
 *
 * @module
 */
import type { Filter, Given } from '../../../query/index.js';
import type { JsonValue } from '../../kit/strict-json.js';
import type { Attribute, Attributes, TableColumn } from './attributes.js';
import { floorTo, isWritable, microsOf, microsOfMilli, writeMoment } from './date-time.js';
import { cloudioErrors } from './errors.js';
import { misfit, momentOf } from './values.js';

const byName = ['createdBy', 'lastUpdatedBy'] as const;
const byMoment = ['creationDate', 'lastUpdateDate'] as const;

/** Attributes a client's value for which is not written: the service has its own. */
export function stampedAttributes(attributes: Attributes): ReadonlySet<string> {
  return new Set([
    ...byName.filter((name) => nameColumn(attributes, name) !== null),
    ...byMoment.filter((name) => momentColumn(attributes, name) !== null),
  ]);
}

/** What stands in a row that is new. */
export function insertStamps(attributes: Attributes, userName: string, nowMs: number): Given {
  const stamps = new Map<string, unknown>();
  for (const name of byName) stampName(stamps, nameColumn(attributes, name), userName);
  for (const name of byMoment) stampMoment(stamps, momentColumn(attributes, name), microsOf(nowMs));
  return stamps;
}

/** What stands in a row that was changed, from the version a lock was taken on: later than that by a millisecond at least. */
export function updateStamps(attributes: Attributes, userName: string, nowMs: number, lock: Lock | null): Given {
  const stamps = new Map<string, unknown>();
  stampName(stamps, nameColumn(attributes, 'lastUpdatedBy'), userName);
  const column = momentColumn(attributes, 'lastUpdateDate');
  if (column !== null) stampMoment(stamps, column, nextMoment(column, microsOf(nowMs), lock));
  return stamps;
}

export interface Lock {
  readonly filter: Filter;
  /** The latest moment that the version it is taken on may have. */
  readonly latestMicros: bigint;
}

/** The attribute versions are told apart by; `null` where the table has no such column. */
export function lockColumn(attributes: Attributes): TableColumn | null {
  return momentColumn(attributes, 'lastUpdateDate');
}

/**
 * The lock on the version of a row that the client has seen.
 *
 * A client that keeps milliseconds sends a moment cut down to them, while the column may have microseconds: with fewer
 * than four digits of fraction every moment of that millisecond is the one that was meant.
 *
 * @throws `cloudio.row_invalid` when nothing was sent · `cloudio.value_invalid`
 */
export function lockOf(attribute: Attribute, json: JsonValue | undefined): Lock {
  if (json === undefined || json === null) {
    const fix = 'Rows to update or delete need lastUpdateDate as it was read.';
    throw cloudioErrors.row_invalid({ details: { field: attribute.name, fix } });
  }
  const { micros, fractionDigits } = momentOf(attribute, json);
  const { name: column, type } = attribute.column;
  const isText = type === 'text';
  const text = (at: bigint) => (type === 'timestamp' ? writeMoment(at) : `${writeMoment(at)}Z`);
  // A text may hold a moment in another spelling than ours: the one that was read is as good.
  const asRead: Filter = {
    kind: 'in',
    column,
    isNegated: false,
    values: isText ? [text(micros), json] : [text(micros)],
  };
  if (fractionDigits >= 4) return { filter: asRead, latestMicros: micros };
  const from = floorTo(micros, microsOfMilli);
  const until = from + microsOfMilli;
  if (!isWritable(until)) throw misfit(attribute, 'Send lastUpdateDate as it was read.');
  const within: Filter = {
    kind: 'and',
    filters: [
      { kind: 'compare', column, operator: 'gte', value: text(from) },
      { kind: 'compare', column, operator: 'lt', value: text(until) },
    ],
  };
  const filter: Filter = isText ? { kind: 'or', filters: [asRead, within] } : within;
  return { filter, latestMicros: until - 1n };
}

function nextMoment(column: TableColumn, nowMicros: bigint, lock: Lock | null): bigint {
  if (lock === null) return nowMicros;
  const unit = unitOf(column);
  const now = floorTo(nowMicros, unit);
  const least = lock.latestMicros + microsOfMilli;
  if (now >= least) return now;
  const floor = floorTo(least, unit);
  return floor === least ? least : floor + unit;
}

function stampName(stamps: Map<string, unknown>, column: TableColumn | null, userName: string): void {
  if (column !== null) stamps.set(column.name, userName);
}

function stampMoment(stamps: Map<string, unknown>, column: TableColumn | null, micros: bigint): void {
  if (column === null) return;
  const text = writeMoment(floorTo(micros, unitOf(column)));
  stamps.set(column.name, column.type === 'timestamp' ? text : `${text}Z`);
}

function nameColumn(attributes: Attributes, name: string): TableColumn | null {
  const column = attributes.columnOf(name);
  return column?.type === 'text' && !column.isComputed ? column : null;
}

function momentColumn(attributes: Attributes, name: string): TableColumn | null {
  const column = attributes.columnOf(name);
  if (column === undefined || column.isComputed) return null;
  return column.type === 'timestamp' || column.type === 'timestamptz' || column.type === 'text' ? column : null;
}

/**
 * The step in which a column keeps moments, a millisecond at least. A moment finer than that would be rounded by the
 * engine, up as well as down, and the next lock would miss it.
 */
function unitOf({ nativeType, type }: TableColumn): bigint {
  if (type === 'text') return microsOfMilli;
  const [, digits] = /\((\d)\)/.exec(nativeType) ?? [];
  // MySQL and MariaDB keep whole seconds where no precision is written; the others write theirs, or keep six digits.
  const precision = digits === undefined ? (/^(?:datetime|timestamp)$/.test(nativeType) ? 0 : 6) : Number(digits);
  return precision >= 3 ? microsOfMilli : 10n ** BigInt(6 - precision);
}
