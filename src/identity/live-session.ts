/**
 * Whether a principal's session still stands when its work is done. A caller may let any time pass between the head of
 * its request, which the gate judged, and its body; whoever was signed out meanwhile must leave nothing behind.
 *
 * @module
 */
import type { Principal } from '../access/index.js';
import { identityErrors } from './errors.js';
import type { User } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction, SessionView, UserWithPassword } from './ports.js';
import { familyOfCredential } from './principal.js';

/**
 * The principal's session as it stands now.
 *
 * @throws `identity.unauthenticated` the principal has none, or it was ended.
 * @throws `identity.token_expired`
 */
export async function findLiveSession(parts: IdentityParts, principal: Principal): Promise<SessionView> {
  const family = familyOfCredential(principal);
  const sessionId = principal.credential.id;
  const view = family === null || sessionId === null ? null : await parts.store.findSessionById(sessionId);
  if (view === null || view.session.family !== family) throw identityErrors.unauthenticated();
  if (parts.clock.nowMs() >= view.session.expiresAtMs) throw identityErrors.token_expired();
  return view;
}

/**
 * Disabling an account and changing its password end every session. What a session began before that must not be
 * written after it, so the transaction that writes looks at the account once more.
 *
 * @param seen     The account as it came with the live session.
 * @param current  As it stands inside the transaction.
 * @throws `identity.unauthenticated`
 */
export function stillSignedIn(seen: User, current: UserWithPassword | null): User {
  if (current === null || current.user.disabledAtMs !== null) throw identityErrors.unauthenticated();
  if (current.user.passwordChangedAtMs !== seen.passwordChangedAtMs) throw identityErrors.unauthenticated();
  return current.user;
}

/**
 * Whatever is made with a credential must not outlive what ended that credential meanwhile: the transaction that makes
 * it looks the credential up once more, and nobody ends it before that transaction is over.
 *
 * @param principal  `null`, and one whose credential came with this very request, have nothing that could have ended.
 * @throws `identity.unauthenticated`
 */
export async function assertStillStands(tx: IdentityTransaction, principal: Principal | null): Promise<void> {
  const { kind, id = null, issuedOnKeyId } = principal?.credential ?? {};
  if (principal === null || id === null) return;
  const family = familyOfCredential(principal);
  if (family !== null && !(await tx.isSessionStanding(id, family))) throw identityErrors.unauthenticated();
  for (const keyId of [kind === 'api_key' ? id : undefined, issuedOnKeyId]) {
    if (keyId !== undefined && (await tx.findApiKeyForChange(keyId)) === null) throw identityErrors.unauthenticated();
  }
}
