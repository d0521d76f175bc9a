/**
 * `/admin/v1/revocations`: everything that was issued to a user, in an organisation or in the install is refused from
 * the answer on; and one's own way out of every session at once.
 *
 * @module
 */
import Type from 'typebox';
import { httpErrors } from '../errors.js';
import { type Answer, json } from '../kit/answer.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { signedInOrKey } from './credentials.js';

export const revocationRoutes: readonly Route[] = [
  { method: 'POST', path: '/admin/v1/revocations', ...signedInOrKey, body: 'json', handle: revoke },
];

export const revocationOrder = Type.Object({
  scope: Type.Enum(['self', 'user', 'organisation', 'install']),
  user: Type.Optional(Type.String()),
  organisation: Type.Optional(Type.String()),
  apiKeys: Type.Optional(Type.Boolean()),
});
const readOrder = shape(revocationOrder);

/** `self`: one's own sessions, without any right; the others are for who manages the directory. */
async function revoke({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const order = readOrder(onlyMembers(body, ['scope', 'user', 'organisation', 'apiKeys']));
  const { scope, apiKeys = false } = order;
  const [actor, { revocations, sessions }] = [{ principal, origin }, core.identity];
  // A name that goes with another scope was meant to narrow what it does not.
  for (const name of ['user', 'organisation'] as const) {
    const isWanted = name === scope;
    if (isWanted && order[name] === undefined) throw httpErrors.field_missing({ details: { field: name } });
    if (!isWanted && order[name] !== undefined) throw misplaced(name);
  }
  switch (scope) {
    case 'self': {
      if (order.apiKeys !== undefined) throw misplaced('apiKeys');
      const { sessionsEnded } = await sessions.logoutEverywhere(principal, origin);
      return json(200, { scope, sessions: sessionsEnded, apiKeys: 0 });
    }
    case 'user':
      return json(200, { scope, ...(await revocations.revokeUser(actor, order.user ?? '', { apiKeys })) });
    case 'organisation': {
      const revoked = await revocations.revokeOrganisation(actor, order.organisation ?? '', { apiKeys });
      return json(200, { scope, ...revoked });
    }
    case 'install':
      return json(200, { scope, ...(await revocations.revokeInstall(actor, { apiKeys })) });
  }
}

function misplaced(field: string): Error {
  return httpErrors.field_invalid({ details: { field, fix: 'Leave it out for this scope.' } });
}
