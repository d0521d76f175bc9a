import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import type { CanonicalType, Column, Filter, Mask, Predicate, Relation, Select } from '../query/index.js';
import type { Grant, Subject } from './grant.js';
import { scopeCount, scopeSelect } from './scope-select.js';
import { scopeDelete, scopeInsert, scopeUpdate } from './scope-write.js';
import type { Standing } from './subject.js';
import { viewColumns } from './view-columns.js';

function column(name: string, type: CanonicalType, more: Partial<Column> = {}): Column {
  const common = { length: null, isNullable: true, hasDefault: false, isComputed: false };
  return { name, type, nativeType: type, ...common, ...more };
}
const columns = [
  column('id', 'int64', { isNullable: false }),
  column('owner', 'text'),
  column('region', 'text'),
  column('salary', 'decimal'),
  column('born', 'date'),
  column('total', 'decimal', { isComputed: true }),
];
const relation: Relation = {
  origin: { kind: 'table', schema: 's', name: 'people', isView: false },
  columns,
  primaryKey: ['id'],
  uniqueKeys: [['id']],
  foreignKeys: [],
  rowEstimate: null,
};
const keyless: Relation = { ...relation, primaryKey: [], uniqueKeys: [] };
const of = (name: string) => columns.find((candidate) => candidate.name === name) as Column;
const plain = (name: string) => ({ kind: 'column', column: of(name) });
const masked = (name: string, mask: Mask) => ({ kind: 'masked', column: of(name), mask });
const eq = (name: string, value: unknown): Filter => ({ kind: 'compare', column: name, operator: 'eq', value });
const is = (name: string, text: string | null) => {
  const { type, nativeType } = of(name);
  return { kind: 'compare', left: plain(name), operator: 'eq', right: { type, nativeType, text } };
};
const bound = (name: string, text: string) => {
  const { type, nativeType } = of(name);
  return { kind: 'bound', bound: { type, nativeType, text }, standsFor: of(name) };
};
const branch = (when: unknown, then: unknown) => ({ when, then });
const keep: Mask = { kind: 'keep_left', keep: 1 };
const nulled: Mask = { kind: 'null' };

let next = 0;
function grant(terms: Partial<Grant>): Grant {
  next += 1;
  const all = { operations: ['query', 'insert', 'update', 'delete'], readable: null, writable: null } as const;
  return { id: String(next).padStart(6, '0'), roleId: 'r', datasetId: 'd', filter: null, masks: [], ...all, ...terms };
}
const subject: Subject = { user: 'ann', organisation: 'acme', claims: new Map([['region', 'north']]) };
const standing = (...grants: Grant[]): Standing => ({ kind: 'grants', grants, subject });
const operator: Standing = { kind: 'operator' };

const everything: Select = {
  kind: 'select',
  columns: null,
  filter: null,
  groupBy: [],
  aggregates: [],
  isDistinct: false,
  orderBy: [],
  limit: null,
  offset: 0,
  after: null,
};
const select = (who: Standing, query: Partial<Select> = {}) => scopeSelect(who, relation, { ...everything, ...query });
const shown = (who: Standing, name: string) => select(who).output.find((entry) => entry.name === name)?.expression;
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'taken';
};
const given = (values: Record<string, unknown>) => new Map(Object.entries(values));
const inserted = (who: Standing, ...rows: Record<string, unknown>[]) =>
  scopeInsert(who, relation, { kind: 'insert', rows: rows.map(given), stamps: new Map() });
const updated = (who: Standing, set: Record<string, unknown>, filter: Filter | null = null, stamps = {}) =>
  scopeUpdate(who, relation, { kind: 'update', set: given(set), stamps: given(stamps), filter });
const removed = (who: Standing, filter: Filter | null = null) => scopeDelete(who, relation, { kind: 'delete', filter });

const removedFrom = (table: Relation, ...grants: Grant[]) =>
  scopeDelete(standing(...grants), table, { kind: 'delete', filter: null }).where;

describe('rows', () => {
  it('without a row filter every row is in reach, and nothing narrows', () => {
    expect(select(standing(grant({})))).toMatchObject({ where: null, grantIds: [expect.any(String)] });
    expect(select(operator)).toMatchObject({ where: null, grantIds: [] });
    expect(select(standing(grant({}), grant({ filter: eq('owner', 'x') }))).where).toBeNull();
  });

  it('a row is in reach when the filter of some grant is true of it', () => {
    const who = standing(grant({ filter: eq('owner', 'x') }), grant({ filter: eq('region', 'y') }));
    expect(select(who).where).toEqual({ kind: 'or', of: [is('owner', 'x'), is('region', 'y')] });
  });

  it('what the caller asks for narrows further and never widens', () => {
    const who = standing(grant({ filter: eq('owner', 'x') }));
    const expected = { kind: 'and', of: [is('owner', 'x'), is('region', 'y')] };
    expect(select(who, { filter: eq('region', 'y') }).where).toEqual(expected);
    expect(scopeCount(who, relation, eq('region', 'y')).where).toEqual(expected);
    const either: Filter = { kind: 'or', filters: [eq('region', 'y'), eq('id', 1)] };
    expect(select(who, { filter: either }).where).toMatchObject({
      kind: 'and',
      of: [is('owner', 'x'), { kind: 'or' }],
    });
  });

  it('equal filters of two grants are one', () => {
    const who = standing(grant({ filter: eq('owner', 'x') }), grant({ filter: eq('owner', 'x'), masks: [] }));
    expect(select(who).where).toEqual(is('owner', 'x'));
    expect(shown(who, 'salary')).toEqual(plain('salary'));
  });

  it('only grants that allow the operation count', () => {
    const who = standing(grant({ operations: ['query'], filter: eq('owner', 'x') }), grant({ operations: ['delete'] }));
    expect(select(who).where).toEqual(is('owner', 'x'));
    expect(removed(who).where).toBeNull();
    expect(code(() => updated(who, { owner: 'y' }))).toBe('access.denied');
    expect(code(() => inserted(who, { id: 1 }))).toBe('access.denied');
    expect(code(() => select(standing()))).toBe('access.denied');
    expect(code(() => scopeCount(standing(grant({ operations: ['update'] })), relation, null))).toBe('access.denied');
  });
});

describe('what a row filter knows of the caller', () => {
  const where = (filter: Filter, who: Subject = subject): Predicate | null =>
    select({ kind: 'grants', grants: [grant({ filter })], subject: who }).where;
  const never = { kind: 'constant', value: false };
  const stranger: Subject = { user: 'ann', organisation: null, claims: new Map() };

  it('user, organisation and claims stand for what is known; $$ is a plain $', () => {
    expect(where(eq('owner', '$user'))).toEqual(is('owner', 'ann'));
    expect(where(eq('owner', '$org'))).toEqual(is('owner', 'acme'));
    expect(where(eq('region', '$claims.region'))).toEqual(is('region', 'north'));
    expect(where(eq('owner', '$$user'))).toEqual(is('owner', '$user'));
    const list: Filter = { kind: 'in', column: 'owner', isNegated: false, values: ['x', '$user', '$claims.region'] };
    expect(where(list)).toMatchObject({ right: [{ text: 'x' }, { text: 'ann' }, { text: 'north' }] });
    const part: Filter = { kind: 'text', column: 'owner', match: 'starts', isNegated: false, text: '$user' };
    expect(where(part)).toMatchObject({ text: 'ann' });
  });

  it('what is not known makes the whole filter true of no row, under a not as well', () => {
    expect(where(eq('region', '$claims.other'))).toEqual(never);
    expect(where({ kind: 'not', filter: eq('region', '$claims.other') })).toEqual(never);
    expect(where({ kind: 'or', filters: [eq('id', 1), eq('region', '$claims.other')] })).toEqual(never);
    expect(where({ kind: 'in', column: 'owner', isNegated: true, values: ['$claims.other'] })).toEqual(never);
    expect(where({ kind: 'not', filter: eq('owner', '$org') }, stranger)).toEqual(never);
    expect(where(eq('region', '$claims.region'), stranger)).toEqual(never);
    for (const odd of ['$', '$User', '$claims.', '$claims', '$claims.__proto__', '$claims.constructor', '$roles']) {
      expect(where({ kind: 'not', filter: eq('region', odd) })).toEqual(never);
    }
  });

  it('a claim that does not fit its column, and a filter that no longer fits the table, let nothing through', () => {
    expect(where(eq('id', '$user'))).toEqual(never);
    expect(where({ kind: 'not', filter: eq('id', '$user') })).toEqual(never);
    expect(where(eq('dropped', 'x'))).toEqual(never);
    expect(where({ kind: 'not', filter: eq('dropped', 'x') })).toEqual(never);
    expect(where({ kind: 'sql', text: '1=1' } as unknown as Filter)).toEqual(never);
    expect(where({ kind: 'and', filters: [] })).toEqual(never);
  });

  it('filters that multiply beyond what a statement can bind are refused', () => {
    const many = (from: number): Filter => {
      return {
        kind: 'in',
        column: 'id',
        isNegated: false,
        values: Array.from({ length: 1_000 }, (_, at) => from + at),
      };
    };
    const names = columns.map(({ name }) => name);
    const wide = names.map((name, at) =>
      grant({ filter: many(at), readable: names.filter((other) => other !== name) }),
    );
    expect(code(() => select(standing(...wide), { columns: ['id'] }))).toBe('taken');
    expect(code(() => select(standing(...wide)))).toBe('query.filter_too_large');
  });

  it('an arm that lets nothing through takes nothing from the others', () => {
    const who = standing(grant({ filter: eq('dropped', 1), masks: [{ column: 'owner', mask: keep }] }), grant({}));
    expect(select(who).where).toBeNull();
    expect(shown(who, 'owner')).toEqual(plain('owner'));
    const narrow = standing(grant({ filter: eq('dropped', 1) }), grant({ readable: ['id'], filter: eq('id', 1) }));
    expect(select(narrow).where).toEqual(is('id', '1'));
    expect(shown(narrow, 'owner')).toMatchObject({ kind: 'bound', bound: { text: null } });
  });
});

describe('columns', () => {
  it('a column that no grant of the operation shows is unknown in every place', () => {
    const who = standing(
      grant({ operations: ['query', 'delete', 'update'], readable: ['id', 'owner'] }),
      grant({ operations: ['insert'] }),
    );
    expect(select(who).output.map(({ name }) => name)).toEqual(['id', 'owner']);
    const unknown = 'query.unknown_column';
    expect(code(() => select(who, { columns: ['salary'] }))).toBe(unknown);
    expect(code(() => select(who, { filter: eq('salary', 1) }))).toBe(unknown);
    expect(code(() => select(who, { orderBy: [{ by: 'salary', direction: 'asc' }] }))).toBe(unknown);
    expect(code(() => select(who, { groupBy: ['salary'] }))).toBe(unknown);
    expect(code(() => scopeCount(who, relation, eq('salary', 1)))).toBe(unknown);
    expect(code(() => removed(who, eq('salary', 1)))).toBe(unknown);
    expect(code(() => updated(who, { owner: 'x' }, eq('salary', 1)))).toBe(unknown);
  });

  it('hidden, vanished and never there are one answer', () => {
    const who = standing(grant({ readable: ['id', 'dropped'] }));
    const answer = (name: string) => {
      try {
        return select(who, { filter: eq(name, 'x') });
      } catch (error) {
        const { code: told, message, kind, details } = error as AppError;
        return { told, message, kind, details: { ...details, field: details.field === name } };
      }
    };
    expect(answer('salary')).toEqual(answer('nowhere'));
    expect(answer('dropped')).toEqual(answer('nowhere'));
  });

  it('rows of one grant and columns of another are not put together', () => {
    const who = standing(
      grant({ readable: ['id', 'salary'], filter: eq('owner', '$user') }),
      grant({ readable: ['id', 'region'] }),
    );
    expect(select(who).where).toBeNull();
    expect(shown(who, 'id')).toEqual(plain('id'));
    expect(shown(who, 'region')).toEqual(plain('region'));
    expect(shown(who, 'salary')).toEqual({
      kind: 'cases',
      type: 'decimal',
      cases: [branch(is('owner', 'ann'), plain('salary'))],
    });
  });

  it('conditions, orders, groups and aggregates work on what is shown', () => {
    const who = standing(grant({ readable: ['id', 'owner'], masks: [{ column: 'owner', mask: keep }] }));
    const asShown = masked('owner', keep);
    expect(select(who, { filter: eq('owner', 'a**') }).where).toMatchObject({ left: asShown });
    expect(select(who, { orderBy: [{ by: 'owner', direction: 'asc' }] }).orderBy).toMatchObject([
      { expression: asShown },
    ]);
    expect(select(who, { groupBy: ['owner'] }).groupBy).toEqual([asShown]);
    const greatest = { function: 'max', column: 'owner', alias: 'm' } as const;
    expect(select(who, { aggregates: [greatest] }).output).toMatchObject([
      { expression: { kind: 'aggregate', of: asShown }, isMasked: true },
    ]);
    expect(removed(who, eq('owner', 'a**')).where).toMatchObject({ left: asShown });
    expect(removed(who).output).toMatchObject([{ name: 'id' }, { name: 'owner', expression: asShown, isMasked: true }]);
    expect(code(() => select(who, { filter: { kind: 'compare', column: 'owner', operator: 'gt', value: 'a' } }))).toBe(
      'taken',
    );
  });

  it('what is compared with a masked text is not cut to the length of its column', () => {
    const long = { ...relation, columns: [column('owner', 'text', { nativeType: 'varchar(3)', length: 3 })] };
    const salted: Mask = { kind: 'hash', salt: 'x'.repeat(16) };
    const right = (who: Standing) =>
      scopeSelect(who, { ...long, primaryKey: [] }, { ...everything, filter: eq('owner', 'abcdef') }).where;
    expect(right(standing(grant({})))).toMatchObject({ right: { nativeType: 'varchar(3)' } });
    expect(right(standing(grant({ masks: [{ column: 'owner', mask: salted }] })))).toMatchObject({
      right: { type: 'text', nativeType: null },
    });
  });
});

describe('masks', () => {
  const mask = (name: string, by: Mask) => [{ column: name, mask: by }];

  it('one grant with a mask shows the mask, and says so', () => {
    const who = standing(grant({ masks: mask('owner', keep), filter: eq('id', 1) }));
    expect(select(who).output.find(({ name }) => name === 'owner')).toEqual({
      name: 'owner',
      type: 'text',
      expression: masked('owner', keep),
      isMasked: true,
    });
    expect(select(who).output.find(({ name }) => name === 'id')?.isMasked).toBe(false);
  });

  it('plain wins over a mask for the rows it is for, and only for those', () => {
    const a = grant({ masks: mask('owner', keep) });
    const b = grant({ filter: eq('region', 'x') });
    expect(shown(standing(a, b), 'owner')).toEqual({
      kind: 'cases',
      type: 'text',
      cases: [
        branch(is('region', 'x'), plain('owner')),
        branch({ kind: 'constant', value: true }, masked('owner', keep)),
      ],
    });
    expect(shown(standing(a, grant({})), 'owner')).toEqual(plain('owner'));
  });

  it('of several masks the first in the order of grant ids is shown', () => {
    const a = grant({ masks: mask('owner', keep), filter: eq('id', 1) });
    const b = grant({ masks: mask('owner', nulled), filter: eq('id', 2) });
    const c = grant({ readable: ['id'] });
    const expected = [branch(is('id', '1'), masked('owner', keep)), branch(is('id', '2'), masked('owner', nulled))];
    expect(shown(standing(a, b, c), 'owner')).toMatchObject({ cases: expected });
    expect(shown(standing(c, b, a), 'owner')).toMatchObject({ cases: expected });
    // Each visible row is one of the two, so the last needs no condition.
    const last = branch({ kind: 'constant', value: true }, masked('owner', nulled));
    expect(shown(standing(b, a), 'owner')).toMatchObject({ cases: [expected[0], last] });
  });

  it('a mask that does not fit its column any more hides it', () => {
    expect(shown(standing(grant({ masks: mask('salary', keep) })), 'salary')).toEqual(masked('salary', nulled));
    const cut: Mask = { kind: 'truncate', unit: 'year' };
    expect(shown(standing(grant({ masks: mask('born', cut) })), 'born')).toEqual(masked('born', cut));
    expect(shown(standing(grant({ masks: mask('owner', cut) })), 'owner')).toEqual(masked('owner', nulled));
  });
});

describe('inserts', () => {
  it('the new row must satisfy the filter of a grant that lets its columns be written', () => {
    const a = grant({ writable: ['id', 'owner'], filter: eq('owner', '$user') });
    const b = grant({ writable: ['id', 'region'], filter: eq('region', 'x') });
    const [statement, ...more] = inserted(standing(a, b), { id: 1, owner: 'ann' });
    expect(more).toEqual([]);
    expect(statement).toMatchObject({ check: is('owner', 'ann'), grantIds: [a.id], key: [of('id')] });
    expect(inserted(standing(a, b), { id: 1 })).toMatchObject([{ check: { kind: 'or' }, grantIds: [a.id, b.id] }]);
    expect(code(() => inserted(standing(a, b), { owner: 'ann', region: 'x' }))).toBe('query.column_not_writable');
    expect(inserted(standing(a, grant({})), { id: 1 })).toMatchObject([{ check: null }]);
  });

  it('rows that different grants let in are statements of their own, in their order', () => {
    const a = grant({ writable: ['owner'], filter: eq('owner', 'x') });
    const b = grant({ writable: ['owner', 'region'], filter: eq('region', 'y') });
    const statements = inserted(standing(a, b), { owner: '1' }, { owner: '2' }, { region: '3' }, { owner: '4' });
    expect(statements.map(({ rows }) => rows.map((row) => row.map((value) => value?.text)))).toEqual([
      [['1'], ['2']],
      [['3']],
      [['4']],
    ]);
    expect(statements[0]?.check).toMatchObject({ kind: 'or' });
    expect(statements[1]?.check).toEqual(is('region', 'y'));
  });

  it('columns that a row does not give are left to the database', () => {
    const [statement] = inserted(operator, { id: 1, owner: null }, { region: 'x' });
    expect(statement?.columns.map(({ name }) => name)).toEqual(['id', 'owner', 'region']);
    expect(statement?.rows.map((row) => row.map((value) => value?.text))).toEqual([
      ['1', null, undefined],
      [undefined, undefined, 'x'],
    ]);
  });

  it('a table without a key is inserted into by who may insert any row', () => {
    const insert = { kind: 'insert', rows: [given({ owner: 'x' })], stamps: new Map() } as const;
    const filtered = grant({ filter: eq('owner', 'x') });
    expect(code(() => scopeInsert(standing(filtered), keyless, insert))).toBe('access.denied');
    expect(scopeInsert(standing(filtered, grant({})), keyless, insert)).toMatchObject([{ check: null, output: [] }]);
  });

  it('many rows come in several statements', () => {
    const rows = Array.from({ length: 5_001 }, (_, at) => ({ id: at, owner: 'x' }));
    expect(inserted(operator, ...rows).map((statement) => statement.rows.length)).toEqual([5_000, 1]);
  });

  it('what nobody may write is refused, and what nobody may know of is not there', () => {
    const who = standing(grant({ readable: ['id', 'owner', 'total'], writable: ['id'] }));
    expect(code(() => inserted(who, { owner: 'x' }))).toBe('query.column_not_writable');
    expect(code(() => inserted(operator, { total: 1 }))).toBe('query.column_not_writable');
    for (const name of ['salary', 'nowhere', '__proto__', 'constructor']) {
      expect(
        code(() => scopeInsert(who, relation, { kind: 'insert', rows: [new Map([[name, 1]])], stamps: new Map() })),
      ).toBe('query.unknown_column');
    }
    expect(code(() => inserted(who))).toBe('query.rows_invalid');
    expect(code(() => inserted(who, {}))).toBe('query.rows_invalid');
    expect(code(() => inserted(who, { id: 2 ** 53 }))).toBe('query.value_invalid');
  });

  it('stamps are written whatever the caller may write, and instead of what it gives', () => {
    const who = standing(grant({ writable: ['id', 'owner'] }));
    const rows = [given({ id: 1, owner: 'me' })];
    const [statement] = scopeInsert(who, relation, {
      kind: 'insert',
      rows,
      stamps: given({ owner: 'ann', region: 'x' }),
    });
    expect(statement?.rows[0]?.map((value) => value?.text)).toEqual(['1', 'ann', 'x']);
  });

  it('a named query is written to by nobody', () => {
    const query: Relation = { ...relation, origin: { kind: 'query', text: 'SELECT 1' } };
    const values = { set: given({ owner: 'x' }), stamps: new Map(), filter: null };
    expect(
      code(() => scopeInsert(operator, query, { kind: 'insert', rows: [given({ id: 1 })], stamps: new Map() })),
    ).toBe('access.denied');
    expect(code(() => scopeUpdate(operator, query, { kind: 'update', ...values }))).toBe('access.denied');
    expect(code(() => scopeDelete(operator, query, { kind: 'delete', filter: null }))).toBe('access.denied');
  });
});

describe('updates', () => {
  it('a row must be in reach as it was and as it will be', () => {
    const who = standing(grant({ filter: eq('region', 'x') }));
    expect(updated(who, { owner: 'b' }).where).toEqual(is('region', 'x'));
    expect(updated(who, { region: 'y' }).where).toEqual({
      kind: 'and',
      of: [is('region', 'x'), { ...is('region', 'x'), left: bound('region', 'y') }],
    });
  });

  it('of one grant: as it was by one and as it will be by another is not in reach', () => {
    const who = standing(grant({ filter: eq('region', 'x') }), grant({ filter: eq('region', 'y') }));
    expect(updated(who, { region: 'y' }).where).toMatchObject({
      kind: 'or',
      of: [
        { kind: 'and', of: [is('region', 'x'), { left: { kind: 'bound' } }] },
        { kind: 'and', of: [is('region', 'y'), { left: { kind: 'bound' } }] },
      ],
    });
  });

  it('a test for null is settled by the new value, under a not as well', () => {
    const isNull: Filter = { kind: 'null', column: 'owner', isNegated: false };
    const who = standing(grant({ filter: { kind: 'or', filters: [isNull, eq('id', 1)] } }));
    expect(updated(who, { owner: null }).where).toMatchObject({ kind: 'or' });
    expect(updated(who, { owner: 'x' }).where).toMatchObject({ kind: 'and', of: [{ kind: 'or' }, is('id', '1')] });
    const not = standing(grant({ filter: { kind: 'not', filter: isNull } }));
    expect(updated(not, { owner: null }).where).toEqual({ kind: 'constant', value: false });
  });

  it('only grants that let all the columns be written count, in conditions and answers too', () => {
    const a = grant({ writable: ['owner'], readable: ['id', 'owner'], filter: eq('id', 1) });
    const b = grant({ writable: ['salary'], readable: ['id', 'salary'] });
    const who = standing(a, b);
    const statement = updated(who, { owner: 'x' });
    expect(statement).toMatchObject({ where: is('id', '1'), grantIds: [a.id] });
    expect(statement.output.map(({ name }) => name)).toEqual(['id', 'owner']);
    expect(code(() => updated(who, { owner: 'x' }, eq('salary', 1)))).toBe('query.unknown_column');
    expect(code(() => updated(who, { owner: 'x', salary: 1 }))).toBe('query.column_not_writable');
    expect(code(() => updated(who, { region: 'x' }))).toBe('query.unknown_column');
  });

  it('stamps are new values like the others, and nobody’s to allow', () => {
    const who = standing(grant({ writable: ['salary'], filter: eq('owner', '$user') }));
    expect(updated(who, { salary: 5 }, null, { owner: 'bob' })).toMatchObject({
      set: [
        { column: of('owner'), value: { text: 'bob' } },
        { column: of('salary'), value: { text: '5' } },
      ],
      where: { kind: 'and', of: [is('owner', 'ann'), { left: bound('owner', 'bob') }] },
    });
  });

  it('a grant whose rows are told by a derived column lets nothing be updated', () => {
    const derived = columns.map((one) => (one.name === 'total' ? { ...one, isDerived: true } : one));
    const table = { ...relation, columns: derived };
    const change = { kind: 'update', set: given({ owner: 'x' }), stamps: new Map(), filter: null } as const;
    const byTotal = grant({ filter: { kind: 'not', filter: eq('total', 5) } });
    expect(code(() => scopeUpdate(standing(byTotal), table, change))).toBe('access.denied');
    const other = grant({ filter: eq('region', 'x') });
    expect(scopeUpdate(standing(byTotal, other), table, change).grantIds).toEqual([other.id]);
    expect(removedFrom(table, byTotal)).toMatchObject({ kind: 'not' });
  });

  it('a grant whose rows are told by where a text stands lets no new value of that text in', () => {
    const late = grant({ filter: { kind: 'compare', column: 'region', operator: 'gte', value: 'm' } });
    expect(updated(standing(late), { region: 'z' }).where).toEqual({ kind: 'constant', value: false });
    expect(updated(standing(late), { owner: 'z' }).where).toMatchObject({ kind: 'compare' });
    const plainOne = grant({ filter: eq('region', 'z') });
    expect(updated(standing(late, plainOne), { region: 'z' }).where).toMatchObject({ of: [is('region', 'z'), {}] });
    const paid = grant({ filter: { kind: 'compare', column: 'salary', operator: 'gte', value: '5' } });
    expect(updated(standing(paid), { salary: '7' }).where).toMatchObject({ kind: 'and' });
  });

  it('nothing set is refused, unless there is a stamp', () => {
    expect(code(() => updated(operator, {}))).toBe('query.rows_invalid');
    expect(updated(operator, {}, null, { owner: 'x' }).set).toHaveLength(1);
  });
});

describe('what a caller may do', () => {
  it('is told column by column, without those it may not know of', () => {
    const who = standing(
      grant({ operations: ['query'], readable: ['id', 'owner'], masks: [{ column: 'owner', mask: keep }] }),
      grant({ operations: ['update'], readable: ['id'], writable: ['region'] }),
    );
    const rights = viewColumns(who, relation);
    expect(rights.operations).toEqual(['query', 'update']);
    expect(rights.columns.map(({ column: { name }, ...flags }) => [name, flags])).toEqual([
      ['id', { isReadable: true, isMasked: false, isInsertable: false, isUpdatable: false }],
      ['owner', { isReadable: true, isMasked: true, isInsertable: false, isUpdatable: false }],
      ['region', { isReadable: false, isMasked: false, isInsertable: false, isUpdatable: true }],
    ]);
  });

  it('the operator may do everything the database takes', () => {
    const rights = viewColumns(operator, relation);
    expect(rights.operations).toEqual(['query', 'insert', 'update', 'delete']);
    expect(rights.columns.filter(({ isInsertable }) => !isInsertable).map(({ column: { name } }) => name)).toEqual([
      'total',
    ]);
    expect(viewColumns(operator, { ...relation, origin: { kind: 'query', text: '' } }).operations).toEqual(['query']);
    expect(viewColumns(standing(), relation)).toEqual({ operations: [], columns: [] });
  });
});
