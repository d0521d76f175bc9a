/**
 * Bodies of `/admin/v1/sources` and `/admin/v1/connections`, in neutral names. Passwords are wrapped at once; where a
 * database is and how it is secured is judged by the sources room, the rest here.
 *
 * @module
 */
import Type from 'typebox';
import { Secret } from '../../kernel/secret.js';
import { type NewSource, purposes, type RawTarget, type SourceChange } from '../../sources/index.js';
import type { Body } from '../kit/body.js';
import { onlyMembers } from '../kit/members.js';
import { shape } from '../kit/shape.js';
import type { JsonObject } from '../kit/strict-json.js';

const purpose = Type.Union(purposes.map((one) => Type.Literal(one)));
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** What is not about where it is. */
export const sourceSettings = {
  description: Type.Optional(nullable(Type.String())),
  credential: Type.Optional(Type.String()),
  purpose: Type.Optional(purpose),
  limits: Type.Optional(
    Type.Object({
      connections: Type.Optional(Type.Integer()),
      connectMs: Type.Optional(Type.Integer()),
      statementMs: Type.Optional(Type.Integer()),
      catalogTables: Type.Optional(Type.Integer()),
    }),
  ),
  checkEveryMinutes: Type.Optional(nullable(Type.Integer())),
  webhookUrl: Type.Optional(nullable(Type.String())),
};

const readNew = shape(
  Type.Object({ name: Type.String({ minLength: 1 }), organisation: Type.Optional(Type.String()), ...sourceSettings }),
);
const readChange = shape(
  Type.Object({
    name: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    revision: Type.Optional(Type.Integer()),
    ...sourceSettings,
  }),
);
/** What a test or a preflight may be asked besides. */
export const askMembers = {
  timeoutMs: Type.Optional(Type.Integer()),
  purpose: Type.Optional(purpose),
  schemas: Type.Optional(Type.Array(Type.String(), { maxItems: 1_000 })),
};
const readAsk = shape(Type.Object(askMembers));

const place = ['host', 'port', 'database', 'username', 'authType', 'tls', 'password'] as const;
const settingNames = [
  ...['name', 'description', 'credential', 'purpose', 'limits', 'checkEveryMinutes', 'webhookUrl'],
] as const;
const limitNames = ['connections', 'connectMs', 'statementMs', 'catalogTables'];

/** Members of `tls`, and what `extra` of a target calls them. */
const tlsNames = {
  mode: 'ssl_mode',
  ca: 'ssl_cert',
  clientCertificate: 'ssl_client_cert',
  clientKey: 'ssl_client_key',
} as const;

/** @throws `http.body_shape_invalid` · `http.member_unknown` · `http.field_missing` · `http.field_invalid` */
export function decodeNewSource(body: Body): NewSource {
  const members = onlyMembers(body, ['engine', 'organisation', ...settingNames, ...place]);
  const { name, organisation, ...rest } = readNew(members);
  return {
    name,
    ...(organisation === undefined ? {} : { organisation }),
    ...settingsOf(rest, members),
    target: rawTarget(members),
  };
}

/** @throws as {@link decodeNewSource} */
export function decodeChange(body: Body): SourceChange {
  const members = onlyMembers(body, [...settingNames, ...place, 'revision']);
  const { name, password, revision, ...rest } = readChange(members);
  const tls = tlsOf(members);
  return {
    ...(name === undefined ? {} : { name }),
    ...settingsOf(rest, members),
    ...Object.fromEntries(
      (['host', 'port', 'database', 'username', 'authType'] as const)
        .filter((member) => members[member] !== undefined)
        .map((member) => [member, members[member]]),
    ),
    ...(tls === undefined ? {} : { tls }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...(revision === undefined ? {} : { revision }),
  };
}

export interface Ask {
  readonly timeoutMs?: number;
  readonly purpose?: NonNullable<NewSource['purpose']>;
  readonly schemas?: readonly string[];
}

/** What a test or a preflight of a stored source may be asked besides. */
export function decodeAsk(body: Body, kind: 'test' | 'preflight'): Ask {
  return body === undefined ? {} : (readAsk(onlyMembers(body, askNames[kind])) as Ask);
}

/** The same, of a database the caller has the credentials of. */
export function decodeConnection(
  body: Body,
  kind: 'test' | 'preflight',
): { readonly raw: RawTarget; readonly ask: Ask } {
  const members = onlyMembers(body, ['engine', ...place, ...askNames[kind]]);
  return { raw: rawTarget(members), ask: readAsk(members) as Ask };
}

const askNames = { test: ['timeoutMs'], preflight: ['timeoutMs', 'purpose', 'schemas'] } as const;

type Settings = Pick<
  NewSource,
  'description' | 'credential' | 'purpose' | 'limits' | 'checkEveryMinutes' | 'webhookUrl'
>;

function settingsOf(read: unknown, members: JsonObject): Settings {
  if (members['limits'] !== undefined) onlyMembers(members['limits'], limitNames, 'limits');
  const found = Object.entries(read as Settings).filter(
    ([name, value]) => Object.hasOwn(sourceSettings, name) && value !== undefined,
  );
  return Object.fromEntries(found) as Settings;
}

function rawTarget(members: JsonObject): RawTarget {
  const { engine, host, port, database, username, authType, password } = members;
  return {
    ...(engine === undefined ? {} : { engine }),
    host,
    port,
    database,
    username,
    authType,
    password: typeof password === 'string' ? new Secret(password) : null,
    extra: tlsOf(members),
    strict: false,
  };
}

function tlsOf({ tls }: JsonObject): Readonly<Record<string, unknown>> | undefined {
  if (tls === undefined) return undefined;
  const known = Object.keys(tlsNames) as (keyof typeof tlsNames)[];
  const members = onlyMembers(tls, known, 'tls');
  return Object.fromEntries(
    known.filter((name) => members[name] !== undefined).map((name) => [tlsNames[name], members[name]]),
  );
}
