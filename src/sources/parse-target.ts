/**
 * A target as a door received it → a target that can be tested, or what is wrong with it, field by field. Resolves and
 * dials nothing, and never repeats a value.
 *
 * @module
 */
import { Secret } from '../kernel/secret.js';
import { parseExtra } from './extra.js';
import { type AuthType, type ConnectionTarget, type Engine, type SslMode, sslModes, type TlsOptions } from './model.js';
import type { Connector, TargetSyntax } from './ports.js';
import { readTokenExpiry } from './token-expiry.js';
import type { ParsedTarget, RawTarget, Rejection } from './use-cases.js';

export interface ParseTargetDeps {
  readonly connectors: readonly Connector[];
  readonly syntax: TargetSyntax;
  /** Milliseconds since the epoch: a token that has ended is not worth dialling for. */
  readonly nowMs: number;
}

/** See `use-cases.ts`; the wire's own peculiarities are settled by the door before. */
export function parseTarget(deps: ParseTargetDeps, raw: RawTarget): ParsedTarget {
  const rejections: Rejection[] = [];
  const missing = (field: string, fix: string): void => {
    rejections.push({ field, reason: 'INPUT_MISSING_FIELD', fix });
  };
  const invalid = (field: string, fix: string): void => {
    rejections.push({ field, reason: 'INPUT_INVALID_FIELD', fix });
  };

  const engineKeys = deps.connectors.flatMap((connector) => connector.extraKeys);
  const parsedExtra = parseExtra(raw.extra, engineKeys);
  if (!parsedExtra.ok) rejections.push(...parsedExtra.rejections);
  const extra = parsedExtra.ok ? parsedExtra.values : new Map<string, unknown>();

  const engine = readEngine();
  const isFile = deps.connectors.some((connector) => connector.engine === engine && connector.isFileEngine);
  const authType = readAuthType();
  const host = readHost();
  const port = readPort();
  const username = readName('username', raw.username, isFile);
  const database = readDatabase();
  const password = readSecret();
  const tls = readTls(host);
  const timeoutMs = readTimeout();

  if (rejections.length > 0 || authType === null || host === null || port === null || tls === null) {
    return { ok: false, rejections };
  }
  if (username === null || database === null || password === null) return { ok: false, rejections };
  const target: ConnectionTarget = { engine, host, port, username, authType, password, database, tls };
  return timeoutMs === null ? { ok: true, target } : { ok: true, target, timeoutMs };

  function readEngine(): Engine | null {
    const named = [raw.engine, extra.get('engine'), extra.get('connectorType')].filter((one) => !isAbsent(one));
    const engines = new Set(named.map((one) => engineByName.get(typeof one === 'string' ? one.toLowerCase() : '')));
    const [only] = engines;
    if (named.length === 0) return null;
    const isServed = only !== undefined && deps.connectors.some((connector) => connector.engine === only);
    if (engines.size > 1 || !isServed) {
      invalid('engine', 'Name one engine: postgres, mysql, mariadb, sqlite or duckdb.');
      return null;
    }
    return only;
  }

  function readAuthType(): AuthType | null {
    if (isAbsent(raw.authType)) {
      if (!raw.strict) return 'basic';
      missing('authType', 'Send authType: basic, oauth or token.');
      return null;
    }
    const found = authTypes.find((one) => one === raw.authType);
    if (found === undefined) {
      invalid('authType', 'Send authType: basic, oauth or token.');
      return null;
    }
    const connector = deps.connectors.find((one) => one.engine === engine);
    if (connector !== undefined && !connector.authTypes.includes(found)) {
      const fix = `Use authType ${connector.authTypes.join(' or ')} with this engine.`;
      rejections.push({ field: 'authType', reason: 'AUTH_TYPE_UNSUPPORTED_BY_ENGINE', fix });
      return null;
    }
    return found;
  }

  function readHost(): string | null {
    if (isAbsent(raw.host)) {
      if (isFile) return '';
      missing('host', 'Send host: a DNS name or an IP address.');
      return null;
    }
    const canonical = typeof raw.host === 'string' ? deps.syntax.canonicalHost(raw.host) : null;
    if (canonical === null) {
      invalid('host', 'Send one DNS name or one IP address, without port, path, brackets or trailing dot.');
    }
    return canonical;
  }

  function readPort(): number | null {
    if (isAbsent(raw.port)) {
      if (isFile) return 0;
      missing('port', 'Send port: a whole number from 1 to 65535.');
      return null;
    }
    const isNumeral = typeof raw.port === 'string' && /^[1-9]\d{0,4}$/.test(raw.port);
    const port = isNumeral ? Number(raw.port) : raw.port;
    if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
    // A file has no port; what a form fills in for one does no harm.
    if (isFile && (port === 0 || port === '0')) return 0;
    invalid('port', 'Send port as a whole number from 1 to 65535.');
    return null;
  }

  function readName(field: string, value: unknown, isOptional: boolean): string | null {
    if (isAbsent(value)) {
      if (isOptional) return '';
      missing(field, `Send ${field}.`);
      return null;
    }
    if (typeof value === 'string' && value.length <= maxNameCharacters && isPlainText(value)) return value;
    invalid(field, `Send ${field} as text of at most ${maxNameCharacters} characters, without control characters.`);
    return null;
  }

  function readDatabase(): string | null {
    const given = isAbsent(raw.database) && !raw.strict ? extra.get('database') : raw.database;
    if (!isFile) return readName('database', given, false);
    if (isAbsent(given)) {
      missing('database', 'Send database: the absolute path of the database file.');
      return null;
    }
    const isPath = typeof given === 'string' && given.startsWith('/') && given.length <= maxPathCharacters;
    if (isPath && isPlainText(given) && isNormalPath(given)) return given;
    invalid('database', 'Send database as the absolute path of the database file, without . or .. in it.');
    return null;
  }

  /** The password, or the token that stands for it. */
  function readSecret(): Secret | null {
    const secret = authType === 'oauth' || authType === 'token' ? readToken(authType) : raw.password;
    if (secret === null || secret.isEmpty) {
      if (isFile) return new Secret('');
      if (authType === null) return null;
      if (authType === 'basic') missing('password', 'Send password as non-empty text.');
      else rejections.push({ field: 'token', reason: 'TOKEN_MISSING', fix: tokenFixes[authType] });
      return null;
    }
    const plain = secret.reveal();
    // NUL ends a password in every wire protocol, so what follows would be checked by nobody.
    if (plain.length > maxSecretCharacters || plain.includes('\0') || hasLoneSurrogate(plain)) {
      invalid(authType === 'basic' ? 'password' : 'token', 'Send it as text of at most 16384 characters, without NUL.');
      return null;
    }
    const expiresAt = authType === 'basic' ? null : readTokenExpiry(plain);
    if (expiresAt !== null && expiresAt * 1_000 <= deps.nowMs) {
      rejections.push({ field: 'token', reason: 'TOKEN_EXPIRED', fix: 'Get a new token: this one has expired.' });
      return null;
    }
    return secret;
  }

  function readToken(type: 'oauth' | 'token'): Secret | null {
    for (const key of tokenKeys[type]) {
      const value = extra.get(key);
      if (value === undefined) continue;
      if (typeof value === 'string') return new Secret(value);
      invalid(`extra.${key}`, 'Send the token as text.');
    }
    return raw.password;
  }

  function readTls(canonicalHost: string | null): TlsOptions | null {
    const ca = readPem(['ssl_cert', 'ssl_root_cert'], 'tls.ca');
    const clientCertificate = readPem(['ssl_client_cert'], 'tls.clientCertificate');
    const clientKey = readPem(['ssl_client_key'], 'tls.clientKey');
    const mode = readMode(canonicalHost);
    if (ca !== null && !deps.syntax.isCertificatePem(ca)) {
      invalid('tls.ca', 'Send trust anchors as inline PEM certificates of at most 64 KiB.');
    }
    if ((clientCertificate === null) !== (clientKey === null)) {
      const field = clientKey === null ? 'tls.clientKey' : 'tls.clientCertificate';
      missing(field, 'Send the client certificate together with its key.');
    }
    if (clientCertificate !== null && clientKey !== null) {
      const verdict = deps.syntax.judgeClientPair(clientCertificate, clientKey);
      if (verdict === 'bad_certificate') invalid('tls.clientCertificate', 'Send the client certificate as inline PEM.');
      if (verdict === 'bad_key') invalid('tls.clientKey', 'Send the unencrypted PEM key of the client certificate.');
    }
    if (mode === null) return null;
    return {
      mode,
      ...(ca === null ? {} : { ca }),
      ...(clientCertificate === null ? {} : { clientCertificate }),
      ...(clientKey === null ? {} : { clientKey: new Secret(clientKey) }),
    };
  }

  function readPem(keys: readonly string[], field: string): string | null {
    const given = keys.map((key) => extra.get(key)).filter((value) => value !== undefined);
    const [first] = given;
    if (first === undefined) return null;
    if (typeof first === 'string' && given.every((value) => value === first)) return first;
    invalid(field, 'Send one text of inline PEM.');
    return null;
  }

  function readMode(canonicalHost: string | null): SslMode | null {
    const given = [extra.get('ssl_mode'), extra.get('sslmode')].filter((value) => value !== undefined);
    const [first] = given;
    if (first === undefined) return canonicalHost === null ? null : deps.syntax.assumedTlsMode(canonicalHost);
    const mode = sslModes.find((one) => one === first);
    if (mode === undefined || given.some((value) => value !== first)) {
      invalid('tls.mode', `Send ssl_mode as one of ${sslModes.join(', ')}.`);
      return null;
    }
    return mode;
  }

  function readTimeout(): number | null {
    const given = extra.get('timeout');
    if (given === undefined) return null;
    const seconds = typeof given === 'string' && /^\d{1,3}$/.test(given) ? Number(given) : given;
    if (typeof seconds === 'number' && seconds >= 1 && seconds <= 120) return Math.round(seconds * 1_000);
    invalid('extra.timeout', 'Send timeout in seconds, from 1 to 120.');
    return null;
  }
}

const authTypes = ['basic', 'oauth', 'token'] as const satisfies readonly AuthType[];

const tokenKeys = { oauth: ['oauth_token', 'access_token'], token: ['token', 'api_key'] } as const;
const tokenFixes = {
  oauth: 'Send the token as extra.oauth_token, extra.access_token or password.',
  token: 'Send the token as extra.token, extra.api_key or password.',
} as const;

/** Names people and other products use. */
const engineByName = new Map<string, Engine>([
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['pg', 'postgres'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
  ['sqlite', 'sqlite'],
  ['sqlite3', 'sqlite'],
  ['duckdb', 'duckdb'],
]);

const maxNameCharacters = 256;
const maxPathCharacters = 4_096;
const maxSecretCharacters = 16_384;

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isPlainText(text: string): boolean {
  return !/\p{Cc}/u.test(text) && !hasLoneSurrogate(text);
}

/** Text that cannot be written as UTF-8 would reach the server as something else. */
function hasLoneSurrogate(text: string): boolean {
  return /\p{Cs}/u.test(text);
}

function isNormalPath(path: string): boolean {
  return path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}
