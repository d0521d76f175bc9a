/**
 * One reader of `Content-Type` (RFC 9110 §8.3.1), exact: what it does not know to be the expected type is refused, so
 * that no header can make a body be read in one way and judged in another.
 *
 * @module
 */

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
// A semicolon may stand without a parameter after it (§5.6.6). Each blank has one place in the pattern, so no header is slow.
const grammar = new RegExp(`^(${token}/${token})((?:[ \\t]*;(?:[ \\t]*${token}=(?:${token}|"[^"\\\\]*"))?)*)[ \\t]*$`);
const parameter = new RegExp(`;[ \\t]*(${token})=(?:(${token})|"([^"\\\\]*)")`, 'g');

/**
 * The essence of a media type, lower case.
 *
 * @returns `null` when it is malformed, or declares a charset other than UTF-8.
 */
export function readMediaType(header: string): string | null {
  const found = grammar.exec(header);
  const essence = found?.[1];
  if (essence === undefined) return null;
  for (const [, name, bare, quoted] of (found?.[2] ?? '').matchAll(parameter)) {
    if (name?.toLowerCase() !== 'charset') continue;
    if (!/^utf-?8$/i.test(bare ?? quoted ?? '')) return null;
  }
  return essence.toLowerCase();
}
