/**
 * What queries and posts of the cloudio family do, alike on every engine: each operator by the rows it finds, each rule
 * of the answer, and every rule of writing by what stands in the table afterwards.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMs } from '../support/world.js';
import { type DataHouse, type Engine, employeesSql, openDataHouse } from './data-house.js';

const error = (code: number, title: string, message: unknown) => ({ code, status: 'ERROR', title, message });
const invalid = (message: unknown) => ({ status: 400, body: error(400, 'Invalid Request', message) });
const denied = {
  status: 403,
  body: error(403, 'Access Denied', 'Access Denied - You are not allowed to do this.'),
};
const changed = {
  status: 409,
  body: error(409, 'Conflict', 'Record has been changed or deleted meanwhile. Query it again, then repeat the change.'),
};

/** A filter, and the employees it finds. */
const operators: readonly (readonly [filter: string, found: readonly number[]])[] = [
  ['{"name":{"is":"Steve"}}', [1]],
  ['{"name":{"eq":"steve"}}', [3]],
  ['{"name":{"is":"Steve "}}', []],
  ['{"name":{"not":"Steve"}}', [2, 3]],
  ['{"name":{"ne":"Steve"}}', [2, 3]],
  ['{"name":{"empty":""}}', [4]],
  ['{"name":{"null":1}}', [4]],
  ['{"name":{"notEmpty":""}}', [1, 2, 3]],
  ['{"name":{"notNull":1}}', [1, 2, 3]],
  ['{"name":{"like":"tev"}}', [1, 3]],
  ['{"name":{"like":"TEV"}}', []],
  ['{"name":{"like":""}}', [1, 2, 3]],
  ['{"name":{"like":"%"}}', [2]],
  ['{"name":{"like":"_"}}', [2]],
  ['{"name":{"like":"%_\\\\"}}', [2]],
  ['{"name":{"like":"S%"}}', []],
  ['{"name":{"nct":"tev"}}', [2]],
  ['{"name":{"sw":"S"}}', [1]],
  ['{"name":{"ew":"eve"}}', [1, 3]],
  ['{"name":{"ew":"Ω"}}', [2]],
  ['{"name":{"in":["Steve","nobody"]}}', [1]],
  ['{"name":{"in":[]}}', []],
  ['{"name":{"nin":["Steve"]}}', [2, 3]],
  ['{"name":{"nin":[]}}', [1, 2, 3, 4]],
  ['{"name":{"hasAll":["te","ve"]}}', [1, 3]],
  ['{"name":{"hasAll":[]}}', [1, 2, 3, 4]],
  ['{"name":{"hasAny":["Ada","S"]}}', [1, 2]],
  ['{"name":{"hasAny":[]}}', []],
  ['{"name":{"notAny":["Ada","S"]}}', [3]],
  ['{"name":{"notAny":[]}}', [1, 2, 3, 4]],
  ['{"salary":{"eq":12345}}', [1, 3]],
  ['{"salary":{"is":"12345.00"}}', [1, 3]],
  ['{"salary":{"ne":12345}}', [2]],
  ['{"salary":{"gt":12345}}', [2]],
  ['{"salary":{"gte":12345}}', [1, 2, 3]],
  ['{"salary":{"lt":20000.5}}', [1, 3]],
  ['{"salary":{"lte":20000.5}}', [1, 2, 3]],
  ['{"salary":{"bn":[12345,20000.5]}}', [1, 2, 3]],
  ['{"salary":{"bn":[20000.5,12345]}}', []],
  ['{"salary":{"nbn":[0,13000]}}', [2]],
  ['{"salary":{"in":[20000.5]}}', [2]],
  ['{"salary":{"nin":[20000.5]}}', [1, 3]],
  ['{"salary":{"null":1}}', [4]],
  ['{"share":{"eq":0.30000000000000004}}', [2]],
  ['{"share":{"lt":0}}', [3]],
  ['{"empId":{"in":[1,"2"]}}', [1, 2]],
  ['{"empId":{"eq":"9223372036854775807"}}', []],
  ['{"born":{"is":"1980-02-29"}}', [1]],
  ['{"born":{"not":"1980-02-29"}}', [2, 3]],
  ['{"born":{"after":"1990-12-10"}}', [2, 3]],
  ['{"born":{"after":"1990-12-10T00:00:00.001Z"}}', [3]],
  ['{"born":{"before":"1990-12-10T23:59:59Z"}}', [1, 2]],
  ['{"born":{"bn":["1980-02-29","1990-12-10"]}}', [1, 2]],
  ['{"born":{"in":["2000-01-01"]}}', [3]],
  ['{"born":{"nin":["2000-01-01"]}}', [1, 2]],
  ['{"seen":{"after":"2021-06-01T12:30:00.500Z"}}', [2, 3]],
  ['{"seen":{"after":"2021-06-01T14:30:00.500+02:00"}}', [2, 3]],
  ['{"seen":{"after":"2021-06-01T12:30:00.501Z"}}', [3]],
  ['{"seen":{"before":"2021-06-01T12:30:00.500Z"}}', [1, 2]],
  ['{"seen":{"is":"2021-06-01T12:30:00.5"}}', [2]],
  ['{"seen":{"ne":"2021-06-01T12:30:00.5"}}', [1, 3]],
  ['{"seen":{"bn":["2021-01-01","2021-06-01"]}}', [1]],
  ['{"seen":{"in":["2021-01-01T00:00:00Z"]}}', [1]],
  ['{"seen":{"notNull":1}}', [1, 2, 3]],
  ['{"lastUpdateDate":{"after":"2020-11-30T23:59:59.999Z"}}', [1, 2]],
  ['{"lastUpdateDate":{"before":"2020-11-30T23:59:59.999Z"}}', [1, 3, 4]],
  ['{"lastUpdateDate":{"is":"2021-05-30T04:19:41.483732Z"}}', [2]],
  ['{"active":{"is":true}}', [1, 3]],
  ['{"active":{"not":true}}', [2]],
  ['{"active":{"empty":""}}', [4]],
  ['{"name":{"sw":"S","ew":"e"},"salary":{"gt":1}}', [1]],
  ['{"or":[{"name":{"is":"steve"}},{"salary":{"gt":20000}}]}', [2, 3]],
  ['{"_OR":[{"_and":[{"grade":{"is":"A"}},{"active":{"is":true}}]},{"name":{"empty":""}}]}', [1, 3, 4]],
];

export function cloudioData(engine: Engine): void {
  let house: DataHouse;
  beforeAll(async () => {
    house = await openDataHouse(engine, (database) => database.sql(employeesSql(engine)));
    await house.grant('EMPLOYEES');
  });
  afterAll(() => house?.close());

  const found = async (query: object) => (await house.rows(query)).map(({ empId }) => empId);
  const values = async (query: object) => {
    const rows = await house.rows(query);
    return rows.map((row) => Object.values(row).slice(0, -1));
  };

  describe('a filter', () => {
    test.each(operators)('%s finds %j', async (filter, ids) => {
      expect(await found({ filter: [JSON.parse(filter)], projection: { empId: 1 }, sort: { empId: 1 } })).toEqual(ids);
    });

    test('of several conditions finds what satisfies all', async () => {
      const filter = [{ salary: { eq: 12_345 } }, { name: { sw: 's' } }];
      expect(await found({ filter, sort: { empId: 1 } })).toEqual([3]);
      expect(await found({ filter, data: { grade: 'B' } })).toEqual([]);
    });

    test('by example takes equality, and null for absence', async () => {
      expect(await found({ data: { salary: 12_345, grade: 'A' }, sort: { empId: -1 } })).toEqual([3, 1]);
      expect(await found({ data: { name: null } })).toEqual([4]);
    });
  });

  describe('an answer', () => {
    test('has what was projected in that order, and _rs; then the time and the count', async () => {
      const { status, text, headers } = await house.api({
        Alias: { ds: 'Employees', query: { projection: { salary: 1, name: 1 }, sort: { empId: 1 }, limit: 2 } },
      });
      expect(status).toBe(200);
      expect(text.replace(/12345(?:\.0+)?,/, '12345,').replace('20000.50', '20000.5')).toMatch(
        /^\{"status":"OK","data":\{"Alias":\{"data":\[\{"salary":12345,"name":"Steve","_rs":"Q"\},\{"salary":20000\.5,"name":"Ada 50%_\\\\Ω","_rs":"Q"\}\],"queryElapsed":\d+,"rowsFetched":2\}\}\}$/,
      );
      expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
    });

    test('has every attribute where none was asked for, with moments in UTC and numbers as they are', async () => {
      const [row] = await house.rows({ filter: [{ empId: { is: 2 } }] });
      expect(row).toEqual({
        ...{ empId: 2, name: 'Ada 50%_\\Ω', salary: 20_000.5, share: 0.30000000000000004, born: '1990-12-10' },
        ...{ seen: '2021-06-01T12:30:00.5Z', active: false, grade: 'B', createdBy: 'loader' },
        ...{ creationDate: '2021-05-30T04:19:41.483732Z', lastUpdatedBy: 'loader' },
        ...{ lastUpdateDate: '2021-05-30T04:19:41.483732Z', _rs: 'Q' },
      });
      expect((await house.rows({ data: { empId: 4 } }))[0]).toMatchObject({
        ...{ name: null, salary: null, share: null, born: null, seen: null, active: null },
      });
    });

    test('is sorted by the keys in their order, nulls last in either direction', async () => {
      expect(await found({ sort: { salary: 1, empId: -1 } })).toEqual([3, 1, 2, 4]);
      expect(await found({ sort: { salary: -1, empId: 1 } })).toEqual([2, 1, 3, 4]);
    });

    test('is a page of limit and offset', async () => {
      expect(await found({ sort: { empId: 1 }, limit: 2, offset: 1 })).toEqual([2, 3]);
      expect(await found({ sort: { empId: 1 }, limit: 0 })).toEqual([]);
      expect(await found({ sort: { empId: 1 }, offset: 1_000_000 })).toEqual([]);
    });

    test('is distinct over the projection where that was asked for', async () => {
      const query = { projection: { grade: 1 }, sort: { grade: 1 }, fetchDistinct: true };
      expect(await values(query)).toEqual([['A'], ['B'], [null]]);
    });

    test('has a row for each group, its keys first, then the aggregates by their aliases', async () => {
      expect(
        await house.rows({
          groupByAttributeCodeList: ['grade'],
          aggregateList: [
            { attributeCode: 'salary', function: 'SUM', alias: 'salarySum' },
            { attributeCode: 'salary', function: 'AVG' },
            { MIN: 'salary' },
            { MAX: 'born' },
            { function: 'COUNT', alias: 'people' },
            { COUNT_DISTINCT: 'salary' },
          ],
          sort: { salarySum: -1 },
        }),
      ).toEqual([
        {
          ...{ grade: 'A', salarySum: 24_690, salaryAvg: expect.anything(), salaryMin: 12_345, bornMax: '2000-01-01' },
          ...{ people: 2, salaryCountDistinct: 1, _rs: 'Q' },
        },
        {
          ...{ grade: 'B', salarySum: 20_000.5, salaryAvg: expect.anything(), salaryMin: 20_000.5 },
          ...{ bornMax: '1990-12-10', people: 1, salaryCountDistinct: 1, _rs: 'Q' },
        },
        {
          ...{ grade: null, salarySum: null, salaryAvg: null, salaryMin: null, bornMax: null, people: 1 },
          ...{ salaryCountDistinct: 0, _rs: 'Q' },
        },
      ]);
      expect(await house.rows({ aggregateList: [{ COUNT: '*' }], filter: [{ salary: { gt: 1 } }] })).toEqual([
        { count: 3, _rs: 'Q' },
      ]);
      expect(await values({ groupByAttributeCodeList: ['grade'], sort: { grade: -1 } })).toEqual([
        ['B'],
        ['A'],
        [null],
      ]);
    });

    test('has every alias, in the order sent', async () => {
      const one = { ds: 'Employees', query: { projection: { empId: 1 }, data: { empId: 1 } } };
      const { status, text } = await house.api({ Z: one, 'a "b"': one, ünï: one });
      expect(status).toBe(200);
      expect(Object.keys((JSON.parse(text) as { data: object }).data)).toEqual(['Z', 'a "b"', 'ünï']);
    });
  });

  describe('a request is refused', () => {
    test.each<[string, object]>([
      ['There is no such attribute, or it may not be used. Field: nmae.', { projection: { nmae: 1 } }],
      ['There is no such attribute, or it may not be used. Field: EMP_ID.', { sort: { EMP_ID: 1 } }],
      ['The operator is not known for this attribute. Field: name. Use one of:', { filter: [{ name: { gt: 'a' } }] }],
      ['The value does not fit its attribute. Field: salary.', { filter: [{ salary: { eq: 'much' } }] }],
      ['A value does not fit the type of its column. Field: empId.', { filter: [{ empId: { eq: 0.5 } }] }],
      [
        'The query makes no sense. Field: name. Group by it',
        { groupByAttributeCodeList: ['grade'], projection: { name: 1 } },
      ],
    ])('%s', async (message, query) => {
      const received = await house.api({ A: { ds: 'Employees', query } });
      expect(received).toMatchObject(invalid(expect.stringContaining(message)));
    });

    test('for a data source that is not there like for one that was not granted', async () => {
      for (const ds of ['Nothing', 'employees', 'a\u0000b', 'main.EMPLOYEES', '"EMPLOYEES"', '名前']) {
        expect(await house.api({ A: { ds, query: {} } })).toMatchObject(denied);
        expect(await house.api({ A: { ds: 'Employees', query: {} }, B: { ds, data: [] } })).toMatchObject(denied);
      }
      expect(await house.api({ A: { ds: 'Employees', query: {} } }, 'nobody')).toMatchObject(denied);
    });
  });

  describe('posted rows', () => {
    beforeEach(async () => {
      await house.database.sql(`delete from ${quoted('EMPLOYEES')} where ${quoted('EMP_ID')} > 4`);
    });
    const quoted = (name: string) => (engine === 'mariadb' ? `\`${name}\`` : `"${name}"`);
    const post = (data: readonly object[]) => house.api({ A: { ds: 'Employees', data } });
    const posted = async (data: readonly object[]) => {
      const received = await post(data);
      if (received.status !== 200) throw new Error(`${received.status}: ${received.text}`);
      return (received.body as { data: { A: { data: Record<string, unknown>[] } } }).data.A.data;
    };
    const count = async () => (await house.rows({ aggregateList: [{ COUNT: '*' }] }))[0]?.['count'];
    const one = async (empId: unknown) => (await house.rows({ filter: [{ empId: { is: empId } }] }))[0];

    test('are inserted, stamped, and answered as they are, with the key the database made', async () => {
      const before = house.world.clock.nowMs();
      const { status, text, body } = await post([{ _rs: 'I', name: 'New', salary: 5.25, _cid: 'c1', createdBy: 'x' }]);
      expect(status).toBe(200);
      const [row] = (body as { data: { A: { data: Record<string, unknown>[] } } }).data.A.data;
      expect(row).toMatchObject({
        ...{ name: 'New', salary: 5.25, active: null, createdBy: 'nightly', lastUpdatedBy: 'nightly', _rs: 'Q' },
        empId: expect.any(Number),
      });
      expect(Object.keys(row ?? {}).slice(0, 4)).toEqual(['active', 'born', 'createdBy', 'creationDate']);
      expect(text).toMatch(/^\{"status":"OK","data":\{"A":\{"data":\[\{.*,"_rs":"Q"\}\]\}\}\}$/);
      expect(row?.['creationDate']).toBe(row?.['lastUpdateDate']);
      expect(Date.parse(String(row?.['creationDate']))).toBeGreaterThanOrEqual(Math.min(before, startMs));
      expect(await one(row?.['empId'])).toEqual(row);
    });

    test('are inserted, changed and removed in one request, in their order', async () => {
      const [old] = await posted([{ _rs: 'I', name: 'old', grade: 'C' }]);
      const key = { empId: old?.['empId'], lastUpdateDate: old?.['lastUpdateDate'] };
      const rows = await posted([
        { _rs: 'D', ...key },
        { ...old, _rs: 'I', name: 'again' },
        { _rs: 'N', name: 'other' },
      ]);
      expect(rows.map(({ name, _rs }) => [name, _rs])).toEqual([
        ['old', 'Q'],
        ['again', 'Q'],
        ['other', 'Q'],
      ]);
      expect(await one(old?.['empId'])).toMatchObject({ name: 'again', grade: 'C' });
    });

    test('change only what they name, and who and when', async () => {
      const [made] = await posted([{ _rs: 'I', name: 'before', salary: 1, grade: 'A' }]);
      house.world.clock.advance(5_000);
      const [after] = await posted([
        { _rs: 'U', empId: made?.['empId'], lastUpdateDate: made?.['lastUpdateDate'], name: 'after', createdBy: 'x' },
      ]);
      const { name, lastUpdateDate, ...same } = made ?? {};
      expect(after).toMatchObject({ ...same, name: 'after' });
      expect(Date.parse(String(after?.['lastUpdateDate'])) - Date.parse(String(lastUpdateDate))).toBe(5_000);
      expect(name).toBe('before');
    });

    test('are locked on milliseconds where the client keeps no more, and then later by one at least', async () => {
      // Stored: .483732; a client that keeps milliseconds has .483.
      const sent = { _rs: 'U', empId: 2, grade: 'B', lastUpdateDate: '2021-05-30T04:19:41.483Z' };
      await restore();
      const [first] = await posted([sent]);
      expect(await post([sent])).toMatchObject(changed);
      expect(Date.parse(String(first?.['lastUpdateDate']))).toBeGreaterThan(Date.parse(sent.lastUpdateDate));
      // The clock stands still: the second stamp is later all the same.
      const [second] = await posted([{ ...sent, lastUpdateDate: first?.['lastUpdateDate'] }]);
      const [third] = await posted([{ ...sent, lastUpdateDate: second?.['lastUpdateDate'] }]);
      const times = [first, second, third].map((row) => Date.parse(String(row?.['lastUpdateDate'])));
      // Each was named in milliseconds, so that up to one more may have passed unseen.
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(2);
      expect((times[2] ?? 0) - (times[1] ?? 0)).toBe(2);
      await restore();
      expect(await post([{ ...sent, lastUpdateDate: '2021-05-30T04:19:41.483731Z' }])).toMatchObject(changed);
      expect(await post([{ ...sent, lastUpdateDate: '2021-05-30T06:19:41.483732+02:00' }])).toMatchObject({
        status: 200,
      });
      await restore();
    });

    async function restore(): Promise<void> {
      const at = engine === 'postgres' ? "'2021-05-30 04:19:41.483732+00'" : "'2021-05-30 04:19:41.483732'";
      const set = `update ${quoted('EMPLOYEES')} set ${quoted('LAST_UPDATE_DATE')} = ${at}`;
      await house.database.sql(`${set} where ${quoted('EMP_ID')} = 2`);
    }

    test('are all kept or none: a conflict, a denial or a bad row in any alias undoes every alias', async () => {
      const total = await count();
      const good = { _rs: 'I', name: 'x' };
      const stale = { _rs: 'D', empId: 1, lastUpdateDate: '2000-01-01T00:00:00Z' };
      for (const [rows, refusal] of [
        [[good, stale], changed],
        [[good, { _rs: 'D', empId: 999_999, lastUpdateDate: '2000-01-01T00:00:00Z' }], changed],
        [[good, { _rs: 'I', empId: 1, name: 'twice' }], invalid('A constraint of the database does not allow this.')],
        [[good, { _rs: 'I', name: 'x'.repeat(101) }], engine === 'sqlite' ? null : invalid(expect.any(String))],
        [[good, { _rs: 'I', nmae: 'x' }], invalid(expect.stringContaining('Field: nmae.'))],
        [[good, { _rs: 'U', empId: 1 }], invalid(expect.stringContaining('Field: lastUpdateDate.'))],
        [[good, { _rs: 'D', lastUpdateDate: '2000-01-01' }], invalid(expect.stringContaining('Field: empId.'))],
      ] as const) {
        if (refusal === null) continue;
        expect(
          await house.api({ A: { ds: 'Employees', data: [good] }, B: { ds: 'Employees', data: rows } }),
        ).toMatchObject(refusal);
        expect(await count()).toBe(total);
      }
      const other = { B: { ds: 'Nothing', query: {} } };
      expect(await house.api({ A: { ds: 'Employees', data: [good] }, ...other })).toMatchObject(denied);
      const bad = { B: { ds: 'Employees', query: { filter: [{ empId: { eq: 0.5 } }] } } };
      expect(await house.api({ A: { ds: 'Employees', data: [good] }, ...bad })).toMatchObject({ status: 400 });
      expect(await count()).toBe(total);
    });

    test('are done before the queries of the same request, whatever their order', async () => {
      const query = { filter: [{ name: { is: 'just now' } }], projection: { name: 1 } };
      const { body } = await house.api({
        Read: { ds: 'Employees', query },
        Write: { ds: 'Employees', data: [{ _rs: 'I', name: 'just now' }] },
      });
      expect(body).toMatchObject({ data: { Read: { data: [{ name: 'just now', _rs: 'Q' }], rowsFetched: 1 } } });
      expect(Object.keys((body as { data: object }).data)).toEqual(['Read', 'Write']);
    });

    test('are told to the audit trail when they are kept, and not when they are not', async () => {
      await house.world.takeEvents();
      await posted([{ _rs: 'I', name: 'told' }]);
      expect(await house.world.takeEvents()).toEqual(['data.written']);
      expect(await post([{ _rs: 'I', name: 'untold', nmae: 'x' }])).toMatchObject({ status: 400 });
      expect(await house.world.takeEvents()).toEqual([]);
    });

    test('may be none', async () => {
      expect((await post([])).text).toBe('{"status":"OK","data":{"A":{"data":[]}}}');
    });

    test('may be a thousand', async () => {
      const total = Number(await count());
      const rows = await posted(Array.from({ length: 1_000 }, (_, at) => ({ _rs: 'I', name: `n${at}`, salary: at })));
      expect(rows).toHaveLength(1_000);
      expect(await count()).toBe(total + 1_000);
    });
  });
}
