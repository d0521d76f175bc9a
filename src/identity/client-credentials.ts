/**
 * Service accounts that sign in as clients: name and password with the request itself, at the endpoints of OAuth. It is
 * the one password door with everything that guards it; what comes of it is a principal for this request, or a token.
 *
 * @module
 */
import type { Action, Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import { checkPassword, type PasswordRefusal, refusalEvent, type VerifiedPassword } from './check-password.js';
import { identityErrors } from './errors.js';
import { rehash, rememberPlace } from './login.js';
import type { Profile } from './model.js';
import { issueNativeToken, type NativeToken } from './native-token-issue.js';
import type { IdentityParts } from './parts.js';
import { principalOf } from './principal.js';

export interface ClientInput {
  readonly clientId: string;
  readonly secret: Secret;
  readonly origin: AuditOrigin;
}

/**
 * Whoever it is and whatever is wrong, a person with the right password included, is refused alike.
 *
 * @throws `identity.invalid_credentials`, recorded · `identity.password_too_long` · `identity.password_malformed` ·
 * `identity.hash_queue_full` · `identity.guess_budget_spent`
 */
export async function authenticateClient(parts: IdentityParts, input: ClientInput): Promise<Principal> {
  const { profile } = await verifyClient(parts, input);
  return clientPrincipal(profile);
}

/**
 * The client credentials grant (RFC 6749 §4.4): a token of our own API that allows no more than the account.
 *
 * @param scopes  `null`: everything the account may do.
 * @throws as {@link authenticateClient} · `identity.scope_not_allowed` · `identity.issuer_unknown`
 */
export async function grantToClient(
  parts: IdentityParts,
  input: ClientInput & { readonly scopes: readonly Action[] | null },
): Promise<NativeToken> {
  const { check, profile } = await verifyClient(parts, input);
  const issued = await issueNativeToken(parts, clientPrincipal(profile), { scopes: input.scopes }, input.origin);
  const refusal = await parts.store.transaction(async (tx): Promise<PasswordRefusal | null> => {
    const current = await tx.findUserForChange(check.user.id);
    if (current?.user.passwordChangedAtMs === check.user.passwordChangedAtMs) {
      await rememberPlace(parts, tx, check);
      return null;
    }
    // A new password ended every session, and this one began on the old one: nobody gets to see its token.
    await tx.endSession(issued.session.id, parts.clock.nowMs());
    await tx.appendAudit(refusalEvent(parts, 'login.refused', check, 'changed_meanwhile', input.origin));
    return 'changed_meanwhile';
  });
  if (refusal !== null) throw identityErrors.invalid_credentials();
  return issued;
}

async function verifyClient(
  parts: IdentityParts,
  { clientId, secret, origin }: ClientInput,
): Promise<{ readonly check: VerifiedPassword; readonly profile: Profile }> {
  const check = await checkPassword(parts, { username: clientId, password: secret, origin, purpose: 'login' });
  const profile = check.verdict === 'verified' ? await parts.store.findProfile(check.user.id) : null;
  const refuse = async (refusal: PasswordRefusal): Promise<never> => {
    const event = refusalEvent(parts, 'login.refused', check, refusal, origin);
    await parts.store.transaction((tx) => tx.appendAudit(event));
    throw identityErrors.invalid_credentials();
  };
  if (check.verdict === 'refused') return refuse(check.refusal);
  if (profile === null || profile.user.passwordChangedAtMs !== check.user.passwordChangedAtMs) {
    return refuse('changed_meanwhile');
  }
  if (profile.user.disabledAtMs !== null) return refuse('disabled');
  if (profile.user.kind !== 'service') return refuse('no_client');
  // Many service accounts sign in nowhere else.
  const rehashed = await rehash(parts, check, secret);
  if (rehashed !== null) {
    await parts.store.transaction((tx) => tx.rehashPassword(check.user.id, check.passwordHash, rehashed));
  }
  return { check, profile };
}

function clientPrincipal(profile: Profile): Principal {
  return principalOf(profile, { kind: 'client_secret', id: null, expiresAtMs: null });
}
