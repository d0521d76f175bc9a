import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { canonicalBytes } from './canonical.js';
import { createAuditChain, storableEvent } from './chain.js';
import type { AuditEvent } from './event.js';

const key = Buffer.alloc(32, 5);
const chain = createAuditChain(new Secret<Uint8Array>(key));

const event: AuditEvent = {
  name: 'login.refused',
  atMs: 1_777_162_107_250,
  origin: { door: 'native', requestId: 'r-1', address: null },
  actorId: null,
  credential: { kind: 'api_key', id: 'k-1' },
  organisationId: null,
  subject: 'user:é',
  outcome: 'refused',
  reason: 'wrong_password',
  facts: { b: 1, a: 'x', c: true },
};

const u32 = (count: number) => Buffer.from([0, 0, 0, count]);
const s = (text: string) => Buffer.concat([Buffer.from('s'), u32(Buffer.byteLength(text)), Buffer.from(text)]);
const i = (text: string) => Buffer.concat([Buffer.from('i'), u32(text.length), Buffer.from(text)]);
const n = Buffer.from('n');
const o = (...members: [string, Buffer][]) =>
  Buffer.concat([Buffer.from('o'), u32(members.length), ...members.flatMap(([name, value]) => [s(name), value])]);

describe('canonical bytes', () => {
  test('are those of the documented encoding', () => {
    expect(Buffer.from(canonicalBytes({ b: [null, true, false, -1.5], a: 'é' }))).toEqual(
      o(['a', s('é')], ['b', Buffer.concat([Buffer.from('a'), u32(4), n, Buffer.from('tf'), i('-1.5')])]),
    );
  });

  test('do not depend on the order members were written in', () => {
    const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 3 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(Buffer.from(canonicalBytes(turned as never))).toEqual(Buffer.from(canonicalBytes(value as never)));
      }),
    );
  });

  test('are different for different values', () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .sort()
          .map(([name, one]) => [name, sorted(one)]),
      );
    };
    fc.assert(
      fc.property(json, json, (left, right) => {
        fc.pre(JSON.stringify(sorted(left)) !== JSON.stringify(sorted(right)));
        expect(Buffer.from(canonicalBytes(left as never))).not.toEqual(Buffer.from(canonicalBytes(right as never)));
      }),
    );
  });

  test.each([
    [['a', 'b'], ['ab']],
    [['a', ['b']], [['a', 'b']]],
    [{ a: 'b' }, ['a', 'b']],
    ['1', 1],
    ['', null],
    [true, 'true'],
    [{ ab: 'c' }, { a: 'bc' }],
  ])('%j and %j are not mistaken for each other', (left, right) => {
    expect(Buffer.from(canonicalBytes(left as never))).not.toEqual(Buffer.from(canonicalBytes(right as never)));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s has none', (value) => {
    expect(() => canonicalBytes(value)).toThrow(TypeError);
  });
});

describe('the chain', () => {
  test('links by HMAC-SHA-256 over place, previous mac and content', () => {
    const content = o(
      ['actorId', n],
      ['atMs', i('1777162107250')],
      ['credential', o(['id', s('k-1')], ['kind', s('api_key')])],
      ['facts', o(['a', s('x')], ['b', i('1')], ['c', Buffer.from('t')])],
      ['name', s('login.refused')],
      ['organisationId', n],
      ['origin', o(['address', n], ['door', s('native')], ['requestId', s('r-1')])],
      ['outcome', s('refused')],
      ['reason', s('wrong_password')],
      ['subject', s('user:é')],
    );
    const bytes = Buffer.concat([
      Buffer.from('a'),
      u32(5),
      s('latchkey/audit/event/v1'),
      i('3'),
      i('9'),
      s('previous'),
      content,
    ]);
    expect(chain.link(event, 3, 9, 'previous')).toBe(createHmac('sha256', key).update(bytes).digest('hex'));
  });

  test('what an object carries besides an event does not count', () => {
    expect(chain.link({ ...event, chain: 1, mac: 'x' } as AuditEvent, 0, 1, '')).toBe(chain.link(event, 0, 1, ''));
  });

  test('every field, the place and the key count', () => {
    const macs = [
      chain.link(event, 0, 1, ''),
      chain.link(event, 1, 1, ''),
      chain.link(event, 0, 2, ''),
      chain.link(event, 0, 1, 'a'),
      createAuditChain(new Secret<Uint8Array>(Buffer.alloc(32, 6))).link(event, 0, 1, ''),
      ...(
        [
          { name: 'login.succeeded' },
          { atMs: 1 },
          { origin: { ...event.origin, door: 'cli' } },
          { origin: { ...event.origin, requestId: null } },
          { origin: { ...event.origin, address: '192.0.2.1' } },
          { actorId: 'u' },
          { credential: null },
          { credential: { kind: 'api_key', id: null } },
          { credential: { kind: 'cli', id: 'k-1' } },
          { organisationId: 'o' },
          { subject: null },
          { outcome: 'ok' },
          { reason: null },
          { facts: {} },
          { facts: { ...event.facts, b: '1' } },
        ] as Partial<AuditEvent>[]
      ).map((change) => chain.link({ ...event, ...change }, 0, 1, '')),
    ];
    expect(new Set(macs).size).toBe(macs.length);
  });

  test('an end is proven by its own proof only, and a record’s mac is none', () => {
    const head = { chain: 2, chains: 8, seq: 7, mac: 'm' };
    const proof = chain.proveHead(head);
    expect(chain.isProven({ ...head, proof })).toBe(true);
    for (const change of [
      { chain: 1 },
      { chains: 7 },
      { seq: 8 },
      { mac: 'n' },
      { proof: '' },
      { proof: `${proof}0` },
    ]) {
      expect(chain.isProven({ ...head, proof, ...change })).toBe(false);
    }
  });

  test('a short key is a mistake of ours', () => {
    expect(() => createAuditChain(new Secret<Uint8Array>(Buffer.alloc(31)))).toThrow(TypeError);
  });
});

describe('what every store can hold', () => {
  test('half surrogates and NUL are replaced, whole characters kept', () => {
    const clean = storableEvent({ ...event, subject: 'a\0b\ud83dc🦊\udc00', facts: { 'k\0': '\ud800', n: -0 } });
    expect(clean.subject).toBe('a\ufffdb\ufffdc🦊\ufffd');
    expect(clean.facts).toEqual({ 'k\ufffd': '\ufffd', n: 0 });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, null, undefined, {}, 10n])(
    'a fact that is %s is a mistake of ours',
    (value) => {
      expect(() => storableEvent({ ...event, facts: { value: value as never } })).toThrow(TypeError);
    },
  );
});
