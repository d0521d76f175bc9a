/**
 * Hostile requests to `/v1/api`: whatever stands in whichever place, the statements that reach the database are those of
 * a harmless request, nothing answers with a fault, and what stands in the tables is what was posted, to the byte.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith, type RunningPostgres, startPostgres } from '../../servers/index.js';
import { type DataHouse, type Engine, employeesSql, openDataHouse } from './data-house.js';

const hostile: readonly string[] = [
  ...[
    "'",
    "''",
    '"',
    '""',
    '`',
    '\\',
    "\\'",
    ';',
    '--',
    '/*',
    '*/',
    '#',
    '%',
    '_',
    '%%',
    '$1',
    '?',
    ':name',
    '@@version',
  ],
  ...["' OR '1'='1", '\'; DROP TABLE "EMPLOYEES"; --', '" OR 1=1 --', '`; DELETE FROM EMPLOYEES; --', '1; SELECT 1'],
  ...["\\'; DROP TABLE EMPLOYEES; --", "E'\\x27'", 'U&"\\0027"', '$$;DROP TABLE EMPLOYEES;$$', 'x) UNION SELECT 1 --'],
  ...["' || pg_sleep(9) || '", '(SELECT password FROM users)', 'EMPLOYEES"."NAME', '0x27', 'CHAR(39)', '\u02bc OR 1=1'],
  ...[
    'null',
    'NULL',
    'NaN',
    'Infinity',
    '-0',
    '1e999',
    '9007199254740993',
    '99999999999999999999999',
    'true',
    '{}',
    '[]',
  ],
  ...['\t', '\n', '\r\n', '\u001f', '\u007f', '\u0085', '\u2028', '\ufeff', '\u{1f600}', '\u202e', 'ı', 'ß', '\uff07'],
  ...['constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', '{{7*7}}', '#{7*7}', '../../etc'],
  'x'.repeat(10_000),
];

/** What is refused before it can be a value: not storable. */
const unstorable: readonly string[] = ['\u0000', 'a\u0000b', '\u0000; DROP TABLE "EMPLOYEES"'];

type Place = (text: string) => unknown;
const query = (query: object) => ({ A: { ds: 'Employees', query } });
const post = (row: object) => ({ A: { ds: 'Employees', data: [row] } });
const lock = { empId: 1, lastUpdateDate: '2000-01-01T00:00:00.123456Z' };

/** Places of values: their statements must not depend on what stands there. */
const values: Readonly<Record<string, Place>> = {
  is: (text) => query({ filter: [{ name: { is: text } }] }),
  not: (text) => query({ filter: [{ name: { not: text } }] }),
  like: (text) => query({ filter: [{ name: { like: text } }] }),
  sw: (text) => query({ filter: [{ name: { sw: text } }] }),
  ew: (text) => query({ filter: [{ name: { ew: text } }] }),
  in: (text) => query({ filter: [{ name: { in: [text, 'x'] } }] }),
  hasAny: (text) => query({ filter: [{ name: { hasAny: [text, 'x'] } }] }),
  example: (text) => query({ data: { name: text } }),
  operand: (text) => query({ filter: [{ name: { empty: text } }] }),
  params: (text) => query({ params: { [`x${text}`]: text } }),
  alias: (text) => ({ [`a${text}`]: { ds: 'Employees', query: { limit: 1 } } }),
  'set, on a version nobody has': (text) => post({ _rs: 'U', ...lock, name: text.slice(0, 100) }),
  'a member of the client’s own': (text) => post({ _rs: 'D', ...lock, [`_${text}`]: text }),
};

/** Forty queries to a request; posts and aliases come alone. */
function requests(place: Place): unknown[] {
  const bodies = hostile.map((text) => place(text) as Record<string, object>);
  if (bodies.some(({ A }) => A === undefined || 'data' in A)) return bodies;
  const aliased = (some: typeof bodies) => Object.fromEntries(some.map(({ A }, at) => [`A${at}`, A]));
  return [bodies.slice(0, 40), bodies.slice(40)].map(aliased);
}

/** Places where a text is no value: it is refused, and never reaches the database. */
const others: Readonly<Record<string, Place>> = {
  projection: (text) => query({ projection: { [text]: 1 } }),
  'select list': (text) => query({ selectAttributeCodeList: [text] }),
  'projected beside a name': (text) => query({ projection: { [`name${text}`]: 1 } }),
  sort: (text) => query({ sort: { [text]: 1 } }),
  direction: (text) => query({ sort: { name: text } }),
  'filter attribute': (text) => query({ filter: [{ [text]: { is: 'x' } }] }),
  operator: (text) => query({ filter: [{ name: { [text]: 'x' } }] }),
  group: (text) => query({ groupByAttributeCodeList: [text] }),
  'aggregate attribute': (text) => query({ aggregateList: [{ SUM: `s${text}` }] }),
  'aggregate function': (text) => query({ aggregateList: [{ function: text, attributeCode: 'salary' }] }),
  'aggregate alias': (text) => query({ aggregateList: [{ SUM: 'salary', alias: `a ${text}` }] }),
  limit: (text) => query({ limit: text }),
  offset: (text) => query({ offset: text }),
  distinct: (text) => query({ fetchDistinct: text }),
  'a number': (text) => query({ filter: [{ salary: { eq: `1${text}` } }] }),
  'a float': (text) => query({ filter: [{ share: { eq: text } }] }),
  'a boolean': (text) => query({ filter: [{ active: { is: text } }] }),
  'a date': (text) => query({ filter: [{ born: { is: `2020-01-01${text}` } }] }),
  'a moment': (text) => query({ filter: [{ seen: { after: `2020-01-01T00:00:00${text}` } }] }),
  'a data source': (text) => ({ A: { ds: `Employees${text}`, query: {} } }),
  'a member of a query': (text) => query({ [`q${text}`]: 1 }),
  'a member of a row': (text) => post({ _rs: 'I', [`name${text}`]: 'x' }),
  'a kind of change': (text) => post({ _rs: text, name: 'x' }),
  'a key': (text) => post({ _rs: 'D', empId: `1${text}`, lastUpdateDate: lock.lastUpdateDate }),
  'a version': (text) => post({ _rs: 'D', empId: 1, lastUpdateDate: `2000-01-01${text}` }),
};

/** Bodies that no client of ours would make. */
const bodies: Readonly<Record<string, string | Buffer>> = {
  'invalid UTF-8': Buffer.from('{"A":{"ds":"Employees","query":{"data":{"name":"\xff\xfe"}}}}', 'latin1'),
  'overlong UTF-8': Buffer.from('{"A":{"ds":"Employees","query":{"data":{"name":"\xc0\xa7"}}}}', 'latin1'),
  'half a surrogate pair': '{"A":{"ds":"Employees","query":{"data":{"name":"\\ud800"}}}}',
  '__proto__ as an alias': '{"__proto__":{"ds":"Employees","query":{}}}',
  '__proto__ in a filter': '{"A":{"ds":"Employees","query":{"filter":[{"__proto__":{"is":"x"}}]}}}',
  '__proto__ in a row': '{"A":{"ds":"Employees","data":[{"_rs":"I","__proto__":{"name":"x"}}]}}',
  'constructor in a row': '{"A":{"ds":"Employees","data":[{"_rs":"I","constructor":{"name":"x"}}]}}',
  'a member twice': '{"A":{"ds":"Employees","ds":"Other","query":{}}}',
  NaN: '{"A":{"ds":"Employees","query":{"filter":[{"salary":{"eq":NaN}}]}}}',
  '1e999': '{"A":{"ds":"Employees","query":{"filter":[{"salary":{"eq":1e999}}]}}}',
  '2^53+1': '{"A":{"ds":"Employees","query":{"filter":[{"empId":{"eq":9007199254740993}}]}}}',
  '2^53+1 as a limit': '{"A":{"ds":"Employees","query":{"limit":9007199254740993}}}',
  '2^64 as an offset': '{"A":{"ds":"Employees","query":{"offset":18446744073709551616}}}',
  '2^53 as an offset': '{"A":{"ds":"Employees","query":{"offset":9007199254740991}}}',
  'half a key': '{"A":{"ds":"Employees","data":[{"_rs":"D","empId":1.5,"lastUpdateDate":"2020-01-01T00:00:00Z"}]}}',
  'depth of a filter': `{"A":{"ds":"Employees","query":{"filter":[${'{"and":['.repeat(12)}{"name":{"is":"x"}}${']}'.repeat(12)}]}}}`,
  'depth of a document': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  'a string of ten megabytes': JSON.stringify(query({ data: { name: 'x'.repeat(10 * 1_048_576) } })),
  'a string of most of what is taken': JSON.stringify(query({ data: { name: 'x'.repeat(1_000_000) } })),
  'a thousand conditions': JSON.stringify(
    query({ filter: Array.from({ length: 1_000 }, () => ({ name: { is: 'x' } })) }),
  ),
  'ten thousand values': JSON.stringify(
    query({ filter: [{ empId: { in: Array.from({ length: 10_000 }, (_, n) => n) } }] }),
  ),
  'a thousand parts': JSON.stringify(
    query({ filter: [{ name: { hasAny: Array.from({ length: 1_000 }, () => 'x') } }] }),
  ),
  'every aggregate a thousand times': JSON.stringify(
    query({ aggregateList: Array.from({ length: 1_000 }, (_, n) => ({ SUM: 'salary', alias: `a${n}` })) }),
  ),
  'a number of a million digits': `{"A":{"ds":"Employees","query":{"filter":[{"salary":{"eq":${'9'.repeat(300)}}}]}}}`,
};

function hostileRequests(engine: Engine, start?: () => Promise<RunningPostgres>): void {
  let house: DataHouse;
  let server: RunningPostgres | undefined;
  const quoted = (name: string) => (engine === 'mariadb' ? `\`${name}\`` : `"${name}"`);
  const everything = () => house.database.sql(`select * from ${quoted('EMPLOYEES')} order by ${quoted('EMP_ID')}`);
  let before: unknown;

  beforeAll(async () => {
    server = await start?.();
    house = await openDataHouse(engine, (database) => database.sql(employeesSql(engine)), server);
    await house.grant('EMPLOYEES');
    before = await everything();
    await house.rows({});
  });
  afterAll(async () => {
    await house?.close();
    await server?.stop();
  });

  /** Statements about the table that ran meanwhile, as the server's own log has them. */
  const statementsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const from = server?.log().length ?? 0;
    await work();
    const log = server?.log().slice(from) ?? '';
    const statements = [...log.matchAll(/LOG: {2}(?:execute [^:\n]+|statement): ([\s\S]*?)(?=\n\d{4}-|\n?$)/g)];
    return [...new Set(statements.map(([, sql = '']) => sql).filter((sql) => sql.includes('EMPLOYEES')))].sort();
  };

  describe('in the place of a value', () => {
    test.each(Object.keys(values))('%s: no text changes the statement', async (name) => {
      const place = values[name];
      if (place === undefined) throw new TypeError('a place of the table');
      const harmless = await statementsOf(() => house.api(place('harmless')));
      if (server !== undefined) expect(harmless.length).toBeGreaterThan(0);
      const statuses = new Set<number>();
      const statements = await statementsOf(async () => {
        for (const body of requests(place)) statuses.add((await house.api(body)).status);
      });
      expect(statements).toEqual(harmless);
      expect([...statuses].filter((status) => ![200, 409].includes(status))).toEqual([]);
      expect(await everything()).toEqual(before);
    });

    test('a text no database holds is refused before one is asked', async () => {
      for (const place of [values['is'], values['like'], values['in'], values['example']]) {
        for (const text of unstorable) expect((await house.api(place?.(text))).status).toBe(400);
      }
      const rows = unstorable.map((name) => ({ _rs: 'I', name }));
      expect((await house.api({ A: { ds: 'Employees', data: rows } })).status).toBe(400);
      expect(await everything()).toEqual(before);
    });
  });

  test.each(Object.keys(others))(
    'in the place of %s: every text is refused, and no statement is made of it',
    async (name) => {
      const place = others[name];
      const answers = new Set<number>();
      const statements = await statementsOf(async () => {
        for (const text of [...hostile, ...unstorable]) answers.add((await house.api(place?.(text))).status);
      });
      expect(
        [...answers].filter((status) => status !== 400 && status !== 403 && status !== 200 && status !== 409),
      ).toEqual([]);
      // Some texts are digits, or spaces around a date: what is taken is taken as that.
      for (const statement of statements) expect(statement).toMatch(/^(?:SELECT|DELETE FROM|WITH)\b/i);
      for (const text of hostile) {
        // `null` is an operator.
        if (text.length > 4) expect(statements.join('\n')).not.toContain(text);
      }
      expect(await everything()).toEqual(before);
    },
  );

  test.each(Object.keys(bodies))('a body with %s is refused or answered, never a fault', async (name) => {
    const { status, text } = await house.api(bodies[name]);
    expect([200, 400, 413]).toContain(status);
    if (status !== 200) expect(JSON.parse(text)).toMatchObject({ code: status, status: 'ERROR' });
    expect(await everything()).toEqual(before);
  });

  test('what is posted is what stands there, to the byte, and comes back as it was', async () => {
    const names = hostile.map((text) => text.slice(0, 100));
    const { status, text, body } = await house.api({
      A: { ds: 'Employees', data: names.map((name) => ({ _rs: 'I', name, grade: 'H' })) },
    });
    expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' });
    const sorted = [...names].sort();
    const told = (body as { data: { A: { data: { name: string }[] } } }).data.A.data.map(({ name }) => name);
    expect(told.sort()).toEqual(sorted);
    const stored = await house.database.sql(`select * from ${quoted('EMPLOYEES')} where ${quoted('GRADE')} = 'H'`);
    expect(stored.map((row) => String(row['NAME'])).sort()).toEqual(sorted);
    for (const name of names) {
      const found = await house.rows({ data: { name, grade: 'H' }, projection: { name: 1 } });
      expect(found.map((row) => row['name'])).toEqual(names.filter((other) => other === name));
    }
    await house.database.sql(`delete from ${quoted('EMPLOYEES')} where ${quoted('GRADE')} = 'H'`);
  });

  test('and nothing of all that was a fault', () => {
    expect(house.world.faults).toEqual([]);
  });
}

describe('hostile requests over SQLite', () => hostileRequests('sqlite'));
describeWith('postgres', 'hostile requests over PostgreSQL', () =>
  hostileRequests('postgres', () => startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%m ' } })),
);
// Where values are bound by the protocol the log shows it; here by what stands in the table and comes back.
describeWith('mariadb', 'hostile requests over MariaDB', () => hostileRequests('mariadb'));
