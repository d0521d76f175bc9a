import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sourcesErrors } from '../errors.js';
import type { SchemaFilter } from '../use-cases.js';
import { compileFilter } from './schema-filter.js';
import { checkVersion } from './version-check.js';

const filterOf = (fields: Partial<SchemaFilter>) =>
  compileFilter({ include: undefined, exclude: undefined, temporaryTables: undefined, ...fields });

function refusal(fields: Partial<SchemaFilter>): unknown {
  try {
    filterOf(fields);
  } catch (fault) {
    return fault;
  }
  return null;
}

describe('a filter', () => {
  test.each([undefined, null, '', '{}', {}])('that says nothing takes everything: %j', (include) => {
    const filter = filterOf({ include, exclude: include });
    expect(filter.include).toEqual([]);
    expect(filter.takesSchema('app', 'public')).toBe(true);
    expect(filter.isTemporary('anything')).toBe(false);
  });

  test('is an object or the text of one', () => {
    const include = { '^app$': ['^public$', '^airflow$'], '^other$': '*', '^third$': [] };
    for (const said of [include, JSON.stringify(include)]) {
      const filter = filterOf({ include: said });
      expect(filter.include).toEqual([
        { database: 'app', schemas: ['public', 'airflow'] },
        { database: 'other', schemas: null },
        { database: 'third', schemas: null },
      ]);
      expect(filter.takesSchema('app', 'public')).toBe(true);
      expect(filter.takesSchema('app', 'publican')).toBe(false);
      expect(filter.takesSchema('app', 'private')).toBe(false);
      expect(filter.takesSchema('other', 'anything')).toBe(true);
      expect(filter.takesSchema('third', 'anything')).toBe(true);
      expect(filter.takesSchema('fourth', 'public')).toBe(false);
    }
  });

  test('excludes what it names, also of what is included', () => {
    const filter = filterOf({ include: { '^app$': '*' }, exclude: '{"^app$":["^tmp_.*$","^audit$"]}' });
    expect(filter.takesSchema('app', 'public')).toBe(true);
    expect(filter.takesSchema('app', 'tmp_1')).toBe(false);
    expect(filter.takesSchema('app', 'audit')).toBe(false);
    expect(filterOf({ exclude: { '^app$': [] } }).takesSchema('app', 'public')).toBe(false);
  });

  test('knows temporary tables by an expression that may match anywhere', () => {
    const filter = filterOf({ temporaryTables: '^tmp_|_\\d{8}$' });
    expect(['tmp_x', 'sales_20260101', 'x_tmp_', 'sales'].map((name) => filter.isTemporary(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test.each<[keyof SchemaFilter, unknown]>([
    ['include', '{'],
    ['include', 'null'],
    ['include', '[]'],
    ['include', 7],
    ['include', ['^app$']],
    ['include', { '^app$': 'public' }],
    ['include', { '^app$': [7] }],
    ['include', { '^app$': { public: true } }],
    ['exclude', '{"^app$":["("]}'],
    ['exclude', { '^(?=app)$': ['x'] }],
    ['include', { '(?<name>a)\\k<name>': '*' }],
    ['include', { app: [`${'a'.repeat(1_001)}`] }],
    ['include', Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`^db${index}$`, '*']))],
    ['include', { app: Array.from({ length: 1_001 }, (_, index) => `s${index}`) }],
    ['include', `{"a":"${' '.repeat(1_000_000)}"}`],
    ['temporaryTables', '(a)\\1'],
    ['temporaryTables', '(?<!a)b'],
    ['temporaryTables', ['^tmp']],
    ['temporaryTables', 'a'.repeat(1_001)],
    ['temporaryTables', 'a{1000}'.repeat(140)],
    ['temporaryTables', '(?:[ab]?[bc]?[ca]?){1000}'],
  ])('that is none is refused by its field, without what was sent: %s', (field, value) => {
    const fault = refusal({ [field]: value });
    expect(fault).toMatchObject({
      code: sourcesErrors.filter_invalid.code,
      details: { field, fix: expect.stringMatching(/\.$/) },
    });
    expect(JSON.stringify((fault as { details: unknown }).details)).not.toContain('aaaa');
  });

  test('has names that are data: __proto__ is a database like any other', () => {
    const filter = filterOf({ include: '{"__proto__":["^constructor$"]}' });
    expect(filter.include).toEqual([{ database: '__proto__', schemas: ['constructor'] }]);
    expect(filter.takesSchema('__proto__', 'constructor')).toBe(true);
    expect(filter.takesSchema('app', 'public')).toBe(false);
  });

  test('of a thousand plain names is no work', () => {
    const include = { '^app$': Array.from({ length: 999 }, (_, index) => `^schema_${index}$`) };
    const filter = filterOf({ include });
    const startedMs = performance.now();
    for (let index = 0; index < 1_000; index += 1)
      expect(filter.takesSchema('app', `schema_${index}`)).toBe(index < 999);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test('means the same for plain names as their expressions would', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', '_', '-', '1', ' ', 'ä'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(plain, plain, plain, plain, fc.boolean(), (database, schema, catalog, name, isWhole) => {
        // A group changes nothing but that it is an expression.
        const bare = filterOf({ include: { [`^${database}$`]: isWhole ? '*' : [`^${schema}$`] } });
        const compiled = filterOf({ include: { [`^(?:${database})$`]: isWhole ? '*' : [`^(?:${schema})$`] } });
        for (const [one, other] of [
          [catalog, name],
          [database, schema],
          [`x${database}`, schema],
          [database, `${schema}x`],
        ] as const) {
          expect(bare.takesSchema(one, other)).toBe(compiled.takesSchema(one, other));
        }
      }),
    );
  });

  test.each([
    '(a*)*b$',
    '(a|a)*b$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(.*a){20}$',
    '(?:\\pL?){300}[01]$',
    '\\b(?:[abc]?){400}\\b[xyz]$',
  ])('takes no time that grows out of hand: %s', (temporaryTables) => {
    const filter = filterOf({ temporaryTables });
    const name = 'abc'.repeat(20_000);
    let longestMs = 0;
    for (let round = 0; round < 20; round += 1) {
      const startedMs = performance.now();
      filter.isTemporary(`${round}${name}`);
      longestMs = Math.max(longestMs, performance.now() - startedMs);
    }
    expect(longestMs).toBeLessThan(100);
  });
});

describe('the version check', () => {
  test.each([
    [null, null, true, 'Client version check skipped - version could not be determined'],
    ['none', '9', true, 'Client version check skipped - version could not be determined'],
    ['PostgreSQL 15.18', null, true, 'Client version: 15.18 (no minimum version requirement)'],
    ['PostgreSQL 15.18', '15.2', true, 'Client version 15.18 meets minimum required version 15.2'],
    ['PostgreSQL 15.18', '15.18.0', true, 'Client version 15.18 meets minimum required version 15.18.0'],
    [
      '10.11.19-MariaDB-0+deb12u1',
      '10.12',
      false,
      'Client version 10.11.19 does not meet minimum required version 10.12',
    ],
    ['PostgreSQL 9.6', '10', false, 'Client version 9.6 does not meet minimum required version 10'],
  ])('of %s against %s', (said, minimum, success, message) => {
    expect(checkVersion(said, minimum)).toEqual({ success, message });
  });
});
