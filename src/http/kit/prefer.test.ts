import { describe, expect, it } from 'vitest';
import { returnPreference } from './prefer.js';

describe('returnPreference', () => {
  it.each([
    ['return=minimal', 'minimal'],
    ['return=representation', 'representation'],
    ['Return = "representation" ; foo', 'representation'],
    ['respond-async, return=minimal', 'minimal'],
    ['return=minimal, return=representation', 'minimal'],
    ['return=RePresentation', 'representation'],
  ])('%s', (header, expected) => {
    expect(returnPreference(header)).toBe(expected);
  });

  it.each([null, '', 'return', 'return=both', 'returns=minimal', 'minimal', ',,,', 'return="minimal'])(
    '%s prefers nothing',
    (header) => {
      expect(returnPreference(header)).toBeNull();
    },
  );

  it('reads a header of sixteen kilobytes without holding anything up', () => {
    const startedMs = performance.now();
    returnPreference('return="'.repeat(2_000));
    returnPreference(`return${' '.repeat(16_000)}=`);
    returnPreference('a'.repeat(16_000));
    expect(performance.now() - startedMs).toBeLessThan(100);
  });
});
