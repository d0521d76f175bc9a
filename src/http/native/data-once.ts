/**
 * Writes that have a name (`Idempotency-Key`): done once in 24 hours, however often they are sent, and answered each
 * time as they were the first.
 *
 * @module
 */
import type { Answer } from '../kit/answer.js';
import type { GuardedCall } from '../kit/route.js';
import { flagParameter } from './data-query.js';
import { referenceOf } from './data-routes.js';
import { invalid } from './data-words.js';

/** Printable ASCII: what a header carries unchanged. */
const requestName = /^[\x21-\x7e]{1,255}$/;
/** Methods, and what they need a grant for at least one of. */
const neededFor: Readonly<Record<string, readonly string[]>> = {
  POST: ['insert'],
  PUT: ['insert', 'update'],
  PATCH: ['update'],
  DELETE: ['delete'],
};

/**
 * @param method  Of the route.
 * @param work    Does it. A write with a name goes on when its client goes away, so that the client can ask again how it
 *                ended; what is only rehearsed has no name.
 * @throws `http.field_invalid` for a name no header carries · `data.idempotency_key_reused` · `data.outcome_unknown` ·
 * what `work` throws.
 */
export async function doneOnce(
  call: GuardedCall,
  method: string,
  work: (call: GuardedCall) => Promise<Answer>,
): Promise<Answer> {
  const { core, principal, origin, idempotencyKey } = call;
  if (idempotencyKey === null || flagParameter(call.query, 'dryRun')) return work(call);
  if (!requestName.test(idempotencyKey)) {
    throw invalid('Idempotency-Key', 'Send 1 to 255 printable ASCII characters.');
  }
  // Whoever lost the right to it since is not told the answer of before either.
  const { operations } = await core.data.view({ principal, origin }, referenceOf(call));
  const isStillGranted = operations.some((operation) => neededFor[method]?.includes(operation) === true);
  if (!isStillGranted) return work(call);
  const answer = await core.data.once(
    { principal, origin },
    { key: idempotencyKey, content: contentOf(call, method) },
    async () => toReceipt(await work(call.detached())),
  );
  return fromReceipt(answer);
}

/** Everything that makes it another request. */
function contentOf({ params, query, body, wants }: GuardedCall, method: string): string {
  const asked = [...query.names()].sort().map((name) => [name, query.get(name)]);
  const { prefer, ifMatch, ifNoneMatch } = wants;
  const place = [params['source'], params['object'], params['key'] ?? null];
  return JSON.stringify([method, place, asked, prefer, ifMatch, ifNoneMatch, body ?? null], (_name, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

function toReceipt({ status, contentType, headers, body }: Answer): { status: number; body: string } {
  return { status, body: JSON.stringify({ contentType, headers: headers ?? {}, body }) };
}

/** An answer too long to be kept is told by its status. */
function fromReceipt({ status, body }: { readonly status: number; readonly body: string }): Answer {
  if (body === '') return { status, contentType: null, body: '' };
  return { status, ...(JSON.parse(body) as Pick<Answer, 'contentType' | 'headers' | 'body'>) };
}
