/** `/admin/v1/settings`: what this node was started with, and from where; secrets are only said to be set. @module */
import { type Answer, json } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { accepts, slots } from './credentials.js';

export const settingsRoutes: readonly Route[] = [
  { method: 'GET', path: '/admin/v1/settings', accepts, slots, body: 'none', answersHead: true, handle: listSettings },
];

async function listSettings({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.assertAllowed(principal, 'directory.manage', origin);
  const items = core.settingsInForce().map(({ name, variable, value, isSecret, isSet, from, text, unit }) => ({
    ...{ name, variable, value, isSecret, isSet, from, text, unit },
  }));
  return json(200, { items });
}
