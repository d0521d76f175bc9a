/** What `POST /v1/api` takes and answers, for the document: real requests to the sample data of `latchkey demo`. @module */
import Type, { type TSchema } from 'typebox';
import type { DescribedContent } from '../../kit/description.js';
import { dataSourceName, queryMembers, requestLimits } from './schemas.js';

const closed = { additionalProperties: false } as const;

const notes: Readonly<Record<string, string>> = {
  aggregateList: 'Sums and counts: `SUM`, `AVG`, `MIN`, `MAX`, `COUNT`, `COUNT_DISTINCT`, each with its alias.',
  data: 'Equality by example, besides `filter`; null is “no value”.',
  fetchDistinct: 'No row twice.',
  filter: 'Conditions that all hold; groups `and` and `or`, ten deep.',
  groupByAttributeCodeList: 'A row for each group.',
  limit: 'Rows at most; 100 where nothing is said.',
  offset: 'Rows to leave out.',
  params: 'Taken and ignored.',
  projection: 'What is answered.',
  selectAttributeCodeList: 'What is answered, besides `projection`.',
  sort: 'In the order of the members; nulls come last.',
};

const query = Type.Object(
  Object.fromEntries(
    Object.entries(queryMembers).map(([name, { schema }]) => [
      name,
      Type.Optional({ ...schema, description: notes[name] ?? '' } as TSchema),
    ]),
  ),
);

const postedRow = Type.Object({
  _rs: Type.Enum(['I', 'N', 'U', 'D'], {
    description: 'Insert (`I`, `N`), update or delete.',
  }),
});

export const apiBody: DescribedContent = {
  schema: Type.Record(
    Type.String(),
    Type.Union([
      Type.Object({ ds: dataSourceName, query }, closed),
      Type.Object({ ds: dataSourceName, data: Type.Array(postedRow, { maxItems: requestLimits.rows }) }, closed),
    ]),
    { minProperties: 1, maxProperties: requestLimits.aliases, description: 'Aliases of the caller’s own.' },
  ),
  examples: {
    query: {
      Found: {
        ds: 'Employees',
        query: {
          filter: [
            { name: { is: 'Steve' } },
            { salary: { eq: 12345 } },
            { lastUpdateDate: { after: '2020-11-30T23:59:59.999Z' } },
          ],
          projection: { name: 1 },
          sort: { name: 1, lastUpdateDate: -1 },
          offset: 0,
          limit: 1,
        },
      },
    },
    perDepartment: {
      PerDepartment: {
        ds: 'Employees',
        query: {
          groupByAttributeCodeList: ['departmentId'],
          aggregateList: [{ attributeCode: 'salary', function: 'AVG', alias: 'salaryAvg' }],
          sort: { departmentId: 1 },
          limit: 2,
        },
      },
    },
    post: {
      Added: { ds: 'Employees', data: [{ _rs: 'I', name: 'Steve', gender: 'M', salary: 12345 }] },
    },
    notGranted: { Secret: { ds: 'Salaries', query: { limit: 1 } } },
    unknownAttribute: { Found: { ds: 'Employees', query: { filter: [{ nickname: { is: 'Steve' } }], limit: 1 } } },
  },
};

/** Attributes of the data source, and where the row came from. */
const row = Type.Object({ _rs: Type.Literal('Q') }, { additionalProperties: true });

export const apiAnswer: DescribedContent = {
  schema: Type.Object(
    {
      status: Type.Literal('OK'),
      data: Type.Record(
        Type.String(),
        Type.Object(
          {
            data: Type.Array(row, { description: 'Rows as they are; those that were removed as they were.' }),
            queryElapsed: Type.Optional(Type.Integer({ description: 'Of a query: milliseconds in the database.' })),
            rowsFetched: Type.Optional(Type.Integer({ description: 'Of a query.' })),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  examples: {
    query: {
      status: 'OK',
      data: { Found: { data: [{ name: 'Steve', _rs: 'Q' }], queryElapsed: 6, rowsFetched: 1 } },
    },
    post: {
      status: 'OK',
      data: {
        Added: {
          data: [
            {
              active: 'Y',
              createdBy: 'steve',
              creationDate: '2026-11-22T09:36:36.239000Z',
              departmentId: null,
              empId: 10001,
              gender: 'M',
              lastUpdateDate: '2026-11-22T09:36:36.239000Z',
              lastUpdatedBy: 'steve',
              name: 'Steve',
              salary: 12345,
              _rs: 'Q',
            },
          ],
        },
      },
    },
  },
};
