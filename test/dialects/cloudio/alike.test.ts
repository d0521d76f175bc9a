/**
 * Random requests in the family's own words, sent to SQLite, PostgreSQL and MariaDB with the same rows: every answer is
 * one of the family's, none is a fault, and all three are the same. `CLOUDIO_ALIKE_RUNS` asks for more than the usual.
 *
 * @module
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../servers/index.js';
import { type DataHouse, employeesSql, openDataHouse } from './data-house.js';

const runs = Number(process.env['CLOUDIO_ALIKE_RUNS'] ?? 150);

const attributes = {
  text: ['name', 'grade', 'createdBy'],
  number: ['empId', 'salary', 'share'],
  moment: ['seen', 'lastUpdateDate', 'creationDate'],
  date: ['born'],
  boolean: ['active'],
} as const;
type Kind = keyof typeof attributes;
const kinds = Object.keys(attributes) as Kind[];

const values: Readonly<Record<Kind, fc.Arbitrary<unknown>>> = {
  text: fc.oneof(
    fc.constantFrom('Steve', 'steve', 'S', 'eve', '', ' ', '%', '_', 'Ω', 'A', 'loader', 'Ada 50%_\\Ω', 'STEVE ', 'ſ'),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  ),
  number: fc.oneof(
    fc.constantFrom<unknown>(
      0,
      1,
      2,
      12_345,
      20_000.5,
      '12345.00',
      -1e300,
      0.5,
      0.30000000000000004,
      '2',
      1e15,
      -0,
      2.5,
    ),
    // How small a decimal may be is each engine's own.
    fc.double({ noNaN: true, min: -1e18, max: 1e18 }).map((number) => (Math.abs(number) < 1e-9 ? 0 : number)),
    fc.integer(),
  ),
  moment: fc.constantFrom(
    ...['2020-11-30T23:59:59.999Z', '2021-05-30T04:19:41.483732Z', '2021-06-01T12:30:00.5', '2021-01-01', '0001-01-01'],
    ...['9999-12-31T23:59:59.999999Z', '2021-06-01T14:30:00.500+02:00', '2019-01-01T00:00:00.000001Z', '2021-02-30'],
  ),
  date: fc.constantFrom(
    '1980-02-29',
    '1990-12-10',
    '2000-01-01',
    '1990-12-10T00:00:01Z',
    '0001-01-01',
    '9999-12-31',
    '19',
  ),
  boolean: fc.constantFrom<unknown>(true, false, 'true', 1),
};

const operators: Readonly<Record<Kind, readonly string[]>> = {
  text: ['is', 'not', 'like', 'nct', 'sw', 'ew', 'hasAll', 'hasAny', 'notAny', 'in', 'nin', 'empty', 'notEmpty', 'gt'],
  number: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'bn', 'nbn', 'null', 'notNull', 'like'],
  moment: ['is', 'ne', 'after', 'before', 'bn', 'in', 'nin', 'empty', 'notNull'],
  date: ['is', 'not', 'after', 'before', 'bn', 'in', 'nin', 'null', 'gt'],
  boolean: ['is', 'not', 'in', 'empty', 'notEmpty'],
};
const lists = new Set(['hasAll', 'hasAny', 'notAny', 'in', 'nin']);

const condition = fc.constantFrom(...kinds).chain((kind) =>
  fc.tuple(fc.constantFrom(...attributes[kind]), fc.constantFrom(...operators[kind])).chain(([attribute, operator]) => {
    const list = (size: object) => fc.array(values[kind], size);
    const operand = lists.has(operator)
      ? list({ maxLength: 3 })
      : operator.endsWith('bn')
        ? list({ minLength: 2, maxLength: 2 })
        : values[kind];
    return operand.map((value) => ({ [attribute]: { [operator]: value } }));
  }),
);
const { filter } = fc.letrec((tie) => ({
  filter: fc.oneof({ depthSize: 'small' }, { arbitrary: condition, weight: 3 }, { arbitrary: tie('group'), weight: 1 }),
  group: fc
    .tuple(fc.constantFrom('and', 'or'), fc.array(tie('filter'), { minLength: 1, maxLength: 3 }))
    .map(([word, members]) => ({ [word]: members })),
})) as { filter: fc.Arbitrary<object> };

const all = Object.values(attributes).flat();
const query = fc
  .record({
    filter: fc.array(filter, { maxLength: 3 }),
    shape: fc.oneof(
      fc.subarray(all).map((names) => ({ selectAttributeCodeList: ['empId', ...names] })),
      fc.constant({ fetchDistinct: true, selectAttributeCodeList: ['salary', 'grade', 'active', 'born'] }),
      fc.subarray(['salary', 'grade', 'active', 'born'], { minLength: 1 }).map((names) => ({
        groupByAttributeCodeList: names,
        aggregateList: [
          { SUM: 'salary' },
          { MIN: 'born' },
          { MAX: 'seen' },
          { COUNT: '*' },
          { COUNT_DISTINCT: 'name' },
        ],
      })),
    ),
    limit: fc.constantFrom(100, 0, 10_000),
  })
  .map(({ shape, ...rest }) => ({ ...rest, ...shape }));

/** Rows in no order, numbers as numbers however many zeros they end in. */
function comparable(text: string): unknown {
  const parsed = JSON.parse(text) as { data?: { A: { data: object[]; rowsFetched: number } } };
  if (parsed.data === undefined) return parsed;
  const { data, rowsFetched } = parsed.data.A;
  return { rowsFetched, data: data.map((row) => JSON.stringify(row)).sort() };
}

describeWith(['postgres', 'mariadb'], 'random requests', () => {
  let houses: readonly DataHouse[] = [];
  beforeAll(async () => {
    houses = await Promise.all(
      (['sqlite', 'postgres', 'mariadb'] as const).map(async (engine) => {
        const house = await openDataHouse(engine, (database) => database.sql(employeesSql(engine)));
        await house.grant('EMPLOYEES');
        return house;
      }),
    );
  });
  afterAll(async () => {
    for (const house of houses) await house.close();
  });

  test(
    'are answered alike by every engine, and by none with a fault',
    async () => {
      const statuses = new Map<number, number>();
      await fc.assert(
        fc.asyncProperty(query, async (asked) => {
          const answers = await Promise.all(houses.map((house) => house.api({ A: { ds: 'Employees', query: asked } })));
          const [first, ...others] = answers.map(({ status, text }) => ({ status, body: comparable(text) }));
          for (const other of others) expect(other).toEqual(first);
          expect([200, 400]).toContain(first?.status);
          statuses.set(first?.status ?? 0, (statuses.get(first?.status ?? 0) ?? 0) + 1);
        }),
        { numRuns: runs },
      );
      expect(statuses.get(200) ?? 0).toBeGreaterThan(runs / 10);
      for (const house of houses) expect(house.world.faults).toEqual([]);
    },
    60_000 + runs * 200,
  );
});
