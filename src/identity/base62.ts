/** Digits and letters only: what survives a double click, a URL and a shell unharmed. @module */

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** As many digits are taken off at once as numbers hold exactly. */
const digitsAtOnce = 5;
const divisor = 62 ** digitsAtOnce;

/** Big-endian, most significant digit first, padded with `0` to `length` digits. */
export function base62(bytes: Uint8Array, length: number): string {
  const rest = Uint8Array.from(bytes);
  let first = 0;
  let text = '';
  while (first < rest.length) {
    let remainder = 0;
    for (let place = first; place < rest.length; place += 1) {
      const value = remainder * 256 + (rest[place] ?? 0);
      const quotient = Math.floor(value / divisor);
      rest[place] = quotient;
      remainder = value - quotient * divisor;
    }
    while (rest[first] === 0) first += 1;
    for (let digit = 0; digit < digitsAtOnce; digit += 1) {
      text = alphabet.charAt(remainder % 62) + text;
      remainder = Math.floor(remainder / 62);
    }
  }
  return text.replace(/^0+/, '').padStart(length, '0');
}
