/** The one order of names that no locale and no engine changes: byte order of UTF-8. @module */

/**
 * Negative, zero or positive, as the bytes of `one` come before, equal or after those of `other`. Makes no bytes: the
 * order of UTF-8 is that of code points, which UTF-16 keeps but for surrogates.
 */
export function compareBytes(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const first = one.charCodeAt(at);
    const second = other.charCodeAt(at);
    if (first !== second) return rank(first) - rank(second);
  }
  return one.length - other.length;
}

/** UTF-16 puts surrogates before the last 8,192 units of the basic plane; by code point they come after. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
