import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEngine } from './engine.js';
import { openSqlite } from './open-sqlite.js';
import { runLater } from './sqlite-driver.js';

const pageBytes = 4_096;
const codeOf = (error: unknown) => (error as { code?: unknown }).code;

describe('groups that are on their way to the disk', () => {
  let folder: string;
  let file: string;
  let engine: StoreEngine;
  /** Where the page of the table that can be damaged begins. */
  let page = 0;
  const fatal: Error[] = [];
  const open = async () => {
    engine = await openSqlite({ file, busyTimeoutMs: 200, onFatal: (error) => fatal.push(error) });
  };
  const add = (table: string, place: number) =>
    engine
      .planned(async (tx) => runLater(tx, sql`insert into ${sql.table(table)} values (${place})`.compile(tx)))
      .then(() => 'written', codeOf);
  const rowsOf = (table: string) => {
    const database = new DatabaseSync(file);
    const { rows } = database.prepare(`select count(*) as rows from ${table}`).get() as { rows: number };
    database.close();
    return rows;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-writer-'));
    file = join(folder, 'store.db');
    fatal.length = 0;
    const database = new DatabaseSync(file);
    database.exec(`pragma page_size = ${pageBytes}`);
    for (const table of ['sound', 'broken']) database.exec(`create table ${table} (place integer primary key)`);
    const { rootpage } = database.prepare("select rootpage from sqlite_schema where name = 'broken'").get() as {
      rootpage: number;
    };
    database.close();
    page = (rootpage - 1) * pageBytes;
  });
  const damage = () => {
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, page);
    closeSync(handle);
  };
  afterEach(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('are written one behind the other, each of them whole', async () => {
    await open();
    const outcomes = await Promise.all(Array.from({ length: 300 }, (_, place) => add('sound', place % 299)));
    expect(outcomes.filter((one) => one === 'written')).toHaveLength(299);
    expect(outcomes.filter((one) => one === 'store.failed')).toHaveLength(1);
    expect(engine.statistics().commits).toBeLessThan(12);
    expect(fatal).toEqual([]);
  });

  it('are found by their texts, more of them than have numbers', async () => {
    await open();
    const places = Array.from({ length: 1_300 }, (_, place) => place);
    const added = await Promise.all(
      places.map((place) =>
        engine
          .planned(async (tx) => runLater(tx, sql`insert into sound values (${sql.lit(place)})`.compile(tx)))
          .then(() => 'written', codeOf),
      ),
    );
    expect(new Set(added)).toEqual(new Set(['written']));
    for (const place of [0, 999, 1_000, 1_299]) {
      const { rows } = await sql`select place from sound where place = ${sql.lit(place)}`.execute(engine.read);
      expect(rows).toEqual([{ place }]);
    }
  });

  it('leave nothing behind one after which the disk is not to be trusted', async () => {
    damage();
    await open();
    // The first goes at once, and those behind it are a whole group before it is answered.
    const outcomes = await Promise.all([add('broken', 1), ...Array.from({ length: 80 }, (_, at) => add('sound', at))]);
    expect(new Set(outcomes)).toEqual(new Set(['store.stopped']));
    expect(fatal).toHaveLength(1);
    await engine.close();
    expect(rowsOf('sound')).toBe(0);
  });
});
