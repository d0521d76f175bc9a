/**
 * What a route may refuse, rendered by its family: the refusals that any route of its kind knows, and those it names
 * itself. Statuses, shapes and examples come from the family's own `presentError`, never from here.
 *
 * @module
 */
import { STATUS_CODES } from 'node:http';
import type { TSchema } from 'typebox';
import { AppError, describeErrors, type ErrorFactory } from '../../kernel/errors.js';
import type { Description } from '../kit/description.js';
import type { Family } from '../kit/family.js';
import { refusalAnswer } from '../kit/refusal.js';
import type { DeclaredRoute } from '../kit/route.js';
import type { Json, JsonMembers } from './json.js';

/** How a family errs. */
export interface FamilyRefusals {
  readonly family: Family;
  readonly schema: TSchema;
  /** The answer carries the code itself, so that codes are worth naming. */
  readonly tellsCode: boolean;
}

export type ErrorTables = readonly Readonly<Record<string, ErrorFactory>>[];

export type Refuse = (code: string) => AppError;

/** @returns makes an error by its code. @throws TypeError for a code that no table has. */
export function refusalsOf(tables: ErrorTables): Refuse {
  const known = new Map(tables.flatMap((table) => describeErrors(table).map((one) => [one.code, one.definition])));
  return (code) => {
    const definition = known.get(code);
    if (definition === undefined || definition.retired) throw new TypeError(`no refusal has the code ${code}`);
    return new AppError(definition.kind, code, definition.message);
  };
}

const requestId = '0190b6a4-1f3c-7d52-b0e8-3a94c7d1e655';

/** By status: what the document says of each. */
export function presentRefusals(
  { family, schema, tellsCode }: FamilyRefusals,
  route: DeclaredRoute,
  description: Description,
  refuse: Refuse,
  use: (schema: TSchema) => Json,
): ReadonlyMap<number, JsonMembers> {
  const byStatus = new Map<number, { error: AppError; answer: ReturnType<typeof refusalAnswer> }[]>();
  const common = commonCodes(route, description, tellsCode);
  for (const code of new Set([...common, ...(description.refusals ?? [])])) {
    const error = refuse(code);
    const answer = refusalAnswer(family, error, { requestId, path: route.path });
    byStatus.set(answer.status, [...(byStatus.get(answer.status) ?? []), { error, answer }]);
  }
  const presented = [...byStatus].map(([status, refusals]): [number, JsonMembers] => {
    const lines = refusals.map(({ error }) =>
      tellsCode ? `- \`${error.code}\`: ${error.message}` : `- ${error.message}`,
    );
    const [first] = refusals;
    const mediaType = first?.answer.contentType?.split(';')[0] ?? 'application/json';
    // The last is the route's own where it has one.
    const shown = refusals.at(-1);
    const body = shown === undefined ? null : (JSON.parse(String(shown.answer.body)) as Json);
    const name = shown === undefined ? 'refused' : nameOf(shown.error.code);
    const headers = Object.fromEntries(
      Object.keys(first?.answer.headers ?? {})
        .filter((header) => Object.hasOwn(headerTexts, header))
        .map((header) => [header, { description: headerTexts[header] ?? '', schema: { type: 'string' } }]),
    );
    return [
      status,
      {
        description: `${STATUS_CODES[status] ?? 'Refused'}\n\n${[...new Set(lines)].join('\n')}`,
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        content: { [mediaType]: { schema: use(schema), examples: { [name]: { value: body } } } },
      },
    ];
  });
  return new Map(presented);
}

const headerTexts: Readonly<Record<string, string>> = {
  'retry-after': 'Seconds after which it may go better.',
  'www-authenticate': 'How to present a credential.',
};

/** `identity.role_exists` → `role_exists`. */
function nameOf(code: string): string {
  return code.slice(code.indexOf('.') + 1);
}

/**
 * What can be wrong with any request of this kind, in the order in which it is looked at.
 *
 * @param isOwn  Our own API refuses names it does not know; the published families were never so strict.
 */
function commonCodes({ accepts, method, slots }: DeclaredRoute, description: Description, isOwn: boolean): string[] {
  const isGuarded = accepts !== 'anyone';
  const hasBody = description.body !== undefined;
  const isJson = hasBody && Object.keys(description.body ?? {}).some((type) => type.startsWith('application/json'));
  const takesQuery = description.query !== undefined;
  const needsCsrf =
    isGuarded && (accepts.includes('cloudio_session') || (slots.cookie !== undefined && method !== 'GET'));
  return [
    ...(takesQuery || isGuarded ? ['http.url_malformed'] : []),
    ...(isGuarded ? ['http.credentials_conflict', 'http.credential_in_url'] : []),
    ...(isOwn && (takesQuery || isGuarded) ? ['http.parameter_unknown'] : []),
    ...(takesQuery && isOwn ? ['http.field_invalid'] : []),
    ...(isJson ? ['http.body_malformed', 'http.body_shape_invalid', 'http.field_missing', 'http.field_invalid'] : []),
    ...(isJson && isOwn ? ['http.member_unknown'] : []),
    ...(isGuarded ? ['identity.token_expired', 'identity.unauthenticated'] : []),
    ...(needsCsrf ? ['identity.csrf_mismatch'] : []),
    ...(isGuarded ? ['access.denied'] : []),
    ...(hasBody ? ['http.body_too_large', 'http.media_type_unsupported'] : []),
    'http.fault',
    'http.draining',
  ];
}
