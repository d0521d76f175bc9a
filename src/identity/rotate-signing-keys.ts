/**
 * Rotation of signing keys: a new key is kept, and so known everywhere, before it signs; the one before it signs until
 * then and verifies until its last token has ended. In an emergency the old keys and everything under them end at once.
 *
 * @module
 */
import { assertMayAdminister } from './administration.js';
import type { AuditFields } from './audit-event.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import type { Actor } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction, SigningAlgorithm, SigningKey } from './ports.js';
import { signerOf } from './signing-keys.js';
import {
  keptAfterMs,
  publishAheadMs,
  removableAtMs,
  type SigningFamily,
  signingFamilies,
} from './signing-keys-life.js';
import { makeSigningKey } from './signing-keys-load.js';

/** A signing key as it may be shown: nothing of what it signs with. */
export interface SigningKeyFacts {
  readonly id: string;
  readonly family: SigningFamily;
  readonly algorithm: SigningAlgorithm;
  /** `published`: it verifies and does not sign yet. `retired`: it verifies and signs no more. */
  readonly state: 'published' | 'signing' | 'retired';
  readonly createdAtMs: number;
  readonly signsFromMs: number;
  readonly retiredAtMs: number | null;
  /** From here on the next rotation or sweep removes it; `null` while it is the newest. */
  readonly removableAtMs: number | null;
}

export interface KeyRotation {
  readonly family: SigningFamily;
  readonly created: SigningKeyFacts;
  /** The key that signs until the new one does; `null` when there was none, or it was revoked. */
  readonly retiredId: string | null;
  readonly removedIds: readonly string[];
  /** Sessions that were live and ended with the keys that were revoked. */
  readonly endedSessions: number;
}

export interface RotationOrder {
  /** Emergency: every older key of the family is removed and every session of it ended, at once. */
  readonly revokeOld: boolean;
}

/** How often a rotation begins anew when another process rotates at the same time. */
const maxAttempts = 3;

export async function listSigningKeys(parts: IdentityParts, actor: Actor): Promise<readonly SigningKeyFacts[]> {
  await assertMayAdminister(parts, actor);
  const nowMs = parts.clock.nowMs();
  const lists = await Promise.all(
    signingFamilies.map(async (family) => {
      const keys = await parts.store.listSigningKeys(family);
      return keys.map((key) => factsOf(family, key, signerOf(keys, nowMs), nowMs));
    }),
  );
  return lists.flat();
}

/**
 * Rotates by hand.
 *
 * @throws `access.denied` · `identity.signing_key_busy` others rotated the family at the same time, again and again.
 */
export async function rotateSigningKeys(
  parts: IdentityParts,
  actor: Actor,
  family: SigningFamily,
  order: RotationOrder,
): Promise<KeyRotation> {
  await assertMayAdminister(parts, actor);
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const rotation = await rotateFrom(parts, actor, family, await findNewest(parts, family), order);
    if (rotation !== null) return rotation;
  }
  throw identityErrors.signing_key_busy();
}

/** The key of the family that is not retired; `null` when there is none. */
export async function findNewest(parts: IdentityParts, family: SigningFamily): Promise<SigningKey | null> {
  const keys = await parts.store.listSigningKeys(family);
  return keys.find((one) => one.retiredAtMs === null) ?? null;
}

/**
 * Puts a new key after the one that is the newest, in one transaction with its audit events.
 *
 * @returns `null`, and nothing is changed, when `newest` is no longer that.
 */
export async function rotateFrom(
  parts: IdentityParts,
  actor: Actor,
  family: SigningFamily,
  newest: SigningKey | null,
  { revokeOld }: RotationOrder,
): Promise<KeyRotation | null> {
  const made = await makeSigningKey(parts, family);
  const isFirstOrUrgent = newest === null || revokeOld;
  const signsFromMs = isFirstOrUrgent
    ? made.createdAtMs
    : Math.max(made.createdAtMs + publishAheadMs(family), newest.signsFromMs);
  const key: SigningKey = { ...made, signsFromMs };
  const rotation = await parts.store.transaction(async (tx): Promise<KeyRotation | null> => {
    if (newest !== null && !(await tx.retireSigningKey(newest.id, signsFromMs))) return null;
    if (!(await tx.insertSigningKey(key))) return null;
    const record = recorder(parts, tx, actor, family);
    await record('signing_key.created', key.id, { facts: { algorithm: key.algorithm, signsFromMs } });
    if (newest !== null && !revokeOld) await record('signing_key.retired', newest.id, { facts: { signsFromMs } });
    const removedIds = revokeOld
      ? await tx.removeSigningKeys(family, { otherThanId: key.id })
      : await removeOutlived(parts, tx, family);
    const reason = revokeOld ? 'revoked' : 'outlived';
    for (const id of removedIds) await record('signing_key.removed', id, { reason });
    const endedSessions = revokeOld ? await tx.endSessionsOfFamily(family, parts.clock.nowMs()) : 0;
    if (revokeOld) {
      const fields = { principal: actor.principal, subject: `family:${family}`, reason: 'signing_key_revoked' };
      const event = { ...fields, facts: { sessions: endedSessions } };
      await tx.appendAudit(auditEvent(parts.clock, 'session.revoked', actor.origin, event));
    }
    const created = factsOf(family, key, isFirstOrUrgent ? key : undefined, made.createdAtMs);
    const retiredId = revokeOld ? null : (newest?.id ?? null);
    return { family, created, retiredId, removedIds, endedSessions };
  });
  if (rotation !== null) parts.signingKeys.forget(family);
  return rotation;
}

/** Removes the keys of the family whose last token has ended; never one sooner. */
export async function sweepOutlived(parts: IdentityParts, actor: Actor, family: SigningFamily): Promise<void> {
  const nowMs = parts.clock.nowMs();
  const keys = await parts.store.listSigningKeys(family);
  // Most of the time there is none, and then nothing is written.
  if (!keys.some((key) => (removableAtMs(family, key) ?? Number.POSITIVE_INFINITY) <= nowMs)) return;
  await parts.store.transaction(async (tx) => {
    const record = recorder(parts, tx, actor, family);
    for (const id of await removeOutlived(parts, tx, family)) {
      await record('signing_key.removed', id, { reason: 'outlived' });
    }
  });
  parts.signingKeys.forget(family);
}

function removeOutlived(
  parts: IdentityParts,
  tx: IdentityTransaction,
  family: SigningFamily,
): Promise<readonly string[]> {
  return tx.removeSigningKeys(family, { retiredUntilMs: parts.clock.nowMs() - keptAfterMs(family) });
}

function recorder(parts: IdentityParts, tx: IdentityTransaction, { principal, origin }: Actor, family: SigningFamily) {
  return async (
    name: 'signing_key.created' | 'signing_key.retired' | 'signing_key.removed',
    id: string,
    fields: Pick<AuditFields, 'reason' | 'facts'>,
  ): Promise<void> => {
    const facts = { family, ...fields.facts };
    await tx.appendAudit(
      auditEvent(parts.clock, name, origin, { ...fields, principal, subject: `signing_key:${id}`, facts }),
    );
  };
}

function factsOf(
  family: SigningFamily,
  key: SigningKey,
  signer: SigningKey | undefined,
  nowMs: number,
): SigningKeyFacts {
  const { id, algorithm, createdAtMs, signsFromMs, retiredAtMs } = key;
  const state = key.id === signer?.id ? 'signing' : signsFromMs > nowMs ? 'published' : 'retired';
  const times = { createdAtMs, signsFromMs, retiredAtMs, removableAtMs: removableAtMs(family, key) };
  return { id, family, algorithm, state, ...times };
}
