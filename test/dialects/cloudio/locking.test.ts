/**
 * No lost update: fifty writers on the same rows, each with the version it read. `CLOUDIO_LOCKING_CHANGES` says how
 * many successful changes each writer makes, and has the figures printed; few in the usual run.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { describeWith } from '../../servers/index.js';
import { type Engine, employeesSql, openDataHouse } from './data-house.js';
import { runLocking } from './locking.js';

const asked = process.env['CLOUDIO_LOCKING_CHANGES'];
const changesEach = Number(asked ?? 1);

function locking(engine: Engine): void {
  test.each(['as_read', 'milliseconds'] as const)(
    'fifty writers lose no update (versions: %s)',
    async (versions) => {
      const house = await openDataHouse(engine, (database) => database.sql(employeesSql(engine)));
      try {
        await house.grant('EMPLOYEES');
        const report = await runLocking(house, { writers: 50, rows: 5, changesEach, versions });
        if (asked !== undefined) console.info(engine, JSON.stringify(report));
        expect(report.others).toEqual([]);
        expect(report.changes).toBe(50 * changesEach);
        expect(report.sums).toEqual(report.expected);
        expect(report.repeatedVersions).toBe(0);
        expect(house.world.faults).toEqual([]);
      } finally {
        await house.close();
      }
    },
    60_000 + changesEach * 20_000,
  );
}

describe('optimistic locking on SQLite', () => {
  locking('sqlite');

  test('is what keeps them: on a table without versions updates are lost, and the count shows it', async () => {
    const house = await openDataHouse('sqlite', (database) =>
      database.sql('create table COUNTERS (EMP_ID integer primary key, SALARY integer)'),
    );
    try {
      await house.grant('COUNTERS');
      const report = await runLocking(house, { writers: 50, rows: 1, changesEach: 2, versions: 'none' });
      expect(report).toMatchObject({ changes: 100, conflicts: 0, others: [] });
      expect(report.sums[0]).toBeLessThan(100);
    } finally {
      await house.close();
    }
  });
});
describeWith('postgres', 'optimistic locking on PostgreSQL', () => locking('postgres'));
describeWith('mariadb', 'optimistic locking on MariaDB', () => locking('mariadb'));
