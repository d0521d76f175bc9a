/** Bodies of `/admin/v1/api-keys`: shapes here; what a key may be narrowed to is judged by identity. @module */
import Type from 'typebox';
import type { ApiKeyChange, ApiKeyRotationOrder, NewApiKeyInput } from '../../identity/index.js';
import type { Body } from '../kit/body.js';
import { onlyMembers } from '../kit/members.js';
import { shape } from '../kit/shape.js';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const texts = Type.Optional(nullable(Type.Array(Type.String(), { maxItems: 100 })));
const narrowing = {
  scopes: texts,
  sources: texts,
  cidrs: texts,
  expiresAtMs: Type.Optional(nullable(Type.Integer())),
  expiresInDays: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 36_500 }))),
};

export const newKey = Type.Object({
  name: Type.String(),
  purpose: Type.Optional(nullable(Type.String())),
  ...narrowing,
});
export const keyChange = Type.Object(narrowing);
export const keyRotation = Type.Object({ overlapHours: Type.Optional(Type.Integer({ minimum: 0, maximum: 720 })) });
const readNew = shape(newKey);
const readChange = shape(keyChange);
const readRotation = shape(keyRotation);

/** @throws `http.body_shape_invalid` · `http.member_unknown` · `http.field_missing` · `http.field_invalid` */
export function decodeNewKey(body: Body): NewApiKeyInput {
  const { name, purpose, ...rest } = readNew(onlyMembers(body, ['name', 'purpose', ...Object.keys(narrowing)]));
  return { name, ...(purpose === undefined ? {} : { purpose }), ...narrowingOf(rest) };
}

/** @throws as {@link decodeNewKey} */
export function decodeKeyChange(body: Body): ApiKeyChange {
  return narrowingOf(readChange(onlyMembers(body, Object.keys(narrowing))));
}

/** @throws as {@link decodeNewKey} */
export function decodeRotation(body: Body): Pick<ApiKeyRotationOrder, 'overlapMs'> {
  const { overlapHours } = body === undefined ? {} : readRotation(onlyMembers(body, ['overlapHours']));
  return overlapHours === undefined ? {} : { overlapMs: overlapHours * hourMs };
}

interface NarrowingBody {
  readonly scopes?: string[] | null;
  readonly sources?: string[] | null;
  readonly cidrs?: string[] | null;
  readonly expiresAtMs?: number | null;
  readonly expiresInDays?: number | null;
}

function narrowingOf({ scopes, sources, cidrs, expiresAtMs, expiresInDays }: NarrowingBody): ApiKeyChange {
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(sources === undefined ? {} : { sources }),
    ...(cidrs === undefined ? {} : { cidrs }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(expiresInDays === undefined ? {} : { lifetimeMs: expiresInDays === null ? null : expiresInDays * dayMs }),
  };
}
