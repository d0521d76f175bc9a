import { describe, expect, test } from 'vitest';
import { parseGrant } from './grants.js';
import { accountOf, matchesPattern, readPrivileges } from './privileges.js';
import { bindValues, quoteName, quoteSchemaPattern } from './quote.js';

describe('a line of SHOW GRANTS', () => {
  test('on everything, with a digest that is not kept', () => {
    const grant = parseGrant(
      "GRANT SELECT, PROCESS ON *.* TO `o'dd``u\\er`@`%` IDENTIFIED BY PASSWORD '*B69027D4' WITH GRANT OPTION MAX_USER_CONNECTIONS 3",
    );
    expect(grant).toEqual({
      kind: 'privileges',
      privileges: [
        { name: 'SELECT', columns: null },
        { name: 'PROCESS', columns: null },
      ],
      level: { kind: 'global' },
      to: { name: "o'dd`u\\er", host: '%', text: "`o'dd``u\\er`@`%`" },
      hasGrantOption: true,
    });
  });

  test('on a schema, a table with columns, a routine, of a role, of everybody and in place of others', () => {
    expect(parseGrant('GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`h`')).toMatchObject({
      level: { kind: 'schema', pattern: 'a\\_b' },
      hasGrantOption: false,
    });
    expect(parseGrant('GRANT SELECT (`pid`, `i,d`), REFERENCES ON `s`.`t` TO `u`@`h`')).toMatchObject({
      privileges: [
        { name: 'SELECT', columns: ['pid', 'i,d'] },
        { name: 'REFERENCES', columns: null },
      ],
      level: { kind: 'table', schema: 's', name: 't' },
    });
    expect(parseGrant('GRANT EXECUTE ON PACKAGE BODY `s`.`p` TO `u`@`h`')).toMatchObject({
      level: { kind: 'routine', type: 'PACKAGE BODY', schema: 's', name: 'p' },
    });
    expect(parseGrant('GRANT `r` TO `u`@`h` WITH ADMIN OPTION')).toMatchObject({ kind: 'role', hasAdminOption: true });
    expect(parseGrant('GRANT `r`@`%` TO `u`@`h`')).toMatchObject({ kind: 'role', hasAdminOption: false });
    expect(parseGrant('GRANT SELECT ON `s`.`t` TO PUBLIC')).toMatchObject({ to: { text: 'PUBLIC' } });
    expect(parseGrant('GRANT PROXY ON ``@`%` TO `u`@`h` WITH GRANT OPTION')).toMatchObject({ kind: 'proxy' });
    expect(parseGrant('SET DEFAULT ROLE `r` FOR `u`@`h`')).toEqual({ kind: 'default_role' });
  });

  test.each([
    '',
    'GRANT',
    'GRANT SELECT ON *.* TO',
    'GRANT SELECT ON *.`t` TO `u`@`h`',
    'GRANT ON *.* TO `u`@`h`',
    'REVOKE SELECT ON `mysql`.* FROM `u`@`h`',
    'GRANT SELECT ON "s".* TO "u"@"h"',
    'GRANT SELECT ON `s.* TO `u`@`h`',
    "GRANT SELECT (`a` ON `s`.`t` TO `u`@'h",
    `GRANT SELECT ON *.* TO \`u\`@\`h\`${' '.repeat(1_100_000)}`,
  ])('that is not in the grammar is said to be so: %.60s', (line) => {
    expect(parseGrant(line)).toBeNull();
  });

  test('is read in time that grows with its length', () => {
    const line = `GRANT SELECT (${Array.from({ length: 20_000 }, (_, at) => `\`c${at}\``).join(', ')}) ON \`s\`.\`t\` TO \`u\`@\`h\``;
    const startedMs = performance.now();
    expect(parseGrant(line)).not.toBeNull();
    parseGrant('`'.repeat(500_001));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe('the pattern of a schema', () => {
  test.each([
    ['a_b', 'axb', true],
    ['a\\_b', 'axb', false],
    ['a\\_b', 'a_b', true],
    ['a%', 'a', true],
    ['%b%', 'xxbxx', true],
    ['a\\\\b', 'a\\b', true],
    ['a%c', 'abd', false],
    ['_', '漢', true],
  ])('%s fits %s: %s', (pattern, schema, fits) => {
    expect(matchesPattern(pattern, schema)).toBe(fits);
  });

  test('full of wildcards is no work', () => {
    const startedMs = performance.now();
    expect(matchesPattern('%a'.repeat(32), 'a'.repeat(63))).toBe(true);
    expect(matchesPattern(`${'%a'.repeat(32)}b`, 'a'.repeat(64))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(200);
  });

  test('as it is quoted fits that schema alone', () => {
    for (const name of ['a_b', '100%', 'a\\b', 'x`y', 'plain']) {
      const written = quoteSchemaPattern(name).slice(1, -1).replaceAll('``', '`');
      expect(matchesPattern(written, name)).toBe(true);
      expect(matchesPattern(written, `${name}x`)).toBe(false);
    }
    expect(quoteName('a`; drop')).toBe('`a``; drop`');
  });
});

test('the most specific of the grants on schemas counts, and roles only when they are active', () => {
  const lines = [
    'GRANT `r` TO `u`@`%`',
    'GRANT SELECT, INSERT ON `sh%`.* TO `u`@`%`',
    'GRANT SELECT ON `shop`.* TO `u`@`%`',
    'GRANT DELETE ON `shop`.* TO `r`',
    'GRANT UPDATE ON `shop`.`t` TO `u`@`%`',
  ].map((line) => [line]);
  const without = readPrivileges(accountOf('u@%', null), lines);
  expect([...without.ofSchema('shop')]).toEqual(['SELECT']);
  expect([...without.ofSchema('ship')]).toEqual(['SELECT', 'INSERT']);
  expect([...without.ofTable('shop', 't')]).toEqual(['SELECT', 'UPDATE']);
  expect(without.ofPattern('ship')).toEqual(['SELECT', 'INSERT']);
  expect(without.ofPattern('shop')).toEqual([]);
  expect([...readPrivileges(accountOf('u@%', 'r'), lines).ofSchema('shop')]).toEqual(['SELECT', 'DELETE']);
});

describe('values', () => {
  test('stand as their bytes, so nothing in them is SQL', () => {
    expect(bindValues('a = ? AND b = ?', ["'; --", 3])).toBe("a = _utf8mb3 x'273b202d2d' AND b = 3");
    expect(bindValues('?', [null])).toBe('NULL');
    expect(bindValues('?', ['😀'])).toBe("_utf8mb4 x'f09f9880'");
    expect(bindValues('SELECT `a?b`', [])).toBe('SELECT `a?b`');
  });

  test('fit their places', () => {
    expect(() => bindValues('?', ['a', 'b'])).toThrow(TypeError);
    expect(() => bindValues('?', [Number.NaN])).toThrow(TypeError);
  });
});
