/** `/admin/v1/sources`: the stored databases, and what may be asked of each by its id or name. @module */
import { type Engine, engines } from '../../sources/index.js';
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent, type StreamedAnswer } from '../kit/answer.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { answerInStages } from './answer-in-stages.js';
import { accepts, slots } from './credentials.js';
import { presentPreflight, presentSource, presentTold } from './present-source.js';
import { decodeAsk, decodeChange, decodeNewSource } from './source-bodies.js';

const list = '/admin/v1/sources';
const one = `${list}/:source`;

export const sourceRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listSources },
  { ...guarded('POST', list), body: 'json', handle: addSource },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showSource },
  { ...guarded('PATCH', one), body: 'json', handle: changeSource },
  { ...guarded('DELETE', one), body: 'none', handle: removeSource },
  { ...guarded('POST', `${one}/test`), body: 'optional-json', handle: testSource },
  { ...guarded('POST', `${one}/preflight`), body: 'optional-json', handle: preflightSource },
  { ...guarded('POST', `${one}/snapshot`), body: 'none', handle: takeSnapshot },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

async function listSources({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'sources.inspect', origin);
  onlyParameters(query, ['engine', 'limit', 'cursor']);
  const engine = query.get('engine');
  if (engine !== undefined && !isEngine(engine)) {
    const fix = `Send one of: ${engines.join(', ')}.`;
    throw httpErrors.field_invalid({ details: { field: 'engine', fix } });
  }
  const limit = numberParameter(query, 'limit', { from: 1, to: 1_000, standard: 100 });
  const cursor = query.get('cursor');
  const page = await core.sources.registry.list(
    { principal, origin },
    engine === undefined ? {} : { engine },
    cursor === undefined ? { limit } : { limit, cursor },
  );
  return json(200, {
    items: page.items.map((source) => presentSource(source)),
    nextCursor: page.nextCursor ?? null,
  });
}

async function addSource({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'sources.manage', origin);
  onlyParameters(query, []);
  const { source, webhookKey } = await core.sources.registry.add({ principal, origin }, decodeNewSource(body));
  return json(201, presentSource(source, webhookKey));
}

async function showSource({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'sources.inspect', origin);
  onlyParameters(query, []);
  return json(200, presentSource(await core.sources.registry.show({ principal, origin }, referenceOf(params))));
}

async function changeSource({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'sources.manage', origin);
  onlyParameters(query, []);
  const change = decodeChange(body);
  const { source, webhookKey } = await core.sources.registry.change({ principal, origin }, referenceOf(params), change);
  return json(200, presentSource(source, webhookKey));
}

async function removeSource({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'sources.manage', origin);
  onlyParameters(query, []);
  await core.sources.registry.remove({ principal, origin }, referenceOf(params));
  return noContent();
}

async function testSource(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { core, principal, origin, query, params, body, signal } = call;
  await core.identity.assertAllowed(principal, 'sources.inspect', origin);
  onlyParameters(query, []);
  const subject = { source: referenceOf(params) };
  const ask = decodeAsk(body, 'test');
  return answerInStages(call, async (listeners) =>
    presentTold(await core.sources.testConnection({ principal, origin, subject, signal, ...ask, ...listeners })),
  );
}

async function preflightSource(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { core, principal, origin, query, params, body, signal } = call;
  await core.identity.assertAllowed(principal, 'sources.inspect', origin);
  onlyParameters(query, []);
  const subject = { source: referenceOf(params) };
  const ask = decodeAsk(body, 'preflight');
  return answerInStages(call, async (listeners) => {
    const made = await core.sources.preflight({ principal, origin, subject, signal, ...ask, ...listeners });
    return presentPreflight(made.told, made.preflight);
  });
}

async function takeSnapshot({ core, principal, origin, query, params, signal }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'sources.manage', origin);
  onlyParameters(query, []);
  return json(201, await core.sources.takeSnapshot({ principal, origin, source: referenceOf(params), signal }));
}

/** Id or name; the room knows which. */
export function referenceOf(params: Readonly<Record<string, string>>): string {
  return params['source'] ?? '';
}

function isEngine(text: string): text is Engine {
  return engines.some((engine) => engine === text);
}
