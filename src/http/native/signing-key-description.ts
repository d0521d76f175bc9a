/** `/admin/v1/signing-keys` in words and shapes. @module */
import Type from 'typebox';
import { signingFamilies } from '../../identity/index.js';
import type { Description } from '../kit/description.js';
import { bodyOf, epochMs, nullable, wordOf } from '../kit/schemas.js';
import { rotationOrder } from './signing-key-routes.js';

const text = Type.String();
const family = wordOf(signingFamilies);

const key = Type.Object(
  {
    id: text,
    family,
    algorithm: Type.String({ description: '`HS256`, `HS512`, `EdDSA`, `ES256` or `RS256`.' }),
    state: wordOf(
      ['published', 'signing', 'retired'],
      '`published`: it verifies and does not sign yet. `retired`: it verifies and signs no more.',
    ),
    createdAtMs: epochMs('When it was made.'),
    signsFromMs: epochMs('From when on it signs.'),
    retiredAtMs: nullable(epochMs('From when on another one signs.')),
    removableAtMs: nullable(epochMs('From here on no token needs it, and it is removed; null while it is the newest.')),
  },
  { $id: 'SigningKey' },
);
const rotation = Type.Object(
  {
    family,
    created: key,
    retiredId: nullable(Type.String({ description: 'The key that signs until the new one does.' })),
    removedIds: Type.Array(text),
    endedSessions: Type.Integer({ description: 'Live sessions that ended with keys that were revoked.' }),
  },
  { $id: 'SigningKeyRotation' },
);
const order = bodyOf('SigningKeyRotationOrder', rotationOrder, {
  revokeOld: 'Emergency: older keys go and every session of the family ends, at once.',
});

const json = 'application/json';
const tag = 'Signing keys';

export const signingKeyDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/signing-keys', id: 'listSigningKeys', tag, summary: 'List signing keys' },
    text: 'Newest first within each family, without what signs.',
    answers: {
      200: {
        text: 'Every key.',
        content: { [json]: { schema: Type.Object({ items: Type.Array(key) }, { $id: 'SigningKeys' }) } },
      },
    },
  },
  {
    ...{ method: 'POST', path: '/admin/v1/signing-keys/:family/rotate', id: 'rotateSigningKeys', tag },
    summary: 'Rotate the signing keys of a family',
    text: 'A new key; the old one verifies until the last token it signed has ended. Nobody is signed out, unless `revokeOld` says so.',
    params: { family: { schema: family, text: 'Family.', isRequired: true, example: 'native' } },
    body: { [json]: { schema: order, examples: { gently: {} } } },
    isBodyOptional: true,
    answers: { 200: { text: 'It is done.', content: { [json]: { schema: rotation } } } },
    refusals: ['identity.signing_key_busy'],
  },
];
