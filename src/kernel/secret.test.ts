import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.js';

describe('Secret', () => {
  it('shows nothing of its value in strings, JSON, inspection or enumeration', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (value) => {
        fc.pre(!'[redacted]{"password":}Secret'.includes(value));
        const secret = new Secret(value);
        const shown = [
          String(secret),
          `${secret}`,
          JSON.stringify({ password: secret }),
          inspect({ password: secret }, { depth: 9, showHidden: true }),
          Object.entries(secret).join(),
          Object.getOwnPropertyNames(secret).join(),
        ].join('\n');
        expect(shown).not.toContain(value);
        expect(secret.reveal()).toBe(value);
      }),
    );
  });

  it('holds bytes as well as text and says only whether it is empty', () => {
    expect(new Secret(Uint8Array.of(1, 2)).reveal()).toEqual(Uint8Array.of(1, 2));
    expect(new Secret('').isEmpty).toBe(true);
    expect(new Secret('x').isEmpty).toBe(false);
  });
});
