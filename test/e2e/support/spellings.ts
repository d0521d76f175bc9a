/**
 * Hosts as somebody spells them who wants to reach a place that is not allowed: the many ways there are to write an
 * address, to hide it inside another one, and to have a parser, a resolver or a driver read something else than a
 * person would.
 *
 * @module
 */

const digits = (first: number) => (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(first + Number(digit)));
const circled = (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(digit === '0' ? 0x24ea : 0x2460 + Number(digit) - 1));
const superscripts = (text: string) => text.replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? digit);
const percent = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** @param allowed  A host that may be reached, to stand beside the forbidden one. */
export function spellingsOfIpv4(address: string, port: number, allowed: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const value = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (part: number) => `0x${part.toString(16)}`;
  const octal = (part: number) => `0${part.toString(8)}`;
  const high = ((a << 8) | b).toString(16);
  const low = ((c << 8) | d).toString(16);
  const inverted = [~((a << 8) | b) & 0xffff, ~((c << 8) | d) & 0xffff].map((part) => part.toString(16)).join(':');
  return [
    address,
    // Other numbers.
    ...[String(value), hex(value), `0${value.toString(8)}`, `0x${value.toString(16).toUpperCase()}`],
    ...[String(value + 2 ** 32), `-${2 ** 32 - value}`, `+${value}`, `${value}.`, `${value}L`],
    ...[`${a}.${(b << 16) | (c << 8) | d}`, `${a}.${b}.${(c << 8) | d}`, `${hex(a)}.${(b << 16) | (c << 8) | d}`],
    ...[[a, b, c, d].map(hex).join('.'), [a, b, c, d].map(octal).join('.'), `${octal(a)}.${b}.${c}.${d}`],
    ...[`${hex(a)}.${octal(b)}.${c}.${d}`, [a, b, c, d].map((part) => String(part).padStart(3, '0')).join('.')],
    ...[`${a + 256}.${b}.${c}.${d}`, `${a}.${b}.${c}.${d + 256}`, `${a}.${b}.${c}.${d}.0`, `0.${address}`],
    // Other characters.
    ...[digits(0xff10)(address), digits(0x660)(address), digits(0x1d7ce)(address), circled(address)],
    ...[
      superscripts(address),
      address.replaceAll('.', '。'),
      address.replaceAll('.', '．'),
      address.replaceAll('.', '｡'),
    ],
    ...[`\u200b${address}`, address.replace('.', '\u00ad.'), `\u202e${address}`, `${address}\u0301`, percent(address)],
    ...[`${address}\0`, `${address}\0.example.com`, `${address}%00`, `${address}%2eexample.com`, ` ${address}`],
    ...[`${address} `, `${address}\n`, `${address}\r\nX: y`, `\t${address}`, `${address}.`, `${address}..`],
    // More than a host.
    ...[
      `[${address}]`,
      `${address}:${port}`,
      `${address}/`,
      `//${address}`,
      `http://${address}:${port}/`,
      `\\\\${address}`,
    ],
    ...[`user@${address}`, `${allowed}@${address}`, `${address}@${allowed}`, `${address}#${allowed}`, `${address}?a`],
    ...[
      `${allowed},${address}`,
      `${address},${allowed}`,
      `${allowed} ${address}`,
      `${allowed};${address}`,
      `${address}&a`,
    ],
    ...[`postgres://${address}:${port}/app`, `${address} port=${port}`, `host=${address}`, `tcp:${address},${port}`],
    // Inside IPv6.
    ...[`::ffff:${address}`, `::ffff:${high}:${low}`, `0:0:0:0:0:ffff:${high}:${low}`, `::FFFF:${address}`],
    ...[`[::ffff:${address}]`, `::${address}`, `::${high}:${low}`, `::ffff:0:${address}`, `::ffff:0:${high}:${low}`],
    ...[`64:ff9b::${address}`, `64:ff9b::${high}:${low}`, `64:ff9b:1::${high}:${low}`, `2002:${high}:${low}::`],
    ...[`2002:${high}:${low}::1`, `2001:0:${high}:${low}::`, `2001::${inverted}`, `fe80::5efe:${address}`],
    ...[`2001:db8::200:5efe:${high}:${low}`, `::ffff:${address}%1`, `::ffff:${address}%lo`],
  ];
}

export function spellingsOfIpv6(address: string, port: number): readonly string[] {
  return [
    ...[
      address,
      `[${address}]`,
      `[${address}]:${port}`,
      `${address}%lo`,
      `${address}%25lo`,
      `${address}%0`,
      `${address}%`,
    ],
    ...[
      address.toUpperCase(),
      ` ${address}`,
      `${address}\0`,
      `${address}/128`,
      `${address}.`,
      `[${address}`,
      `${address}]`,
    ],
    ...[
      address.replaceAll(':', '：'),
      address.replaceAll('1', '１'),
      `http://[${address}]:${port}/`,
      `user@[${address}]`,
    ],
  ];
}

/** Names and paths that lead to this machine, or to somewhere else than they look. */
export const otherSpellings: readonly string[] = [
  ...['localhost', 'LOCALHOST', 'localhost.', 'localhost\n', 'localhost%00', 'a.localhost', 'localhost.localdomain'],
  ...[
    'ip6-localhost',
    'ip6-loopback',
    'loopback',
    'ｌocalhost',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'loc\u00adalhost',
    'locaſhost',
    'localho\u017ft',
  ],
  ...[
    '',
    ' ',
    '.',
    '..',
    '-',
    '*',
    '%',
    '0',
    '0x0',
    '00',
    '0.0.0.0',
    '::',
    '[::]',
    '0:0:0:0:0:0:0:0',
    '::0',
    '0.0',
    '0.',
  ],
  ...['/tmp', '/tmp/.s.PGSQL.5432', '/run/mysqld/mysqld.sock', '/var/run/postgresql', './x', '@abstract', '\0abstract'],
  ...['unix:/tmp/x', 'file:///etc/passwd', '\\\\.\\pipe\\MySQL', 'C:\\x', '[fe80::1%25lo]', 'fe80::1%lo', 'fe80::1'],
  ...['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16', '255.255.255.255'],
  ...['224.0.0.1', '240.0.0.1', 'ff02::1', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::', '::ffff:a9fe:a9fe', 'fec0::1'],
  ...['metadata.google.internal', 'instance-data', 'host.docker.internal', '__proto__', 'constructor'],
];

/** Names of the test's own name server, and what it answers. The last answer stays. */
export const namesOfTest: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'allowed.test': [['127.0.0.77']],
  'forbidden.test': [['127.0.0.2']],
  'mixed.test': [['127.0.0.77', '127.0.0.2']],
  'mixed-kinds.test': [['127.0.0.77', '::1']],
  'six.test': [['::1']],
  'mapped.test': [['0:0:0:0:0:ffff:7f00:2']],
  'nat64.test': [['64:ff9b::7f00:2']],
  'sixtofour.test': [['2002:7f00:2::1']],
  'metadata.test': [['169.254.169.254']],
  'unspecified.test': [['0.0.0.0']],
};

/** Answers differently from the second question on; the number makes each use a name of its own. */
export const rebinding = /^rebind-\d+\.test$/;
