/**
 * Many writers on the same few rows, each reading a row and posting it changed with the version it read. Every change
 * that was answered with success adds one to what stands in the row, so that a lost one is missing at the end.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataHouse } from './data-house.js';

export interface LockingProfile {
  readonly writers: number;
  readonly rows: number;
  /** Successful changes of each writer. */
  readonly changesEach: number;
  /** Whether versions are sent as JavaScript's dates have them, in milliseconds. */
  readonly isInMillis: boolean;
}

export interface LockingReport {
  readonly changes: number;
  readonly conflicts: number;
  /** Refused for want of a connection, or because the database could not order the transactions. */
  readonly retries: number;
  /** Statuses nobody expects. */
  readonly others: readonly string[];
  /** What stands in the rows, by `empId`. */
  readonly sums: readonly number[];
  /** What was answered with success, by `empId`. */
  readonly expected: readonly number[];
  /** Times at which a row had the version it had before. */
  readonly repeatedVersions: number;
}

export async function runLocking(house: DataHouse, profile: LockingProfile): Promise<LockingReport> {
  const { writers, rows, changesEach, isInMillis } = profile;
  const { api } = await house.client();
  const ids = Array.from({ length: rows }, (_, at) => at + 1);
  await resetRows(house, ids);
  const expected = new Map(ids.map((id) => [id, 0]));
  const versions = new Map(ids.map((id) => [id, new Set<string>()]));
  const others: string[] = [];
  let conflicts = 0;
  let retries = 0;
  let repeatedVersions = 0;

  const read = async (empId: number) => {
    for (;;) {
      const query = { filter: [{ empId: { is: empId } }], projection: { empId: 1, salary: 1, lastUpdateDate: 1 } };
      const { status, text } = await api({ A: { ds: 'Employees', query } });
      if (status === 200) return rowsOf(text)[0] as { salary: number; lastUpdateDate: string };
      if (status !== 503) throw new Error(`reading answered ${status}: ${text}`);
      retries += 1;
      await sleep(20);
    }
  };
  const change = async (writer: number, nth: number): Promise<void> => {
    const empId = ids[(writer * 7 + nth) % ids.length] as number;
    for (;;) {
      const row = await read(empId);
      const lastUpdateDate = isInMillis ? new Date(row.lastUpdateDate).toISOString() : row.lastUpdateDate;
      const data = [{ _rs: 'U', empId, salary: row.salary + 1, lastUpdateDate }];
      const { status, text } = await api({ A: { ds: 'Employees', data } });
      if (status === 200) {
        expected.set(empId, (expected.get(empId) ?? 0) + 1);
        const version = String(rowsOf(text)[0]?.['lastUpdateDate']);
        const seen = versions.get(empId);
        if (seen?.has(version) === true) repeatedVersions += 1;
        seen?.add(version);
        return;
      }
      if (status === 409) conflicts += 1;
      else if (status === 503) retries += 1;
      else others.push(`${status}: ${text}`);
      if (others.length > 10) return;
      await sleep(Math.random() * 10);
    }
  };
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let nth = 0; nth < changesEach && others.length <= 10; nth += 1) await change(writer, nth);
    }),
  );
  const sums: number[] = [];
  for (const id of ids) sums.push((await read(id)).salary);
  return {
    ...{ changes: [...expected.values()].reduce((sum, count) => sum + count, 0), conflicts, retries, others, sums },
    ...{ expected: [...expected.values()], repeatedVersions },
  };
}

async function resetRows(house: DataHouse, ids: readonly number[]): Promise<void> {
  const quote = house.database.engine === 'mariadb' ? '`' : '"';
  const q = (name: string) => `${quote}${name}${quote}`;
  await house.database.sql(`delete from ${q('EMPLOYEES')}`);
  for (const id of ids) {
    const received = await house.api({ A: { ds: 'Employees', data: [{ _rs: 'I', empId: id, name: 'x', salary: 0 }] } });
    if (received.status !== 200) throw new Error(received.text);
  }
}

function rowsOf(text: string): Record<string, unknown>[] {
  return (JSON.parse(text) as { data: { A: { data: Record<string, unknown>[] } } }).data.A.data;
}
