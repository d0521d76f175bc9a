/**
 * `/admin/v1/api-keys`: one's own API keys, and with `?user=` and the right to it everybody's. No API key opens them: a
 * key makes, shows and removes no keys (ASVS 7.2.2).
 *
 * @module
 */
import type { ApiKeyWithValue } from '../../identity/index.js';
import { AppError } from '../../kernel/errors.js';
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { decodeKeyChange, decodeNewKey, decodeRotation } from './api-key-bodies.js';
import { signedIn } from './credentials.js';
import { presentKey, presentKeyDetail, presentMadeKey } from './present-api-key.js';

const list = '/admin/v1/api-keys';
const one = `${list}/:key`;

export const apiKeyRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listKeys },
  { ...guarded('POST', list), body: 'json', handle: addKey },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showKey },
  { ...guarded('PATCH', one), body: 'json', handle: narrowKey },
  { ...guarded('DELETE', one), body: 'none', handle: removeKey },
  { ...guarded('POST', `${one}/rotate`), body: 'optional-json', handle: rotateKey },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, ...signedIn };
}

async function listKeys({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, ['user', 'limit', 'cursor']);
  const limit = numberParameter(query, 'limit', { from: 1, to: 1_000, standard: 100 });
  const cursor = query.get('cursor');
  const page = cursor === undefined ? { limit } : { limit, cursor };
  const user = query.get('user');
  const { apiKeys } = core.identity;
  const keys =
    user === undefined ? await apiKeys.list(principal, page) : await apiKeys.listOf({ principal, origin }, user, page);
  const nowMs = core.clock.nowMs();
  return json(200, { items: keys.items.map((key) => presentKey(key, nowMs)), nextCursor: keys.nextCursor ?? null });
}

async function addKey(call: GuardedCall): Promise<Answer> {
  const { core, principal, origin, query, body, idempotencyKey } = call;
  onlyParameters(query, ['user']);
  const { sources, ...rest } = decodeNewKey(body);
  const input = {
    ...rest,
    ...(sources === undefined ? {} : { sources: await sourceIds(call, sources, []) }),
    idempotencyKey,
  };
  const user = query.get('user');
  const { apiKeys } = core.identity;
  const key =
    user === undefined
      ? await apiKeys.add(principal, input, origin)
      : await apiKeys.addFor({ principal, origin }, user, input);
  return made(key, core.clock.nowMs());
}

async function showKey({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const detail = await core.identity.apiKeys.show({ principal, origin }, keyOf(params));
  return json(200, presentKeyDetail(detail, core.clock.nowMs()));
}

async function narrowKey(call: GuardedCall): Promise<Answer> {
  const { core, principal, origin, query, params, body } = call;
  onlyParameters(query, []);
  const actor = { principal, origin };
  const { sources, ...rest } = decodeKeyChange(body);
  const { key } = await core.identity.apiKeys.show(actor, keyOf(params));
  const change = {
    ...rest,
    // A source that was removed since can still be kept in the list, or taken from it.
    ...(sources === undefined ? {} : { sources: await sourceIds(call, sources, key.sources ?? []) }),
  };
  return json(200, presentKey(await core.identity.apiKeys.narrow(actor, key.id, change), core.clock.nowMs()));
}

async function removeKey({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.apiKeys.removeById({ principal, origin }, keyOf(params));
  return noContent();
}

async function rotateKey({
  core,
  principal,
  origin,
  query,
  params,
  body,
  idempotencyKey,
}: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const order = { ...decodeRotation(body), idempotencyKey };
  const { retiring, successor } = await core.identity.apiKeys.rotate({ principal, origin }, keyOf(params), order);
  const nowMs = core.clock.nowMs();
  return made(successor, nowMs, { replaces: presentKey(retiring, nowMs) });
}

/** The value is told once: to the request that made the key, and not to its repetitions. */
function made(key: ApiKeyWithValue, nowMs: number, more: object = {}): Answer {
  return json(key.value === null ? 200 : 201, { ...presentMadeKey(key, nowMs), ...more });
}

/**
 * Ids of sources that are named by id or name.
 *
 * @throws `access.denied` · `http.field_invalid` for one the caller may not know of.
 */
async function sourceIds(
  { core, principal, origin }: GuardedCall,
  references: readonly string[] | null,
  known: readonly string[],
): Promise<readonly string[] | null> {
  if (references === null) return null;
  const ids: string[] = [];
  for (const reference of new Set(references)) {
    if (known.includes(reference)) ids.push(reference);
    else ids.push(await sourceId(reference));
  }
  return ids;

  async function sourceId(reference: string): Promise<string> {
    try {
      return (await core.sources.registry.show({ principal, origin }, reference)).id;
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
      throw httpErrors.field_invalid({ details: { field: 'sources', fix: 'Send ids or names of sources.' } });
    }
  }
}

function keyOf(params: Readonly<Record<string, string>>): string {
  return params['key'] ?? '';
}
