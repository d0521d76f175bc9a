/**
 * A password an account had among its last few is not taken again. Their hashes are compared one after the other on the
 * hashing threads, and only for somebody who has proved the present password or administers the account: strangers
 * learn nothing here.
 *
 * @module
 */
import type { Secret } from '../kernel/secret.js';
import { identityErrors } from './errors.js';
import type { IdentityParts } from './parts.js';
import { parameterPrefixOf } from './password-hash.js';
import type { IdentityTransaction } from './ports.js';

/**
 * At most `passwordHistory` hashes are computed, the present one's included.
 *
 * @param presentHash  `null`: there is none, or the caller has compared it already.
 * @throws `identity.password_rejected` · `identity.hash_queue_full`
 */
export async function assertNotUsedBefore(
  parts: IdentityParts,
  userId: string,
  next: Secret,
  presentHash: string | null,
  field: string,
): Promise<void> {
  const { passwordHistory, allowWeakPasswords } = parts.policy;
  if (allowWeakPasswords || passwordHistory === 0) return;
  const former = await parts.store.listFormerPasswords(userId, passwordHistory - 1);
  for (const hash of presentHash === null ? former : [presentHash, ...former]) {
    // A hash that is none of ours cannot be compared, and must not keep anybody from changing a password.
    if (parameterPrefixOf(hash) === null || !(await parts.hasher.verify(hash, next))) continue;
    throw identityErrors.password_rejected({ details: { field, fix: 'It was used before; choose a new one.' } });
  }
}

/** Keeps the hash that is being replaced; the present one counts among the last, so one less is kept. */
export async function rememberPassword(
  parts: IdentityParts,
  tx: IdentityTransaction,
  userId: string,
  replacedHash: string | null,
): Promise<void> {
  if (replacedHash === null) return;
  await tx.keepFormerPassword(userId, replacedHash, parts.clock.nowMs(), parts.policy.passwordHistory - 1);
}
