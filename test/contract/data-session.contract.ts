/**
 * What every session for data promises, tried on real databases: the same questions with the same answers on every
 * engine.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Filter, isAble, type JsonForm, type Relation } from '../../src/query/index.js';
import type { DataSession } from '../../src/sources/index.js';
import {
  all,
  bothAsJson,
  codeOf,
  type DataSubject,
  is,
  limits,
  openSession,
  operator,
  readRelation,
  relationOfQuery,
  type SampleName,
  samples,
  standing,
  talk,
} from './data-bench.js';

/** Values and names that would be something else if they were ever read as SQL. */
const hostile = [
  "'; DROP TABLE people; --",
  "' OR '1'='1",
  '"; DROP TABLE people; --',
  '`; DROP TABLE people; --',
  '\\',
  "\\' OR 1=1 -- ",
  "\\'",
  '/* */ -- #',
  '$1 $2 ?1 ? :a @a %s {0}',
  '%',
  '_',
  '__proto__',
  'constructor',
  '"',
  "'",
  '`',
  ']',
  ';',
  '\n\r\t\b',
  '\u202e\u2028\ufeff',
  'ＡＢ\uff07 OR 1=1',
  '😀'.repeat(3),
  'x'.repeat(3_000),
  ' ',
  '',
] as const;

export function keepsDataContract(engine: string, subject: () => DataSubject): void {
  let session: DataSession;
  let values: Relation;
  let people: Relation;

  const ids = async (filter: Filter, as = operator, relation = people) => {
    const rows = await talk(session, relation, as).select({
      columns: ['id'],
      filter,
      orderBy: [{ by: 'id', direction: 'asc' }],
    });
    return rows.map(([id]) => Number(id));
  };

  beforeAll(async () => {
    const { sql, types, numberedKey, quote, table } = subject();
    const columns = Object.entries(types).map(([name, type]) => `${quote(name)} ${type}`);
    await sql(`create table ${table('samples')} (id integer not null primary key, ${columns.join(', ')})`);
    await sql(`create table ${table('people')} (
      id integer not null primary key, name varchar(3000), team varchar(20) not null, pay decimal(10,2),
      points integer, born date)`);
    await sql(`create table ${table('notes')} (
      id ${numberedKey}, body varchar(200) not null, state varchar(20) default 'new', amount decimal(6,2) check (amount < 500), pick integer unique)`);
    await sql(`create table ${table('heap')} (a integer, b varchar(20))`);
    await sql(`insert into ${table('people')} values
      (1, 'Ann', 'red', 10.50, 3, '1980-02-29'), (2, 'ann', 'red', 20.00, null, '1990-01-01'),
      (3, 'Bob ', 'blue', null, 5, null), (4, null, 'blue', 0.25, 5, '1990-01-01'), (5, 'Bob', 'Blue', 20.00, -1, '2001-12-31')`);
    session = await openSession(subject());
    values = await readRelation(subject(), 'samples');
    people = await readRelation(subject(), 'people');
    // A row for each value, and one of nulls.
    const rows: Record<string, unknown>[] = [0, 1, 2].map((index) => {
      const row: Record<string, unknown> = { id: index + 1 };
      for (const name of Object.keys(types) as SampleName[]) {
        const { type, values: texts } = samples[name];
        const text = texts[index];
        if (text !== undefined) row[name] = type === 'json' ? JSON.parse(text) : text;
      }
      return row;
    });
    const table1 = talk(session, values);
    await table1.keep(() => table1.insert([...rows, { id: 9 }]));
  });

  // A test that failed leaves no trace in the next.
  beforeEach(async () => {
    if (!session.isUsable()) session = await openSession(subject());
  });

  afterAll(() => {
    session?.close();
  });

  describe(`values of ${engine}`, () => {
    test('come back in the texts they were written in', async () => {
      const rows = await talk(session, values).select({ orderBy: [{ by: 'id', direction: 'asc' }] });
      for (const [index, column] of values.columns.entries()) {
        if (column.name === 'id') continue;
        const { type, values: texts } = samples[column.name as SampleName];
        expect([column.name, column.type]).toEqual([column.name, type]);
        const read = rows.map((row) => row[index] ?? null);
        const told =
          type === 'json' ? read.map((text) => (text === null ? null : JSON.stringify(JSON.parse(text)))) : read;
        expect([column.name, ...told]).toEqual([
          column.name,
          texts[0],
          texts[1],
          texts.length > 2 ? texts[2] : null,
          null,
        ]);
      }
    });

    test('are the same JSON, whether the session writes it or it is made of the rows', async () => {
      if (session.selectJson === undefined) return;
      const forms: readonly Partial<JsonForm>[] = [
        {},
        { numbers: 'text' },
        { zone: 'Z', constants: [['_rs', '"Q"']] },
        { isLines: true, constants: [['é "', '[1]']] },
        { limit: 2 },
        { limit: 1, isLines: true },
        { limit: 4, constants: [['_rs', '"Q"']] },
        { limit: 9 },
      ];
      for (const [relation, limit] of [[values, null] as const, [values, 5] as const, [people, 3] as const]) {
        for (const form of forms) {
          const { scope } = talk(session, relation);
          const query = scope.select({ orderBy: [{ by: 'id', direction: 'asc' }], limit });
          const { told, made } = await bothAsJson(session, query, form);
          expect(told).toEqual(made);
        }
      }
      const { scope } = talk(
        session,
        people,
        standing({ masks: [{ column: 'name', mask: { kind: 'keep_left', keep: 1 } }] }),
      );
      for (const columns of [['name'], ['id', 'name'], ['id', 'name', 'team', 'points'], ['name', 'born']]) {
        const query = scope.select({ columns: [...columns], orderBy: [{ by: 'id', direction: 'desc' }], limit: 4 });
        const shown = { members: columns.slice(0, 1).map((name) => `${name} of "it"`), limit: 3 };
        const { told, made } = await bothAsJson(session, query, shown);
        expect(told).toEqual(made);
      }
    });

    for (const name of Object.keys(samples) as SampleName[]) {
      const { type, values: texts } = samples[name];
      if (!isAble(type, 'equals')) continue;
      test(`of the type ${type} are compared as what they are`, async () => {
        if (subject().types[name] === undefined)
          return expect(values.columns.map((one) => one.name)).not.toContain(name);
        const found = (filter: Filter) => ids(filter, operator, values);
        const column = name;
        const count = texts.length;
        const every = texts.map((_, index) => index + 1);
        for (const [at, value] of texts.entries()) {
          const compare = (operator: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte') =>
            found({ kind: 'compare', column, operator, value });
          expect([name, 'eq', value, await compare('eq')]).toEqual([name, 'eq', value, [at + 1]]);
          expect([name, 'ne', await compare('ne')]).toEqual([name, 'ne', every.filter((id) => id !== at + 1)]);
          if (!isAble(type, 'ranges')) continue;
          expect([name, 'gt', value, await compare('gt')]).toEqual([
            name,
            'gt',
            value,
            every.filter((id) => id > at + 1),
          ]);
          expect([name, 'gte', value, await compare('gte')]).toEqual([
            name,
            'gte',
            value,
            every.filter((id) => id >= at + 1),
          ]);
          expect([name, 'lt', value, await compare('lt')]).toEqual([
            name,
            'lt',
            value,
            every.filter((id) => id < at + 1),
          ]);
          expect([name, 'lte', value, await compare('lte')]).toEqual([
            name,
            'lte',
            value,
            every.filter((id) => id <= at + 1),
          ]);
        }
        const some = [texts[0], texts[count - 1]];
        expect(await found({ kind: 'in', column, isNegated: false, values: some })).toEqual([1, count]);
        expect(await found({ kind: 'in', column, isNegated: true, values: some })).toEqual(every.slice(1, -1));
        const nulls = count > 2 ? [9] : [3, 9];
        expect(await found({ kind: 'null', column, isNegated: false })).toEqual(nulls);
        expect(await found({ kind: 'null', column, isNegated: true })).toEqual(every);
        expect(await found({ kind: 'not', filter: is(column, texts[0]) })).toEqual(every.slice(1));
        if (!isAble(type, 'ranges')) return;
        const between = { kind: 'between', column, from: texts[0], to: texts[1] } as const;
        expect(await found({ ...between, isNegated: false })).toEqual([1, 2]);
        expect(await found({ ...between, isNegated: true })).toEqual(every.slice(2));
      });
    }

    test('are updated and found again by every type', async () => {
      const { select, update, keep } = talk(session, values);
      for (const name of Object.keys(subject().types) as SampleName[]) {
        const { type, values: texts } = samples[name];
        if (type === 'json') continue;
        await keep(() => update({ [name]: texts[1] }, is('id', 9)));
        expect(await select({ columns: [name], filter: is('id', 9) })).toEqual([[texts[1]]]);
        await keep(() => update({ [name]: null }, is('id', 9)));
        expect(await select({ columns: [name], filter: is('id', 9) })).toEqual([[null]]);
      }
    });
  });

  describe(`texts in ${engine}`, () => {
    test('are equal only when every byte is', async () => {
      expect(await ids(is('name', 'ann'))).toEqual([2]);
      expect(await ids(is('name', 'Bob'))).toEqual([5]);
      expect(await ids(is('name', 'Bob '))).toEqual([3]);
      expect(await ids({ kind: 'in', column: 'name', isNegated: false, values: ['ann', 'Bob '] })).toEqual([2, 3]);
      expect(await ids({ kind: 'in', column: 'name', isNegated: true, values: ['ann', 'Bob '] })).toEqual([1, 5]);
      expect(await ids({ kind: 'compare', column: 'name', operator: 'ne', value: 'Bob' })).toEqual([1, 2, 3]);
    });

    test('contain, begin and end with what is asked for, in which no character is special', async () => {
      const match = (
        kind: 'contains' | 'starts' | 'ends',
        text: string,
        isNegated = false,
      ): Promise<readonly number[]> => ids({ kind: 'text', column: 'name', match: kind, isNegated, text });
      expect(await match('contains', 'nn')).toEqual([1, 2]);
      expect(await match('starts', 'A')).toEqual([1]);
      expect(await match('starts', 'Bob')).toEqual([3, 5]);
      expect(await match('ends', 'b')).toEqual([5]);
      expect(await match('ends', ' ')).toEqual([3]);
      expect(await match('contains', '%')).toEqual([]);
      expect(await match('contains', '_')).toEqual([]);
      expect(await match('contains', '\\')).toEqual([]);
      expect(await match('contains', '')).toEqual([1, 2, 3, 5]);
      expect(await match('contains', 'nn', true)).toEqual([3, 5]);
      expect(await match('starts', 'B', true)).toEqual([1, 2]);
      const within = (text: string) =>
        ids({ kind: 'text', column: 'word', match: 'contains', isNegated: false, text }, operator, values);
      expect(await within('%_')).toEqual([2]);
      expect(await within('\\ "x" `')).toEqual([2]);
      expect(await within('本 😀')).toEqual([3]);
    });

    test('fall together in groups and sets only when every byte is equal', async () => {
      const { select } = talk(session, people);
      const teams = await select({ columns: ['team'], isDistinct: true });
      expect(teams.map(([team]) => team).sort()).toEqual(['Blue', 'blue', 'red']);
      const counted = await select({
        columns: ['name'],
        groupBy: ['name'],
        aggregates: [{ function: 'count', column: null, alias: 'n' }],
      });
      expect(counted.map(([name, n]) => `${name}=${n}`).sort()).toEqual([
        'Ann=1',
        'Bob =1',
        'Bob=1',
        'ann=1',
        'null=1',
      ]);
      const distinct = [{ function: 'count_distinct', column: 'team', alias: 'n' }] as const;
      expect(await select({ columns: [], aggregates: distinct })).toEqual([['3']]);
    });
  });

  describe(`selecting in ${engine}`, () => {
    test('nulls come last in both directions', async () => {
      const { select } = talk(session, people);
      const by = async (direction: 'asc' | 'desc') => {
        const orderBy = [{ by: 'points', direction } as const, { by: 'id', direction: 'asc' } as const];
        return (await select({ columns: ['id'], orderBy })).map(([id]) => Number(id));
      };
      expect(await by('asc')).toEqual([5, 1, 3, 4, 2]);
      expect(await by('desc')).toEqual([3, 4, 1, 5, 2]);
    });

    test('pages are cut by limit, offset and after', async () => {
      const { select } = talk(session, people);
      const orderBy = [{ by: 'id', direction: 'desc' } as const];
      const page = async (query: object) =>
        (await select({ columns: ['id'], orderBy, ...query })).map(([id]) => Number(id));
      expect(await page({ limit: 2 })).toEqual([5, 4]);
      expect(await page({ limit: 2, offset: 3 })).toEqual([2, 1]);
      expect(await page({ offset: 4 })).toEqual([1]);
      expect(await page({ limit: 0 })).toEqual([]);
      expect(await page({ limit: 2, after: [4] })).toEqual([3, 2]);
    });

    test('conditions go together as in SQL', async () => {
      const red = is('team', 'red');
      const rich: Filter = { kind: 'compare', column: 'pay', operator: 'gte', value: '20.00' };
      expect(await ids({ kind: 'and', filters: [red, rich] })).toEqual([2]);
      expect(await ids({ kind: 'or', filters: [red, rich] })).toEqual([1, 2, 5]);
      expect(await ids({ kind: 'not', filter: { kind: 'or', filters: [red, rich] } })).toEqual([4]);
      expect(await ids({ kind: 'in', column: 'id', isNegated: false, values: [] })).toEqual([]);
      expect(await ids({ kind: 'in', column: 'id', isNegated: true, values: [] })).toEqual([1, 2, 3, 4, 5]);
      expect(await talk(session, people).count(rich)).toBe(2);
      expect(await talk(session, people).count(null)).toBe(5);
    });

    test('aggregates are exact, and the same everywhere', async () => {
      const { select } = talk(session, people);
      const over = (column: string) =>
        (['sum', 'avg', 'min', 'max', 'count', 'count_distinct'] as const).map((name) => {
          return { function: name, column, alias: name };
        });
      expect(await select({ columns: [], aggregates: over('points') })).toEqual([
        ['12', '3.000000', '-1', '5', '4', '3'],
      ]);
      expect(await select({ columns: [], aggregates: over('pay') })).toEqual([
        ['50.75', '12.687500', '0.25', '20.00', '4', '3'],
      ]);
      const byTeam = await select({
        columns: ['team'],
        groupBy: ['team'],
        aggregates: [
          { function: 'sum', column: 'pay', alias: 'total' },
          { function: 'count', column: null, alias: 'rows' },
        ],
        orderBy: [{ by: 'total', direction: 'desc' }],
      });
      expect(byTeam).toEqual([
        ['red', '30.50', '2'],
        ['Blue', '20.00', '1'],
        ['blue', '0.25', '2'],
      ]);
      const dates = (['min', 'max'] as const).map((name) => ({ function: name, column: 'born', alias: name }));
      expect(await select({ columns: [], aggregates: dates })).toEqual([['1980-02-29', '2001-12-31']]);
      const none = { columns: [], aggregates: over('points'), filter: is('id', 77) };
      expect(await select(none)).toEqual([[null, null, null, null, '0', '0']]);
      const sumOfLarge = [{ function: 'sum', column: 'large', alias: 's' }] as const;
      if (subject().types.large !== undefined)
        expect(await talk(session, values).select({ columns: [], aggregates: sumOfLarge })).toEqual([
          ['9007199254740992'],
        ]);
    });

    test('groups that show only part of themselves are distinct when asked', async () => {
      const { select } = talk(session, people);
      const query = {
        columns: [],
        groupBy: ['team'],
        aggregates: [{ function: 'count', column: null, alias: 'n' } as const],
        orderBy: [{ by: 'n', direction: 'desc' } as const],
      };
      expect(await select({ ...query, isDistinct: false })).toEqual([['2'], ['2'], ['1']]);
      expect(await select({ ...query, isDistinct: true })).toEqual([['2'], ['1']]);
    });

    test('a named query is read, filtered and sorted like a table', async () => {
      const text = `select id, team as squad, pay from ${subject().table('people')} where id <> 1 -- a remark`;
      const named = await relationOfQuery(session, text);
      expect(named.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
        engine === 'SQLite' ? 'id:int64' : 'id:int32',
        'squad:text',
        'pay:decimal',
      ]);
      const { select, count } = talk(session, named);
      const rows = await select({ filter: is('squad', 'blue'), orderBy: [{ by: 'id', direction: 'desc' }] });
      expect(rows).toEqual([
        ['4', 'blue', '0.25'],
        ['3', 'blue', null],
      ]);
      expect(await count(null)).toBe(4);
    });

    test('what is no single SELECT is not described, and not run', async () => {
      const { table } = subject();
      for (const text of [
        `delete from ${table('people')}`,
        `select 1 as a; delete from ${table('people')}`,
        `select 1 as a) as q; delete from ${table('people')}; select * from (select 1 as a`,
        'select 1 as a) as q, (select 2 as b',
        'select 1 as a, 2 as a',
        'select',
        '',
        'select * from no_such_table_here',
      ]) {
        expect([text, await codeOf(session.describe(text, limits()))]).toEqual([
          text,
          expect.stringMatching(/^sources\.(query_refused|relation_changed)$/),
        ]);
      }
      expect(session.isUsable()).toBe(true);
      expect(await talk(session, people).count(null)).toBe(5);
    });
  });

  describe(`masks in ${engine}`, () => {
    const masked = (mask: object, column = 'name') => standing({ masks: [{ column, mask: mask as never }] });
    const show = async (mask: object, column = 'name', relation = people) => {
      const rows = await talk(session, relation, masked(mask, column)).select({
        columns: ['id', column],
        orderBy: [{ by: 'id', direction: 'asc' }],
      });
      return rows.map(([, value]) => value);
    };

    test('keep the shape of a text', async () => {
      expect(await show({ kind: 'keep_left', keep: 1 })).toEqual(['A**', 'a**', 'B***', null, 'B**']);
      expect(await show({ kind: 'keep_right', keep: 2 })).toEqual(['*nn', '*nn', '**b ', null, '*ob']);
      expect(await show({ kind: 'keep_left', keep: 0 })).toEqual(['***', '***', '****', null, '***']);
      expect(await show({ kind: 'keep_right', keep: 9 })).toEqual(['Ann', 'ann', 'Bob ', null, 'Bob']);
      const word = await show({ kind: 'keep_right', keep: 1 }, 'word', values);
      expect(word[2]).toBe('*******😀');
    });

    test('hash, empty and cut', async () => {
      const hashed = await show({ kind: 'hash', salt: "s'\\" });
      const { createHash } = await import('node:crypto');
      const digest = (text: string) => createHash('sha256').update(`s'\\${text}`).digest('hex').slice(0, 32);
      expect(hashed).toEqual([digest('Ann'), digest('ann'), digest('Bob '), null, digest('Bob')]);
      expect(await show({ kind: 'null' }, 'points')).toEqual([null, null, null, null, null]);
      expect(await show({ kind: 'truncate', unit: 'year' }, 'born')).toEqual([
        '1980-01-01',
        '1990-01-01',
        null,
        '1990-01-01',
        '2001-01-01',
      ]);
      expect(await show({ kind: 'truncate', unit: 'month' }, 'born')).toContain('1980-02-01');
      for (const column of ['moment', 'instant'] as const) {
        if (subject().types[column] === undefined) continue;
        const zone = column === 'instant' ? 'Z' : '';
        expect((await show({ kind: 'truncate', unit: 'day' }, column, values))[1]).toBe(`2024-02-29T00:00:00${zone}`);
        expect((await show({ kind: 'truncate', unit: 'month' }, column, values))[1]).toBe(`2024-02-01T00:00:00${zone}`);
        expect((await show({ kind: 'truncate', unit: 'year' }, column, values))[1]).toBe(`2024-01-01T00:00:00${zone}`);
      }
    });

    test('hold in conditions, orders, groups and aggregates', async () => {
      const as = masked({ kind: 'keep_left', keep: 1 });
      expect(await ids(is('name', 'Ann'), as)).toEqual([]);
      expect(await ids(is('name', 'A**'), as)).toEqual([1]);
      expect(await ids({ kind: 'text', column: 'name', match: 'contains', isNegated: false, text: 'nn' }, as)).toEqual(
        [],
      );
      const { select } = talk(session, people, as);
      const groups = await select({
        columns: ['name'],
        groupBy: ['name'],
        aggregates: [{ function: 'count', column: null, alias: 'n' }],
      });
      expect(groups.map((row) => row.join('=')).sort()).toEqual(['=1', 'A**=1', 'B***=1', 'B**=1', 'a**=1']);
      const ordered = await select({
        columns: ['name', 'id'],
        orderBy: [
          { by: 'name', direction: 'asc' },
          { by: 'id', direction: 'asc' },
        ],
      });
      expect(ordered).toHaveLength(5);
      expect(ordered.at(-1)).toEqual([null, '4']);
      expect(
        await select({ columns: [], aggregates: [{ function: 'count_distinct', column: 'name', alias: 'n' }] }),
      ).toEqual([['4']]);
      const distinct = await select({
        columns: ['name'],
        isDistinct: true,
        orderBy: [{ by: 'name', direction: 'desc' }],
      });
      expect(distinct).toHaveLength(5);
    });

    test('each row shows what the grants for that row show', async () => {
      const as = standing(
        { filter: is('team', 'red'), readable: ['id', 'name', 'team'] },
        {
          filter: is('team', 'blue'),
          readable: ['id', 'name', 'pay'],
          masks: [{ column: 'name', mask: { kind: 'keep_left', keep: 1 } }],
        },
      );
      const rows = await talk(session, people, as).select({ orderBy: [{ by: 'id', direction: 'asc' }] });
      expect(rows).toEqual([
        ['1', 'Ann', 'red', null],
        ['2', 'ann', 'red', null],
        ['3', 'B***', null, null],
        ['4', null, null, '0.25'],
      ]);
      expect(await ids(is('name', 'Bob '), as)).toEqual([]);
      expect(await ids({ kind: 'compare', column: 'pay', operator: 'gt', value: 0 }, as)).toEqual([4]);
      const grouped = await talk(session, people, as).select({
        columns: ['team'],
        groupBy: ['team'],
        aggregates: [{ function: 'count', column: 'pay', alias: 'n' }],
        orderBy: [{ by: 'team', direction: 'asc' }],
      });
      expect(grouped).toEqual([
        ['red', '0'],
        [null, '1'],
      ]);
    });
  });

  describe(`writing in ${engine}`, () => {
    let notes: Relation;
    beforeAll(async () => {
      notes = await readRelation(subject(), 'notes');
    });

    const bodies = async () =>
      (await talk(session, notes).select({ columns: ['body'], orderBy: [{ by: 'body', direction: 'asc' }] })).map(
        ([body]) => body,
      );

    test('an insert gives back what the rows are, defaults included', async () => {
      const { insert, keep, remove } = talk(session, notes);
      const outcome = await keep(() =>
        insert([
          { body: 'one', amount: '1.50' },
          { body: 'two', state: 'old', pick: 7 },
        ]),
      );
      expect(outcome.affected).toBe(2);
      const named = outcome.rows.map((row) =>
        Object.fromEntries(notes.columns.map(({ name }, index) => [name, row[index]])),
      );
      const byBody = new Map(named.map((row) => [row['body'], row]));
      expect(byBody.get('one')).toMatchObject({ state: 'new', amount: '1.50', pick: null });
      expect(byBody.get('two')).toMatchObject({ state: 'old', amount: null, pick: '7' });
      for (const row of named) expect(Number(row['id'])).toBeGreaterThan(0);
      expect(await bodies()).toEqual(['one', 'two']);
      expect((await keep(() => remove(null))).affected).toBe(2);
    });

    test('many rows go in, and all of them or none', async () => {
      const { insert, keep, remove } = talk(session, notes);
      const rows = Array.from({ length: 2_500 }, (_, index) => ({ body: `row ${index}`, pick: index }));
      const outcome = await keep(() => insert(rows));
      expect([outcome.affected, outcome.rows.length]).toEqual([2_500, 2_500]);
      expect(
        await codeOf(
          keep(() =>
            insert([
              { body: 'good', pick: 9_999 },
              { body: 'bad', pick: 3 },
            ]),
          ),
        ),
      ).toBe('sources.constraint_violated');
      expect(await talk(session, notes).count(null)).toBe(2_500);
      expect((await keep(() => remove({ kind: 'compare', column: 'pick', operator: 'gte', value: 0 }))).affected).toBe(
        2_500,
      );
    });

    test('an update tells how many rows it reached, also those that were so already', async () => {
      const { insert, update, keep, remove, select } = talk(session, notes);
      await keep(() =>
        insert([
          { body: 'a', pick: 1 },
          { body: 'b', pick: 2 },
          { body: 'c', pick: 3 },
        ]),
      );
      const filter: Filter = { kind: 'in', column: 'body', isNegated: false, values: ['a', 'b'] };
      const first = await keep(() => update({ state: 'seen', amount: '2.00' }, filter, { amount: '3.00' }));
      expect([first.affected, first.rows.length]).toEqual([2, 2]);
      const again = await keep(() => update({ state: 'seen' }, filter));
      expect([again.affected, again.rows.length]).toEqual([2, 2]);
      const position = notes.columns.findIndex(({ name }) => name === 'amount');
      expect(again.rows.map((row) => row[position])).toEqual(['3.00', '3.00']);
      expect((await keep(() => update({ state: 'x' }, is('body', 'nobody')))).affected).toBe(0);
      expect(await select({ columns: ['body'], filter: is('state', 'new') })).toEqual([['c']]);
      const gone = await keep(() => remove(filter));
      expect([gone.affected, gone.rows.length]).toEqual([2, 2]);
      expect((await keep(() => remove(null))).affected).toBe(1);
    });

    test('a key may be changed, and the row comes back under the new one', async () => {
      const { insert, update, keep, remove } = talk(session, notes);
      const [row] = (await keep(() => insert([{ body: 'k' }]))).rows;
      const outcome = await keep(() => update({ id: 777_777 }, is('id', row?.[0])));
      expect([outcome.affected, outcome.rows[0]?.[0]]).toEqual([1, '777777']);
      await keep(() => remove(null));
    });

    test('a rollback leaves nothing', async () => {
      const { insert } = talk(session, notes);
      await session.begin(limits());
      await insert([{ body: 'gone' }]);
      await session.rollback();
      expect(await bodies()).toEqual([]);
      expect(session.isUsable()).toBe(true);
    });

    test('a row that the grant would not let stand is not there afterwards', async () => {
      const as = standing({ filter: is('state', 'new') });
      const own = talk(session, notes, as);
      expect(await codeOf(own.keep(() => own.insert([{ body: 'fine' }, { body: 'not', state: 'old' }])))).toBe(
        'sources.row_out_of_reach',
      );
      expect(await bodies()).toEqual([]);
      expect((await own.keep(() => own.insert([{ body: 'fine' }]))).affected).toBe(1);
      await session.begin(limits());
      expect(await codeOf(own.insert([{ body: 'not', state: 'old' }]))).toBe('sources.row_out_of_reach');
      expect(await codeOf(session.commit(limits()))).toBe('sources.query_refused');
      await session.rollback();
      expect(await bodies()).toEqual(['fine']);
    });

    test('an update reaches only rows that are in reach before and after', async () => {
      const free = talk(session, notes);
      await free.keep(() => free.remove(null));
      await free.keep(() =>
        free.insert([
          { body: 'a', state: 'new', pick: 1 },
          { body: 'b', state: 'old', pick: 2 },
        ]),
      );
      const own = talk(session, notes, standing({ filter: is('state', 'new') }));
      expect((await own.keep(() => own.update({ body: 'mine' }, null))).affected).toBe(1);
      expect((await own.keep(() => own.update({ state: 'old' }, null))).affected).toBe(0);
      expect((await own.keep(() => own.update({ state: 'new' }, null))).affected).toBe(1);
      expect((await own.keep(() => own.remove(null))).affected).toBe(1);
      expect(await bodies()).toEqual(['b']);
      await free.keep(() => free.remove(null));
    });

    test('what the database does not take has a name', async () => {
      const { insert, update, keep, remove } = talk(session, notes);
      const tried = (work: () => Promise<unknown>) => codeOf(keep(work));
      await keep(() => insert([{ body: 'here', pick: 1 }]));
      expect(await tried(() => insert([{ body: null }]))).toBe('sources.constraint_violated');
      expect(await tried(() => insert([{ state: 'no body' }]))).toMatch(
        /^sources\.(constraint_violated|value_refused)$/,
      );
      expect(await tried(() => insert([{ body: 'again', pick: 1 }]))).toBe('sources.constraint_violated');
      expect(await tried(() => insert([{ body: 'much', amount: '600.00' }]))).toBe('sources.constraint_violated');
      expect(await tried(() => update({ amount: '123456789.00' }, null))).toMatch(
        /^sources\.(value_refused|constraint_violated)$/,
      );
      if (engine !== 'SQLite' && engine !== 'DuckDB')
        expect(await tried(() => insert([{ body: 'x'.repeat(201) }]))).toBe('sources.value_refused');
      expect(await bodies()).toEqual(['here']);
      await keep(() => remove(null));
      expect(session.isUsable()).toBe(true);
    });

    test('a table without a key takes rows and gives none back', async () => {
      const heap = await readRelation(subject(), 'heap');
      const { insert, keep, update, remove } = talk(session, heap);
      expect(
        await keep(() =>
          insert([
            { a: 1, b: 'x' },
            { a: 1, b: 'x' },
          ]),
        ),
      ).toEqual({ affected: 2, rows: [] });
      expect(await keep(() => update({ b: 'y' }, is('a', 1)))).toEqual({ affected: 2, rows: [] });
      expect(await keep(() => remove(null))).toEqual({ affected: 2, rows: [] });
    });

    test('a session that only reads writes nothing', async () => {
      const reader = await openSession(subject(), 'read');
      const own = talk(reader, notes);
      expect(await codeOf(own.keep(() => own.insert([{ body: 'no' }])))).toBe('sources.query_refused');
      expect(await bodies()).toEqual([]);
      reader.close();
    });
  });

  describe(`hostile texts in ${engine}`, () => {
    test('are values like any other', async () => {
      const { insert, keep, remove } = talk(session, people);
      await keep(() => insert(hostile.map((name, index) => ({ id: 1_000 + index, name, team: 'hostile' }))));
      for (const [index, text] of hostile.entries()) {
        const own: Filter = { kind: 'and', filters: [is('team', 'hostile'), is('name', text)] };
        expect([text, await ids(own)]).toEqual([text, [1_000 + index]]);
        for (const match of ['contains', 'starts', 'ends'] as const) {
          const found = await ids({
            kind: 'and',
            filters: [is('team', 'hostile'), { kind: 'text', column: 'name', match, isNegated: false, text }],
          });
          const expected = hostile.flatMap((one, at) => {
            const isFound =
              match === 'contains'
                ? one.includes(text)
                : match === 'starts'
                  ? one.startsWith(text)
                  : one.endsWith(text);
            return isFound ? [1_000 + at] : [];
          });
          expect([match, text, found]).toEqual([match, text, expected]);
        }
      }
      const read = await talk(session, people).select({
        columns: ['name'],
        filter: is('team', 'hostile'),
        orderBy: [{ by: 'id', direction: 'asc' }],
      });
      expect(read.map(([name]) => name)).toEqual(hostile);
      expect((await keep(() => remove(is('team', 'hostile')))).affected).toBe(hostile.length);
      expect(await talk(session, people).count(null)).toBe(5);
    });

    test('are names like any other', async () => {
      const { sql, quote, table, engine: kind } = subject();
      const names = [
        '__proto__',
        'constructor',
        'Weird "name"',
        "it's",
        'a`b',
        'a.b',
        'a?b',
        '$1',
        'semi;colon',
        'ünïcode 日本',
        'select',
        'q',
        '--x',
      ];
      const columns = names.map((name) => `${quote(name)} varchar(50)`);
      const name = `we"ird'; \`drop\` ?${kind}`;
      await sql(`create table ${table(name)} (id integer not null primary key, ${columns.join(', ')})`);
      const relation = await readRelation(subject(), name);
      const { keep, insert, select, update, remove } = talk(session, relation);
      const row = new Map(names.map((one, index) => [one, `v${index}`] as const));
      const given = Object.fromEntries([...row].filter(([key]) => key !== '__proto__'));
      await keep(() => insert([{ id: 1, ...given }]));
      for (const one of names) {
        if (one === '__proto__') continue;
        expect(
          await select({ columns: [one], filter: is(one, row.get(one)), orderBy: [{ by: one, direction: 'asc' }] }),
        ).toEqual([[row.get(one)]]);
        expect((await keep(() => update({ [one]: 'changed' }, is(one, row.get(one))))).affected).toBe(1);
        expect(await select({ columns: [one], isDistinct: true })).toEqual([['changed']]);
      }
      expect(
        await select({ columns: ['__proto__'], filter: { kind: 'null', column: '__proto__', isNegated: false } }),
      ).toEqual([[null]]);
      expect((await keep(() => remove(null))).affected).toBe(1);
    });
  });

  describe(`limits in ${engine}`, () => {
    test('more rows or bytes than allowed end the reading', async () => {
      const { select } = talk(session, people);
      expect(await codeOf(select({}, { maxRows: 4 }))).toBe('sources.result_too_large');
      expect(await codeOf(select({}, { maxRows: 5 }))).toBe('none');
      expect(await codeOf(select({}, { maxBytes: 20 }))).toBe('sources.result_too_large');
      expect(session.isUsable()).toBe(true);
      expect(await talk(session, people).count(null)).toBe(5);
    });

    test('a statement that takes too long is ended, on the server too', async () => {
      const { slowQuery, running } = subject();
      if (slowQuery === null) return expect(await running()).toBeNull();
      const slow = talk(session, await relationOfQuery(session, slowQuery));
      const startedMs = performance.now();
      expect(await codeOf(slow.select({}, { statementMs: 300 }))).toBe('sources.query_timeout');
      expect(performance.now() - startedMs).toBeLessThan(1_500);
      await untilIdle();
      expect(await usable()).toBe(5);
    });

    test('a caller that goes away ends its statement within a second', async () => {
      const { slowQuery } = subject();
      if (slowQuery === null) return expect(slowQuery).toBeNull();
      const slow = talk(session, await relationOfQuery(session, slowQuery));
      const controller = new AbortController();
      const asked = codeOf(slow.select({}, { signal: controller.signal }));
      await sleep(200);
      controller.abort();
      const abortedMs = performance.now();
      await untilIdle();
      expect(performance.now() - abortedMs).toBeLessThan(1_000);
      expect(await asked).toBe('sources.cancelled');
      expect(await usable()).toBe(5);
      expect(await codeOf(slow.select({}, { signal: AbortSignal.abort() }))).toBe('sources.cancelled');
      expect(await usable()).toBe(5);
    });

    test('a reader that leaves in the middle leaves a session that is good, or says it is not', async () => {
      const many = await relationOfQuery(session, subject().rowsQuery(300_000));
      const { scope } = talk(session, many);
      let seen = 0;
      for await (const batch of session.select(scope.select({}), limits())) {
        seen += batch.length;
        break;
      }
      expect(seen).toBeGreaterThan(0);
      expect(seen).toBeLessThan(20_000);
      await untilIdle();
      expect(await usable()).toBe(5);
    });

    test('a caller that goes away in the middle of reading ends it, whether it reads or not', async () => {
      const many = await relationOfQuery(session, subject().rowsQuery(300_000));
      const controller = new AbortController();
      const batches = session.select(talk(session, many).scope.select({}), limits({ signal: controller.signal }));
      const reader = batches[Symbol.asyncIterator]();
      expect((await reader.next()).done).toBe(false);
      controller.abort();
      await untilIdle();
      expect(await codeOf(all({ [Symbol.asyncIterator]: () => reader }))).toBe('sources.cancelled');
      expect(await usable()).toBe(5);
    });

    test('many rows stream in little memory, in the order they come', async () => {
      const count = Number(process.env['DATA_STREAM_ROWS'] ?? 200_000);
      const many = await relationOfQuery(session, subject().rowsQuery(count));
      const { scope } = talk(session, many);
      const read = async () => {
        let rows = 0;
        let peak = 0;
        for await (const batch of session.select(scope.select({}), limits({ statementMs: 120_000, maxRows: count }))) {
          rows += batch.length;
          peak = Math.max(peak, process.memoryUsage().rss);
        }
        return { rows, peak };
      };
      await talk(session, many).select({ limit: 1_000 });
      const before = process.memoryUsage().rss;
      const startedMs = performance.now();
      const { rows, peak } = await read();
      const ms = performance.now() - startedMs;
      expect(rows).toBe(count);
      expect((peak - before) / 1_048_576).toBeLessThan(64);
      if (process.env['DATA_STREAM_ROWS'] !== undefined) {
        console.log(
          `${engine}: ${count} rows in ${Math.round(ms)} ms, ${Math.round((peak - before) / 1_048_576)} MB more`,
        );
      }
    });

    test('a session tells that it is alive', async () => {
      if (session.ping !== undefined) await session.ping(1_000);
      expect(session.isUsable()).toBe(true);
      const other = await openSession(subject());
      other.close();
      expect(other.isUsable()).toBe(false);
    });
  });

  /** Waits until the server runs nothing of ours. */
  async function untilIdle(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const running = await subject().running();
      if (running === null || running === 0) return;
      await sleep(20);
    }
    throw new Error('the server still runs it');
  }

  /** A session that was broken on the way is replaced, as a pool would. */
  async function usable(): Promise<number> {
    if (!session.isUsable()) session = await openSession(subject());
    return talk(session, people).count(null);
  }
}
