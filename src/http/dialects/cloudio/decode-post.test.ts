import { describe, expect, it } from 'vitest';
import type { ColumnView, DatasetView } from '../../../data/index.js';
import { AppError } from '../../../kernel/errors.js';
import type { CanonicalType } from '../../../query/index.js';
import { parseStrictJsonText } from '../../kit/strict-json.js';
import { attributesOf } from './attributes.js';
import { decodeApiRequest } from './decode.js';
import { decodePost } from './decode-post.js';

const column = (name: string, type: CanonicalType, more: Partial<ColumnView> = {}): ColumnView => ({
  ...{ name, type, nativeType: type, length: null, isNullable: true, hasDefault: false, isComputed: false },
  ...{ isReadable: true, isMasked: false, isInsertable: true, isUpdatable: true },
  ...more,
});
const who = (type: CanonicalType, nativeType: string = type) => [
  column('CREATED_BY', 'text'),
  column('CREATION_DATE', type, { nativeType }),
  column('LAST_UPDATED_BY', 'text'),
  column('LAST_UPDATE_DATE', type, { nativeType }),
];
const own = [
  column('EMP_ID', 'int64', { hasDefault: true }),
  column('NAME', 'text'),
  column('SALARY', 'decimal'),
  column('GRADE', 'text', { isUpdatable: false, isInsertable: false }),
  column('SEEN', 'timestamp'),
];
const table = (columns: readonly ColumnView[], more: Partial<DatasetView> = {}): DatasetView => ({
  dataset: {
    ...{ id: '1', name: 'Employees', sourceId: '1', sourceName: 'hr', organisationId: '1', createdAtMs: 0 },
    of: { kind: 'table', schema: 'public', name: 'EMPLOYEES' },
  },
  operations: ['query', 'insert', 'update', 'delete'],
  columns,
  ...{ primaryKey: ['EMP_ID'], foreignKeys: [], rowEstimate: null },
  ...more,
});
const employees = table([...own, ...who('timestamptz')]);
/** 2026-01-31T12:00:00.123Z. */
const nowMs = 1_769_860_800_123;

function post(rows: string, view = employees) {
  const [request] = decodeApiRequest(parseStrictJsonText(`{"A":{"ds":"Employees","data":${rows}}}`));
  if (request?.kind !== 'post') throw new Error('it is no post');
  return decodePost(request.rows, { view, attributes: attributesOf(view), userName: 'steve', nowMs }).map(
    ({ write, expect: expected, dataset }) => {
      expect(dataset).toEqual({ by: 'name', name: 'Employees' });
      const plain = (given?: ReadonlyMap<string, unknown>) => given && Object.fromEntries(given);
      return {
        kind: write.kind,
        affected: expected?.affected,
        ...('rows' in write ? { rows: write.rows.map(plain) } : {}),
        ...('filter' in write ? { filter: write.filter } : {}),
        ...('set' in write ? { set: plain(write.set) } : {}),
        ...('stamps' in write ? { stamps: plain(write.stamps) } : {}),
      };
    },
  );
}
const refused = (rows: string, view = employees) => {
  try {
    post(rows, view);
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, field: error.details.field };
  }
  throw new Error('it was taken');
};
const keyIs = (value: unknown) => ({ kind: 'compare', column: 'EMP_ID', operator: 'eq', value });
const within = (from: string, until: string) => [
  { kind: 'compare', column: 'LAST_UPDATE_DATE', operator: 'gte', value: from },
  { kind: 'compare', column: 'LAST_UPDATE_DATE', operator: 'lt', value: until },
];

describe('rows to insert', () => {
  it('are one statement, stamped with the user and the time', () => {
    expect(
      post('[{"_rs":"I","name":"Steve"},{"_rs":"N","name":"Ada","salary":1.5,"_cid":"x","_orig":{"a":1}}]'),
    ).toEqual([
      {
        kind: 'insert',
        affected: 2,
        rows: [{ NAME: 'Steve' }, { NAME: 'Ada', SALARY: 1.5 }],
        stamps: {
          CREATED_BY: 'steve',
          CREATION_DATE: '2026-01-31T12:00:00.123000Z',
          LAST_UPDATED_BY: 'steve',
          LAST_UPDATE_DATE: '2026-01-31T12:00:00.123000Z',
        },
      },
    ]);
  });

  it('lose what cannot be inserted, the client’s own stamps, and a key the database makes', () => {
    const [made] = post(
      '[{"_rs":"I","empId":null,"name":null,"grade":"A","createdBy":"mallory","lastUpdateDate":"2020-01-01T00:00:00Z"}]',
    );
    expect(made).toMatchObject({ rows: [{ NAME: null }], stamps: { CREATED_BY: 'steve' } });
    expect(post('[{"_rs":"I","empId":7}]')).toMatchObject([{ rows: [{ EMP_ID: 7 }] }]);
  });

  it('are stamped in columns the caller does not see', () => {
    const tableColumns = [...own, ...who('timestamp', 'datetime(3)')];
    expect(post('[{"_rs":"I","name":"x"}]', table(own, { tableColumns }))).toMatchObject([
      { stamps: { CREATED_BY: 'steve', LAST_UPDATE_DATE: '2026-01-31T12:00:00.123000' } },
    ]);
  });

  it('are not stamped in columns that cannot hold a stamp', () => {
    const columns = [
      column('EMP_ID', 'int64'),
      column('CREATED_BY', 'int64'),
      column('CREATION_DATE', 'date'),
      column('LAST_UPDATE_DATE', 'timestamptz', { isComputed: true, isInsertable: false, isUpdatable: false }),
    ];
    expect(
      post('[{"_rs":"I","createdBy":5,"creationDate":"2026-01-31","lastUpdateDate":"x"}]', table(columns)),
    ).toEqual([
      {
        ...{ kind: 'insert', affected: 1, stamps: {} },
        rows: [{ CREATED_BY: 5, CREATION_DATE: '2026-01-31' }],
      },
    ]);
  });
});

describe('a row to update', () => {
  it('is the one of its key in the version that was read, and gets what was given and can be changed', () => {
    expect(
      post(
        '[{"_rs":"U","empId":9,"salary":2,"grade":"A","seen":"2026-01-01T01:00:00+01:00","createdBy":"mallory","lastUpdateDate":"2020-11-30T23:59:59.999Z"}]',
      ),
    ).toEqual([
      {
        kind: 'update',
        affected: 1,
        filter: {
          kind: 'and',
          filters: [keyIs(9), ...within('2020-11-30T23:59:59.999000Z', '2020-12-01T00:00:00.000000Z')],
        },
        set: { SALARY: 2, SEEN: '2026-01-01T00:00:00.000000' },
        stamps: { LAST_UPDATED_BY: 'steve', LAST_UPDATE_DATE: '2026-01-31T12:00:00.123000Z' },
      },
    ]);
  });

  it.each([
    ['2020-11-30T23:59:59.4837Z', '2020-11-30T23:59:59.483700Z'],
    ['2020-11-30T23:59:59.483732Z', '2020-11-30T23:59:59.483732Z'],
  ])('is locked on exactly %s', (sent, locked) => {
    const [made] = post(`[{"_rs":"U","empId":9,"name":"x","lastUpdateDate":"${sent}"}]`);
    const version = { kind: 'in', column: 'LAST_UPDATE_DATE', isNegated: false, values: [locked] };
    expect(made?.filter).toEqual({ kind: 'and', filters: [keyIs(9), version] });
  });

  it.each([
    ['timestamptz', 'timestamp with time zone', '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.125000Z'],
    ['timestamptz', 'timestamp with time zone', '2026-01-31T12:00:00.123Z', '2026-01-31T12:00:00.125000Z'],
    ['timestamptz', 'timestamp with time zone', '2026-01-31T12:00:00.122000Z', '2026-01-31T12:00:00.123000Z'],
    ['timestamptz', 'timestamp(0) with time zone', '2026-01-31T11:00:00Z', '2026-01-31T12:00:00.000000Z'],
    ['timestamptz', 'timestamp(0) with time zone', '2026-01-31T12:00:00Z', '2026-01-31T12:00:01.000000Z'],
    ['timestamp', 'datetime', '2026-01-31T12:00:00Z', '2026-01-31T12:00:01.000000'],
    ['timestamp', 'datetime(2)', '2026-01-31T12:00:00.12Z', '2026-01-31T12:00:00.130000'],
    ['timestamp', 'datetime(6)', '2026-01-31T12:00:00.123000Z', '2026-01-31T12:00:00.124000'],
    ['text', 'TEXT', '2026-01-31T12:00:00.123000Z', '2026-01-31T12:00:00.124000Z'],
  ] as const)(
    'in %s of %s locked on %s is stamped %s: later, and as fine as the column keeps it',
    (type, native, sent, stamp) => {
      const view = table([...own, ...who(type, native)]);
      const [made] = post(`[{"_rs":"U","empId":9,"name":"x","lastUpdateDate":"${sent}"}]`, view);
      expect(made?.stamps).toMatchObject({ LAST_UPDATE_DATE: stamp });
    },
  );

  it('whose version is a text is found in our spelling and in the one that was read', () => {
    const view = table([...own, ...who('text')]);
    const [made] = post('[{"_rs":"U","empId":9,"name":"x","lastUpdateDate":"2026-01-31 12:00:00"}]', view);
    const values = ['2026-01-31T12:00:00.000000Z', '2026-01-31 12:00:00'];
    expect(made?.filter).toEqual({
      kind: 'and',
      filters: [
        keyIs(9),
        {
          kind: 'or',
          filters: [
            { kind: 'in', column: 'LAST_UPDATE_DATE', isNegated: false, values },
            { kind: 'and', filters: within('2026-01-31T12:00:00.000000Z', '2026-01-31T12:00:00.001000Z') },
          ],
        },
      ],
    });
  });

  it('may change nothing but its stamps', () => {
    expect(post('[{"_rs":"U","empId":9,"grade":"A","lastUpdateDate":"2020-01-01T00:00:00Z"}]')).toMatchObject([
      { set: {}, stamps: { LAST_UPDATED_BY: 'steve' } },
    ]);
  });

  it('of a table that keeps no time of change is found by its key alone', () => {
    expect(post('[{"_rs":"U","empId":"9","name":"x"}]', table(own))).toEqual([
      { kind: 'update', affected: 1, filter: keyIs('9'), set: { NAME: 'x' }, stamps: {} },
    ]);
    expect(refused('[{"_rs":"U","empId":9,"grade":"x"}]', table(own)).code).toBe('cloudio.row_invalid');
  });
});

describe('rows', () => {
  it('are done in the order they were sent', () => {
    const lock = '"lastUpdateDate":"2020-01-01T00:00:00Z"';
    expect(
      post(
        `[{"_rs":"I","name":"a"},{"_rs":"D","empId":1,${lock}},{"_rs":"I","name":"b"},{"_rs":"I","name":"c"},{"_rs":"U","empId":2,"name":"d",${lock}}]`,
      ).map(({ kind, affected }) => [kind, affected]),
    ).toEqual([
      ['insert', 1],
      ['delete', 1],
      ['insert', 2],
      ['update', 1],
    ]);
    expect(post('[]')).toEqual([]);
  });

  it.each<[string, string, string | undefined]>([
    ['[{"_rs":"I","nmae":"x"}]', 'cloudio.attribute_unknown', 'nmae'],
    ['[{"_rs":"D","empId":1,"lastUpdateDate":"2020-01-01T00:00:00Z","x y":1}]', 'cloudio.attribute_unknown', undefined],
    ['[{"_rs":"I","name":"a"},{"_rs":"I","EMP_ID":1}]', 'cloudio.attribute_unknown', 'EMP_ID'],
    ['[{"_rs":"I","name":5}]', 'cloudio.value_invalid', 'name'],
    ['[{"_rs":"I","salary":"5 or 1=1"}]', 'cloudio.value_invalid', 'salary'],
    ['[{"_rs":"U","name":"x","lastUpdateDate":"2020-01-01T00:00:00Z"}]', 'cloudio.row_invalid', 'empId'],
    ['[{"_rs":"U","empId":null,"lastUpdateDate":"2020-01-01T00:00:00Z"}]', 'cloudio.row_invalid', 'empId'],
    ['[{"_rs":"U","empId":1,"name":"x"}]', 'cloudio.row_invalid', 'lastUpdateDate'],
    ['[{"_rs":"D","empId":1,"lastUpdateDate":null}]', 'cloudio.row_invalid', 'lastUpdateDate'],
    ['[{"_rs":"D","empId":1,"lastUpdateDate":""}]', 'cloudio.value_invalid', 'lastUpdateDate'],
    ['[{"_rs":"D","empId":1,"lastUpdateDate":"9999-12-31T23:59:59.999Z"}]', 'cloudio.value_invalid', 'lastUpdateDate'],
    ['[{"_rs":"D","empId":[1],"lastUpdateDate":"2020-01-01T00:00:00Z"}]', 'cloudio.value_invalid', 'empId'],
    ['[{"_rs":"Q","name":"x"}]', 'http.field_invalid', 'data'],
    ['[{"name":"x"}]', 'http.field_invalid', 'data'],
    ['[1]', 'http.field_invalid', 'data'],
    ['{}', 'http.field_invalid', 'data'],
  ])('%s are refused', (rows, code, field) => {
    expect(refused(rows)).toEqual({ code, field });
  });

  it('of a table without a key can only be inserted', () => {
    const view = table([...own], { primaryKey: [] });
    expect(refused('[{"_rs":"U","empId":1,"name":"x"}]', view).code).toBe('cloudio.row_invalid');
    expect(post('[{"_rs":"I","empId":1}]', view)).toHaveLength(1);
  });

  it('are refused whole when one of them asks for more than was granted', () => {
    const view = table([...own], { operations: ['query', 'insert'] });
    expect(refused('[{"_rs":"I","name":"x"},{"_rs":"D","empId":1}]', view).code).toBe('data.dataset_denied');
  });

  it('are at most a thousand in all aliases together', () => {
    const rows = `[${Array.from({ length: 501 }, () => '{"_rs":"I","name":"x"}').join(',')}]`;
    const body = parseStrictJsonText(`{"A":{"ds":"E","data":${rows}},"B":{"ds":"E","data":${rows}}}`);
    expect(() => decodeApiRequest(body)).toThrow(AppError);
  });
});
