/**
 * What a request target says: its path, cut where the router cuts it, and its query. One strict decoder; credentials
 * in the query are refused for every route, because URLs end up in histories and logs (ASVS 14.2.1).
 *
 * @module
 */
import { httpErrors } from '../errors.js';

export interface Query {
  /** Whether the name is there, with or without a value. */
  has(name: string): boolean;
  /** The value; `undefined` when absent. */
  get(name: string): string | undefined;
  /** Every name, once. */
  names(): Iterable<string>;
}

const credentialNames = new Set(['token', 'access_token', 'api_key', 'apikey', 'password', 'jwt']);

/** The path of a request target as it was sent: up to the first `?` or `#`, without scheme and host (RFC 9112 §3.2). */
export function rawPathOf(target: string): string {
  const local = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const end = local.search(/[?#]/);
  return end === -1 ? local : local.slice(0, end);
}

/**
 * The key of a row and the name of a user, which are data: the only parts of our paths that percent-encoding is for.
 * Below `/console/` pages stand under such names, and all of them are one answer.
 */
const encodedPath = /^\/(?:data\/v1\/[^/%]+\/[^/%]+\/[^/]+|admin\/v1\/users\/[^/]+(?:\/[a-z]+)?|console\/[a-z-]+\/.+)$/;
/** RFC 3986 §2.3: what need not be encoded, letters and digits, hyphen, period, underscore, tilde. */
const encodedUnreserved = /%(?:2d|2e|3\d|[46][1-9a-f]|[57][0-9a]|5f|7e)/i;

/**
 * Whether a path says with percent-encoding what it could say without (RFC 3986 §6.2.2.2). No path of ours needs any,
 * but for the key of a row and the name of a user, where what needs none may not have any.
 */
export function isSecondSpelling(path: string): boolean {
  return path.includes('%') && (!encodedPath.test(path) || encodedUnreserved.test(path));
}

const nothingAsked: Query = { has: () => false, get: () => undefined, names: () => [] };

/**
 * Decodes the query of a request target.
 *
 * @param takesCsrf  Whether `csrf` may stand in the query here; anywhere else it counts as a credential in the URL.
 * @throws `http.url_malformed`      percent-encoding that is not UTF-8, or a name given twice with different values.
 * @throws `http.credential_in_url`  a name that announces a credential.
 */
export function parseQuery(target: string, takesCsrf: boolean): Query {
  const start = target.indexOf('?');
  if (start === -1) return nothingAsked;
  const values = new Map<string, string>();
  const end = target.indexOf('#', start);
  for (const part of target.slice(start + 1, end === -1 ? undefined : end).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? '' : decode(part.slice(equals + 1));
    const lower = name.toLowerCase();
    if (credentialNames.has(lower) || (lower === 'csrf' && !takesCsrf)) throw httpErrors.credential_in_url();
    const earlier = values.get(name);
    if (earlier !== undefined && earlier !== value) throw httpErrors.url_malformed();
    values.set(name, value);
  }
  return { has: (name) => values.has(name), get: (name) => values.get(name), names: () => values.keys() };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw httpErrors.url_malformed({ cause });
  }
}
