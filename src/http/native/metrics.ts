/** `/metrics`: the figures of the service, for this machine itself or for a key that may read them. @module */
import { type Answer, plainText } from '../kit/answer.js';
import { localCaller } from '../kit/local-caller.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { headerSlots } from './credentials.js';

export const metricsRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/metrics',
    body: 'none',
    accepts: ['api_key', 'native_token'],
    slots: headerSlots,
    whenNothingPresented: localCaller,
    handle: showMetrics,
  },
];

async function showMetrics({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  // Whoever is on this machine may look at it in other ways too; everybody else needs the right.
  if (principal.credential.kind !== 'loopback') {
    await core.identity.assertAllowed(principal, 'metrics.read', origin);
  }
  onlyParameters(query, []);
  const { contentType, text } = await core.metrics();
  return plainText(contentType, text);
}
