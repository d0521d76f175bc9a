/** `/admin/v1/connections`: the same questions of a database whose credentials are in the body. @module */
import { type Answer, json } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { accepts, slots } from './credentials.js';
import { presentPreflight, presentRejections, presentTold } from './present-source.js';
import { decodeConnection } from './source-bodies.js';

export const connectionRoutes: readonly Route[] = [
  { method: 'POST', path: '/admin/v1/connections/test', body: 'json', accepts, slots, handle: test },
  { method: 'POST', path: '/admin/v1/connections/preflight', body: 'json', accepts, slots, handle: preflight },
];

async function test({ core, principal, origin, query, body, signal }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'connections.test', origin);
  onlyParameters(query, []);
  const { raw, ask } = decodeConnection(body, 'test');
  const parsed = core.sources.parseTarget(raw);
  if (!parsed.ok) return presentRejections(parsed.rejections, origin.requestId);
  const subject = { target: parsed.target };
  return json(200, presentTold(await core.sources.testConnection({ principal, origin, subject, signal, ...ask })));
}

async function preflight({ core, principal, origin, query, body, signal }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'connections.test', origin);
  onlyParameters(query, []);
  const { raw, ask } = decodeConnection(body, 'preflight');
  const parsed = core.sources.parseTarget(raw);
  if (!parsed.ok) return presentRejections(parsed.rejections, origin.requestId);
  const subject = { target: parsed.target };
  const answer = await core.sources.preflight({ principal, origin, subject, signal, ...ask });
  return json(200, presentPreflight(answer.told, answer.preflight));
}
