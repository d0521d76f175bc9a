/**
 * From the three request shapes of `/workflows/v1/auth` to one raw target. Nothing of the target is judged here; the
 * password is wrapped at once.
 *
 * @module
 */
import { Compile } from 'typebox/compile';
import { Secret } from '../../../kernel/secret.js';
import type { RawTarget } from '../../../sources/index.js';
import { httpErrors } from '../../errors.js';
import type { Body } from '../../kit/body.js';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJsonText } from '../../kit/strict-json.js';
import { list, timeoutLimits, timeoutSeconds } from './schemas.js';

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

function invalid(field: string) {
  return httpErrors.field_invalid({ details: { field } });
}
