/** `/admin/v1/signing-keys`: what tokens are signed with, without what signs. @module */
import Type from 'typebox';
import { type SigningFamily, type SigningKeyFacts, signingFamilies } from '../../identity/index.js';
import { httpErrors } from '../errors.js';
import { type Answer, json } from '../kit/answer.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { accepts, slots } from './credentials.js';

const list = '/admin/v1/signing-keys';

export const signingKeyRoutes: readonly Route[] = [
  { method: 'GET', path: list, accepts, slots, body: 'none', answersHead: true, handle: listKeys },
  { method: 'POST', path: `${list}/:family/rotate`, accepts, slots, body: 'optional-json', handle: rotate },
];

export const rotationOrder = Type.Object({ revokeOld: Type.Optional(Type.Boolean()) });
const readOrder = shape(rotationOrder);

async function listKeys({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const keys = await core.identity.keys.list({ principal, origin });
  return json(200, { items: keys.map(presentKey) });
}

async function rotate({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const { revokeOld = false } = body === undefined ? {} : readOrder(onlyMembers(body, ['revokeOld']));
  await core.identity.assertAllowed(principal, 'directory.manage', origin);
  const rotation = await core.identity.keys.rotate({ principal, origin }, familyOf(params), { revokeOld });
  const { family, created, retiredId, removedIds, endedSessions } = rotation;
  return json(200, { family, created: presentKey(created), retiredId, removedIds, endedSessions });
}

function familyOf(params: Readonly<Record<string, string>>): SigningFamily {
  const family = signingFamilies.find((one) => one === params['family']);
  if (family === undefined) throw httpErrors.not_found();
  return family;
}

function presentKey(key: SigningKeyFacts): object {
  const { id, family, algorithm, state, createdAtMs, signsFromMs, retiredAtMs, removableAtMs } = key;
  return { id, family, algorithm, state, createdAtMs, signsFromMs, retiredAtMs, removableAtMs };
}
