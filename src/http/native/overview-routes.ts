/** `/admin/v1/overview`: how the node and everything behind it are, and what went on lately. @module */
import { isAllowed } from '../../access/index.js';
import { maxActivityHours } from '../../audit/index.js';
import { type Answer, json } from '../kit/answer.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { productVersion } from '../kit/version.js';
import { accepts, slots } from './credentials.js';

export const overviewRoutes: readonly Route[] = [
  { method: 'GET', path: '/admin/v1/overview', accepts, slots, body: 'none', answersHead: true, handle: showOverview },
];

/** Who does not manage the directory is told of their own organisation. */
async function showOverview({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, ['hours']);
  await core.identity.assertAllowed(principal, 'audit.read', origin);
  const hours = numberParameter(query, 'hours', { from: 1, to: maxActivityHours, standard: 24 });
  const organisationId = isAllowed(principal, 'directory.manage') ? null : (principal.organisationId ?? '');
  const [activity, counts, byHealth, isReady] = await Promise.all([
    core.audit.activity(principal, hours),
    core.identity.count(principal, origin),
    core.countSources(organisationId),
    core.isStoreReady(),
  ]);
  const { storeEngine, startedAtMs, nodeVersion, rssBytes, listeners } = core.node();
  return json(200, {
    node: {
      ...{ version: productVersion, startedAtMs, nodeVersion, rssBytes },
      ...{ store: { engine: storeEngine, isReady }, listeners },
    },
    sources: { total: Object.values(byHealth).reduce((sum, count) => sum + count, 0), byHealth },
    counts,
    signIns: activity.signIns,
    refusals: activity.refusals.map(({ reason, count }) => ({ reason: reason ?? 'unknown', count })),
    connectionTests: activity.connectionTests,
  });
}
