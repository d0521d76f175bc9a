/**
 * `extra`, the loose end of a connection request: an object or the JSON text of one, with a closed list of keys. What
 * drivers would take besides (files, sockets, flags, other hosts) has no key here.
 *
 * @module
 */
import type { Rejection } from './use-cases.js';

/** Keys every engine takes. */
export const commonExtraKeys = [
  'engine',
  'connectorType',
  'database',
  'ssl_mode',
  'sslmode',
  'ssl_cert',
  'ssl_root_cert',
  'ssl_client_cert',
  'ssl_client_key',
  'oauth_token',
  'access_token',
  'token',
  'api_key',
  'timeout',
] as const;

/** Keys of drivers that people try and that are refused by name; only names of this list are ever repeated. */
const knownForeignKeys = [
  ...['hostaddr', 'host', 'port', 'service', 'servicefile', 'passfile', 'options', 'sslrootcert', 'sslcert', 'sslkey'],
  ...['sslpassword', 'sslcrl', 'krbsrvname', 'target_session_attrs', 'application_name', 'replication'],
  ...['socketPath', 'socket', 'unix_socket', 'authPlugins', 'authSwitchHandler', 'flags', 'infileStreamFactory'],
  ...['enableCleartextPlugin', 'insecureAuth', 'multipleStatements', 'ssl', 'stream', 'uri', 'url', 'dsn'],
  ...['connectionString', 'connection_string', 'localInfile', 'local_infile', 'allowLocalInfile', 'init_command'],
];

const maxExtraCharacters = 262_144;

export type ParsedExtra =
  | { readonly ok: true; readonly values: ReadonlyMap<string, unknown> }
  | { readonly ok: false; readonly rejections: readonly Rejection[] };

/** @param engineKeys  Keys the engine takes besides. */
export function parseExtra(raw: unknown, engineKeys: readonly string[]): ParsedExtra {
  if (raw === undefined || raw === null || raw === '') return { ok: true, values: new Map() };
  const decoded = typeof raw === 'string' ? decode(raw) : raw;
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) {
    const fix = 'Send extra as a JSON object, or as the text of one.';
    return { ok: false, rejections: [{ field: 'extra', reason: 'EXTRA_UNPARSABLE', fix }] };
  }
  const allowed: readonly string[] = [...commonExtraKeys, ...engineKeys];
  const values = new Map<string, unknown>();
  const rejections: Rejection[] = [];
  for (const [key, value] of Object.entries(decoded)) {
    if (allowed.includes(key)) {
      if (value !== null && value !== '') values.set(key, value);
      continue;
    }
    const field = knownForeignKeys.includes(key) ? `extra.${key}` : 'extra';
    if (rejections.some((one) => one.field === field)) continue;
    const fix = `Leave out what is not one of these: ${allowed.join(', ')}.`;
    rejections.push({ field, reason: 'INPUT_INVALID_FIELD', fix });
  }
  return rejections.length === 0 ? { ok: true, values } : { ok: false, rejections };
}

function decode(text: string): unknown {
  if (text.length > maxExtraCharacters) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
