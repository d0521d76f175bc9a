/** Routes of the atlan family. @module */
import { isAllowed } from '../../../access/index.js';
import { httpErrors } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import type { Call, GuardedCall, Route } from '../../kit/route.js';
import { accepts, localCaller, slots } from './credentials.js';
import { decodeAuthRequest } from './decode.js';
import { presentRejections, presentReport } from './present.js';

export const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/workflows/v1/auth',
    body: 'json',
    accepts,
    slots,
    whenNothingPresented: localCaller,
    handle: testAuthentication,
  },
  ...['/server/health', '/health'].map(
    (path): Route => ({ method: 'GET', path, body: 'none', answersHead: true, accepts: 'anyone', handle: health }),
  ),
  ...['/server/ready', '/ready'].map(
    (path): Route => ({ method: 'GET', path, body: 'none', answersHead: true, accepts: 'anyone', handle: ready }),
  ),
];

async function testAuthentication({ core, principal, body, signal, origin }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'connections.test', origin);
  const { target: raw, timeoutMs: asked } = decodeAuthRequest(body);
  const parsed = core.sources.parseTarget(raw);
  if (!parsed.ok) return presentRejections(parsed.rejections, raw.authType);
  const timeoutMs = asked ?? parsed.timeoutMs;
  const report = await core.sources.testConnection({
    principal,
    target: parsed.target,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    signal,
    origin,
  });
  return presentReport(report, parsed.target.authType, isAllowed(principal, 'connections.diagnose'));
}

async function health(): Promise<Answer> {
  return json(200, { status: 'healthy' });
}

async function ready({ core }: Call): Promise<Answer> {
  if (!(await core.isStoreReady())) throw httpErrors.not_ready();
  return json(200, { status: 'ok' });
}
