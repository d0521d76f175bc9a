import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { openSqlite } from './open-sqlite.js';

describe('a transaction that SQLite undoes by itself', () => {
  let folder: string;
  let engine: StoreEngine;
  const add = (tx: StoreDatabase, place: number, how = 'insert') =>
    sql`${sql.raw(how)} into things values (${place})`.execute(tx);
  const there = async () => {
    const { rows } = await sql<{ place: number }>`select place from things order by place`.execute(engine.read);
    return rows.map(({ place }) => place);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-turn-'));
    engine = await openSqlite({ file: join(folder, 'store.db'), busyTimeoutMs: 200, onFatal: () => {} });
    await engine.transaction((tx) => sql`create table things (place integer primary key)`.execute(tx));
    await engine.transaction((tx) => add(tx, 1));
  });
  afterEach(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('leaves nothing of what was sent behind that', async () => {
    const undone = engine.transaction(async (tx) => {
      await add(tx, 2);
      await Promise.all([add(tx, 1, 'insert or rollback'), add(tx, 3)]);
    });
    await expect(undone).rejects.toThrow();
    expect(await there()).toEqual([1]);
    await engine.transaction((tx) => add(tx, 5));
    expect(await there()).toEqual([1, 5]);
  });

  it('is no success where nobody waited for the statement', async () => {
    const undone = engine.transaction(async (tx) => {
      const sent = [add(tx, 2), add(tx, 1, 'insert or rollback'), add(tx, 3)];
      await Promise.allSettled(sent);
    });
    await expect(undone).rejects.toThrow();
    expect(await there()).toEqual([1]);
  });
});
