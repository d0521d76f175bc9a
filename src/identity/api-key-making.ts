/**
 * Makes API keys: one row, its narrowing and its audit record in one transaction that also sees whether the owner may
 * have one more. A request that was answered before makes no second key.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import { digestApiKey, makeApiKeyValue, shownPartsOf } from './api-key-value.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import type { Actor, ApiKey, ApiKeyWithValue, KeyNarrowing } from './model.js';
import type { IdentityParts } from './parts.js';
import type { ApiKeyRequest, IdentityTransaction } from './ports.js';

/** How long the same request makes no second key. */
const rememberedMs = 24 * 3_600_000;
/** Keys that ended are kept for their owners to see, and then make room. */
const keptEndedMs = 30 * 86_400_000;
/** Printable ASCII: what a header carries unchanged. */
const requestName = /^[\x21-\x7e]{1,255}$/;

export interface KeyToMake extends KeyNarrowing {
  readonly name: string;
  readonly purpose: string | null;
  readonly expiresAtMs: number | null;
}

/**
 * Inside a transaction that holds the owner's row, so that makers of keys of one owner come one after the other.
 *
 * @throws `identity.api_key_limit_reached` details.limit
 */
export async function assertRoomForKey(
  parts: IdentityParts,
  tx: IdentityTransaction,
  actor: Actor,
  userId: string,
  kind: 'current' | 'retiring',
): Promise<void> {
  const nowMs = parts.clock.nowMs();
  const { perUser } = parts.policy.apiKeys;
  if (await tx.hasRoomForApiKey(userId, perUser, nowMs - keptEndedMs)) return;
  const count = await tx.countApiKeys(userId, nowMs, nowMs - keptEndedMs);
  if (count[kind] >= perUser) throw identityErrors.api_key_limit_reached({ details: { limit: perUser } });
  if (count.ended === 0) return;
  const { principal, origin } = actor;
  for (const keyId of await tx.removeEndedApiKeys(userId, nowMs - keptEndedMs)) {
    const fields = { principal, subject: `api_key:${keyId}`, reason: 'ended', facts: { user: userId } };
    await tx.appendAudit(auditEvent(parts.clock, 'api_key.deleted', origin, fields));
  }
}

/** Writes the key and its record. @returns the key with its value: the only time it is told. */
export async function writeKey(
  parts: IdentityParts,
  tx: IdentityTransaction,
  { principal, origin }: Actor,
  owner: { readonly id: string; readonly organisationId: string | null },
  wanted: KeyToMake,
  request: ApiKeyRequest | null,
): Promise<ApiKeyWithValue> {
  const value = makeApiKeyValue(parts.ids);
  const { prefix, last4 } = shownPartsOf(value);
  const key: ApiKey = {
    id: parts.ids.uuid(),
    userId: owner.id,
    name: wanted.name,
    purpose: wanted.purpose,
    scopes: wanted.scopes,
    sources: wanted.sources,
    cidrs: wanted.cidrs,
    expiresAtMs: wanted.expiresAtMs,
    prefix,
    last4,
    createdAtMs: parts.clock.nowMs(),
    lastUsedAtMs: null,
    lastUsedAddress: null,
    successorId: null,
  };
  const digest = digestApiKey(parts.digestKey, value);
  await tx.insertApiKey({ key, digest, value: parts.policy.keepKeyValues ? value : null, request });
  const { organisationId } = owner;
  const fields = { principal, organisationId, subject: `api_key:${key.id}`, facts: { user: owner.id } };
  await tx.appendAudit(auditEvent(parts.clock, 'api_key.created', origin, fields));
  return { ...key, value };
}

/**
 * The request as it is remembered: bound to who asks, to what it does, and to what it asks for.
 *
 * @param about  What it does to what: `add:<user id>`, `rotate:<key id>`.
 * @throws `identity.api_key_field_invalid` for a name no header carries.
 */
export function rememberedRequest(
  parts: IdentityParts,
  actor: Actor,
  about: string,
  idempotencyKey: string | null | undefined,
  content: unknown,
): ApiKeyRequest | null {
  if (idempotencyKey === undefined || idempotencyKey === null) return null;
  if (!requestName.test(idempotencyKey)) {
    const fix = 'Send 1 to 255 printable ASCII characters.';
    throw identityErrors.api_key_field_invalid({ details: { field: 'Idempotency-Key', fix } });
  }
  const mac = (text: string) =>
    createHmac('sha256', parts.digestKey.reveal()).update(`api_key_request\0${text}`).digest('hex');
  const who = actor.principal?.userId ?? '';
  return { digest: mac(JSON.stringify([who, about, idempotencyKey])), content: mac(JSON.stringify(content)) };
}

/**
 * The key this request made before; `null` when it made none within a day.
 *
 * @throws `identity.idempotency_key_reused` it asked for something else then.
 */
export async function answeredBefore(
  parts: IdentityParts,
  tx: IdentityTransaction,
  userId: string,
  request: ApiKeyRequest | null,
): Promise<ApiKeyWithValue | null> {
  if (request === null) return null;
  const found = await tx.findApiKeyByRequest(userId, request.digest, parts.clock.nowMs() - rememberedMs);
  if (found === null) return null;
  if (found.content !== request.content) throw identityErrors.idempotency_key_reused();
  return { ...found.key, value: null };
}
