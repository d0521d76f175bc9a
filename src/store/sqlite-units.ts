/**
 * Group commit of units where they are written: one transaction, one sync, and each unit wholly or not at all.
 *
 * @module
 */
import type { DatabaseSync } from '@photostructure/sqlite';
import { isFatalForSqlite, type SqliteFailure } from './errors.js';
import type { SqliteRow, Statement, UnitOutcome, WriteUnit } from './sqlite-protocol.js';
import type { SqliteTrail, TrailEnd } from './sqlite-trail.js';

type Database = InstanceType<typeof DatabaseSync>;
export type Run = (statement: Statement) => { readonly rows: readonly SqliteRow[] };

const control = (sql: string): Statement => ({ sql, parameters: [] });
const begin = control('begin immediate');
const commit = control('commit');
const savepoint = control('savepoint unit');
const release = control('release unit');
const rollback = control('rollback to unit');

export interface UnitTools {
  readonly database: Database;
  readonly run: Run;
  readonly trail: SqliteTrail | null;
  readonly failureOf: (error: unknown) => SqliteFailure;
}

/**
 * Durable when it returns. Nothing is kept to undo a single unit at first, because hardly any is refused; where one
 * is, all are written anew, each in a savepoint.
 *
 * @throws what `BEGIN IMMEDIATE` or `COMMIT` was refused with, and a failure after which nothing may commit; then
 * nothing of any unit is written.
 */
export function writeUnits(tools: UnitTools, units: readonly WriteUnit[]): readonly UnitOutcome[] {
  try {
    return writeAll(tools, units, writeUnit);
  } catch (error) {
    if (!(error instanceof UnitRefused)) throw error;
    return writeAll(tools, units, writeUndoable);
  }
}

type WriteOne = (tools: UnitTools, unit: WriteUnit, end: TrailEnd | null) => UnitOutcome;

/** A unit was refused, and a part of it is written. */
class UnitRefused extends Error {}

function writeAll(tools: UnitTools, units: readonly WriteUnit[], write: WriteOne): readonly UnitOutcome[] {
  const { database, run, trail } = tools;
  run(begin);
  try {
    const end = trail?.open() ?? null;
    const outcomes = units.map((unit) => write(tools, unit, end));
    end?.close();
    run(commit);
    return outcomes;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

function writeUnit(tools: UnitTools, { reads, writes, events }: WriteUnit, end: TrailEnd | null): UnitOutcome {
  const { database, run, failureOf } = tools;
  if (!reads.every((read) => isSameAnswer(read.rows, run(read).rows))) return 'changed';
  try {
    for (const statement of writes) run(statement);
    if (events.length > 0) {
      if (end === null) throw new TypeError('the key of the trail is not known');
      end.append(events);
    }
    return 'written';
  } catch (error) {
    if (!database.isTransaction || isFatalForSqlite(failureOf(error))) throw error;
    throw new UnitRefused('a unit was refused', { cause: error });
  }
}

function writeUndoable(tools: UnitTools, unit: WriteUnit, end: TrailEnd | null): UnitOutcome {
  const undo = end?.mark();
  tools.run(savepoint);
  try {
    return writeUnit(tools, unit, end);
  } catch (error) {
    if (!(error instanceof UnitRefused)) throw error;
    tools.run(rollback);
    undo?.();
    return 'failed';
  } finally {
    if (tools.database.isTransaction) tools.run(release);
  }
}

export function isSameAnswer(before: readonly SqliteRow[], now: readonly SqliteRow[]): boolean {
  return before.length === now.length && before.every((row, place) => isSameRow(row, now[place] ?? {}));
}

function isSameRow(before: SqliteRow, now: SqliteRow): boolean {
  for (const name in before) if (before[name] !== now[name]) return false;
  return true;
}
