/** The columns of PostgreSQL's tables, however many, however long what is said about them, however they are named. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import type { CatalogTable } from '../../src/sources/index.js';
import {
  createPostgresDatabase,
  describeWith,
  postgresSql,
  type RunningPostgres,
  startPostgres,
} from '../servers/index.js';
import { readAll, tablesOf } from './catalog.contract.js';
import { clock, localDialler, targetOf } from './connector-bench.js';

const connector = createPostgresConnector({ dialler: localDialler(), clock });

describeWith('postgres', 'columns of', () => {
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  const built = async (sql: string): Promise<string> => {
    const database = await createPostgresDatabase(server);
    await postgresSql(server, sql, { database });
    return database;
  };
  const read = async (database: string, request: Parameters<typeof readAll>[1] = {}) => {
    const { superuser: username, password, port } = server;
    const items = await readAll({ connector, target: targetOf({ port, username, password, database }) }, request);
    expect(items.filter((item) => item.section === 'fault')).toEqual([]);
    return new Map(tablesOf(items).map((one) => [one.name, one]));
  };
  const named = (table: CatalogTable | undefined) => table?.columns?.map((one) => one.name);

  test('tables with long comments and defaults, many columns or none stand beside short ones', async () => {
    const database = await built(`
      CREATE TABLE a_short (id int PRIMARY KEY, note text DEFAULT 'x');
      COMMENT ON COLUMN a_short.note IS 'short';
      CREATE TABLE b_comment (id int PRIMARY KEY, note text, more text);
      CREATE TABLE c_none ();
            CREATE TABLE e_default (id int, note text);
      CREATE TABLE f_short (id int PRIMARY KEY, note text DEFAULT 'y');
      DO $$ BEGIN
        EXECUTE format('COMMENT ON COLUMN b_comment.note IS %L', repeat('é', 20000));
        EXECUTE format('COMMENT ON COLUMN b_comment.more IS %L', repeat('ü', 70000));
        EXECUTE format('ALTER TABLE e_default ALTER note SET DEFAULT %L', repeat('z', 17000));
        EXECUTE (SELECT 'CREATE TABLE d_wide (id int, ' || string_agg(format('c_%s varchar(%s) NOT NULL DEFAULT %L', n, n,
          n), ', ') || ', UNIQUE (c_1500, id))' FROM generate_series(1, 1590) AS n);
        FOR n IN 1..1590 LOOP EXECUTE format('COMMENT ON COLUMN d_wide.c_%s IS %L', n, repeat('w', 300) || n); END LOOP;
      END $$`);
    const tables = await read(database);
    expect([...tables.keys()]).toEqual(['a_short', 'b_comment', 'c_none', 'd_wide', 'e_default', 'f_short']);
    expect(tables.get('a_short')?.columns?.[1]).toMatchObject({ default: "'x'::text", comment: 'short' });
    expect(tables.get('f_short')?.columns?.[1]).toMatchObject({ default: "'y'::text", comment: null });
    expect(tables.get('b_comment')?.columns?.map((one) => one.comment?.length ?? null)).toEqual([null, 20_000, 65_536]);
    expect(tables.get('b_comment')?.primaryKey?.columns).toEqual(['id']);
    expect(tables.get('c_none')?.columns).toEqual([]);
    expect(tables.get('e_default')?.columns?.[1]?.default).toBe(`'${'z'.repeat(17_000)}'::text`);
    const wide = tables.get('d_wide');
    expect(wide?.columns).toHaveLength(1_591);
    expect(wide?.columns?.[1_590]).toMatchObject({
      ...{ name: 'c_1590', ordinal: 1_591, nativeType: 'character varying(1590)', length: 1_590, isNullable: false },
      ...{ default: "'1590'::character varying", comment: `${'w'.repeat(300)}1590` },
    });
    expect(wide?.uniqueKeys?.[0]?.columns).toEqual(['c_1500', 'id']);
    expect(wide?.indexes?.[0]?.columns).toEqual(['c_1500', 'id']);

    const keys = await read(database, { groups: new Set(['keys']) });
    expect(keys.get('d_wide')).not.toHaveProperty('columns');
    expect(keys.get('d_wide')?.uniqueKeys?.[0]?.columns).toEqual(['c_1500', 'id']);
    expect(keys.get('a_short')?.primaryKey?.columns).toEqual(['id']);
  });

  test('many tables of many columns in a row do not end the reading', async () => {
    const database = await built(`DO $$ BEGIN
      FOR t IN 1..20 LOOP
        EXECUTE format('CREATE TABLE tiny_%s (id int)', lpad(t::text, 3, '0'));
        EXECUTE (SELECT format('CREATE TABLE wide_%s (', lpad(t::text, 3, '0')) || string_agg(format(
          'a_column_with_a_rather_long_name_of_its_own_number_%s text DEFAULT %L', n, repeat('d', 60)), ', ') || ')'
          FROM generate_series(1, 400) AS n);
        COMMIT;
      END LOOP; END $$`);
    const tables = await read(database);
    expect(tables.size).toBe(40);
    expect([...tables.values()].map((one) => one.columns?.length)).toEqual([
      ...Array.from({ length: 20 }, () => 1),
      ...Array.from({ length: 20 }, () => 400),
    ]);
  });

  test('names and comments of any characters are told as they are, and those of dropped columns are not', async () => {
    const hard = [
      'a,b',
      'a":"b',
      'back\\slash',
      'new\nline',
      '\u001f\u001e\u0001',
      '😀 é 漢',
      '__proto__',
      '[1,2]',
      'null',
    ];
    const quoted = hard.map((name) => `"${name.replaceAll('"', '""')}"`);
    const database = await built(`
      CREATE TABLE hard (gone_1 int DEFAULT 1, ${quoted.map((name) => `${name} int`).join(', ')}, gone_2 int DEFAULT 2, id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        twice bigint GENERATED ALWAYS AS (1 + 1) STORED, plain text COLLATE "C" DEFAULT E'a,"\\\\\\n');
      COMMENT ON COLUMN hard.gone_1 IS 'gone'; COMMENT ON COLUMN hard.gone_2 IS 'gone';
      ${quoted.map((name, at) => `COMMENT ON COLUMN hard.${name} IS '${hard[at]}';`).join('\n')}
      ALTER TABLE hard DROP gone_1, DROP gone_2`);
    const table = (await read(database)).get('hard');
    expect(named(table)).toEqual([...hard, 'id', 'twice', 'plain']);
    expect(table?.columns?.slice(0, hard.length).map((one) => one.comment)).toEqual(hard);
    expect(table?.columns?.map((one) => one.ordinal)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14]);
    expect(table?.columns?.slice(hard.length)).toMatchObject([
      { name: 'id', identity: 'by_default', generated: null, default: null, isNullable: false },
      { name: 'twice', identity: null, generated: 'stored', default: '(1 + 1)' },
      { name: 'plain', collation: 'C', default: `'a,"\\\n'::text`, identity: null, generated: null, isNullable: true },
    ]);
    expect(table?.primaryKey?.columns).toEqual(['id']);
    expect(table?.indexes?.[0]?.columns).toEqual(['id']);
  });
});
