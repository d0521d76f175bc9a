/** `/admin/v1/connections`: the same questions of a database whose credentials are in the body. @module */
import type { Answer, StreamedAnswer } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { answerInStages } from './answer-in-stages.js';
import { accepts, slots } from './credentials.js';
import { presentPreflight, presentRejections, presentTold } from './present-source.js';
import { decodeConnection } from './source-bodies.js';

export const connectionRoutes: readonly Route[] = [
  { method: 'POST', path: '/admin/v1/connections/test', body: 'json', accepts, slots, handle: test },
  { method: 'POST', path: '/admin/v1/connections/preflight', body: 'json', accepts, slots, handle: preflight },
];

async function test(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { core, principal, origin, query, body, signal } = call;
  await core.identity.assertAllowed(principal, 'connections.test', origin);
  onlyParameters(query, []);
  const { raw, ask } = decodeConnection(body, 'test');
  const parsed = core.sources.parseTarget(raw);
  if (!parsed.ok) return presentRejections(parsed.rejections, origin.requestId);
  const subject = { target: parsed.target };
  return answerInStages(call, async (listeners) =>
    presentTold(await core.sources.testConnection({ principal, origin, subject, signal, ...ask, ...listeners })),
  );
}

async function preflight(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { core, principal, origin, query, body, signal } = call;
  await core.identity.assertAllowed(principal, 'connections.test', origin);
  onlyParameters(query, []);
  const { raw, ask } = decodeConnection(body, 'preflight');
  const parsed = core.sources.parseTarget(raw);
  if (!parsed.ok) return presentRejections(parsed.rejections, origin.requestId);
  const subject = { target: parsed.target };
  return answerInStages(call, async (listeners) => {
    const made = await core.sources.preflight({ principal, origin, subject, signal, ...ask, ...listeners });
    return presentPreflight(made.told, made.preflight);
  });
}
