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
  /** Versions as they were read, or as JavaScript's dates have them; `none`: of a table that has no versions. */
  readonly versions: 'as_read' | 'milliseconds' | 'none';
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
  const { writers, rows, changesEach } = profile;
  const ds = profile.versions === 'none' ? 'Counters' : 'Employees';
  const { api } = await house.client();
  const ids = Array.from({ length: rows }, (_, at) => at + 1);
  await resetRows(house, ids, ds);
  const expected = new Map(ids.map((id) => [id, 0]));
  const seenVersions = new Map(ids.map((id) => [id, new Set<string>()]));
  const others: string[] = [];
  let conflicts = 0;
  let retries = 0;
  let repeatedVersions = 0;

  const read = async (empId: number) => {
    for (;;) {
      const { status, text } = await api({ A: { ds, query: { filter: [{ empId: { is: empId } }] } } });
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
      const data = [{ _rs: 'U', empId, salary: row.salary + 1, ...versionOf(row, profile.versions) }];
      const { status, text } = await api({ A: { ds, data } });
      if (status === 200) {
        expected.set(empId, (expected.get(empId) ?? 0) + 1);
        const version = String(rowsOf(text)[0]?.['lastUpdateDate'] ?? nth);
        const seen = seenVersions.get(empId);
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

function versionOf({ lastUpdateDate }: { lastUpdateDate: string }, versions: LockingProfile['versions']): object {
  if (versions === 'none') return {};
  return { lastUpdateDate: versions === 'as_read' ? lastUpdateDate : new Date(lastUpdateDate).toISOString() };
}

async function resetRows(house: DataHouse, ids: readonly number[], ds: string): Promise<void> {
  const quote = house.database.engine === 'mariadb' ? '`' : '"';
  const q = (name: string) => `${quote}${name}${quote}`;
  await house.database.sql(`delete from ${q(ds.toUpperCase())}`);
  for (const id of ids) {
    const received = await house.api({ A: { ds, data: [{ _rs: 'I', empId: id, salary: 0 }] } });
    if (received.status !== 200) throw new Error(received.text);
  }
}

function rowsOf(text: string): Record<string, unknown>[] {
  return (JSON.parse(text) as { data: { A: { data: Record<string, unknown>[] } } }).data.A.data;
}
