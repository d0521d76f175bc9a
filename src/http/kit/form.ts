/** Strict decoder of `application/x-www-form-urlencoded` (URL standard §5.1), for pages filled in by a person. @module */
import { httpErrors } from '../errors.js';

const maxFields = 100;

/** @throws `http.body_malformed` bytes that are not UTF-8, broken percent-encoding, or a field sent twice. */
export function parseForm(bytes: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    for (const part of text.split('&')) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      const name = decode(equals === -1 ? part : part.slice(0, equals));
      const value = equals === -1 ? '' : decode(part.slice(equals + 1));
      if (fields.has(name) || fields.size === maxFields) throw new RangeError('a field twice, or too many');
      fields.set(name, value);
    }
  } catch (cause) {
    throw httpErrors.body_malformed({ cause });
  }
  return fields;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
