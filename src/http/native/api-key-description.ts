/** `/admin/v1/api-keys` in words and shapes. @module */
import Type from 'typebox';
import type { DescribedParameter, Description } from '../kit/description.js';
import { bodyOf, epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { keyChange, keyRotation, newKey } from './api-key-bodies.js';
import { action } from './role-description.js';

const members = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  purpose: nullable(Type.String({ description: 'What it is for, in its owner’s words.' })),
  key: Type.String({ description: 'First and last characters of the value, safe to show.', examples: ['lk_Q7p…x4Zd'] }),
  state: wordOf(['active', 'retiring', 'ended'], '`retiring`: replaced, and good until its end.'),
  scopes: nullable(Type.Array(action, { description: 'What it may at most do; null: what its owner may.' })),
  sources: nullable(Type.Array(Type.String(), { description: 'Ids of the sources it reaches; null: any.' })),
  cidrs: nullable(Type.Array(Type.String(), { description: 'Ranges of addresses it is good from; null: any.' })),
  createdAtMs: epochMs('When it was made.'),
  expiresAtMs: nullable(epochMs('When it ends; null: never by itself.')),
  lastUsedAtMs: nullable(epochMs('When it was used last.')),
  lastUsedAddress: nullable(Type.String({ description: 'Known of keys that are being replaced.' })),
  successor: nullable(Type.String({ description: 'Id of the key that replaces it.' })),
};
const value = nullable(
  Type.String({ description: 'The key itself, told once; null where the request was answered before.' }),
);

const key = Type.Object(members, { $id: 'ApiKey' });
const madeKey = Type.Object({ ...members, value }, { $id: 'MadeApiKey' });
const rotatedKey = Type.Object({ ...members, value, replaces: key }, { $id: 'RotatedApiKey' });
const keyDetail = Type.Object(
  {
    ...members,
    user: Type.String({ description: 'Name of its owner.' }),
    uses: Type.Array(
      Type.Object({
        day: Type.String({ format: 'date' }),
        uses: Type.Integer(),
        lastUsedAtMs: epochMs('The last of that day.'),
        lastUsedAddress: nullable(Type.String()),
      }),
      { description: 'By day, newest first; empty unless the key is being replaced.' },
    ),
  },
  { $id: 'ApiKeyDetail' },
);

const params: Readonly<Record<string, DescribedParameter>> = {
  key: {
    schema: Type.String({ format: 'uuid' }),
    text: 'Id of the key.',
    isRequired: true,
    example: '0190b6a4-90f3-7be4-a1d2-5c7e33f08b19',
  },
};
const user: DescribedParameter = {
  schema: Type.String(),
  text: 'Name of somebody else; for who manages the directory. One’s own without it.',
};
const headers: Readonly<Record<string, DescribedParameter>> = {
  'Idempotency-Key': {
    schema: Type.String({ maxLength: 255 }),
    text: 'Your name for this request: for 24 hours it makes no second key. A repetition is 200 without the value.',
  },
};
const texts = {
  scopes: 'Names of actions; null or nothing: what the owner may.',
  sources: 'Ids or names; null or nothing: any.',
  cidrs: 'Ranges of addresses; null or nothing: any.',
  expiresInDays: 'Instead of `expiresAtMs`.',
};
const json = 'application/json';
const tag = 'API keys';
const field = 'identity.api_key_field_invalid';

export const apiKeyDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/api-keys', id: 'listApiKeys', tag, summary: 'List API keys' },
    text: 'No API key opens these routes: a key makes, shows and removes no keys.',
    query: { user, ...pageParameters },
    answers: { 200: { text: 'A page of keys.', content: { [json]: { schema: pageOf('ApiKeyPage', key) } } } },
    refusals: ['identity.user_not_found'],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/api-keys', id: 'addApiKey', tag, summary: 'Make an API key' },
    text: 'It may do what its owner may, less what it is narrowed to.',
    query: { user },
    headers,
    body: {
      [json]: {
        schema: bodyOf('NewApiKey', newKey, texts),
        examples: {
          narrow: {
            name: 'nightly report',
            scopes: ['data.use'],
            cidrs: ['127.0.0.0/8', '::1/128'],
            expiresInDays: 90,
          },
          plain: { name: 'laptop', purpose: 'trying things out' },
        },
      },
    },
    answers: {
      200: { text: 'The request was answered before: the key it made.', content: { [json]: { schema: madeKey } } },
      201: { text: 'The key, with its value.', content: { [json]: { schema: madeKey } } },
    },
    refusals: [
      ...['identity.api_key_name_invalid', field, 'identity.api_key_limit_reached', 'identity.user_not_found'],
      'identity.idempotency_key_reused',
    ],
  },
  {
    ...{ method: 'GET', path: '/admin/v1/api-keys/:key', id: 'showApiKey', tag, summary: 'Show an API key' },
    params,
    answers: { 200: { text: 'The key and who uses it.', content: { [json]: { schema: keyDetail } } } },
    refusals: ['identity.api_key_not_found'],
  },
  {
    ...{ method: 'PATCH', path: '/admin/v1/api-keys/:key', id: 'narrowApiKey', tag, summary: 'Narrow an API key' },
    text: 'What is named must lie within what the key has: a key is narrowed and never widened.',
    params,
    body: {
      [json]: {
        schema: bodyOf('ApiKeyChange', keyChange, texts),
        examples: { narrow: { scopes: ['data.use'], expiresInDays: 30 } },
      },
    },
    answers: { 200: { text: 'The key as it is now.', content: { [json]: { schema: key } } } },
    refusals: ['identity.api_key_not_found', field, 'identity.api_key_only_narrows', 'identity.api_key_not_live'],
  },
  {
    ...{ method: 'DELETE', path: '/admin/v1/api-keys/:key', id: 'removeApiKey', tag, summary: 'Remove an API key' },
    params,
    answers: { 204: { text: 'It is gone, and refused from now on.' } },
    refusals: ['identity.api_key_not_found'],
  },
  {
    ...{
      method: 'POST',
      path: '/admin/v1/api-keys/:key/rotate',
      id: 'rotateApiKey',
      tag,
      summary: 'Rotate an API key',
    },
    text: 'Makes a successor that may do the same. The old one stays good for the overlap, and tells who uses it still.',
    params,
    headers,
    body: {
      [json]: {
        schema: bodyOf('ApiKeyRotation', keyRotation, { overlapHours: 'A day where nothing is said.' }),
        examples: { week: { overlapHours: 168 } },
      },
    },
    isBodyOptional: true,
    answers: {
      200: { text: 'The request was answered before.', content: { [json]: { schema: rotatedKey } } },
      201: { text: 'The successor, with its value.', content: { [json]: { schema: rotatedKey } } },
    },
    refusals: ['identity.api_key_not_found', 'identity.api_key_not_live', 'identity.idempotency_key_reused'],
  },
];
