/** Sessions with SQLite files beside other processes and beside ourselves: locks, logs, what cannot be interrupted. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import type { DataSession } from '../../src/sources/index.js';
import { probe } from './connector-bench.js';
import {
  all,
  codeOf,
  type DataSubject,
  is,
  limits,
  openSession as open,
  readRelation,
  relationOfQuery,
  talk,
} from './data-bench.js';
import { type Folder, fileTarget, makeFolder, makeSqlite, openToAll } from './file-bench.js';

const sqlitePath = JSON.stringify(createRequire(import.meta.url).resolve('@photostructure/sqlite'));
const connector = createSqliteConnector(openToAll) as DataSubject['connector'];

let folder: Folder;
/** Of one test, and of all tests of a suite. */
const opened: DataSession[] = [];
const kept: DataSession[] = [];

const subjectOf = (path: string) => ({
  engine: 'sqlite',
  connector,
  target: fileTarget('sqlite', path),
  schema: 'main',
});
const relationIn = (path: string, name: string) => readRelation(subjectOf(path) as DataSubject, name);

async function openSession(path: string, purpose: 'read' | 'read_write' = 'read_write'): Promise<DataSession> {
  const session = await open(subjectOf(path), purpose);
  opened.push(session);
  return session;
}

/** What another process is told that wants to write. */
function writeElsewhere(path: string): string {
  const code = `const { DatabaseSync } = require(${sqlitePath}); const d = new DatabaseSync(${JSON.stringify(path)}, { timeout: 0 });
    try { d.exec("begin immediate; insert into one(a) values (99); commit"); console.log('written'); }
    catch (fault) { console.log('refused'); }`;
  return execFileSync(process.execPath, ['-e', code]).toString().trim();
}

beforeAll(() => {
  folder = makeFolder();
});
afterEach(() => {
  for (const session of opened.splice(0)) session.close();
});
afterAll(() => {
  for (const session of kept) session.close();
  folder.remove();
});

describe.each(['delete', 'wal'])('with journal_mode = %s', (mode) => {
  let path: string;
  beforeAll(() => {
    path = folder.at(`${mode}.db`);
    makeSqlite(
      path,
      `pragma journal_mode = ${mode}; create table one (id integer primary key, a integer);
      insert into one (a) values (1), (2)`,
    );
  });

  test('what a session is writing stays locked, whoever else of us looks at the file', async () => {
    const session = await openSession(path);
    const one = talk(session, await relationIn(path, 'one'));
    await session.begin(limits());
    await one.insert([{ a: 3 }]);
    for (let round = 0; round < 3; round += 1) {
      await probe(connector, fileTarget('sqlite', path));
      (await openSession(path, 'read')).close();
    }
    await sleep(100);
    expect(writeElsewhere(path)).toBe('refused');
    await session.commit(limits());
    expect(writeElsewhere(path)).toBe('written');
    expect(await one.count(null)).toBe(4);
    session.close();
  });

  test('sessions see what others wrote meanwhile', async () => {
    const reader = talk(await openSession(path, 'read'), await relationIn(path, 'one'));
    const before = await reader.count(null);
    expect(writeElsewhere(path)).toBe('written');
    expect(await reader.count(null)).toBe(before + 1);
  });

  test('who wants to write waits for who does, and no longer than the statement may take', async () => {
    const [first, second] = [await openSession(path), await openSession(path)];
    await first.begin(limits());
    const startedMs = performance.now();
    expect(await codeOf(second.begin(limits({ statementMs: 300 })))).toBe('sources.query_timeout');
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    await second.rollback();
    const waiting = second.begin(limits());
    await sleep(50);
    await first.rollback();
    await waiting;
    await second.rollback();
    expect([first.isUsable(), second.isUsable()]).toEqual([true, true]);
  });

  test('writers come in the order they asked, and who left or gave up is passed over', async () => {
    const [first, second, third, fourth, fifth] = await Promise.all(Array.from({ length: 5 }, () => openSession(path)));
    if (!first || !second || !third || !fourth || !fifth) throw new TypeError('five sessions');
    const order: string[] = [];
    await first.begin(limits());
    const left = new AbortController();
    const gone = codeOf(second.begin(limits({ signal: left.signal })));
    const late = codeOf(third.begin(limits({ statementMs: 20 })));
    const writes = [fourth, fifth].map(async (session, at) => {
      await session.begin(limits());
      order.push(`begun ${at}`);
      await sleep(20);
      await session.rollback();
    });
    left.abort();
    expect([await gone, await late]).toEqual(['sources.cancelled', 'sources.query_timeout']);
    order.push('first is over');
    await first.rollback();
    await Promise.all(writes);
    expect(order).toEqual(['first is over', 'begun 0', 'begun 1']);
  });

  test('writers one after the other lose nothing', async () => {
    const relation = await relationIn(path, 'one');
    const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession(path)));
    const [first] = sessions.map((session) => talk(session, relation));
    const before = (await first?.count(null)) ?? 0;
    await Promise.all(
      sessions.map(async (session) => {
        const { keep, insert } = talk(session, relation);
        for (let at = 0; at < 10; at += 1) await keep(() => insert([{ a: at }]));
      }),
    );
    expect(await first?.count(null)).toBe(before + 40);
  });
});

test('a session that is closed while it writes keeps nothing', async () => {
  const path = folder.at('dropped.db');
  makeSqlite(path, 'create table one (id integer primary key, a integer)');
  const session = await openSession(path);
  await session.begin(limits());
  await talk(session, await relationIn(path, 'one')).insert([{ a: 1 }]);
  expect(session.isUsable()).toBe(false);
  session.close();
  const again = talk(await openSession(path), await relationIn(path, 'one'));
  expect(await again.count(null)).toBe(0);
  await again.keep(() => again.insert([{ a: 2 }]));
  expect(existsSync(`${path}-journal`)).toBe(false);
});

describe('what takes long', () => {
  let path: string;
  let session: DataSession;
  beforeAll(async () => {
    path = folder.at('long.db');
    makeSqlite(
      path,
      `create table many (id integer primary key, label text);
       insert into many with recursive r(n) as (select 1 union all select n + 1 from r where n < 400000)
         select n, 'label ' || n from r;
       create view counted as with recursive r(n) as (select 1 union all select n + 1 from r where n < 1000000000)
         select count(*) as n from r`,
    );
    session = await open(subjectOf(path));
    kept.push(session);
  });

  test('is given up while it scans, sorts and counts, and the session is good afterwards', async () => {
    const { select } = talk(session, await relationIn(path, 'many'));
    const few = {
      limit: 1,
      filter: { kind: 'text', column: 'label', match: 'ends', isNegated: false, text: 'x' },
    } as const;
    for (const query of [few, { ...few, orderBy: [{ by: 'label', direction: 'desc' } as const] }]) {
      const startedMs = performance.now();
      expect(await codeOf(select(query, { statementMs: 5 }))).toBe('sources.query_timeout');
      expect(performance.now() - startedMs).toBeLessThan(400);
    }
    const controller = new AbortController();
    const counted = codeOf(
      select(
        { columns: [], aggregates: [{ function: 'count_distinct', column: 'label', alias: 'n' }] },
        { signal: controller.signal },
      ),
    );
    await sleep(10);
    controller.abort();
    expect(await counted).toBe('sources.cancelled');
    expect(session.isUsable()).toBe(true);
  });

  test('an update that is given up changes nothing', async () => {
    const { update, select } = talk(session, await relationIn(path, 'many'));
    await session.begin(limits());
    const { scope } = talk(session, await relationIn(path, 'many'));
    expect(await codeOf(session.update(scope.update({ label: 'x' }, null), limits({ statementMs: 30 })))).toBe(
      'sources.query_timeout',
    );
    expect(await codeOf(session.commit(limits()))).toBe('sources.query_refused');
    await session.rollback();
    expect(await select({ columns: ['label'], filter: is('id', 7) })).toEqual([['label 7']]);
    await session.begin(limits());
    expect((await update({ label: 'y' }, is('id', 7))).affected).toBe(1);
    await session.rollback();
  });

  test('a view that works inside itself is told to be late in time, and its session is not lent again', async () => {
    const own = await openSession(path, 'read');
    const startedMs = performance.now();
    const { select } = talk(own, await relationIn(path, 'counted'));
    expect(await codeOf(select({}, { statementMs: 200 }))).toBe('sources.query_timeout');
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(own.isUsable()).toBe(false);
  });
});

test('many rows pass through in little memory', async () => {
  const path = folder.at('wide.db');
  makeSqlite(path, 'create table t (a)');
  const session = await openSession(path, 'read');
  const count = Number(process.env['DATA_STREAM_ROWS'] ?? 200_000);
  const many = await relationOfQuery(
    session,
    `with recursive r(n) as (select 1 union all select n + 1 from r where n < ${count})
     select n as id, 'label of the row ' || n as label, n * 1.5 as amount, null as absent from r`,
  );
  const { scope } = talk(session, many);
  const read = async () => {
    let [rows, peak] = [0, 0];
    for await (const batch of session.select(scope.select({}), limits({ statementMs: 120_000, maxRows: count }))) {
      rows += batch.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    return { rows, peak };
  };
  await read();
  const before = process.memoryUsage.rss();
  const { rows, peak } = await read();
  expect(rows).toBe(count);
  expect((peak - before) / 1_048_576).toBeLessThan(64);
});

describe('texts and numbers as SQLite keeps them', () => {
  let path: string;
  let session: DataSession;
  beforeAll(async () => {
    path = folder.at('values.db');
    makeSqlite(
      path,
      `create table odd (id integer primary key, at datetime, flag boolean, pay decimal(8,2), word text collate nocase, raw blob, anything);
       insert into odd values
         (1, '2026-01-31 10:00:00', 1, 0.1, 'Ann', x'00ff', 1),
         (2, '2026-01-31T10:00:00Z', 0, 0.2, 'ann', 'text', 'x'),
         (3, '2026-01-31 10:00', 7, 12, 'Bob', null, 1.5),
         (4, '2026-01-31T10:00:00.250', 'yes', 1e15, 'ANN', null, x'41'),
         (5, 'soon', null, 'none', null, null, null)`,
    );
    session = await open(subjectOf(path));
    kept.push(session);
  });

  test('are told as what their column means, and as they are where they do not fit', async () => {
    const rows = await talk(session, await relationIn(path, 'odd')).select({
      orderBy: [{ by: 'id', direction: 'asc' }],
    });
    expect(rows).toEqual([
      ['1', '2026-01-31T10:00:00', 'true', '0.10', 'Ann', 'AP8=', '1'],
      ['2', '2026-01-31T10:00:00', 'false', '0.20', 'ann', 'dGV4dA==', 'x'],
      ['3', '2026-01-31T10:00:00', 'true', '12.00', 'Bob', null, '1.5'],
      ['4', '2026-01-31T10:00:00.25', 'yes', '1000000000000000.00', 'ANN', null, 'A'],
      ['5', 'soon', null, 'none', null, null, null],
    ]);
  });

  test('moments are compared by what they say, texts by bytes, sums are exact', async () => {
    const odd = talk(session, await relationIn(path, 'odd'));
    const ids = async (filter: Parameters<typeof odd.count>[0]) =>
      (await odd.select({ columns: ['id'], filter, orderBy: [{ by: 'id', direction: 'asc' }] })).map(([id]) => id);
    expect(await ids(is('at', '2026-01-31T10:00:00Z'))).toEqual(['1', '2', '3']);
    expect(await ids({ kind: 'compare', column: 'at', operator: 'lt', value: '2026-01-31T10:00:00.3' })).toEqual([
      ...['1', '2', '3', '4'],
    ]);
    expect(await ids(is('word', 'ann'))).toEqual(['2']);
    expect(
      await odd.select({
        columns: [],
        filter: { kind: 'in', column: 'id', isNegated: false, values: [1, 2] },
        aggregates: [
          { function: 'sum', column: 'pay', alias: 's' },
          { function: 'avg', column: 'pay', alias: 'a' },
        ],
      }),
    ).toEqual([['0.30', '0.150000']]);
  });

  test('a table that lost a column says so', async () => {
    const relation = await relationIn(path, 'odd');
    const owner = new DatabaseSync(path);
    owner.exec('alter table odd drop column anything');
    owner.close();
    const { select } = talk(session, relation);
    expect(await codeOf(select({}))).toBe('sources.relation_changed');
    expect(await codeOf(all(session.select(talk(session, relation).scope.select({ columns: ['id'] }), limits())))).toBe(
      'none',
    );
  });
});
