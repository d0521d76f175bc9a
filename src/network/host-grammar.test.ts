import { describe, expect, test } from 'vitest';
import { isLoopbackHost, parseHost } from './host-grammar.js';

const taken: readonly (readonly [given: string, canonical: string])[] = [
  ['localhost', 'localhost'],
  ['LOCALHOST', 'localhost'],
  ['db', 'db'],
  ['db.example.com', 'db.example.com'],
  ['DB.Example.COM', 'db.example.com'],
  ['my_db', 'my_db'],
  ['a-b.c-d.example', 'a-b.c-d.example'],
  ['1db.example', '1db.example'],
  ['10.example', '10.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
  ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  ['faß.example', 'xn--fa-hia.example'],
  ['10.0.0.5', '10.0.0.5'],
  ['127.0.0.1', '127.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['::1', '::1'],
  ['::', '::'],
  ['2001:db8::7', '2001:db8::7'],
  ['2001:DB8::7', '2001:db8::7'],
  ['fe80::1', 'fe80::1'],
  ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ['64:ff9b::a00:1', '64:ff9b::a00:1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
];

const refused: readonly string[] = [
  // Numbers that a resolver reads as IPv4.
  ...['2130706433', '0x7f000001', '0X7F000001', '017700000001', '0', '1', '4294967295', '0xffffffff', '0x', '00'],
  ...['127.1', '127.0.1', '0177.0.0.1', '0x7f.0.0.1', '0x7f.1', '127.0.0.01', '127.0.0.0x1', '10.0.5', '1.2.3.4.5'],
  ...['256.0.0.1', '127.0.0.256', '127.0.0.-1', '127.0.0', '127.0.0.1.', '.127.0.0.1', '127..0.1', '1.2.3', '3.4'],
  ...['example.1', 'example.0x1', 'foo.0x7f000001', 'a.b.017'],
  // Digits, dots and letters of other scripts.
  ...['①②⑦.⓪.⓪.①', '１２７.０.０.１', '127。0。0。1', '127．0．0．1', '𝟏𝟐𝟕.𝟎.𝟎.𝟏', '١٢٧.٠.٠.١', '²１７'],
  ...['ＬＯＣＡＬＨＯＳＴ', 'ⓛocalhost', 'locaℓhost', 'ﬁle.example', 'ℝ.example', 'İ.example', 'BÜCHER\u0308.example'],
  ...[
    'loc\u00adalhost',
    'local\u200bhost',
    'local\u200dhost',
    'local\ufeffhost',
    'a\u2060b.example',
    'a\u0301.example',
  ],
  // What is not part of a name.
  ...[
    '',
    ' ',
    ' localhost',
    'localhost ',
    'local host',
    'localhost\n',
    'localhost\t',
    '\u00a0localhost',
    'localhost\0',
  ],
  ...['127.0.0.1\0.example.com', 'example.com\0', 'localhost%00', '%6c%6f%63alhost', '127.0.0.1%2f', 'local%host'],
  ...['localhost.', 'db.example.com.', 'db..example.com', '.example.com', '.', '..', '-db.example', 'db-.example'],
  ...['a.-b.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}ab`, 'a'.repeat(254), '_.example', '_db'],
  // More than a host.
  ...['localhost:5432', '127.0.0.1:5432', 'db.example.com:80', 'localhost,other', 'a,b', 'localhost;b', 'a|b'],
  ...['/var/run/postgresql', '/tmp', './sock', '../x', '\\\\server\\pipe', '@abstract', '/', 'a/b', 'a\\b', '~'],
  ...[
    'http://localhost',
    'postgres://u:p@h/d',
    '//localhost',
    'localhost/x',
    'localhost?x',
    'localhost#x',
    'u@localhost',
  ],
  ...[
    'u:p@localhost',
    '*',
    '*.example.com',
    '?',
    'a*b',
    'a+b',
    'a=b',
    'a&b',
    'a"b',
    "a'b",
    'a`b',
    '$HOME',
    '$(x)',
    '(a)',
  ],
  ...[
    '{a}',
    '<a>',
    'a!b',
    'a^b',
    'host=127.0.0.1',
    'tcp(127.0.0.1)',
    'unix(/tmp/x)',
    'jdbc:h2:mem',
    'a\u202eb.example',
  ],
  // IPv6 in other spellings.
  ...['[::1]', '[::1]:5432', '[127.0.0.1]', '[localhost]', '::1]', '[::1', '::1%lo', 'fe80::1%eth0', 'fe80::1%25eth0'],
  ...['0:0:0:0:0:0:0:1', '::0001', '::01', '0::1', '::0:1', '2001:db8:0:0:0:0:0:7', '2001:db8::0:7', '2001:0db8::7'],
  ...[
    ':::',
    '::1::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    '::g',
    ':1',
    '1:',
  ],
  ...['::127.0.0.1', '::ffff:7f00:1', '::ffff:0x7f.1', '::ffff:127.1', '::ffff:127.0.0.1:80', '::FFFF:7F00:0001'],
  ...['::ffff:127.0.0.01', '64:ff9b::127.0.0.1', '1.2.3.4::', '::1.2.3.4:5', '::/0', '::1/128', '10.0.0.0/8'],
  ...['xn--', 'xn--a', 'xn--a.example', 'xn--bcher-kva-.example', 'xn--localhost-.example', 'XN--.example'],
];

describe('the grammar of hosts', () => {
  test.each(taken)('%s is %s', (given, canonical) => {
    expect(parseHost(given)?.text).toBe(canonical);
    expect(parseHost(canonical)?.text).toBe(canonical);
  });

  test('the corpus of refused spellings is as large as it should be', () => {
    expect(new Set(refused).size).toBeGreaterThanOrEqual(150);
  });

  test.each(refused.map((one) => [JSON.stringify(one), one] as const))('%s is refused', (_shown, one) => {
    expect(parseHost(one)).toBeNull();
  });

  test('nothing taken means something else to a parser of URLs', () => {
    for (const [given] of taken) {
      const canonical = parseHost(given)?.text ?? '';
      const url = new URL(`postgres://${canonical.includes(':') ? `[${canonical}]` : canonical}:1/`);
      const host = new URL(url.href.replace('postgres:', 'http:')).hostname;
      if (!canonical.includes(':')) expect(host).toBe(canonical);
    }
  });

  test('loopback is told by name and by address', () => {
    const isLoopback = (text: string) => {
      const host = parseHost(text);
      return host !== null && isLoopbackHost(host);
    };
    expect(
      ['localhost', 'a.localhost', '127.0.0.1', '127.9.8.7', '::1', '::ffff:127.0.0.1'].filter(isLoopback),
    ).toHaveLength(6);
    expect(['localhost.example', 'mylocalhost', '128.0.0.1', '::2', '10.0.0.1', '0.0.0.0'].filter(isLoopback)).toEqual(
      [],
    );
  });
});
