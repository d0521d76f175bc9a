import { describe, expect, it } from 'vitest';
import { inspectStatement } from './statements.js';
import type { TableSpec } from './world.js';

const table: TableSpec = {
  name: 'people',
  columns: [{ name: 'na"me', kind: 'text', isNullable: true, byDefault: null }],
  hasKey: true,
  rows: [],
};
const given = new Set(['canary', '1234567']);
const judge = (sql: string, engine = 'postgres') => inspectStatement(engine, sql, table, given);

describe('the look at compiled statements', () => {
  it('finds nothing in one statement over names of the catalogue', () => {
    expect(judge('SELECT "na""me" FROM "people" WHERE "na""me" = $1')).toBeNull();
    expect(judge("SELECT x'63616e617279' FROM `people`", 'mysql')).toBeNull();
  });

  it('finds what must not be in one', () => {
    for (const sql of [
      'SELECT "na""me" FROM "people"; DROP TABLE people',
      'SELECT "na""me" FROM "people" -- where',
      'SELECT "na""me" /* */ FROM "people"',
      'SELECT "name" FROM "people"',
      'SELECT "na"me" FROM "people"',
      `SELECT "na""me" FROM "people" WHERE "na""me" = 'canary'`,
      `SELECT "na""me" FROM "people" WHERE "na""me" = 'it''s'`,
      'SELECT "na""me" FROM "people" LIMIT 1234567',
      `SELECT 'x`,
    ]) {
      expect(judge(sql), sql).toEqual(expect.any(String));
    }
    expect(judge("SELECT 'canary' FROM `people`", 'mysql')).toEqual(expect.any(String));
    expect(judge("SELECT 'a\\' or 1=1' FROM `people`", 'mysql')).toEqual(expect.any(String));
  });
});
