/**
 * What grants make of queries and posts of the cloudio family, and tables that are not as the published ones: without
 * WHO columns, without key, with names that no attribute could have.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DataHouse, type Engine, employeesSql, openDataHouse } from './data-house.js';

const error = (code: number, title: string, message: unknown) => ({ code, status: 'ERROR', title, message });
const denied = {
  status: 403,
  body: error(403, 'Access Denied', 'Access Denied - You are not allowed to do this.'),
};
const invalid = (text: string) => ({
  status: 400,
  body: error(400, 'Invalid Request', expect.stringContaining(text)),
});
const nothingChanged = { _rs: 'U', lastUpdateDate: '2021-05-30T04:19:41.483Z' };

/** Tables besides the published one; each with its column names quoted the engine's way. */
function otherTables(engine: Engine): string {
  const q = (name: string) => (engine === 'mariadb' ? `\`${name}\`` : `"${name}"`);
  const zoned = engine === 'sqlite' ? 'timestamp' : engine === 'postgres' ? 'timestamptz(0)' : 'datetime';
  return `
    create table codes (code varchar(10) primary key, label varchar(100), weight int not null);
    insert into codes values ('a', 'first', 1), ('b', 'second', 2);
    create table order_lines (order_id int, line_no int, item varchar(50), last_update_date varchar(40),
      primary key (order_id, line_no));
    insert into order_lines values (1, 1, 'pen', '2020-01-01T00:00:00.123456Z'), (1, 2, 'ink', '2020-01-01T00:00:00Z');
    create table log (line varchar(50), ${q('at it')} int, at_it int, ${q('__proto__')} int);
    insert into log values ('x', 1, 2, 3);
    create table slow (id int primary key, note varchar(50), last_update_date ${zoned} not null);
    insert into slow values (1, 'x', '2020-01-01 00:00:00');
  `;
}

export function cloudioGrants(engine: Engine): void {
  let house: DataHouse;
  const ask = (query: object, ds: string) => house.api({ A: { ds, query } });
  const post = (data: readonly object[], ds: string) => house.api({ A: { ds, data } });
  const answered = async (asked: Promise<{ status: number; text: string; body: unknown }>) => {
    const { status, text, body } = await asked;
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return (body as { data: { A: { data: Record<string, unknown>[] } } }).data.A.data;
  };

  beforeAll(async () => {
    house = await openDataHouse(engine, async (database) => {
      for (const table of ['EMPLOYEES', 'PARTLY', 'READ_ONLY', 'MASKED', 'BLIND']) {
        for (const statement of split(employeesSql(engine, table))) await database.sql(statement);
      }
      for (const statement of split(otherTables(engine))) await database.sql(statement);
    });
    await house.grant('READ_ONLY', { operations: ['query'] });
    await house.grant('BLIND', { operations: ['update', 'delete'], readable: ['EMP_ID', 'LAST_UPDATE_DATE'] });
    await house.grant('PARTLY', {
      ...{ operations: ['query', 'insert', 'update'] },
      readable: ['EMP_ID', 'NAME', 'GRADE', 'LAST_UPDATE_DATE'],
      writable: ['NAME', 'GRADE', 'SALARY'],
      filter: { kind: 'compare', column: 'GRADE', operator: 'eq', value: 'A' },
    });
    await house.grant('MASKED', {
      operations: ['query'],
      masks: [
        { column: 'NAME', mask: { kind: 'keep_left', keep: 1 } },
        { column: 'BORN', mask: { kind: 'truncate', unit: 'year' } },
        { column: 'SALARY', mask: { kind: 'null' } },
      ],
    });
    for (const table of ['codes', 'order_lines', 'log', 'slow']) await house.grant(table);
  });
  afterAll(() => house?.close());

  describe('a data source', () => {
    test('that may only be queried refuses rows like one that is not there', async () => {
      expect(await post([{ _rs: 'I', name: 'x' }], 'ReadOnly')).toMatchObject(denied);
      expect(await post([{ ...nothingChanged, empId: 2 }], 'ReadOnly')).toMatchObject(denied);
      expect((await post([{ _rs: 'I', name: 'x' }], 'ReadOnly')).text).toBe((await ask({}, 'Nothing')).text);
      expect(await answered(ask({ projection: { empId: 1 } }, 'ReadOnly'))).toHaveLength(4);
    });

    test('shows the rows and attributes that were granted and knows of no others', async () => {
      expect(await answered(ask({ sort: { empId: 1 }, projection: { empId: 1 } }, 'Partly'))).toEqual([
        { empId: 1, _rs: 'Q' },
        { empId: 3, _rs: 'Q' },
      ]);
      const [row] = await answered(ask({ limit: 1 }, 'Partly'));
      expect(Object.keys(row ?? {})).toEqual(['empId', 'name', 'grade', 'lastUpdateDate', '_rs']);
      for (const query of [
        { projection: { salary: 1 } },
        { sort: { salary: 1 } },
        { filter: [{ salary: { gt: 0 } }] },
        { filter: [{ or: [{ salary: { null: 1 } }] }] },
        { data: { salary: 1 } },
        { groupByAttributeCodeList: ['salary'] },
        { aggregateList: [{ SUM: 'salary' }] },
        { fetchDistinct: true, selectAttributeCodeList: ['salary'] },
      ]) {
        const received = await ask(query, 'Partly');
        expect(received).toMatchObject(invalid('There is no such attribute, or it may not be used. Field: salary.'));
        const unknown = await ask(JSON.parse(JSON.stringify(query).replaceAll('salary', 'celery')), 'Partly');
        expect(received.text.replaceAll('salary', 'celery')).toBe(unknown.text);
      }
    });

    test('masks in answers, conditions, orders and groups', async () => {
      expect(
        await answered(
          ask({ projection: { name: 1, born: 1, salary: 1 }, filter: [{ name: { is: 'S****' } }] }, 'Masked'),
        ),
      ).toEqual([{ name: 'S****', born: '1980-01-01', salary: null, _rs: 'Q' }]);
      expect(await answered(ask({ filter: [{ name: { is: 'Steve' } }] }, 'Masked'))).toEqual([]);
      expect(await answered(ask({ filter: [{ salary: { gt: 0 } }] }, 'Masked'))).toEqual([]);
    });
  });

  describe('posting', () => {
    test('ignores what may not be written, and writes what may be without being read', async () => {
      const [row] = await answered(
        post([{ _rs: 'I', name: 'new', grade: 'A', salary: 7, lastUpdateDate: 'whatever', empId: null }], 'Partly'),
      );
      expect(row).toEqual({
        ...{ empId: expect.any(Number), grade: 'A', lastUpdateDate: expect.any(String), name: 'new', _rs: 'Q' },
      });
      const [stored] = await house.database.sql(
        `select * from ${quoted(engine, 'PARTLY')} where ${quoted(engine, 'EMP_ID')} = ${String(row?.['empId'])}`,
      );
      expect(Number(stored?.['SALARY'])).toBe(7);
      // Stamped, though who posts sees none of these.
      expect(stored).toMatchObject({ CREATED_BY: 'nightly', LAST_UPDATED_BY: 'nightly' });
      const [changed] = await answered(
        post([{ _rs: 'U', empId: row?.['empId'], lastUpdateDate: row?.['lastUpdateDate'], name: 'newer' }], 'Partly'),
      );
      expect(changed).toMatchObject({ name: 'newer', grade: 'A' });
    });

    test('reaches no row that was not granted, before or after', async () => {
      expect(await post([{ ...nothingChanged, empId: 2, name: 'x' }], 'Partly')).toMatchObject({ status: 409 });
      const lock = { _rs: 'U', empId: 1, lastUpdateDate: '2020-11-30T23:59:59.999Z' };
      expect(await post([{ ...lock, grade: 'B' }], 'Partly')).toMatchObject({ status: 409 });
      expect(await post([{ _rs: 'I', name: 'x', grade: 'B' }], 'Partly')).toMatchObject({
        ...{
          status: 403,
          body: error(403, 'Access Denied', 'Access Denied - A row would not be one that you may write.'),
        },
      });
      expect(await post([{ _rs: 'D', empId: 1, lastUpdateDate: lock.lastUpdateDate }], 'Partly')).toMatchObject(denied);
      expect(await answered(ask({ data: { empId: 1 } }, 'Partly'))).toMatchObject([{ grade: 'A', name: 'Steve' }]);
    });

    test('is for roles that may not query, too: they name rows by key and version', async () => {
      expect(await ask({}, 'Blind')).toMatchObject(denied);
      expect(await post([{ _rs: 'I', name: 'x' }], 'Blind')).toMatchObject(denied);
      const version = { lastUpdateDate: '2020-11-30T23:59:59.999Z' };
      const [row] = await answered(post([{ _rs: 'U', empId: 1, name: 'blind', ...version }], 'Blind'));
      expect(row).toEqual({ empId: 1, lastUpdateDate: expect.any(String), _rs: 'Q' });
      const removed = { _rs: 'D', empId: 1, lastUpdateDate: row?.['lastUpdateDate'] };
      expect(await answered(post([removed], 'Blind'))).toHaveLength(1);
      expect(await post([removed], 'Blind')).toMatchObject({ status: 409 });
    });

    test('knows no attribute that may neither be read nor written', async () => {
      expect(await post([{ _rs: 'I', name: 'x', born: '2000-01-01' }], 'Partly')).toMatchObject(
        invalid('There is no such attribute, or it may not be used. Field: born.'),
      );
    });
  });

  describe('a table', () => {
    test('without WHO columns is written by its key alone', async () => {
      expect(await answered(post([{ _rs: 'U', code: 'a', label: 'changed' }], 'Codes'))).toEqual([
        { code: 'a', label: 'changed', weight: 1, _rs: 'Q' },
      ]);
      // The same once more: a row that is as it was has been reached all the same.
      expect(await answered(post([{ _rs: 'U', code: 'a', label: 'changed' }], 'Codes'))).toHaveLength(1);
      expect(await answered(post([{ _rs: 'I', code: 'c', weight: 3 }], 'Codes'))).toEqual([
        { code: 'c', label: null, weight: 3, _rs: 'Q' },
      ]);
      expect(await answered(post([{ _rs: 'D', code: 'c' }], 'Codes'))).toMatchObject([{ code: 'c' }]);
      expect(await post([{ _rs: 'D', code: 'c' }], 'Codes')).toMatchObject({ status: 409 });
      expect(await post([{ _rs: 'U', code: 'a' }], 'Codes')).toMatchObject(invalid('Name an attribute'));
      expect(await post([{ _rs: 'I', code: 'd' }], 'Codes')).toMatchObject({ status: 400 });
      expect(await post([{ _rs: 'I', code: 'd', weight: null }], 'Codes')).toMatchObject({ status: 400 });
    });

    test('with a key of two columns needs both', async () => {
      const lock = { lastUpdateDate: '2020-01-01T00:00:00.123456Z' };
      expect(await post([{ _rs: 'U', orderId: 1, item: 'x', ...lock }], 'OrderLines')).toMatchObject(
        invalid('Field: lineNo.'),
      );
      expect(
        await answered(post([{ _rs: 'U', orderId: 1, lineNo: 1, item: 'x', ...lock }], 'OrderLines')),
      ).toMatchObject([{ item: 'x', lineNo: 1 }]);
    });

    test('that keeps its times as texts is locked on them all the same', async () => {
      const [row] = await answered(ask({ data: { orderId: 1, lineNo: 2 } }, 'OrderLines'));
      expect(row).toMatchObject({ lastUpdateDate: '2020-01-01T00:00:00Z' });
      const sent = { _rs: 'U', orderId: 1, lineNo: 2, item: 'y', lastUpdateDate: '2020-01-01T00:00:00Z' };
      const [after] = await answered(post([sent], 'OrderLines'));
      expect(after?.['lastUpdateDate']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(await post([sent], 'OrderLines')).toMatchObject({ status: 409 });
      const inMillis = new Date(String(after?.['lastUpdateDate'])).toISOString();
      expect(await post([{ ...sent, lastUpdateDate: inMillis }], 'OrderLines')).toMatchObject({ status: 200 });
      const query = { filter: [{ lastUpdateDate: { after: '2026-01-01T00:00:00Z' } }], projection: { lineNo: 1 } };
      expect((await answered(ask(query, 'OrderLines'))).length).toBeGreaterThan(0);
    });

    test('that keeps whole seconds is locked in whole seconds: no second writer within one', async () => {
      let [row] = await answered(ask({}, 'Slow'));
      const seen = new Set<unknown>();
      for (let round = 0; round < 4; round += 1) {
        const sent = { _rs: 'U', id: 1, note: `round ${round}`, lastUpdateDate: row?.['lastUpdateDate'] };
        [row] = await answered(post([sent], 'Slow'));
        expect(seen.has(row?.['lastUpdateDate'])).toBe(false);
        seen.add(row?.['lastUpdateDate']);
        expect(await post([sent], 'Slow')).toMatchObject({ status: 409 });
      }
    });

    test('without a key can be queried and inserted into', async () => {
      expect(await post([{ _rs: 'U', line: 'x', atIt: 5 }], 'Log')).toMatchObject(invalid('no primary key'));
      expect((await post([{ _rs: 'I', line: 'y' }], 'Log')).text).toBe('{"status":"OK","data":{"A":{"data":[]}}}');
      expect(await answered(ask({ data: { line: 'y' } }, 'Log'))).toHaveLength(1);
    });

    test('whose columns fold to one attribute has it for the first, and numbers for the others', async () => {
      expect((await ask({ data: { line: 'x' } }, 'Log')).text).toContain(
        '[{"line":"x","atIt":1,"atIt2":2,"proto":3,"_rs":"Q"}]',
      );
      expect(await answered(ask({ filter: [{ proto: { is: 3 } }, { atIt2: { is: 2 } }] }, 'Log'))).toHaveLength(1);
    });
  });
}

function quoted(engine: Engine, name: string): string {
  return engine === 'mariadb' ? `\`${name}\`` : `"${name}"`;
}

/** SQLite's driver and the others take several statements at once; one by one a fault names its own. */
function split(sql: string): string[] {
  return sql
    .split(/;\s*\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
