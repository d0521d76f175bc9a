/**
 * Reads a `postgres://` URL strictly: one host, one database, and of libpq's parameters only what is safe.
 *
 * `sslmode` has our own meaning, because an encrypted connection to whoever answers protects nothing:
 *
 * | sslmode | TLS | certificate | name |
 * |---|---|---|---|
 * | `disable` | no | – | – |
 * | `verify-ca` | yes | checked | not checked |
 * | `require`, `verify-full` | yes | checked | checked |
 *
 * Without it, `disable` for a loopback host and `verify-full` for every other.
 *
 * @module
 */
import { isAbsolute } from 'node:path';
import { Secret } from '../kernel/secret.js';
import { storeErrors } from './errors.js';

export interface PostgresLocation {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
  readonly tls: 'off' | 'verify-ca' | 'verify-full';
  /** PEM file of the certificate authorities to trust instead of the system's. */
  readonly rootCertificateFile: string | null;
}

const namedHost = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*$/;
const bracketedHost = /^\[[0-9A-Fa-f:.]{2,45}\]$/;
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
const tlsBySslmode = new Map<string, PostgresLocation['tls']>([
  ['disable', 'off'],
  ['verify-ca', 'verify-ca'],
  ['require', 'verify-full'],
  ['verify-full', 'verify-full'],
]);

/** @throws `store.url_invalid` for anything that is not understood whole. */
export function parsePostgresUrl(text: string): PostgresLocation {
  const refuse = () =>
    storeErrors.url_invalid({
      details: { field: 'store.url', fix: 'postgres://user:password@host:5432/database?sslmode=verify-full' },
    });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse();
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw refuse();
  if (url.hash !== '' || text.includes('\0')) throw refuse();

  const decode = (part: string): string => {
    try {
      const decoded = decodeURIComponent(part);
      if (decoded.includes('\0')) throw refuse();
      return decoded;
    } catch {
      throw refuse();
    }
  };
  if (!namedHost.test(url.hostname) && !bracketedHost.test(url.hostname)) throw refuse();
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? 5432 : Number(url.port);
  const user = decode(url.username);
  const database = decode(url.pathname.slice(1));
  if (port < 1 || user === '' || database === '' || url.pathname.slice(1).includes('/')) throw refuse();

  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (parameters.has(name) || (name !== 'sslmode' && name !== 'sslrootcert')) throw refuse();
    parameters.set(name, value);
  }
  const sslmode = parameters.get('sslmode') ?? (loopbackHosts.has(host) ? 'disable' : 'verify-full');
  const tls = tlsBySslmode.get(sslmode);
  const rootCertificateFile = parameters.get('sslrootcert') ?? null;
  if (tls === undefined) throw refuse();
  if (rootCertificateFile !== null && (tls === 'off' || !isAbsolute(rootCertificateFile))) throw refuse();
  return { host, port, user, password: new Secret(decode(url.password)), database, tls, rootCertificateFile };
}
