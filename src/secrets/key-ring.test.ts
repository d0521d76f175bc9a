import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { createKeyRing, type SealedPlace } from './key-ring.js';

const master = (fill: number) => new Secret<Uint8Array>(Buffer.alloc(32, fill));
const ring = createKeyRing({ current: master(1), randomBytes });
const place: SealedPlace = { table: 'api_keys', column: 'value', recordId: 'k-1' };

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

const anyPlace = fc.record({ table: fc.string(), column: fc.string(), recordId: fc.string() });

describe('sealing', () => {
  test('what was sealed opens in its place, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), anyPlace, (bytes, somewhere) => {
        const opened = ring.open(ring.seal(new Secret<Uint8Array>(bytes), somewhere), somewhere);
        expect(Buffer.from(opened.reveal()).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  test('text is sealed as UTF-8', () => {
    expect(Buffer.from(ring.open(ring.seal(new Secret('é🦊'), place), place).reveal()).toString('utf8')).toBe('é🦊');
  });

  test('no two envelopes of one value are alike', () => {
    const envelopes = Array.from({ length: 200 }, () => ring.seal(new Secret('same'), place));
    expect(new Set(envelopes.map((envelope) => envelope.split('.')[2]?.slice(0, 20))).size).toBe(200);
  });

  test('an envelope says its version and key, and shows nothing when printed', () => {
    const envelope = ring.seal(new Secret('canary'), place);
    expect(envelope).toMatch(/^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
    expect(envelope.split('.')[1]).toBe(ring.currentKeyId);
    expect(inspect(ring.open(envelope, place), { showHidden: true, depth: 9 })).toBe('[redacted]');
  });

  test('an envelope is what its format says', () => {
    fc.assert(
      fc.property(anyPlace, fc.string({ unit: 'binary' }), ({ table, column, recordId }, text) => {
        const [, id = '', sealed = ''] = ring.seal(new Secret(text), { table, column, recordId }).split('.');
        const body = Buffer.from(sealed, 'base64url');
        const [salt, nonce, tag] = [body.subarray(0, 32), body.subarray(32, 44), body.subarray(-16)];
        const key = hkdfSync('sha256', Buffer.alloc(32, 1), salt, 'latchkey/seal/v1', 32);
        const decipher = createDecipheriv('aes-256-gcm', new Uint8Array(key), nonce).setAuthTag(tag);
        const bound = ['latchkey/seal/v1', id, table, column, recordId].flatMap((part) => {
          const length = Buffer.alloc(4);
          length.writeUInt32BE(Buffer.byteLength(part));
          return [length, Buffer.from(part)];
        });
        decipher.setAAD(Buffer.concat(bound));
        const opened = Buffer.concat([decipher.update(body.subarray(44, -16)), decipher.final()]);
        expect(opened.equals(Buffer.from(text))).toBe(true);
      }),
    );
  });

  test('an envelope opens in no other place', () => {
    fc.assert(
      fc.property(anyPlace, anyPlace, (here, there) => {
        fc.pre(JSON.stringify(here) !== JSON.stringify(there));
        const wellFormed = (one: SealedPlace) => Buffer.from(JSON.stringify(Object.values(one))).toString('hex');
        fc.pre(wellFormed(here) !== wellFormed(there));
        expect(codeOf(() => ring.open(ring.seal(new Secret('x'), here), there))).toBe('secrets.envelope_invalid');
      }),
    );
  });

  test('parts of a place cannot be shifted into each other', () => {
    const envelope = ring.seal(new Secret('x'), { table: 'ab', column: 'c', recordId: 'd' });
    const shifted = { table: 'a', column: 'bc', recordId: 'd' };
    expect(codeOf(() => ring.open(envelope, shifted))).toBe('secrets.envelope_invalid');
  });

  test('one changed bit anywhere in the body is refused', () => {
    const envelope = ring.seal(new Secret('some value'), place);
    const body = Buffer.from(envelope.split('.')[2] ?? '', 'base64url');
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const forged = `v1.${ring.currentKeyId}.${changed.toString('base64url')}`;
      expect(codeOf(() => ring.open(forged, place))).toBe('secrets.envelope_invalid');
    }
  });

  test('a body cut short or made longer is refused', () => {
    const envelope = ring.seal(new Secret('value'), place);
    const body = Buffer.from(envelope.split('.')[2] ?? '', 'base64url');
    for (let length = 0; length < body.length; length += 1) {
      const cut = `v1.${ring.currentKeyId}.${body.subarray(0, length).toString('base64url')}`;
      expect(codeOf(() => ring.open(cut, place))).toBe('secrets.envelope_invalid');
    }
    const longer = Buffer.concat([body, Buffer.alloc(1)]).toString('base64url');
    expect(codeOf(() => ring.open(`v1.${ring.currentKeyId}.${longer}`, place))).toBe('secrets.envelope_invalid');
  });

  test('another spelling of the same envelope is refused', () => {
    // A length that leaves spare bits in the last base64url character.
    const envelope = ring.seal(new Secret('ab'), place);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(envelope.at(-1) ?? '');
    const spellings = [
      `${envelope.slice(0, -1)}${alphabet[last ^ 1]}`,
      `${envelope}=`,
      `${envelope}\n`,
      ` ${envelope}`,
      envelope.replace('v1.', 'V1.'),
      envelope.replace('v1.', 'v2.'),
      envelope.replace('v1.', 'v1..'),
      envelope.replaceAll('-', '+').replaceAll('_', '/').concat('.'),
      `v1.${ring.currentKeyId.toUpperCase()}a.x`,
      '',
      '..',
    ].filter((spelling) => spelling !== envelope);
    for (const spelling of spellings) {
      expect(codeOf(() => ring.open(spelling, place))).toBe('secrets.envelope_invalid');
    }
    // The control: to a lenient decoder the first of them is the same envelope.
    const bytes = (text: string | undefined) => Buffer.from(text?.split('.')[2] ?? '', 'base64url').toString('hex');
    expect(bytes(spellings[0])).toBe(bytes(envelope));
  });

  test('any text at all is refused or opens, and never throws anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `v1.${ring.currentKeyId}.${text}`),
        ),
        (text) => {
          expect(['secrets.envelope_invalid', 'secrets.key_unknown']).toContain(codeOf(() => ring.open(text, place)));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the ring', () => {
  test('a value of a previous key still opens, and is known to be old', () => {
    const old = createKeyRing({ current: master(2), randomBytes });
    const both = createKeyRing({ current: master(1), previous: [master(2)], randomBytes });
    const envelope = old.seal(new Secret('x'), place);
    expect(Buffer.from(both.open(envelope, place).reveal()).toString()).toBe('x');
    expect(both.isCurrent(envelope)).toBe(false);
    expect(both.isCurrent(both.seal(new Secret('x'), place))).toBe(true);
    expect(both.currentKeyId).toBe(ring.currentKeyId);
  });

  test('a value of a key it does not hold is refused by name', () => {
    const other = createKeyRing({ current: master(3), randomBytes });
    expect(codeOf(() => ring.open(other.seal(new Secret('x'), place), place))).toBe('secrets.key_unknown');
  });

  test('a value under a key id that was swapped does not open', () => {
    const other = createKeyRing({ current: master(3), randomBytes });
    const both = createKeyRing({ current: master(1), previous: [master(3)], randomBytes });
    const swapped = other.seal(new Secret('x'), place).replace(other.currentKeyId, ring.currentKeyId);
    expect(codeOf(() => both.open(swapped, place))).toBe('secrets.envelope_invalid');
  });

  test.each([0, 16, 31, 33, 64])('a master key of %i bytes is refused', (length) => {
    const current = new Secret<Uint8Array>(Buffer.alloc(length, 1));
    expect(codeOf(() => createKeyRing({ current, randomBytes }))).toBe('secrets.master_key_invalid');
  });

  test('a generator that gives too little is not used', () => {
    const weak = createKeyRing({ current: master(1), randomBytes: () => Buffer.alloc(4) });
    expect(codeOf(() => weak.seal(new Secret('x'), place))).toBeInstanceOf(TypeError);
  });

  test('the key id is the same for ever', () => {
    expect(ring.currentKeyId).toBe('70e2651b');
    const sealed =
      'v1.70e2651b.KECJWAwlwZ6xvZ1-SyyHWKdD_5jgXt6B8Cn4QScXqvq3ru0nAbeU85I3PngkSwBSLjbeJQuy6YILnN2wHCTi2clychntfqtURdUTQNxGEfCfdJG4Y-AM6g';
    expect(Buffer.from(ring.open(sealed, place).reveal()).toString()).toBe('a value of the first version');
  });
});
