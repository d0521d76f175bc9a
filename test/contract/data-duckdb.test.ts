/** Data sessions of DuckDB: the same questions with the same answers, of files that are only read. @module */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDuckdbConnector } from '../../src/connectors/duckdb/index.js';
import type { Filter, Relation } from '../../src/query/index.js';
import type { DataSession } from '../../src/sources/index.js';
import {
  codeOf,
  type DataSubject,
  is,
  limits,
  openSession,
  readRelation,
  relationOfQuery,
  type SampleName,
  samples,
  standing,
  talk,
} from './data-bench.js';
import { type Folder, fileTarget, makeDuckdb, makeFolder, openToAll } from './file-bench.js';

const types: Partial<Record<SampleName, string>> = {
  flag: 'BOOLEAN',
  small: 'SMALLINT',
  medium: 'INTEGER',
  large: 'BIGINT',
  exact: 'DECIMAL(20,4)',
  single: 'FLOAT',
  double: 'DOUBLE',
  word: 'VARCHAR',
  bytes: 'BLOB',
  day: 'DATE',
  hour: 'TIME',
  moment: 'TIMESTAMP',
  instant: 'TIMESTAMPTZ',
  uid: 'UUID',
  mood: "ENUM ('happy', 'sad', 'so so')",
};

const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;
const literal = (name: SampleName, text: string | undefined) =>
  text === undefined ? 'NULL' : name === 'bytes' ? `from_base64(${quoteText(text)})` : quoteText(text);

describe('data sessions of DuckDB', () => {
  const connector = createDuckdbConnector(openToAll) as DataSubject['connector'];
  let folder: Folder;
  let session: DataSession;
  let subject: DataSubject;
  let values: Relation;
  let people: Relation;

  beforeAll(async () => {
    folder = makeFolder();
    const path = folder.at('data.duckdb');
    const names = Object.keys(types) as SampleName[];
    const rowOf = (index: number) =>
      `(${index + 1}, ${names.map((name) => literal(name, (samples[name].values as readonly string[])[index])).join(', ')})`;
    await makeDuckdb(path, [
      `CREATE TABLE samples (id INTEGER PRIMARY KEY, ${names.map((name) => `${name} ${types[name]}`).join(', ')})`,
      `INSERT INTO samples VALUES ${[0, 1, 2].map(rowOf).join(', ')}`,
      'CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR, team VARCHAR NOT NULL, pay DECIMAL(10,2), points INTEGER, born DATE)',
      `INSERT INTO people VALUES (1, 'Ann', 'red', 10.50, 3, '1980-02-29'), (2, 'ann', 'red', 20.00, NULL, '1990-01-01'),
        (3, 'Bob ', 'blue', NULL, 5, NULL), (4, NULL, 'blue', 0.25, 5, '1990-01-01'), (5, 'Bob', 'Blue', 20.00, -1, '2001-12-31')`,
    ]);
    subject = {
      engine: 'duckdb',
      connector,
      target: fileTarget('duckdb', path),
      schema: 'main',
    } as unknown as DataSubject;
    session = await openSession(subject);
    values = await readRelation(subject, 'samples');
    people = await readRelation(subject, 'people');
  });

  afterAll(() => {
    session?.close();
    folder.remove();
  });

  const ids = async (filter: Filter, relation = people, as = standing({})) => {
    const query = { columns: ['id'], filter, orderBy: [{ by: 'id', direction: 'asc' } as const] };
    return (await talk(session, relation, as).select(query)).map(([id]) => Number(id));
  };

  test('values come in their canonical texts, and are found by them', async () => {
    const rows = await talk(session, values).select({ orderBy: [{ by: 'id', direction: 'asc' }] });
    for (const [at, column] of values.columns.entries()) {
      if (column.name === 'id') continue;
      const { type, values: texts } = samples[column.name as SampleName];
      expect([column.name, column.type, ...rows.map((row) => row[at])]).toEqual([
        column.name,
        type,
        ...[0, 1, 2].map((index) => (texts as readonly string[])[index] ?? null),
      ]);
      for (const [index, text] of texts.entries()) {
        expect([column.name, text, await ids(is(column.name, text), values)]).toEqual([column.name, text, [index + 1]]);
      }
      const some: Filter = { kind: 'in', column: column.name, isNegated: false, values: [texts[0], texts.at(-1)] };
      expect(await ids(some, values)).toEqual([1, texts.length]);
    }
  });

  test('texts are compared by bytes, and no character is special', async () => {
    const match = (kind: 'contains' | 'starts' | 'ends', text: string, isNegated = false) =>
      ids({ kind: 'text', column: 'name', match: kind, isNegated, text });
    expect(await ids(is('name', 'ann'))).toEqual([2]);
    expect(await match('contains', 'nn')).toEqual([1, 2]);
    expect(await match('starts', 'Bob')).toEqual([3, 5]);
    expect(await match('ends', ' ')).toEqual([3]);
    expect(await match('contains', '%')).toEqual([]);
    expect(await match('contains', '')).toEqual([1, 2, 3, 5]);
    expect(await match('starts', 'B', true)).toEqual([1, 2]);
    for (const text of ["'; DROP TABLE people; --", '$1', '\\', '"']) expect(await ids(is('name', text))).toEqual([]);
  });

  test('rows are sorted, cut, grouped and counted', async () => {
    const { select, count } = talk(session, people);
    const by = async (direction: 'asc' | 'desc') =>
      (
        await select({
          columns: ['id'],
          orderBy: [
            { by: 'points', direction },
            { by: 'id', direction: 'asc' },
          ],
        })
      ).map(([id]) => Number(id));
    expect(await by('asc')).toEqual([5, 1, 3, 4, 2]);
    expect(await by('desc')).toEqual([3, 4, 1, 5, 2]);
    expect(await select({ columns: ['id'], orderBy: [{ by: 'id', direction: 'desc' }], limit: 2, offset: 1 })).toEqual([
      ['4'],
      ['3'],
    ]);
    expect(await count({ kind: 'compare', column: 'pay', operator: 'gte', value: '20.00' })).toBe(2);
    const over = (['sum', 'avg', 'min', 'max', 'count', 'count_distinct'] as const).map((name) => {
      return { function: name, column: 'pay', alias: name };
    });
    expect(await select({ columns: [], aggregates: over })).toEqual([
      ['50.75', '12.687500', '0.25', '20.00', '4', '3'],
    ]);
    const byTeam = await select({
      columns: ['team'],
      groupBy: ['team'],
      aggregates: [{ function: 'sum', column: 'pay', alias: 'total' }],
      orderBy: [{ by: 'total', direction: 'desc' }],
    });
    expect(byTeam).toEqual([
      ['red', '30.50'],
      ['Blue', '20.00'],
      ['blue', '0.25'],
    ]);
    expect(
      (await select({ columns: ['team'], isDistinct: true, orderBy: [{ by: 'team', direction: 'asc' }] })).map(
        ([team]) => team,
      ),
    ).toEqual(['Blue', 'blue', 'red']);
  });

  test('masks hold', async () => {
    const show = async (mask: object, column: string, relation = people) => {
      const as = standing({ masks: [{ column, mask: mask as never }] });
      const query = { columns: ['id', column], orderBy: [{ by: 'id', direction: 'asc' } as const] };
      return (await talk(session, relation, as).select(query)).map(([, value]) => value);
    };
    expect(await show({ kind: 'keep_left', keep: 1 }, 'name')).toEqual(['A**', 'a**', 'B***', null, 'B**']);
    expect(await show({ kind: 'keep_right', keep: 2 }, 'name')).toEqual(['*nn', '*nn', '**b ', null, '*ob']);
    const digest = (text: string) => createHash('sha256').update(`s'\\${text}`).digest('hex').slice(0, 32);
    expect((await show({ kind: 'hash', salt: "s'\\" }, 'name'))[0]).toBe(digest('Ann'));
    expect(await show({ kind: 'null' }, 'points')).toEqual([null, null, null, null, null]);
    expect((await show({ kind: 'truncate', unit: 'month' }, 'born'))[0]).toBe('1980-02-01');
    expect((await show({ kind: 'truncate', unit: 'day' }, 'moment', values))[1]).toBe('2024-02-29T00:00:00');
    expect((await show({ kind: 'truncate', unit: 'day' }, 'instant', values))[1]).toBe('2024-02-29T00:00:00Z');
  });

  test('a named query is one SELECT and nothing else', async () => {
    const named = await relationOfQuery(session, 'select id, team as squad, pay from people where id <> 1 -- a remark');
    expect(named.columns.map(({ name, type }) => `${name}:${type}`)).toEqual(['id:int32', 'squad:text', 'pay:decimal']);
    expect(
      await talk(session, named).select({ filter: is('squad', 'blue'), orderBy: [{ by: 'id', direction: 'desc' }] }),
    ).toEqual([
      ['4', 'blue', '0.25'],
      ['3', 'blue', null],
    ]);
    for (const text of [
      'delete from people',
      'select 1 as a; delete from people',
      'select 1 as a) as q, (select 2 as b',
      'select 1 as a, 2 as a',
      "select * from read_text('/etc/passwd')",
      'select * from no_such_table_here',
      '',
    ]) {
      expect([text, await codeOf(session.describe(text, limits()))]).toEqual([text, 'sources.query_refused']);
    }
    expect(session.isUsable()).toBe(true);
  });

  test('nothing is written', async () => {
    expect(await codeOf(session.begin(limits()))).toBe('sources.query_refused');
    expect(session.isUsable()).toBe(true);
    expect(await talk(session, people).count(null)).toBe(5);
  });

  test('what takes too long, is too much or is not wanted any more is ended', async () => {
    const slow = talk(
      session,
      await relationOfQuery(session, 'select count(*) as n from range(1000000000000000) as r where range % 7 = 9'),
    );
    const startedMs = performance.now();
    expect(await codeOf(slow.select({}, { statementMs: 200 }))).toBe('sources.query_timeout');
    const controller = new AbortController();
    const asked = codeOf(slow.select({}, { signal: controller.signal }));
    await sleep(100);
    controller.abort();
    expect(await asked).toBe('sources.cancelled');
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    if (!session.isUsable()) session = await openSession(subject);
    const { select } = talk(session, people);
    expect(await codeOf(select({}, { maxRows: 4 }))).toBe('sources.result_too_large');
    expect(await codeOf(select({}, { maxBytes: 20 }))).toBe('sources.result_too_large');
    expect(await select({ columns: ['id'], limit: 1, orderBy: [{ by: 'id', direction: 'asc' }] })).toEqual([['1']]);
  });

  test('many rows stream in little memory', async () => {
    const count = Number(process.env['DATA_STREAM_ROWS'] ?? 200_000);
    const many = await relationOfQuery(
      session,
      `select range as id, 'label of the row ' || range as label from range(${count})`,
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
    for await (const _batch of session.select(scope.select({}), limits())) break;
    if (!session.isUsable()) session = await openSession(subject);
    expect(await talk(session, people).count(null)).toBe(5);
  });
});
