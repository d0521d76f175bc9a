import { describe, expect, test } from 'vitest';
import { httpErrors } from '../errors.js';
import { isSecondSpelling, parseQuery, rawPathOf } from './url.js';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
}

describe('the path of a request target', () => {
  test.each([
    ['/user/login', '/user/login'],
    ['/user/login?a=1', '/user/login'],
    ['/user/login#a?b', '/user/login'],
    ['http://host:1/user/login?a', '/user/login'],
    ['*', '*'],
    ['', ''],
  ])('%s → %s', (target, path) => {
    expect(rawPathOf(target)).toBe(path);
  });
});

describe('the query of a request target', () => {
  test('holds names with and without a value', () => {
    const query = parseQuery('/x?single&a=b%20c+d&empty=#fragment', false);
    expect([query.has('single'), query.get('single'), query.get('a'), query.get('empty')]).toEqual([
      true,
      '',
      'b c d',
      '',
    ]);
    expect(query.has('absent')).toBe(false);
    expect(query.get('toString')).toBeUndefined();
  });

  test.each(['token', 'TOKEN', 'access_token', 'api_key', 'password', 'jwt', 'csrf', '%74oken'])(
    'refuses a credential called %s',
    (name) => {
      expect(codeOf(() => parseQuery(`/x?${name}=1`, false))).toBe(httpErrors.credential_in_url.code);
      expect(codeOf(() => parseQuery(`/x?${name}`, false))).toBe(httpErrors.credential_in_url.code);
    },
  );

  test('takes csrf where the family has it there, and only that', () => {
    expect(parseQuery('/x?csrf=1', true).get('csrf')).toBe('1');
    expect(codeOf(() => parseQuery('/x?csrf=1&jwt=2', true))).toBe(httpErrors.credential_in_url.code);
  });

  test('refuses one name with two values, and takes the same value twice', () => {
    expect(codeOf(() => parseQuery('/x?a=1&a=2', false))).toBe(httpErrors.url_malformed.code);
    expect(parseQuery('/x?a=1&a=1', false).get('a')).toBe('1');
  });

  test.each(['/x?a=%', '/x?a=%zz', '/x?%c0%af=1', '/x?a=%ff'])('refuses %s', (target) => {
    expect(codeOf(() => parseQuery(target, false))).toBe(httpErrors.url_malformed.code);
  });
});

describe('a path has one spelling', () => {
  test.each([
    '/%75ser/login',
    '/data/v1/shop/ord%65rs',
    '/data/v1/sh%20op/orders',
    '/data/v1/shop/orders/%63ount',
    '/data/v1/shop/orders/a%7Eb',
    '/data/v1/shop/orders/%2d1',
    '/data/v1/shop/orders/1/%20',
    '/data/v1/%2e%2e/admin/v1',
    '/admin/v1/users/%61da',
    '/admin/v1/users/a%20b/%64isable',
    '/admin/v1/%75sers/ada',
    '/admin/v1/roles/%C3%A4',
    '/console/..%2f..%2fpackage.json',
    '/console/%61ssets/index.js',
    '/console/people/%2e%2e',
    '/console/%C3%A4',
  ])('%s is another', (path) => {
    expect(isSecondSpelling(path)).toBe(true);
  });

  test.each([
    '/user/login',
    '/data/v1/shop/orders/7,8',
    '/data/v1/shop/orders/a%20b%2Fc',
    '/data/v1/shop/orders/%5B%22count%22%5D',
    '/data/v1/shop/orders/100%25',
    '/data/v1/shop/orders/%2541',
    '/data/v1/shop/orders/%C3%A4',
    '/admin/v1/users/%C3%A4da%40example.com',
    '/admin/v1/users/a%2Fb/password',
    '/console/people/j%C3%BCrgen%40example.com',
    '/console/data/shop/a%20b',
  ])('%s is the one', (path) => {
    expect(isSecondSpelling(path)).toBe(false);
  });
});
