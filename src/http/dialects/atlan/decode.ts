/**
 * From the three request shapes of `/workflows/v1/*` to one raw target and what is asked of it. Nothing of the target
 * is judged here; the password is wrapped at once.
 *
 * @module
 */
import { Compile } from 'typebox/compile';
import { Secret } from '../../../kernel/secret.js';
import type { RawTarget, SchemaFilter } from '../../../sources/index.js';
import { httpErrors } from '../../errors.js';
import type { Body } from '../../kit/body.js';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJsonText } from '../../kit/strict-json.js';
import { list, type MetadataType, metadataTypes, timeoutLimits, timeoutSeconds } from './schemas.js';

const isList = Compile(list);
const isTimeout = Compile(timeoutSeconds);

/** No JSON text: whoever reads it as `extra` finds it unparsable. */
const unparsable = 'not JSON';

export interface AuthRequest {
  readonly target: RawTarget;
  readonly timeoutMs: number | undefined;
}

/**
 * @throws `http.body_shape_invalid`  not an object.
 * @throws `http.field_invalid`       with details.field `credentials`, `extra` or `timeout_seconds`.
 */
export function decodeAuthRequest(body: Body): AuthRequest {
  if (!isJsonObject(body)) throw httpErrors.body_shape_invalid();
  return { target: decodeTarget(body), timeoutMs: decodeTimeout(body['timeout_seconds']) };
}

export interface MetadataRequest extends AuthRequest {
  readonly type: MetadataType;
  /** The database whose schemas are asked for; `null` unless the type is `schema`. */
  readonly database: string | null;
}

/**
 * Flat, `database` is the database to connect to and the one asked about. In the other shapes it stands beside the
 * credentials, and whoever asks for its schemas is connected to it: a server shows the schemas of one database.
 *
 * @throws as {@link decodeAuthRequest}; details.field `type` or `database`.
 */
export function decodeMetadataRequest(body: Body): MetadataRequest {
  if (!isJsonObject(body)) throw httpErrors.body_shape_invalid();
  const { target, timeoutMs } = decodeAuthRequest(body);
  const type = decodeType(body['type']);
  const { database } = body;
  if (type !== 'schema') {
    const isNamed = target.strict || !isAbsent(target.database) || hasOwnDatabase(target.extra);
    return { target: isNamed ? target : { ...target, database }, timeoutMs, type, database: null };
  }
  if (isAbsent(database)) {
    const fix = 'Name the database whose schemas are asked for.';
    throw httpErrors.field_missing({ details: { field: 'database', fix } });
  }
  if (typeof database !== 'string') throw invalid('database');
  // The one catalog that servers of the MySQL family name is no database to connect to.
  const isPlace = target.strict || database !== 'def';
  return { target: isPlace ? { ...target, database } : target, timeoutMs, type, database };
}

export interface CheckRequest extends AuthRequest {
  readonly filter: SchemaFilter;
}

/**
 * Filters stand in `metadata` or in `connection_config`, each of which stands for the other where only one is sent;
 * their names are spelled with hyphens or underscores. What they hold is for the sources room to judge.
 *
 * @throws as {@link decodeAuthRequest}; details.field names the filter that came in two ways.
 */
export function decodeCheckRequest(body: Body): CheckRequest {
  if (!isJsonObject(body)) throw httpErrors.body_shape_invalid();
  const settings = settingsOf(body, 'metadata') ?? settingsOf(body, 'connection_config') ?? {};
  return {
    ...decodeAuthRequest(body),
    filter: {
      include: eitherSpelling(settings, 'include-filter'),
      exclude: eitherSpelling(settings, 'exclude-filter'),
      temporaryTables: eitherSpelling(settings, 'temp-table-regex'),
    },
  };
}

function settingsOf(body: JsonObject, field: string): JsonObject | null {
  const value = body[field];
  if (isAbsent(value)) return null;
  if (!isJsonObject(value)) throw invalid(field);
  return value;
}

/** Both spellings with one value are one. */
function eitherSpelling(settings: JsonObject, name: string): JsonValue | undefined {
  const hyphens = settings[name];
  const underscores = settings[name.replaceAll('-', '_')];
  if (isAbsent(hyphens)) return underscores;
  if (isAbsent(underscores)) return hyphens;
  if (JSON.stringify(hyphens) !== JSON.stringify(underscores)) throw invalid(name);
  return hyphens;
}

function decodeType(value: JsonValue | undefined): MetadataType {
  if (isAbsent(value)) return 'all';
  const lower = typeof value === 'string' ? value.toLowerCase() : null;
  const found = metadataTypes.find((type) => type === lower);
  if (found === undefined) throw invalid('type', `Send one of: ${metadataTypes.join(', ')}.`);
  return found;
}

function hasOwnDatabase(extra: unknown): boolean {
  return isJsonObject(extra as JsonValue) && !isAbsent((extra as JsonObject)['database']);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function decodeTarget(body: JsonObject): RawTarget {
  const { credentials } = body;
  if (credentials === undefined) return rawTarget(body, decodeExtra(body['extra']), true);
  if (isList.Check(credentials)) return nestedTarget(entriesOf(credentials as readonly JsonObject[]));
  if (isJsonObject(credentials)) return nestedTarget(Object.entries(credentials));
  throw invalid('credentials');
}

/** Keys are unique by contract; two values for one would leave open which of them was tested. */
function entriesOf(items: readonly JsonObject[]): [string, JsonValue][] {
  const entries = items.map((item): [string, JsonValue] => [String(item['key']), item['value'] ?? null]);
  if (new Set(entries.map(([key]) => key)).size !== entries.length) throw invalid('credentials');
  return entries;
}

/** List and nested object: `extra.<key>` entries belong to `extra`, null means absent, `user` is another name for `username`. */
function nestedTarget(entries: readonly (readonly [string, JsonValue])[]): RawTarget {
  const fields: Record<string, JsonValue> = Object.create(null);
  const hoisted: Record<string, JsonValue> = Object.create(null);
  for (const [key, value] of entries) {
    if (value === null) continue;
    if (key.startsWith('extra.')) hoisted[key.slice('extra.'.length)] = value;
    else fields[key] = value;
  }
  return rawTarget(
    { ...fields, username: fields['username'] ?? fields['user'] ?? null },
    merge(fields['extra'], hoisted),
    false,
  );
}

function rawTarget(fields: JsonObject, extra: JsonValue | undefined, strict: boolean): RawTarget {
  const { authType, host, port, username, password, database, connectorType } = fields;
  return {
    authType,
    host,
    port,
    username: username ?? undefined,
    password: typeof password === 'string' ? new Secret(password) : null,
    database,
    ...(connectorType === undefined || connectorType === null || connectorType === '' ? {} : { engine: connectorType }),
    extra,
    strict,
  };
}

/** `extra` as it came, or together with what was hoisted out of it; one key must not come both ways. */
function merge(extra: JsonValue | undefined, hoisted: JsonObject): JsonValue | undefined {
  const whole = decodeExtra(extra);
  if (Object.keys(hoisted).length === 0) return whole;
  if (whole === undefined || whole === null || whole === '') return hoisted;
  if (!isJsonObject(whole)) return whole;
  if (Object.keys(whole).some((key) => Object.hasOwn(hoisted, key))) throw invalid('extra');
  return Object.assign(Object.create(null), whole, hoisted) as JsonObject;
}

/** JSON text is read by the same strict rules as the body; text that is none stays, for the sources room to refuse. */
function decodeExtra(extra: JsonValue | undefined): JsonValue | undefined {
  if (typeof extra !== 'string' || extra === '') return extra;
  try {
    return parseStrictJsonText(extra);
  } catch {
    return unparsable;
  }
}

function decodeTimeout(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isTimeout.Check(value)) throw invalid('timeout_seconds');
  return Math.min(Math.max(Number(value), timeoutLimits.min), timeoutLimits.max) * 1_000;
}

function invalid(field: string, fix?: string) {
  return httpErrors.field_invalid({ details: fix === undefined ? { field } : { field, fix } });
}
