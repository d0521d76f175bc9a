import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { passwordBytes } from './password-bytes.js';

describe('the bytes of a password', () => {
  it('are exactly the UTF-8 of what was sent', () => {
    expect([...passwordBytes(new Secret(' é\0 '))]).toEqual([0x20, 0xc3, 0xa9, 0x00, 0x20]);
  });

  it('differ for composed and decomposed characters', () => {
    expect(passwordBytes(new Secret('é'))).not.toEqual(passwordBytes(new Secret('e\u0301')));
  });

  it('are refused over 1,024 and for lone surrogates, before anything else is done with them', () => {
    expect(passwordBytes(new Secret('a'.repeat(1024)))).toHaveLength(1024);
    expect(() => passwordBytes(new Secret('a'.repeat(1025)))).toThrow(/1,024/);
    expect(() => passwordBytes(new Secret('é'.repeat(513)))).toThrow(/1,024/);
    expect(() => passwordBytes(new Secret('a\uDC00b'))).toThrow(/well-formed/);
    expect(passwordBytes(new Secret('\u{1F600}'))).toHaveLength(4);
  });

  it('are different for different texts', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const same = Buffer.from(passwordBytes(new Secret(one))).equals(passwordBytes(new Secret(other)));
        expect(same).toBe(one === other);
      }),
    );
  });
});
