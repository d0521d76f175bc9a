import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { streamOf } from '../../../test/contract/sources-world.js';
import { compareBytes } from '../../kernel/byte-order.js';
import type {
  CatalogCheck,
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogItem,
  CatalogKey,
  CatalogTable,
} from '../catalog.js';
import type { CatalogChange, ChangeKind, SnapshotEntry } from '../drift.js';
import { sourcesErrors } from '../errors.js';
import { comparePlaces } from './byte-order.js';
import { compareCatalogs } from './compare-catalogs.js';
import { entriesOf, placeOfItem, snapshotEntry } from './snapshot-entry.js';

type Definition = Exclude<CatalogItem, { readonly section: 'fault' }>;

const inOrder = (items: readonly Definition[]) =>
  [...items].sort((one, other) => comparePlaces(placeOfItem(one), placeOfItem(other)));

async function changesOf(
  before: readonly Definition[],
  after: readonly Definition[],
  { faults = [], schemas }: { faults?: readonly CatalogItem[]; schemas?: readonly string[] } = {},
): Promise<CatalogChange[]> {
  const changes: CatalogChange[] = [];
  const live = inOrder(after);
  for await (const change of compareCatalogs({
    stored: streamOf(inOrder(before).map(snapshotEntry)),
    live: streamOf<CatalogItem>([...live, ...faults]),
    liveSchemas: new Set(schemas ?? live.map((item) => placeOfItem(item).schema)),
  })) {
    changes.push(change);
  }
  return changes;
}

const column = (name: string, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  name,
  ordinal: 1,
  nativeType: 'integer',
  canonicalType: 'int32',
  length: null,
  precision: null,
  scale: null,
  isNullable: true,
  default: null,
  generated: null,
  identity: null,
  collation: null,
  comment: null,
  ...more,
});

const table = (name: string, more: Partial<CatalogTable> = {}): Definition => ({
  section: 'table',
  table: {
    kind: 'table',
    schema: 'public',
    name,
    comment: null,
    rowEstimate: 100,
    isPartitioned: false,
    hasRowSecurity: false,
    columns: numbered([
      column('id', { isNullable: false }),
      column('name', { nativeType: 'text', canonicalType: 'text' }),
    ]),
    primaryKey: { name: `${name}_pkey`, columns: ['id'] },
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    indexes: [],
    triggers: [],
    ...more,
  },
});

const numbered = (columns: readonly CatalogColumn[]) => columns.map((one, index) => ({ ...one, ordinal: index + 1 }));

describe('byte order', () => {
  test('is that of UTF-8, whatever the characters', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\ue000', '\uffff', '\u{10000}', '\ud7ff', 'a', '_', 'A'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(Math.sign(compareBytes(one, other))).toBe(
          Math.sign(Buffer.compare(Buffer.from(one), Buffer.from(other))),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what did not change', () => {
  test('is not told: estimates, sizes, grants, the order of lists, gaps between columns', async () => {
    const uniqueKeys: CatalogKey[] = [
      { name: 'a', columns: ['id'] },
      { name: 'b', columns: ['name'] },
    ];
    const before = table('t', { uniqueKeys, bytes: 1, rowEstimate: 1, grantsForCaller: ['select'] });
    const after = table('t', {
      uniqueKeys: [...uniqueKeys].reverse(),
      bytes: 2,
      rowEstimate: null,
      grantsForCaller: [],
      columns: [
        column('name', { ordinal: 7, nativeType: 'text', canonicalType: 'text' }),
        column('id', { ordinal: 3, isNullable: false }),
      ],
    });
    expect(await changesOf([before], [after])).toEqual([]);
    expect(snapshotEntry(before).body).toBe(snapshotEntry(after).body);
  });

  test('is not told of groups that were read on one side only', async () => {
    const { columns: _, primaryKey: __, ...bare } = (table('t') as Extract<Definition, { section: 'table' }>).table;
    expect(await changesOf([table('t')], [{ section: 'table', table: bare }])).toEqual([]);
    expect(await changesOf([{ section: 'table', table: bare }], [table('t')])).toEqual([]);
  });
});

describe('what could not be read', () => {
  const fault = (
    schema: string | null,
    name: string | null,
    group: 'object' | 'columns' | 'routines',
  ): CatalogItem => ({
    section: 'fault',
    fault: { schema, name, group, reason: 'PRIV_SELECT' },
  });
  const routine: Definition = {
    section: 'routine',
    routine: {
      kind: 'function',
      schema: 'public',
      name: 'f',
      arguments: 'integer',
      returns: 'integer',
      language: 'sql',
      volatility: 'stable',
      comment: null,
    },
  };

  test.each([
    ['the object', fault('public', 't', 'object'), ['public.u', 'public.f']],
    ['another object', fault('public', 'x', 'object'), ['public.t', 'public.u', 'public.f']],
    ['the schema', fault('public', null, 'object'), []],
    ['everything', fault(null, null, 'object'), []],
    ['a whole section', fault('public', null, 'routines'), ['public.t', 'public.u']],
  ])('is not called removed: %s', async (_, said, removed) => {
    const changes = await changesOf([table('t'), table('u'), routine], [], { faults: [said], schemas: ['public'] });
    expect(changes.map((one) => `${one.schema}.${one.object}`)).toEqual(removed);
    expect(changes.every((one) => one.kind.endsWith('_removed') && one.isBreaking)).toBe(true);
  });

  test('a section that ended early hides what would have come after it, and nothing before', async () => {
    const inSchemas = ['a', 'b', 'c'].map((schema) => table('t', { schema }));
    const ended = fault('b', null, 'object');
    const changes = await changesOf(inSchemas, [], { faults: [ended], schemas: ['a', 'b', 'c'] });
    expect(changes.map((one) => one.schema)).toEqual(['a']);
  });

  test('a group whose fault came first is not compared, then or now', async () => {
    const first = (items: readonly Definition[], group: 'columns' | 'object') =>
      streamOf<CatalogItem>([fault('public', null, group), ...items]);
    const emptied = table('t', { columns: [], primaryKey: null, comment: 'new' });
    const live = new Set(['public']);
    const entries: SnapshotEntry[] = [];
    for await (const one of entriesOf(first([emptied], 'columns'))) if ('entry' in one) entries.push(one.entry);
    const told: CatalogChange[] = [];
    const whole = table('t', { comment: 'new' });
    for await (const one of compareCatalogs({
      stored: streamOf(entries),
      live: streamOf([whole]),
      liveSchemas: live,
    })) {
      told.push(one);
    }
    expect(told).toEqual([]);
    const stored = streamOf([snapshotEntry(table('t'))]);
    for await (const one of compareCatalogs({ stored, live: first([emptied], 'object'), liveSchemas: live })) {
      told.push(one);
    }
    expect(told.map((one) => one.kind)).toEqual(['table_comment_changed']);
  });

  test('nor are the columns of a table whose columns failed', async () => {
    const emptied = table('t', { columns: [], primaryKey: null });
    const told = await changesOf([table('t')], [emptied], { faults: [fault('public', 't', 'columns')] });
    expect(told).toEqual([]);
    const untold = await changesOf([table('t')], [emptied]);
    expect(untold.map((one) => one.kind)).toEqual(['column_removed', 'column_removed', 'primary_key_changed']);
  });
});

describe('a schema', () => {
  test('is added with its first object and removed when it is not there any more', async () => {
    const other = table('t', { schema: 'other' });
    const more = table('u', { schema: 'other' });
    expect((await changesOf([table('t')], [table('t'), other, more])).map((one) => [one.kind, one.object])).toEqual([
      ['schema_added', null],
      ['table_added', 't'],
      ['table_added', 'u'],
    ]);
    expect((await changesOf([table('t'), other, more], [table('t')])).map((one) => [one.kind, one.object])).toEqual([
      ['schema_removed', null],
      ['table_removed', 't'],
      ['table_removed', 'u'],
    ]);
    const emptied = await changesOf([table('t'), other], [table('t')], { schemas: ['public', 'other'] });
    expect(emptied.map((one) => one.kind)).toEqual(['table_removed']);
  });
});

test('objects out of their order end it: compared like that nothing would be true', async () => {
  const changes = compareCatalogs({
    stored: streamOf([]),
    live: streamOf<CatalogItem>([table('b'), table('a')]),
    liveSchemas: new Set(['public']),
  });
  await expect(
    (async () => {
      for await (const _ of changes);
    })(),
  ).rejects.toMatchObject({ code: sourcesErrors.reading_failed.code });
});

test('names of a server are data: __proto__ and constructor change like any other', async () => {
  const evil = (more: Partial<CatalogTable> = {}) =>
    table('__proto__', {
      schema: 'constructor',
      columns: numbered([column('__proto__'), column('toString')]),
      ...more,
    });
  const changes = await changesOf([evil()], [evil({ columns: numbered([column('toString')]) })]);
  expect(changes).toMatchObject([
    { kind: 'column_removed', schema: 'constructor', object: '__proto__', member: '__proto__', isBreaking: true },
  ]);
});

describe('what breaks a reader', () => {
  const of = async (before: Partial<CatalogTable>, after: Partial<CatalogTable>) =>
    (await changesOf([table('t', before)], [table('t', after)])).map((one) => [one.kind, one.member, one.isBreaking]);
  const text = (length: number | null) =>
    column('c', { nativeType: `varchar(${length})`, canonicalType: 'text', length });

  test.each<[string, Partial<CatalogTable>, Partial<CatalogTable>, (string | boolean | null)[][]]>([
    ['a longer text does not', { columns: [text(10)] }, { columns: [text(20)] }, [['column_type_changed', 'c', false]]],
    [
      'a text without limit does not',
      { columns: [text(10)] },
      { columns: [text(null)] },
      [['column_type_changed', 'c', false]],
    ],
    ['a shorter text does', { columns: [text(20)] }, { columns: [text(10)] }, [['column_type_changed', 'c', true]]],
    ['another type does', { columns: [column('c')] }, { columns: [text(9)] }, [['column_type_changed', 'c', true]]],
    [
      'nulls do, their end does not',
      { columns: numbered([column('a', { isNullable: false }), column('b')]) },
      { columns: numbered([column('a'), column('b', { isNullable: false })]) },
      [
        ['column_nullability_changed', 'a', true],
        ['column_nullability_changed', 'b', false],
      ],
    ],
    [
      'a unique key under another name does not',
      { uniqueKeys: [{ name: 'old', columns: ['name'] }] },
      { uniqueKeys: [{ name: 'new', columns: ['name'] }] },
      [
        ['unique_key_added', 'new', false],
        ['unique_key_removed', 'old', false],
      ],
    ],
    ['a primary key that goes does', {}, { primaryKey: null }, [['primary_key_changed', 't_pkey', true]]],
    ['row security switched on does', {}, { hasRowSecurity: true }, [['row_security_changed', null, true]]],
    ['a view in place of a table does', {}, { kind: 'view' }, [['table_kind_changed', null, true]]],
    [
      'an index that is unique does, one that is not does not',
      { indexes: [index('u', { isUnique: true }), index('i')] },
      { indexes: [] },
      [
        ['index_removed', 'i', false],
        ['index_removed', 'u', true],
      ],
    ],
  ])('%s', async (_, before, after, expected) => {
    expect(await of(before, after)).toEqual(expected);
  });

  function index(name: string, more: Partial<CatalogIndex> = {}): CatalogIndex {
    return { name, method: 'btree', columns: ['name'], isUnique: false, where: null, ...more };
  }
});

/** A catalogue, an edit of it, and exactly what the edit is to be told as. */
interface Expected {
  readonly kind: ChangeKind;
  readonly schema: string;
  readonly object: string | null;
  readonly member: string | null;
}

const name = fc.string({
  unit: fc.constantFrom('a', 'b', 'Z', '_', 'ä', '€', '\ue000', '😀', '"', '.'),
  minLength: 1,
  maxLength: 4,
});
const columnArbitrary = fc.record({
  nativeType: fc.constantFrom('integer', 'text', 'numeric(10,2)'),
  isNullable: fc.boolean(),
  default: fc.option(fc.constantFrom('0', 'now()')),
  comment: fc.option(fc.string({ maxLength: 5 })),
});
const columnsArbitrary = fc
  .uniqueArray(fc.tuple(name, columnArbitrary), { selector: ([one]) => one, minLength: 1, maxLength: 8 })
  .map((made) => numbered(made.map(([called, more]) => column(called, more))));
const keyArbitrary = fc.record({ name, columns: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }) });
const foreignArbitrary: fc.Arbitrary<CatalogForeignKey> = fc.record({
  name,
  columns: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
  toSchema: name,
  toTable: name,
  toColumns: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
  onDelete: fc.constantFrom('no_action' as const, 'cascade' as const),
  onUpdate: fc.constant('no_action' as const),
  isDeferrable: fc.boolean(),
});
const checkArbitrary: fc.Arbitrary<CatalogCheck> = fc.record({ name, expression: fc.string({ maxLength: 8 }) });
const byName = { selector: (one: { name: string | null }) => one.name, maxLength: 3 };
const tableArbitrary = fc
  .record({
    schema: name,
    called: name,
    columns: columnsArbitrary,
    uniqueKeys: fc.uniqueArray(keyArbitrary, byName),
    foreignKeys: fc.uniqueArray(foreignArbitrary, byName),
    checks: fc.uniqueArray(checkArbitrary, byName),
    comment: fc.option(fc.string({ maxLength: 5 })),
  })
  .map(({ called, ...more }) => table(called, more));
const otherArbitrary: fc.Arbitrary<Definition> = fc.oneof(
  fc.record({ schema: name, called: name, values: fc.array(name, { maxLength: 3 }) }).map(
    ({ schema, called, values }): Definition => ({
      section: 'type',
      type: { kind: 'enum', schema, name: called, values, over: null, comment: null },
    }),
  ),
  fc.record({ schema: name, called: name }).map(
    ({ schema, called }): Definition => ({
      section: 'sequence',
      sequence: { schema, name: called, nativeType: 'bigint', start: '1', increment: '1', comment: null },
    }),
  ),
  fc.record({ schema: name, called: name, written: fc.constantFrom('', 'integer', 'text, text') }).map(
    ({ schema, called, written }): Definition => ({
      section: 'routine',
      routine: {
        kind: 'function',
        schema,
        name: called,
        arguments: written,
        returns: 'integer',
        language: 'sql',
        volatility: 'stable',
        comment: null,
      },
    }),
  ),
);
const catalogArbitrary = fc.uniqueArray(
  fc.oneof({ weight: 3, arbitrary: tableArbitrary }, { weight: 1, arbitrary: otherArbitrary }),
  {
    selector: (item) => JSON.stringify(placeOfItem(item)),
    maxLength: 12,
  },
);

/** One edit of an object: what it becomes (`null`: nothing) and what that is to be told as. */
function edit(
  item: Definition,
  which: number,
): { after: Definition | null; told: Omit<Expected, 'schema' | 'object'>[] } {
  const told = (kind: ChangeKind, member: string | null = null) => [{ kind, member }];
  if (which === 0) return { after: null, told: told(`${item.section}_removed`) };
  switch (item.section) {
    case 'type': {
      const values = [...(item.type.values ?? []), 'one more value'];
      return { after: { section: 'type', type: { ...item.type, values } }, told: told('type_changed') };
    }
    case 'sequence':
      return {
        after: { section: 'sequence', sequence: { ...item.sequence, increment: '2' } },
        told: told('sequence_changed'),
      };
    case 'routine':
      return {
        after: { section: 'routine', routine: { ...item.routine, returns: 'text' } },
        told: told('routine_changed'),
      };
    case 'table':
      return editTable(item.table, which, told);
  }
}

function editTable(
  was: CatalogTable,
  which: number,
  told: (kind: ChangeKind, member?: string | null) => Omit<Expected, 'schema' | 'object'>[],
) {
  const made = (more: Partial<CatalogTable>, expected: Omit<Expected, 'schema' | 'object'>[]) => ({
    after: { section: 'table', table: { ...was, ...more } } as const,
    told: expected,
  });
  const columns = was.columns ?? [];
  const place = which % columns.length;
  const chosen = columns[place] as CatalogColumn;
  const withColumn = (more: Partial<CatalogColumn>) =>
    columns.map((one, index) => (index === place ? { ...one, ...more } : one));
  const firstOf = <T>(list: readonly T[] | undefined) => (list ?? [])[0];
  const edits: (() => ReturnType<typeof made>)[] = [
    () => made({ comment: `${was.comment ?? ''}!` }, told('table_comment_changed')),
    () => made({ hasRowSecurity: true }, told('row_security_changed')),
    () => made({ kind: 'view' }, told('table_kind_changed')),
    () => made({ primaryKey: null }, told('primary_key_changed', was.primaryKey?.name ?? null)),
    () => made({ columns: numbered([...columns, column('a new one')]) }, told('column_added', 'a new one')),
    () => made({ columns: numbered(columns.filter((one) => one !== chosen)) }, told('column_removed', chosen.name)),
    () => made({ columns: withColumn({ nativeType: 'xml' }) }, told('column_type_changed', chosen.name)),
    () =>
      made(
        { columns: withColumn({ isNullable: !chosen.isNullable }) },
        told('column_nullability_changed', chosen.name),
      ),
    () => made({ columns: withColumn({ default: '42' }) }, told('column_default_changed', chosen.name)),
    () => made({ columns: withColumn({ comment: 'said anew' }) }, told('column_comment_changed', chosen.name)),
    () => made({ columns: withColumn({ identity: 'always' }) }, told('column_changed', chosen.name)),
    () => {
      // The first goes to the end: of three or more, only it can be the one that moved.
      const [first, ...rest] = columns;
      if (first === undefined || rest.length < 2) return made({}, []);
      return made({ columns: numbered([...rest, first]) }, told('column_moved', first.name));
    },
    () => {
      const key = firstOf(was.uniqueKeys);
      if (key === undefined) {
        const uniqueKeys = [{ name: 'new key', columns: ['x'] }];
        return made({ uniqueKeys }, told('unique_key_added', 'new key'));
      }
      return made({ uniqueKeys: was.uniqueKeys?.slice(1) ?? [] }, told('unique_key_removed', key.name));
    },
    () => {
      const key = firstOf(was.foreignKeys);
      if (key === undefined) return made({}, []);
      const foreignKeys = [{ ...key, isDeferrable: !key.isDeferrable }, ...(was.foreignKeys ?? []).slice(1)];
      return made({ foreignKeys }, told('foreign_key_changed', key.name));
    },
    () => {
      const check = firstOf(was.checks);
      if (check === undefined)
        return made({ checks: [{ name: 'new check', expression: 'x > 0' }] }, told('check_added', 'new check'));
      const checks = [{ ...check, expression: `${check.expression} and true` }, ...(was.checks ?? []).slice(1)];
      return made({ checks }, told('check_changed', check.name));
    },
  ];
  return (edits[which % edits.length] as (typeof edits)[number])();
}

const asText = (changes: readonly Expected[]) =>
  changes.map(({ kind, schema, object, member }) => JSON.stringify([kind, schema, object, member])).sort();

describe('any catalogue', () => {
  test('has not changed compared with itself', async () => {
    await fc.assert(
      fc.asyncProperty(catalogArbitrary, async (catalog) => {
        expect(await changesOf(catalog, catalog)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('edited at random is told as exactly those edits', async () => {
    const edits = fc.array(fc.nat({ max: 10_000 }), { minLength: 12, maxLength: 12 });
    const isEdited = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        catalogArbitrary,
        catalogArbitrary,
        edits,
        isEdited,
        async (before, additions, which, chosen) => {
          const expected: Expected[] = [];
          const after: Definition[] = [];
          for (const [index, item] of before.entries()) {
            const edited = chosen[index] === true ? edit(item, which[index] as number) : { after: item, told: [] };
            const { schema, name: object } = placeOfItem(item);
            expected.push(...edited.told.map((one) => ({ ...one, schema, object })));
            if (edited.after !== null) after.push(edited.after);
          }
          const taken = new Set(before.map((item) => JSON.stringify(placeOfItem(item))));
          for (const item of additions) {
            if (taken.has(JSON.stringify(placeOfItem(item)))) continue;
            after.push(item);
            const { schema, name: object, section } = placeOfItem(item);
            expected.push({ kind: `${section}_added`, schema, object, member: null });
          }
          const schemasOf = (items: readonly Definition[]) => new Set(items.map((item) => placeOfItem(item).schema));
          const [old, now] = [schemasOf(before), schemasOf(after)];
          for (const schema of now) {
            if (!old.has(schema)) expected.push({ kind: 'schema_added', schema, object: null, member: null });
          }
          for (const schema of old) {
            if (!now.has(schema)) expected.push({ kind: 'schema_removed', schema, object: null, member: null });
          }
          expect(asText(await changesOf(before, after))).toEqual(asText(expected));
        },
      ),
      { numRuns: 500 },
    );
  });
});
