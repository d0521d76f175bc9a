/** Routes of the atlan family. @module */
import type { CatalogRequest } from '../../../sources/index.js';
import { httpErrors } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import { localCaller } from '../../kit/local-caller.js';
import type { Call, GuardedCall, Route } from '../../kit/route.js';
import { accepts, slots } from './credentials.js';
import { type AuthRequest, decodeAuthRequest, decodeCheckRequest, decodeMetadataRequest } from './decode.js';
import { presentCheck, presentRejections, presentRows, presentTold } from './present.js';

export const routes: readonly Route[] = [
  { ...aboutDatabase('/workflows/v1/auth'), handle: testAuthentication },
  { ...aboutDatabase('/workflows/v1/metadata'), handle: fetchMetadata },
  { ...aboutDatabase('/workflows/v1/check'), handle: check },
  ...['/server/health', '/health'].map(
    (path): Route => ({ method: 'GET', path, body: 'none', answersHead: true, accepts: 'anyone', handle: health }),
  ),
  ...['/server/ready', '/ready'].map(
    (path): Route => ({ method: 'GET', path, body: 'none', answersHead: true, accepts: 'anyone', handle: ready }),
  ),
];

function aboutDatabase(path: string) {
  return { method: 'POST', path, body: 'json', accepts, slots, whenNothingPresented: localCaller } as const;
}

async function testAuthentication(call: GuardedCall): Promise<Answer> {
  await assertMayTest(call);
  const asked = decodeAuthRequest(call.body);
  const reach = reachOf(call, asked);
  if (!reach.ok) return presentRejections(reach.rejections, asked.target.authType);
  return presentTold(await call.core.sources.testConnection(reach.input), reach.authType);
}

async function fetchMetadata(call: GuardedCall): Promise<Answer> {
  await assertMayTest(call);
  const asked = decodeMetadataRequest(call.body);
  const reach = reachOf(call, asked);
  if (!reach.ok) return presentRejections(reach.rejections, asked.target.authType);
  const answer = await call.core.sources.metadata({ ...reach.input, request: schemasOnly });
  if (answer.outcome === 'failed') return presentTold(answer.told, reach.authType);
  // Opening it told the schemas already; objects are not read.
  await answer.close();
  return presentRows(asked.type, asked.database ?? answer.server.catalog, answer.schemas);
}

async function check(call: GuardedCall): Promise<Answer> {
  await assertMayTest(call);
  const asked = decodeCheckRequest(call.body);
  const reach = reachOf(call, asked);
  if (!reach.ok) return presentRejections(reach.rejections, asked.target.authType);
  const answer = await call.core.sources.familyCheck({ ...reach.input, filter: asked.filter });
  return answer.outcome === 'failed' ? presentTold(answer.told, reach.authType) : presentCheck(answer);
}

const schemasOnly: CatalogRequest = { schemas: null, names: [], groups: new Set(), after: null, limit: 1 };

function assertMayTest({ core, principal, origin }: GuardedCall): Promise<void> {
  return core.identity.assertAllowed(principal, 'connections.test', origin);
}

/** What every route of this family hands to sources, or why the target is none. */
function reachOf({ core, principal, origin, signal }: GuardedCall, { target: raw, timeoutMs: asked }: AuthRequest) {
  const parsed = core.sources.parseTarget(raw);
  if (!parsed.ok) return parsed;
  const timeoutMs = asked ?? parsed.timeoutMs;
  const subject = { target: parsed.target };
  const input = { principal, origin, subject, signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return { ok: true as const, authType: parsed.target.authType, input };
}

async function health(): Promise<Answer> {
  return json(200, { status: 'healthy' });
}

async function ready({ core }: Call): Promise<Answer> {
  if (!(await core.isStoreReady())) throw httpErrors.not_ready();
  return json(200, { status: 'ok' });
}
