/**
 * Replaces an API key without an outage: a successor that may do the same is made, and the old key stays good until
 * everybody who uses it has had the time to change over.
 *
 * @module
 */
import { findManagedKey } from './api-key-law.js';
import { answeredBefore, assertRoomForKey, rememberedRequest, writeKey } from './api-key-making.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { assertStillStands } from './live-session.js';
import type { Actor, ApiKey, ApiKeyRotation, ApiKeyRotationOrder } from './model.js';
import type { IdentityParts } from './parts.js';

const dayMs = 86_400_000;
const usualOverlapMs = dayMs;
const maxOverlapMs = 30 * dayMs;

/** See `use-cases.ts`. */
export async function rotateKey(
  parts: IdentityParts,
  actor: Actor,
  keyId: string,
  { overlapMs = usualOverlapMs, idempotencyKey }: ApiKeyRotationOrder,
): Promise<ApiKeyRotation> {
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > maxOverlapMs) {
    const fix = 'Send an overlap of 0 to 30 days.';
    throw identityErrors.api_key_field_invalid({ details: { field: 'overlap', fix } });
  }
  const { key, judgeOwner } = await findManagedKey(parts, actor, keyId, 'mint');
  const request = rememberedRequest(parts, actor, `rotate:${keyId}`, idempotencyKey, [overlapMs]);
  return parts.store.transaction(async (tx) => {
    const owner = await tx.findUserForChange(key.userId);
    judgeOwner(owner);
    await assertStillStands(tx, actor.principal);
    const current = await tx.findApiKeyForChange(keyId);
    if (current === null || owner === null) throw identityErrors.api_key_not_found();
    const before = await answeredBefore(parts, tx, key.userId, request);
    if (before !== null) return { retiring: current, successor: before };
    const nowMs = parts.clock.nowMs();
    if (current.successorId !== null || (current.expiresAtMs !== null && nowMs >= current.expiresAtMs)) {
      throw identityErrors.api_key_not_live();
    }
    await assertRoomForKey(parts, tx, actor, key.userId, 'retiring');
    const wanted = { ...current, expiresAtMs: endOfSuccessor(parts, current, nowMs) };
    const { id, organisationId } = owner.user;
    const successor = await writeKey(parts, tx, actor, { id, organisationId }, wanted, request);
    const endMs = Math.min(current.expiresAtMs ?? Number.POSITIVE_INFINITY, nowMs + overlapMs);
    const retiring = { ...current, successorId: successor.id, expiresAtMs: endMs };
    await tx.updateApiKey(retiring);
    const { principal, origin } = actor;
    const facts = { user: id, successor: successor.id, untilMs: endMs };
    const fields = { principal, organisationId, subject: `api_key:${keyId}`, facts };
    await tx.appendAudit(auditEvent(parts.clock, 'api_key.rotated', origin, fields));
    return { retiring, successor };
  });
}

/** As long after now as the old key's end was after its making, where it had one and where the install allows it. */
function endOfSuccessor({ policy }: IdentityParts, key: ApiKey, nowMs: number): number | null {
  const lives = [
    ...(key.expiresAtMs === null ? [] : [key.expiresAtMs - key.createdAtMs]),
    ...(policy.apiKeys.maxLifetimeMs === null ? [] : [policy.apiKeys.maxLifetimeMs]),
  ];
  return lives.length === 0 ? null : nowMs + Math.min(...lives);
}
