import { describe, expect, test } from 'vitest';
import { createTargetPolicy, type OwnEndpoint, type TargetPolicyOptions } from './address-policy.js';
import { parseHost } from './host-grammar.js';
import { parseIp } from './ip-address.js';
import { parseTargetsAllow } from './targets-allow.js';

function rules(text: string) {
  const parsed = parseTargetsAllow(text);
  if (!parsed.ok) throw new Error(parsed.faults.join('; '));
  return parsed.rules;
}

function policyOf(options: Partial<Omit<TargetPolicyOptions, 'allow'>> & { readonly allow?: string } = {}) {
  return createTargetPolicy({
    isBoundToLoopback: () => true,
    ownEndpoints: () => [],
    localAddresses: () => ['127.0.0.1', '::1', '192.0.2.10', 'fe80::1%eth0', '2001:db8::10'],
    ...options,
    allow: rules(options.allow ?? ''),
  });
}

/** Whether a name with that address may be dialled. */
function mayDial(
  policy: ReturnType<typeof policyOf>,
  addressText: string,
  { host: hostText = 'db.example.com', port = 5432, own = [] as readonly OwnEndpoint[] } = {},
): boolean {
  const address = parseIp(addressText);
  const host = parseHost(hostText);
  if (address === null || host === null) throw new Error(`cannot read ${addressText} or ${hostText}`);
  const located = own.map((endpoint) => {
    const ip = parseIp(endpoint.host);
    return { endpoint, addresses: ip === null ? null : [ip] };
  });
  return policy.mayResolve(host, port) && policy.mayDial(host, port, address, located);
}

const never: readonly string[] = [
  // Unspecified, this network, broadcast, multicast, reserved.
  ...[
    '0.0.0.0',
    '0.0.0.1',
    '0.255.255.255',
    '255.255.255.255',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '250.1.2.3',
  ],
  ...['::', 'ff02::1', 'ff0e::1', 'ff01::fb'],
  // Link-local and what lives there.
  ...['169.254.169.254', '169.254.0.1', '169.254.170.2', '169.254.0.23', '169.254.42.42', '169.254.255.255'],
  ...['fe80::1', 'fe80::a9fe:a9fe', 'febf::1', 'fec0::1', 'feff::1'],
  // Metadata elsewhere.
  ...['fd00:ec2::254', 'fd00:ec2::23', 'fd00:ec2::253', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe', 'fd00:42::42'],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '192.0.0.1', '192.88.99.1'],
  // The same inside IPv6.
  ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::ffff:0.0.0.0', '::ffff:100.100.100.200', '::ffff:168.63.129.16'],
  ...['::169.254.169.254', '::a9fe:a9fe', '::127.0.0.1', '::7f00:1', '::ffff:0:169.254.169.254', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::169.254.169.254', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::0.0.0.0', '64:ff9b:1::a00:1'],
  ...['2002:a9fe:a9fe::1', '2002:7f00:1::1', '2002:7f00:1::', '2002:0:0::1', '2002:e000:1::1'],
  ...['2001:0:a9fe:a9fe::1', '2001:0:7f00:1::1', '2001:0:102:304::5601:5601', '2001:0:102:304:0:0:80ff:fffe'],
  ...['2001:db8::5efe:169.254.169.254', '2001:db8::5efe:127.0.0.1', '2001:db8::200:5efe:7f00:1'],
];

const ordinary = [
  '10.0.0.5',
  '172.16.0.1',
  '192.168.1.1',
  '8.8.8.8',
  '100.64.0.1',
  '198.51.100.7',
  '2001:db8::7',
  'fd12:3456::1',
];

describe('what no setting opens', () => {
  test.each(never)('%s', (address) => {
    expect(mayDial(policyOf(), address)).toBe(false);
    const wide = policyOf({ allow: '0.0.0.0/0, ::/0, *.example.com, db.example.com, localhost' });
    expect(mayDial(wide, address)).toBe(false);
    expect(mayDial(policyOf({ isBoundToLoopback: () => false }), address)).toBe(false);
  });

  test.each(ordinary)('and not %s', (address) => {
    expect(mayDial(policyOf(), address)).toBe(true);
  });

  test('an address that carries an ordinary one is judged by it', () => {
    expect(mayDial(policyOf(), '::ffff:10.0.0.5')).toBe(true);
    expect(mayDial(policyOf(), '64:ff9b::10.0.0.5')).toBe(true);
    expect(mayDial(policyOf(), '2002:a00:5::1')).toBe(true);
  });
});

describe('loopback', () => {
  test('is open while we are bound there ourselves', () => {
    for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
      expect(mayDial(policyOf(), address, { host: 'localhost' })).toBe(true);
      expect(mayDial(policyOf({ isBoundToLoopback: () => false }), address, { host: 'localhost' })).toBe(false);
    }
  });

  test('follows the bind address as it is now', () => {
    let isBoundToLoopback = true;
    const policy = policyOf({ isBoundToLoopback: () => isBoundToLoopback });
    expect(mayDial(policy, '127.0.0.1', { host: '127.0.0.1' })).toBe(true);
    isBoundToLoopback = false;
    expect(mayDial(policy, '127.0.0.1', { host: '127.0.0.1' })).toBe(false);
  });

  test('is open when it is listed, by address or as localhost, and not by another name that leads there', () => {
    const outside = { isBoundToLoopback: () => false };
    expect(mayDial(policyOf({ ...outside, allow: '127.0.0.1:5432' }), '127.0.0.1', { host: 'localhost' })).toBe(true);
    expect(mayDial(policyOf({ ...outside, allow: 'localhost' }), '127.0.0.1', { host: 'localhost' })).toBe(true);
    expect(mayDial(policyOf({ ...outside, allow: '127.0.0.1:5433' }), '127.0.0.1', { host: 'localhost' })).toBe(false);
    expect(mayDial(policyOf({ ...outside, allow: 'db.example.com' }), '127.0.0.1')).toBe(false);
    expect(mayDial(policyOf({ ...outside, allow: '*.example.com' }), '::1')).toBe(false);
  });
});

describe('the list of the operator', () => {
  test.each([
    ['10.0.0.0/8', '10.1.2.3', 'db.example.com', true],
    ['10.0.0.0/8', '11.1.2.3', 'db.example.com', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', 'db.example.com', true],
    ['10.0.0.0/8:5432', '10.1.2.3', 'db.example.com', true],
    ['10.0.0.0/8:5433', '10.1.2.3', 'db.example.com', false],
    ['db.example.com', '8.8.8.8', 'db.example.com', true],
    ['db.example.com', '8.8.8.8', 'other.example.com', false],
    ['db.example.com:5433', '8.8.8.8', 'db.example.com', false],
    ['*.example.com', '8.8.8.8', 'db.example.com', true],
    ['*.example.com', '8.8.8.8', 'a.b.example.com', true],
    ['*.example.com', '8.8.8.8', 'example.com', false],
    ['*.example.com', '8.8.8.8', 'badexample.com', false],
    ['2001:db8::/32', '2001:db8::7', 'db.example.com', true],
    ['[2001:db8::/32]:5432', '2001:db8::7', 'db.example.com', true],
    ['[2001:db8::7]:5433', '2001:db8::7', '2001:db8::7', false],
    ['10.0.0.0/8', '10.1.2.3', 'db', false],
    ['10.0.0.0/8, db', '10.1.2.3', 'db', true],
    ['', '10.1.2.3', 'db', true],
    ['8.8.8.8', '8.8.8.8', '8.8.8.8', true],
    ['8.8.8.8', '8.8.4.4', '8.8.4.4', false],
  ] as const)('%s and %s for %s: %s', (allow, address, host, isAllowed) => {
    expect(mayDial(policyOf({ allow }), address, { host })).toBe(isAllowed);
  });
});

describe('our own places', () => {
  const place = (host: string, port: number): OwnEndpoint => ({ host, port });

  test('a listener is refused by every address of this machine', () => {
    for (const bound of ['0.0.0.0', '::', '127.0.0.1', '::1', '192.0.2.10']) {
      const own = [place(bound, 8000)];
      for (const address of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1', '192.0.2.10', '2001:db8::10']) {
        expect(mayDial(policyOf(), address, { host: 'x.example', port: 8000, own })).toBe(false);
        expect(mayDial(policyOf(), address, { host: 'x.example', port: 8001, own })).toBe(true);
      }
      expect(mayDial(policyOf(), '8.8.8.8', { port: 8000, own })).toBe(true);
    }
  });

  test('a store elsewhere is refused at its address and port, also inside IPv6', () => {
    const own = [place('10.0.0.5', 5432)];
    expect(mayDial(policyOf(), '10.0.0.5', { own })).toBe(false);
    expect(mayDial(policyOf(), '::ffff:10.0.0.5', { own })).toBe(false);
    expect(mayDial(policyOf(), '64:ff9b::10.0.0.5', { own })).toBe(false);
    expect(mayDial(policyOf(), '10.0.0.6', { own })).toBe(true);
    expect(mayDial(policyOf(), '10.0.0.5', { own, port: 5433 })).toBe(true);
  });

  test('nothing on its port is dialled while nobody knows where it is', () => {
    const own = [place('store.example', 5432)];
    expect(mayDial(policyOf(), '8.8.8.8', { own })).toBe(false);
    expect(mayDial(policyOf(), '8.8.8.8', { own, port: 5433 })).toBe(true);
  });

  test('listing them does not open them', () => {
    const own = [place('127.0.0.1', 8000)];
    expect(mayDial(policyOf({ allow: '127.0.0.0/8' }), '127.0.0.1', { host: '127.0.0.1', port: 8000, own })).toBe(
      false,
    );
  });
});

describe('reading the list', () => {
  test.each([
    '10.0.0.1/8',
    '10.0.0.0/33',
    '2001:db8::1/32',
    '10.0.0.0/08',
    'a b',
    'db:0',
    'db:65536',
    'db:x',
    '*.',
    '*',
    '**.x',
    'a.*.b',
    '*.10.0.0.1',
    '[::1',
    '127.1',
    'localhost.',
    '10.0.0.0/8/8',
    ':5432',
    ',',
  ])('%s is a fault', (text) => {
    expect(parseTargetsAllow(text).ok).toBe(false);
  });

  test('each fault is told', () => {
    const parsed = parseTargetsAllow('good.example, b ad, 10.0.0.1/8');
    expect(parsed).toEqual({
      ok: false,
      faults: [expect.stringContaining('"b ad"'), expect.stringContaining('"10.0.0.1/8"')],
    });
  });

  test('blank is no rule', () => {
    expect(parseTargetsAllow(' ')).toEqual({ ok: true, rules: [] });
  });
});
