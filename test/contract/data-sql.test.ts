/** Scoped queries of many shapes and the SQL each engine gets for them. @module */
import { describe, expect, test } from 'vitest';
import {
  type Grant,
  type Standing,
  scopeCount,
  scopeDelete,
  scopeInsert,
  scopeSelect,
  scopeUpdate,
} from '../../src/access/index.js';
import { compileCount, compileSelect } from '../../src/connectors/compile-query.js';
import { compileDelete, compileInsert, compileUpdate } from '../../src/connectors/compile-write.js';
import { createMysqlFlavour } from '../../src/connectors/mysql/data-flavour.js';
import { createPostgresFlavour } from '../../src/connectors/postgres/data-flavour.js';
import type { Compiled, Flavour } from '../../src/connectors/sql-flavour.js';
import type { CanonicalType, Column, Filter, Relation, Select } from '../../src/query/index.js';

const column = (name: string, type: CanonicalType, nativeType: string, fields: Partial<Column> = {}): Column => ({
  name,
  type,
  nativeType,
  length: null,
  isNullable: true,
  hasDefault: false,
  isComputed: false,
  ...fields,
});

const relation: Relation = {
  origin: { kind: 'table', schema: 'hr', name: 'em"p`s', isView: false },
  columns: [
    column('id', 'int64', 'bigint', { isNullable: false, hasDefault: true }),
    column('name', 'text', 'text'),
    column('code', 'text', 'character(3)'),
    column('pay', 'decimal', 'numeric(10,2)'),
    column('rate', 'float32', 'real'),
    column('seen', 'timestamptz', 'timestamp with time zone'),
    column('born', 'date', 'date', { isNullable: false }),
    column('photo', 'bytes', 'bytea'),
    column('on', 'boolean', 'boolean'),
    column('mood', 'enum', 'hr.mood'),
  ],
  primaryKey: ['id'],
  uniqueKeys: [['id']],
  foreignKeys: [],
  rowEstimate: null,
};

const named: Relation = {
  ...relation,
  origin: { kind: 'query', text: 'select * from hr.emps -- all of them;  ' },
  primaryKey: [],
  uniqueKeys: [],
};

const operator: Standing = { kind: 'operator' };

function held(...grants: readonly Partial<Grant>[]): Standing {
  return {
    kind: 'grants',
    grants: grants.map((fields, index) => ({
      id: `g${index}`,
      roleId: 'r',
      datasetId: 'd',
      operations: ['query', 'insert', 'update', 'delete'],
      readable: null,
      writable: null,
      filter: null,
      masks: [],
      ...fields,
    })),
    subject: { user: 'ann', organisation: 'acme', claims: new Map() },
  };
}

const is = (name: string, value: unknown): Filter => ({ kind: 'compare', column: name, operator: 'eq', value });
const given = (row: Readonly<Record<string, unknown>>) => new Map(Object.entries(row));

/** What each flavour makes of a query. */
type Shape = <V>(flavour: Flavour<V>) => Compiled<V>;

function select(query: Partial<Select>, as: Standing = operator, of = relation): Shape {
  const scoped = scopeSelect(as, of, {
    kind: 'select',
    columns: ['id'],
    filter: null,
    groupBy: [],
    aggregates: [],
    isDistinct: false,
    orderBy: [],
    limit: null,
    offset: 0,
    after: null,
    ...query,
  });
  return (flavour) => compileSelect(flavour, scoped);
}

const where = (filter: Filter): Shape => {
  const scoped = scopeCount(operator, relation, filter);
  return (flavour) => compileCount(flavour, scoped);
};

const insert = (rows: readonly Readonly<Record<string, unknown>>[], as: Standing = operator, of = relation): Shape => {
  const [scoped] = scopeInsert(as, of, { kind: 'insert', rows: rows.map(given), stamps: new Map() });
  if (scoped === undefined) throw new Error('nothing to insert');
  return (flavour) => compileInsert(flavour, scoped)[0] as never;
};

const update = (set: Readonly<Record<string, unknown>>, filter: Filter | null, as: Standing = operator): Shape => {
  const scoped = scopeUpdate(as, relation, { kind: 'update', set: given(set), stamps: new Map(), filter });
  return (flavour) => compileUpdate(flavour, scoped);
};

const remove = (filter: Filter | null, as: Standing = operator): Shape => {
  const scoped = scopeDelete(as, relation, { kind: 'delete', filter });
  return (flavour) => compileDelete(flavour, scoped);
};

const idOnly = { readable: ['id'] } as const;
const text = (match: 'contains' | 'starts' | 'ends', isNegated = false): Filter => ({
  kind: 'text',
  column: 'name',
  match,
  isNegated,
  text: "5%_\\'",
});

const shapes: Readonly<Record<string, Shape>> = {
  'all of a table': select({ columns: null }),
  'a page in order': select({
    orderBy: [
      { by: 'born', direction: 'desc' },
      { by: 'pay', direction: 'desc' },
      { by: 'name', direction: 'asc' },
    ],
    limit: 10,
    offset: 20,
  }),
  'only an offset': select({ offset: 5 }),
  'after a place': select({
    orderBy: [
      { by: 'born', direction: 'asc' },
      { by: 'id', direction: 'asc' },
    ],
    after: ['2020-01-01', '7'],
  }),
  'a named query': select({ filter: is('id', '1') }, operator, named),
  'distinct values': select({ columns: ['name', 'on'], isDistinct: true, orderBy: [{ by: 'name', direction: 'asc' }] }),
  'groups and aggregates': select({
    columns: ['name'],
    groupBy: ['name'],
    aggregates: [
      { function: 'sum', column: 'pay', alias: 'a' },
      { function: 'avg', column: 'pay', alias: 'b' },
      { function: 'avg', column: 'rate', alias: 'c' },
      { function: 'max', column: 'seen', alias: 'd' },
      { function: 'count', column: null, alias: 'e' },
      { function: 'count_distinct', column: 'name', alias: 'f' },
    ],
    orderBy: [
      { by: 'a', direction: 'desc' },
      { by: 'name', direction: 'asc' },
    ],
  }),
  'groups that look alike, once': select({
    columns: [],
    groupBy: ['name'],
    aggregates: [{ function: 'count', column: null, alias: 'n' }],
    isDistinct: true,
    orderBy: [{ by: 'n', direction: 'asc' }],
  }),
  'an equal text': where(is('name', "O'Brien")),
  'an equal text that is filled up': where(is('code', 'US')),
  'another text': where({ kind: 'compare', column: 'name', operator: 'ne', value: 'x' }),
  'a greater text': where({ kind: 'compare', column: 'name', operator: 'gt', value: 'x' }),
  'texts of a list': where({ kind: 'in', column: 'name', isNegated: true, values: ['a', '😀'] }),
  'a text within': where(text('contains')),
  'a text at the beginning': where(text('starts')),
  'a text at the end, or not': where(text('ends', true)),
  'a whole number': where(is('id', '9007199254740993')),
  'whole numbers of a list': where({ kind: 'in', column: 'id', isNegated: false, values: [1, '-2'] }),
  'a decimal': where({ kind: 'compare', column: 'pay', operator: 'lte', value: '-0.10' }),
  'a float': where({ kind: 'compare', column: 'rate', operator: 'lt', value: 0.1 }),
  'a moment': where({
    kind: 'between',
    column: 'seen',
    isNegated: false,
    from: '2020-01-01T00:00:00Z',
    to: '2020-12-31T23:59:59.5Z',
  }),
  'a date': where({ kind: 'between', column: 'born', isNegated: true, from: '2020-01-01', to: '2020-12-31' }),
  bytes: where({ kind: 'in', column: 'photo', isNegated: false, values: ['AAE=', ''] }),
  'a truth': where(is('on', true)),
  'a word of a list': where(is('mood', 'happy')),
  nothing: where({ kind: 'null', column: 'name', isNegated: false }),
  'conditions in conditions': where({
    kind: 'or',
    filters: [
      {
        kind: 'not',
        filter: { kind: 'and', filters: [is('id', 1), { kind: 'null', column: 'pay', isNegated: true }] },
      },
      { kind: 'in', column: 'id', isNegated: false, values: [] },
    ],
  }),
  'rows and columns of two grants': select(
    { columns: ['id', 'name'], filter: is('name', 'x'), orderBy: [{ by: 'name', direction: 'asc' }] },
    held({ filter: is('mood', 'happy') }, { filter: is('id', 7), readable: ['id'] }),
  ),
  masks: select(
    { columns: ['name', 'code', 'seen', 'born', 'pay'] },
    held({
      masks: [
        { column: 'name', mask: { kind: 'keep_left', keep: 2 } },
        { column: 'code', mask: { kind: 'hash', salt: "s'" } },
        { column: 'seen', mask: { kind: 'truncate', unit: 'month' } },
        { column: 'born', mask: { kind: 'truncate', unit: 'year' } },
        { column: 'pay', mask: { kind: 'null' } },
      ],
    }),
  ),
  'groups of a mask': select(
    { columns: ['name'], groupBy: ['name'] },
    held({ masks: [{ column: 'name', mask: { kind: 'keep_right', keep: 4 } }], filter: is('on', true) }),
  ),
  'rows to insert': insert(
    [
      { name: 'a', pay: '1.5', photo: 'AAE=' },
      { id: '9', name: null },
    ],
    held(idOnly),
  ),
  'rows that are checked': insert([{ name: 'a', on: false }], held({ ...idOnly, filter: is('name', '$user') })),
  'a row without a key': insert([{ name: 'a' }], operator, { ...relation, primaryKey: [], uniqueKeys: [] }),
  'an update': update(
    { name: null, pay: '2.00', rate: 0.5, seen: '2020-01-01T00:00:00Z', mood: 'sad' },
    is('id', 1),
    held(idOnly),
  ),
  'an update in reach before and after': update(
    { pay: '2.005', name: 'b' },
    null,
    held({
      ...idOnly,
      filter: {
        kind: 'and',
        filters: [{ kind: 'compare', column: 'pay', operator: 'lt', value: 100 }, is('name', '$user')],
      },
    }),
  ),
  'a delete': remove(is('id', 3), held({ ...idOnly, filter: is('on', true) })),
};

describe('SQL of PostgreSQL', () => {
  const flavour = createPostgresFlavour({ hasLooseCollations: false });
  test.each(Object.entries(shapes))('%s', (name, shape) => {
    const { sql, values } = shape(flavour);
    expect([sql, ...values]).toEqual(forPostgres[name]);
  });

  test('where some collation calls different texts equal, bytes are compared too', () => {
    const loose = createPostgresFlavour({ hasLooseCollations: true });
    for (const name of Object.keys(looseForPostgres)) {
      const { sql } = shapes[name]?.(loose) ?? { sql: '' };
      expect(sql).toBe(looseForPostgres[name]);
    }
  });
});

describe('SQL of MariaDB', () => {
  const flavour = createMysqlFlavour({ hasInsertReturning: true, hasDeleteReturning: true });
  test.each(Object.entries(shapes))('%s', (name, shape) => {
    const { sql, values } = shape(flavour);
    expect(values).toEqual([]);
    expect(sql).toBe(forMariadb[name]);
  });
});

const forPostgres: Readonly<Record<string, readonly unknown[]>> = {
  'all of a table': [
    'SELECT q."id", q."name", q."code"::text, q."pay", q."rate", q."seen", q."born", q."photo", q."on"::text, q."mood" FROM "hr"."em""p`s" AS q',
  ],
  'a page in order': [
    'SELECT q."id" FROM "hr"."em""p`s" AS q ORDER BY q."born" DESC, q."pay" DESC NULLS LAST, q."name" LIMIT $1::int8 OFFSET $2::int8',
    '10',
    '20',
  ],
  'only an offset': ['SELECT q."id" FROM "hr"."em""p`s" AS q OFFSET $1::int8', '5'],
  'after a place': [
    'SELECT q."id" FROM "hr"."em""p`s" AS q WHERE ((q."born" > $1::date) OR ((q."born" >= $2::date) AND (q."id" > $3::int8))) ORDER BY q."born", q."id"',
    '2020-01-01',
    '2020-01-01',
    '7',
  ],
  'a named query': [
    'SELECT q."id" FROM (\nselect * from hr.emps -- all of them\n) AS q WHERE (q."id" = $1::int8)',
    '1',
  ],
  'distinct values': [
    'SELECT q."name", q."on"::text FROM "hr"."em""p`s" AS q GROUP BY q."name", q."on" ORDER BY q."name"',
  ],
  'groups and aggregates': [
    'SELECT q."name", sum(q."pay"), round(avg(q."pay"), 6), avg(q."rate"::float8), max(q."seen"), count(*), count(DISTINCT q."name") FROM "hr"."em""p`s" AS q GROUP BY q."name" ORDER BY sum(q."pay") DESC NULLS LAST, q."name"',
  ],
  'groups that look alike, once': [
    'SELECT "c1" FROM (SELECT count(*) AS "c1" FROM "hr"."em""p`s" AS q GROUP BY q."name") AS d GROUP BY "c1" ORDER BY "c1"',
  ],
  'an equal text': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."name" = $1::text)', "O'Brien"],
  'an equal text that is filled up': [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."code" = $1::text::bpchar AND q."code"::text = $1::text)',
    'US',
  ],
  'another text': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (NOT (q."name" = $1::text))', 'x'],
  'a greater text': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."name" > $1::text)', 'x'],
  'texts of a list': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (NOT (q."name" = ANY($1::text[])))', ['a', '😀']],
  'a text within': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."name" LIKE $1::text)', "%5\\%\\_\\\\'%"],
  'a text at the beginning': [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."name" LIKE $1::text)',
    "5\\%\\_\\\\'%",
  ],
  'a text at the end, or not': [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (NOT (q."name" LIKE $1::text))',
    "%5\\%\\_\\\\'",
  ],
  'a whole number': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."id" = $1::int8)', '9007199254740993'],
  'whole numbers of a list': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."id" = ANY($1::int8[]))', ['1', '-2']],
  'a decimal': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."pay" <= $1::numeric)', '-0.10'],
  'a float': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."rate" < $1::float4)', '0.1'],
  'a moment': [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."seen" >= $1::timestamptz AND q."seen" <= $2::timestamptz)',
    '2020-01-01T00:00:00Z',
    '2020-12-31T23:59:59.5Z',
  ],
  'a date': [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (NOT (q."born" >= $1::date AND q."born" <= $2::date))',
    '2020-01-01',
    '2020-12-31',
  ],
  bytes: [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."photo" IN (decode($1, \'base64\'), decode($2, \'base64\')))',
    'AAE=',
    '',
  ],
  'a truth': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."on" = $1::bool)', 'true'],
  'a word of a list': ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."mood" = $1::hr.mood)', 'happy'],
  nothing: ['SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."name" IS NULL)'],
  'conditions in conditions': [
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (NOT ((q."id" = $1::int8) AND (q."pay" IS NOT NULL)))',
    '1',
  ],
  'rows and columns of two grants': [
    'SELECT q."id", (CASE WHEN (q."mood" = $1::hr.mood) THEN q."name" END) FROM "hr"."em""p`s" AS q WHERE (((q."mood" = $2::hr.mood) OR (q."id" = $3::int8)) AND ((CASE WHEN (q."mood" = $1::hr.mood) THEN q."name" END) = $4::text)) ORDER BY (CASE WHEN (q."mood" = $1::hr.mood) THEN q."name" END)',
    'happy',
    'happy',
    '7',
    'x',
  ],
  masks: [
    'SELECT (left(q."name", 2) || repeat(\'*\', greatest(char_length(q."name") - 2, 0))), (CASE WHEN false THEN q."code"::text ELSE left(encode(sha256(convert_to($1::text || q."code"::text, \'UTF8\')), \'hex\'), 32) END), (date_trunc(\'month\', q."seen" AT TIME ZONE \'UTC\') AT TIME ZONE \'UTC\'), date_trunc(\'year\', q."born"::timestamp)::date, (CASE WHEN false THEN q."pay" END) FROM "hr"."em""p`s" AS q',
    "s'",
  ],
  'groups of a mask': [
    'SELECT (repeat(\'*\', greatest(char_length(q."name") - 4, 0)) || right(q."name", 4)) FROM "hr"."em""p`s" AS q WHERE (q."on" = $1::bool) GROUP BY (repeat(\'*\', greatest(char_length(q."name") - 4, 0)) || right(q."name", 4))',
    'true',
  ],
  'rows to insert': [
    'INSERT INTO "hr"."em""p`s" AS q ("id", "name", "pay", "photo") VALUES (DEFAULT, $1, $2, decode($3, \'base64\')), ($4, $5, DEFAULT, DEFAULT) RETURNING q."id", 1',
    'a',
    '1.5',
    'AAE=',
    '9',
    null,
  ],
  'rows that are checked': [
    'INSERT INTO "hr"."em""p`s" AS q ("name", "on") VALUES ($1, $2) RETURNING q."id", CASE WHEN (q."name" = $3::text) THEN 1 ELSE 0 END',
    'a',
    'false',
    'ann',
  ],
  'a row without a key': ['INSERT INTO "hr"."em""p`s" AS q ("name") VALUES ($1)', 'a'],
  'an update': [
    'UPDATE "hr"."em""p`s" AS q SET "name" = $1, "pay" = $2, "rate" = $3, "seen" = $4, "mood" = $5 WHERE (q."id" = $6::int8) RETURNING q."id"',
    null,
    '2.00',
    '0.5',
    '2020-01-01T00:00:00Z',
    'sad',
    '1',
  ],
  'an update in reach before and after': [
    'UPDATE "hr"."em""p`s" AS q SET "name" = $1, "pay" = $2 WHERE (((q."pay" < $3::numeric) AND (q."name" = $4::text)) AND (((CASE WHEN false THEN q."pay" ELSE $5::numeric(10,2) END) < $6::numeric) AND ((CASE WHEN false THEN q."name" ELSE $7::text END) = $8::text))) RETURNING q."id"',
    'b',
    '2.005',
    '100',
    'ann',
    '2.005',
    '100',
    'b',
    'ann',
  ],
  'a delete': [
    'DELETE FROM "hr"."em""p`s" AS q WHERE ((q."on" = $1::bool) AND (q."id" = $2::int8)) RETURNING q."id"',
    'true',
    '3',
  ],
};

const looseForPostgres: Readonly<Record<string, string>> = {
  'an equal text':
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (q."name" = $1::text AND (q."name"::text COLLATE "C") = $1::text)',
  'texts of a list':
    'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE (NOT (q."name" = ANY($1::text[]) AND (q."name"::text COLLATE "C") = ANY($1::text[])))',
  'a text within': 'SELECT count(*) FROM "hr"."em""p`s" AS q WHERE ((q."name" COLLATE "C") LIKE $1::text)',
  'distinct values':
    'SELECT (q."name" COLLATE "C"), q."on"::text FROM "hr"."em""p`s" AS q GROUP BY (q."name" COLLATE "C"), q."on" ORDER BY (q."name" COLLATE "C")',
};

const forMariadb: Readonly<Record<string, string>> = {
  'all of a table':
    'SELECT q.`id`, q.`name`, q.`code`, q.`pay`, (q.`rate` + 0e0), q.`seen`, q.`born`, HEX(q.`photo`), (q.`on` <> 0), q.`mood` FROM `hr`.`em"p``s` AS q',
  'a page in order':
    'SELECT q.`id` FROM `hr`.`em"p``s` AS q ORDER BY q.`born` DESC, q.`pay` IS NULL, q.`pay` DESC, q.`name` IS NULL, q.`name` LIMIT 10 OFFSET 20',
  'only an offset': 'SELECT q.`id` FROM `hr`.`em"p``s` AS q LIMIT 18446744073709551615 OFFSET 5',
  'after a place':
    "SELECT q.`id` FROM `hr`.`em\"p``s` AS q WHERE ((q.`born` > DATE'2020-01-01') OR ((q.`born` >= DATE'2020-01-01') AND (q.`id` > 7))) ORDER BY q.`born`, q.`id`",
  'a named query': 'SELECT q.`id` FROM (\nselect * from hr.emps -- all of them\n) AS q WHERE (q.`id` = 1)',
  'distinct values':
    'SELECT CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY), (q.`on` <> 0) FROM `hr`.`em"p``s` AS q GROUP BY CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY), (q.`on` <> 0) ORDER BY q.`name` IS NULL, q.`name`',
  'groups and aggregates':
    'SELECT CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY), SUM(q.`pay`), ROUND(AVG(q.`pay`), 6), AVG(q.`rate`), MAX(q.`seen`), COUNT(*), COUNT(DISTINCT CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY)) FROM `hr`.`em"p``s` AS q GROUP BY CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY) ORDER BY SUM(q.`pay`) IS NULL, SUM(q.`pay`) DESC, q.`name` IS NULL, q.`name`',
  'groups that look alike, once':
    'SELECT `c1` FROM (SELECT COUNT(*) AS `c1` FROM `hr`.`em"p``s` AS q GROUP BY CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY)) AS d GROUP BY `c1` ORDER BY `c1`',
  'an equal text':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`name` = _utf8mb4 x'4f27427269656e' AND CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY) = x'4f27427269656e')",
  'an equal text that is filled up':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`code` = _utf8mb4 x'5553' AND CAST(CONVERT(q.`code` USING utf8mb4) AS BINARY) = x'5553')",
  'another text':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (NOT (q.`name` = _utf8mb4 x'78' AND CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY) = x'78'))",
  'a greater text': "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`name` > _utf8mb4 x'78')",
  'texts of a list':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (NOT (q.`name` IN (_utf8mb4 x'61', _utf8mb4 x'f09f9880') AND CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY) IN (x'61', x'f09f9880')))",
  'a text within':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (INSTR(CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY), x'35255f5c27') > 0)",
  'a text at the beginning':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`name` LIKE _utf8mb4 x'355c255c5f5c5c2725' AND LEFT(CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY), 5) = x'35255f5c27')",
  'a text at the end, or not':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (NOT (RIGHT(CAST(CONVERT(q.`name` USING utf8mb4) AS BINARY), 5) = x'35255f5c27'))",
  'a whole number': 'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE (q.`id` = 9007199254740993)',
  'whole numbers of a list': 'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE (q.`id` IN (1, -2))',
  'a decimal': 'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE (q.`pay` <= -0.10)',
  'a float': 'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE (q.`rate` < 0.10000000149011612e0)',
  'a moment':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`seen` >= TIMESTAMP'2020-01-01 00:00:00' AND q.`seen` <= TIMESTAMP'2020-12-31 23:59:59.5')",
  'a date':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (NOT (q.`born` >= DATE'2020-01-01' AND q.`born` <= DATE'2020-12-31'))",
  bytes: "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`photo` IN (x'0001', x''))",
  'a truth': 'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE ((q.`on` <> 0) = 1)',
  'a word of a list':
    "SELECT COUNT(*) FROM `hr`.`em\"p``s` AS q WHERE (q.`mood` = _utf8mb4 x'6861707079' AND CAST(CONVERT(q.`mood` USING utf8mb4) AS BINARY) = x'6861707079')",
  nothing: 'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE (q.`name` IS NULL)',
  'conditions in conditions':
    'SELECT COUNT(*) FROM `hr`.`em"p``s` AS q WHERE (NOT ((q.`id` = 1) AND (q.`pay` IS NOT NULL)))',
  'rows and columns of two grants':
    "SELECT q.`id`, (CASE WHEN (q.`mood` = _utf8mb4 x'6861707079' AND CAST(CONVERT(q.`mood` USING utf8mb4) AS BINARY) = x'6861707079') THEN q.`name` END) FROM `hr`.`em\"p``s` AS q WHERE (((q.`mood` = _utf8mb4 x'6861707079' AND CAST(CONVERT(q.`mood` USING utf8mb4) AS BINARY) = x'6861707079') OR (q.`id` = 7)) AND (CAST(CONVERT((CASE WHEN (q.`mood` = _utf8mb4 x'6861707079' AND CAST(CONVERT(q.`mood` USING utf8mb4) AS BINARY) = x'6861707079') THEN q.`name` END) USING utf8mb4) AS BINARY) = x'78')) ORDER BY (CASE WHEN (q.`mood` = _utf8mb4 x'6861707079' AND CAST(CONVERT(q.`mood` USING utf8mb4) AS BINARY) = x'6861707079') THEN q.`name` END) IS NULL, (CASE WHEN (q.`mood` = _utf8mb4 x'6861707079' AND CAST(CONVERT(q.`mood` USING utf8mb4) AS BINARY) = x'6861707079') THEN q.`name` END)",
  masks:
    "SELECT CONCAT(LEFT(q.`name`, 2), REPEAT('*', GREATEST(CHAR_LENGTH(q.`name`) - 2, 0))), (CASE WHEN FALSE THEN q.`code` ELSE LEFT(SHA2(CONCAT(x'7327', CAST(CONVERT(q.`code` USING utf8mb4) AS BINARY)), 256), 32) END), CAST(DATE_FORMAT(q.`seen`, '%Y-%m-01') AS DATETIME), CAST(DATE_FORMAT(q.`born`, '%Y-01-01') AS DATE), (CASE WHEN FALSE THEN q.`pay` END) FROM `hr`.`em\"p``s` AS q",
  'groups of a mask':
    "SELECT CAST(CONVERT(CONCAT(REPEAT('*', GREATEST(CHAR_LENGTH(q.`name`) - 4, 0)), RIGHT(q.`name`, 4)) USING utf8mb4) AS BINARY) FROM `hr`.`em\"p``s` AS q WHERE ((q.`on` <> 0) = 1) GROUP BY CAST(CONVERT(CONCAT(REPEAT('*', GREATEST(CHAR_LENGTH(q.`name`) - 4, 0)), RIGHT(q.`name`, 4)) USING utf8mb4) AS BINARY)",
  'rows to insert':
    "INSERT INTO `hr`.`em\"p``s` (`id`, `name`, `pay`, `photo`) VALUES (DEFAULT, _utf8mb4 x'61', 1.5, x'0001'), (9, NULL, DEFAULT, DEFAULT) RETURNING `id`, 1",
  'rows that are checked':
    "INSERT INTO `hr`.`em\"p``s` (`name`, `on`) VALUES (_utf8mb4 x'61', 0) RETURNING `id`, CASE WHEN (`name` = _utf8mb4 x'616e6e' AND CAST(CONVERT(`name` USING utf8mb4) AS BINARY) = x'616e6e') THEN 1 ELSE 0 END",
  'a row without a key': "INSERT INTO `hr`.`em\"p``s` (`name`) VALUES (_utf8mb4 x'61')",
  'an update':
    "UPDATE `hr`.`em\"p``s` SET `name` = NULL, `pay` = 2.00, `rate` = 0.5e0, `seen` = TIMESTAMP'2020-01-01 00:00:00', `mood` = _utf8mb4 x'736164' WHERE (`id` = 1)",
  'an update in reach before and after':
    "UPDATE `hr`.`em\"p``s` SET `name` = _utf8mb4 x'62', `pay` = 2.005 WHERE (((`pay` < 100) AND (`name` = _utf8mb4 x'616e6e' AND CAST(CONVERT(`name` USING utf8mb4) AS BINARY) = x'616e6e')) AND ((2.005 < 100) AND (CAST(CONVERT((CASE WHEN FALSE THEN `name` ELSE _utf8mb4 x'62' END) USING utf8mb4) AS BINARY) = x'616e6e')))",
  'a delete': 'DELETE FROM `hr`.`em"p``s` WHERE (((`on` <> 0) = 1) AND (`id` = 3)) RETURNING `id`',
};
