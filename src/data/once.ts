/**
 * Does a write once, however often it is sent: the caller names the request, and the same name gets the answer of
 * before. What nobody knows the end of is not done again.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { authorize } from '../access/index.js';
import { AppError } from '../kernel/errors.js';
import { dataErrors } from './errors.js';
import { maxReceiptCharacters, receiptMs } from './limits.js';
import type { Actor } from './model.js';
import type { DataParts } from './parts.js';
import type { WriteReceipt } from './ports.js';
import type { OnceAnswer, OnceOrder } from './use-cases.js';

/** See `use-cases.ts`. */
export async function once(
  { store, clock }: Pick<DataParts, 'store' | 'clock'>,
  { principal }: Actor,
  { key, content }: OnceOrder,
  work: () => Promise<{ readonly status: number; readonly body: string }>,
): Promise<OnceAnswer> {
  authorize(principal, 'data.use');
  // Of the account, so that a caller who gets a new token meanwhile is still the same; nobody meets another's keys.
  const owner = principal.userId ?? principal.credential.kind;
  const keyDigest = digest(['write', owner, key]);
  const contentDigest = digest([content]);
  const nowMs = clock.nowMs();
  const before = await store.findWriteReceipt(keyDigest, nowMs - receiptMs);
  if (before !== null) return repeated(before, contentDigest);
  const receipt: WriteReceipt = { keyDigest, contentDigest, state: 'pending', status: null, body: null, atMs: nowMs };
  const isFirst = await store.transaction((tx) => tx.insertWriteReceipt(receipt, nowMs - receiptMs));
  if (!isFirst) {
    const other = await store.findWriteReceipt(keyDigest, nowMs - receiptMs);
    if (other === null) throw dataErrors.outcome_unknown();
    return repeated(other, contentDigest);
  }
  let answer: { readonly status: number; readonly body: string };
  try {
    answer = await work();
  } catch (error) {
    if (isUndone(error)) await store.transaction((tx) => tx.deleteWriteReceipt(keyDigest));
    throw error;
  }
  const kept = answer.body.length > maxReceiptCharacters ? '' : answer.body;
  await store.transaction((tx) => tx.finishWriteReceipt(keyDigest, answer.status, kept));
  return { ...answer, isRepeated: false };
}

/** Every refusal says that nothing was kept, but the one that says it is not known. */
function isUndone(error: unknown): boolean {
  return error instanceof AppError && error.code !== dataErrors.commit_unknown.code && error.kind !== 'internal';
}

function repeated({ contentDigest, state, status, body }: WriteReceipt, asked: string): OnceAnswer {
  if (contentDigest !== asked) throw dataErrors.idempotency_key_reused();
  if (state === 'pending' || status === null) throw dataErrors.outcome_unknown();
  return { status, body: body ?? '', isRepeated: true };
}

/** No secret is in it: a key is a name, and whoever reads the table learns which requests were the same. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
