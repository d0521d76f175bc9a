/**
 * The one gate: one credential in, one principal out, or a refusal that says nothing. The route says which kinds it
 * takes; what the credential says of itself chooses nothing.
 *
 * @module
 */
import type { CredentialKind, Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { AppError } from '../kernel/errors.js';
import { Secret } from '../kernel/secret.js';
import { type AnyVerifiedToken, verifyToken } from './access-token-verify.js';
import { judgeKeyItself } from './api-key-narrowing.js';
import { digestApiKey, isApiKeyValue } from './api-key-value.js';
import type { AuditFields } from './audit-event.js';
import { csrfMatches } from './csrf.js';
import { identityErrors } from './errors.js';
import type { AuthenticateInput, PresentedCredential, User } from './model.js';
import { narrowingOf } from './native-token-narrowing.js';
import type { IdentityParts } from './parts.js';
import { isPasswordExpired } from './password-life.js';
import type { SessionView } from './ports.js';
import { credentialKindOf, principalOf } from './principal.js';
import { digestToken } from './session.js';

/**
 * @throws `identity.unauthenticated` · `identity.token_expired` · `identity.csrf_mismatch`, as `Identity.authenticate`
 *         says. Genuine credentials that are refused are recorded; garbage is not.
 */
export async function authenticate(parts: IdentityParts, input: AuthenticateInput): Promise<Principal> {
  const { presented, accepts, origin } = input;
  if (presented === null) throw identityErrors.unauthenticated();
  switch (presented.shape) {
    case 'jwt':
      return authenticateToken(parts, presented, accepts, origin);
    case 'api_key':
      if (!accepts.includes('api_key')) throw identityErrors.unauthenticated();
      return authenticateApiKey(parts, presented.value, origin);
    case 'cookie':
    case 'unknown':
      throw identityErrors.unauthenticated();
  }
}

async function authenticateToken(
  parts: IdentityParts,
  presented: PresentedCredential,
  accepts: readonly CredentialKind[],
  origin: AuditOrigin,
): Promise<Principal> {
  const verified = await verifyToken(parts, presented.value, accepts);
  if (verified === null) throw identityErrors.unauthenticated();
  const tokenDigest = digestToken(presented.value);
  const kind = credentialKindOf[verified.family];
  const refuse = async (error: AppError, reason: string, view: SessionView | null): Promise<never> => {
    await parts.recordRefusal(tokenDigest, reason, origin, describe(kind, view));
    throw error;
  };
  if (verified.isExpired) return refuse(identityErrors.token_expired(), 'token_expired', null);

  const view = await findSession(parts, verified, tokenDigest);
  if (view === null) return refuse(identityErrors.unauthenticated(), 'session_ended', null);
  const { session, profile } = view;
  if (!belongsTo(verified, view)) return refuse(identityErrors.unauthenticated(), 'session_mismatch', view);
  const nowMs = parts.clock.nowMs();
  if (nowMs >= session.expiresAtMs) return refuse(identityErrors.token_expired(), 'session_expired', view);
  if (session.idleMs !== null && nowMs - parts.lastSeen.ofSession(session) >= session.idleMs) {
    return refuse(identityErrors.token_expired(), 'session_idle', view);
  }
  // A lock keeps guesses out; who is signed in already stays (an attacker could lock anybody out otherwise).
  if (profile.user.disabledAtMs !== null) return refuse(identityErrors.unauthenticated(), 'disabled', view);
  if (view.csrf !== null && !csrfMatches(view.csrf, presented.csrf)) {
    return refuse(identityErrors.csrf_mismatch(), 'csrf_mismatch', view);
  }
  const narrowing = verified.family === 'native' ? await narrowingOf(parts, verified, origin) : null;
  if (typeof narrowing === 'string') return refuse(identityErrors.unauthenticated(), narrowing, view);
  parts.lastSeen.sessionUsed(session);
  const issuedOn = narrowing?.keyId === undefined ? {} : { issuedOnKeyId: narrowing.keyId };
  const credential = { kind, id: session.id, expiresAtMs: session.expiresAtMs, ...issuedOn };
  return principalOf(profile, credential, narrowing?.scopes, narrowing?.sources);
}

function findSession(parts: IdentityParts, token: AnyVerifiedToken, digest: string): Promise<SessionView | null> {
  switch (token.family) {
    case 'precrime':
    case 'native':
      return parts.store.findSessionById(token.claims.jti);
    case 'cloudio':
      return parts.store.findSessionById(token.claims.session);
    case 'onedb':
      return parts.store.findSessionByTokenDigest(digest);
  }
}

/** Whether the row is the one this token was minted with; anything else means damage or a forged row. */
function belongsTo(token: AnyVerifiedToken, { session, profile, csrf }: SessionView): boolean {
  if (session.family !== token.family || session.userId !== profile.user.id) return false;
  switch (token.family) {
    case 'precrime':
    case 'native':
      return token.claims.sub === profile.user.id;
    case 'cloudio':
      return token.claims.org_uid === profile.organisation.uid && csrfMatches(csrf, new Secret(token.claims.csrf));
    case 'onedb':
      return token.claims.sub === profile.user.username;
  }
}

/**
 * A disabled owner, or one whose password expired, has no working keys. A lock keeps guesses out of the password door
 * and leaves keys and sessions alone: whoever could cause a lock could cut the owner's machines off otherwise.
 */
async function authenticateApiKey(parts: IdentityParts, value: Secret, origin: AuditOrigin): Promise<Principal> {
  if (!isApiKeyValue(value)) throw identityErrors.unauthenticated();
  const view = await parts.store.findApiKeyByDigest(digestApiKey(parts.digestKey, value));
  if (view === null) throw identityErrors.unauthenticated();
  const { key, profile } = view;
  const nowMs = parts.clock.nowMs();
  const reason = judgeKeyItself(key, origin.address, nowMs, parts.networks) ?? judgeOwner(profile.user, nowMs);
  if (reason !== null) {
    await parts.recordRefusal(key.id, reason, origin, {
      credential: { kind: 'api_key', id: key.id },
      organisationId: profile.organisation.id,
      subject: `user:${profile.user.id}`,
    });
    throw identityErrors.unauthenticated();
  }
  if (key.successorId === null) parts.lastSeen.keyUsed(key);
  else parts.keyUses.used(key, origin.address);
  const credential = { kind: 'api_key', id: key.id, expiresAtMs: key.expiresAtMs } as const;
  return principalOf(profile, credential, key.scopes ?? undefined, key.sources);
}

function judgeOwner(owner: User, nowMs: number): string | null {
  if (owner.disabledAtMs !== null) return 'disabled';
  return isPasswordExpired(owner, nowMs) ? 'password_expired' : null;
}

function describe(
  kind: CredentialKind,
  view: SessionView | null,
): Pick<AuditFields, 'credential' | 'organisationId' | 'subject'> {
  if (view === null) return { credential: { kind, id: null } };
  return {
    credential: { kind, id: view.session.id },
    organisationId: view.profile.organisation.id,
    subject: `user:${view.profile.user.id}`,
  };
}
