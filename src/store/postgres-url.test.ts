import { describe, expect, test } from 'vitest';
import { parsePostgresUrl } from './postgres-url.js';

function read(url: string) {
  const { password, ...location } = parsePostgresUrl(url);
  return { ...location, password: password.reveal() };
}

describe('a postgres URL', () => {
  test('names host, port, user, password and database', () => {
    expect(read('postgres://jo:p%40ss%3A%2F@db.example.test:6432/latch%20key?sslmode=verify-full')).toEqual({
      host: 'db.example.test',
      port: 6432,
      user: 'jo',
      password: 'p@ss:/',
      database: 'latch key',
      tls: 'verify-full',
      rootCertificateFile: null,
    });
  });

  test('may leave out port and password, and name an IPv6 address', () => {
    expect(read('postgresql://jo@[2001:db8::1]/db')).toMatchObject({ host: '2001:db8::1', port: 5432, password: '' });
  });

  test.each([
    ['postgres://u@db.test/d', 'verify-full'],
    ['postgres://u@db.test/d?sslmode=require', 'verify-full'],
    ['postgres://u@db.test/d?sslmode=verify-full', 'verify-full'],
    ['postgres://u@db.test/d?sslmode=verify-ca', 'verify-ca'],
    ['postgres://u@db.test/d?sslmode=disable', 'off'],
    ['postgres://u@127.0.0.1/d', 'off'],
    ['postgres://u@localhost/d', 'off'],
    ['postgres://u@[::1]/d', 'off'],
    ['postgres://u@localhost/d?sslmode=require', 'verify-full'],
    ['postgres://u@127.0.0.2/d', 'verify-full'],
    ['postgres://u@localhost.example.test/d', 'verify-full'],
  ])('%s speaks TLS: %s', (url, tls) => {
    expect(parsePostgresUrl(url).tls).toBe(tls);
  });

  test('may name the authorities to trust', () => {
    expect(parsePostgresUrl('postgres://u@db.test/d?sslrootcert=%2Fetc%2Fca.pem').rootCertificateFile).toBe(
      '/etc/ca.pem',
    );
  });

  test.each([
    '',
    'postgres:',
    'postgres://',
    'mysql://u@h/d',
    'http://u@h/d',
    'postgres://h/d',
    'postgres://u@h',
    'postgres://u@h/',
    'postgres://u@h/a/b',
    'postgres://u@/d',
    'postgres:///d?host=/var/run/postgresql',
    'postgres://u@h1,h2/d',
    'postgres://u@h1:5432,h2:5432/d',
    'postgres://u@%2Fvar%2Frun/d',
    'postgres://u@h:0/d',
    'postgres://u@h:65536/d',
    'postgres://u@h:x/d',
    'postgres://u@h/d#x',
    'postgres://u@h/d?sslmode=prefer',
    'postgres://u@h/d?sslmode=allow',
    'postgres://u@h/d?sslmode=no-verify',
    'postgres://u@h/d?sslmode=',
    'postgres://u@h/d?sslmode=disable&sslmode=verify-full',
    'postgres://u@h/d?sslmode=disable&sslrootcert=/ca.pem',
    'postgres://u@h/d?sslrootcert=ca.pem',
    'postgres://u@h/d?sslcert=/etc/passwd',
    'postgres://u@h/d?sslkey=/etc/shadow',
    'postgres://u@h/d?options=-c%20synchronous_commit%3Doff',
    'postgres://u@h/d?host=other',
    'postgres://u@h/d?application_name=x',
    'postgres://u@h/d?uselibpqcompat=true',
    'postgres://u%00@h/d',
    'postgres://u@h/d%00',
    'postgres://u:%ff@h/d',
    'postgres://u@h..test/d',
    'postgres://u@h test/d',
  ])('is refused whole when any of it is not understood: %j', (url) => {
    expect(() => parsePostgresUrl(url)).toThrow(expect.objectContaining({ code: 'store.url_invalid' }));
  });

  test('is never repeated in the refusal', () => {
    try {
      parsePostgresUrl('postgres://jo:hunter2@h1,h2/d');
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
    }
  });
});
