/**
 * The one gate: one credential in, one principal out, or a refusal that says nothing. The route says which kinds it
 * takes; what the credential says of itself chooses nothing.
 *
 * @module
 */
import type { CredentialKind, Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { AppError } from '../kernel/errors.js';
import type { Eventual } from '../kernel/eventual.js';
import { Secret } from '../kernel/secret.js';
import { type AnyVerifiedToken, isGoodAt, verifyToken } from './access-token-verify.js';
import { digestApiKey, isApiKeyValue } from './api-key-value.js';
import type { AuditFields } from './audit-event.js';
import { findConsoleSession, isConsoleToken } from './console-session.js';
import { csrfMatches } from './csrf.js';
import { identityErrors } from './errors.js';
import {
  type HeldCredential,
  heldConsoleSession,
  heldKey,
  heldToken,
  judgeConsoleSession,
  judgeKey,
  judgeToken,
  noteUse,
} from './held-credential.js';
import type { AuthenticateInput, PresentedCredential } from './model.js';
import { narrowingOf } from './native-token-narrowing.js';
import type { IdentityParts } from './parts.js';
import type { SessionView } from './ports.js';
import { credentialKindOf } from './principal.js';
import { digestToken } from './session.js';
import type { LookUpTime } from './verified-credentials.js';

/**
 * At once for a credential that is held, later for any other; refusals come later, too, so that nobody has to look for
 * them in two places.
 *
 * @throws (rejects) `identity.unauthenticated` · `identity.token_expired` · `identity.csrf_mismatch`, as
 *         `Identity.authenticate` says. Genuine credentials that are refused are recorded; garbage is not.
 */
export function authenticate(parts: IdentityParts, input: AuthenticateInput): Eventual<Principal> {
  const { presented } = input;
  // All bytes of it, so what was seen to be well-formed then still is.
  const digest = presented === null || presented.shape === 'unknown' ? null : digestToken(presented.value);
  return (digest === null ? null : acceptHeld(parts, digest, input)) ?? authenticateAfresh(parts, input, digest);
}

async function authenticateAfresh(
  parts: IdentityParts,
  { presented, accepts, origin }: AuthenticateInput,
  digest: string | null,
): Promise<Principal> {
  if (presented === null || digest === null) throw identityErrors.unauthenticated();
  switch (presented.shape) {
    case 'jwt':
      return authenticateToken(parts, presented, digest, accepts, origin);
    case 'api_key':
      if (!accepts.includes('api_key') || !isApiKeyValue(presented.value)) throw identityErrors.unauthenticated();
      return authenticateApiKey(parts, presented.value, digest, origin);
    case 'cookie':
      if (!accepts.includes('console_session') || !isConsoleToken(presented.value)) {
        throw identityErrors.unauthenticated();
      }
      return authenticateConsoleSession(parts, presented, digest, origin);
    case 'unknown':
      throw identityErrors.unauthenticated();
  }
}

/**
 * Without asking anybody. What is held can only let in: whoever it would refuse is refused by what the store says now,
 * because a use by another process may have kept an idle session alive, and so that the trail has the right reason.
 */
function acceptHeld(
  parts: IdentityParts,
  digest: string,
  { presented, accepts, origin }: AuthenticateInput,
): Principal | null {
  const held = parts.verified.find(digest);
  if (held === null || presented === null || held.shape !== presented.shape) return null;
  switch (held.shape) {
    case 'jwt':
      if (!accepts.includes(held.kind) || !isGoodAt(parts, held.token)) return null;
      if (judgeToken(parts, held, presented.csrf, origin) !== null) return null;
      break;
    case 'cookie':
      if (!accepts.includes('console_session') || judgeConsoleSession(parts, held.view, presented) !== null)
        return null;
      break;
    case 'api_key':
      if (!accepts.includes('api_key') || judgeKey(parts, held.view, origin) !== null) return null;
      break;
  }
  noteUse(parts, held, origin);
  return held.principal;
}

async function authenticateToken(
  parts: IdentityParts,
  presented: PresentedCredential,
  tokenDigest: string,
  accepts: readonly CredentialKind[],
  origin: AuditOrigin,
): Promise<Principal> {
  const since = parts.verified.now();
  const verified = await verifyToken(parts, presented.value, accepts);
  if (verified === null) throw identityErrors.unauthenticated();
  const kind = credentialKindOf[verified.family];
  const refuse = async (error: AppError, reason: string, view: SessionView | null): Promise<never> => {
    await parts.recordRefusal(tokenDigest, reason, origin, describe(kind, view));
    throw error;
  };
  if (verified.isExpired) return refuse(identityErrors.token_expired(), 'token_expired', null);

  const view = await findSession(parts, verified, tokenDigest);
  if (view === null) return refuse(identityErrors.unauthenticated(), 'session_ended', null);
  if (!belongsTo(verified, view)) return refuse(identityErrors.unauthenticated(), 'session_mismatch', view);
  const beforeKey = judgeToken(parts, { view, key: null }, presented.csrf, origin);
  if (beforeKey !== null) return refuse(beforeKey.error, beforeKey.reason, view);
  const narrowing = verified.family === 'native' ? await narrowingOf(parts, verified) : null;
  if (verified.family === 'native' && narrowing === null) {
    return refuse(identityErrors.unauthenticated(), 'key_removed', view);
  }
  const held = heldToken(verified, view, narrowing);
  const refusal = held.key === null ? null : judgeToken(parts, held, presented.csrf, origin);
  if (refusal !== null) return refuse(refusal.error, refusal.reason, view);
  return letIn(parts, tokenDigest, held, since, origin);
}

function letIn(
  parts: IdentityParts,
  digest: string,
  held: HeldCredential,
  since: LookUpTime,
  origin: AuditOrigin,
): Principal {
  parts.verified.keep(digest, held.view.profile.user.id, held, since);
  noteUse(parts, held, origin);
  return held.principal;
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

/** One that was ended cannot be told from one that never was: the row is all there is of it. */
async function authenticateConsoleSession(
  parts: IdentityParts,
  presented: PresentedCredential,
  digest: string,
  origin: AuditOrigin,
): Promise<Principal> {
  const since = parts.verified.now();
  const view = await findConsoleSession(parts, presented.value);
  if (view === null) throw identityErrors.unauthenticated();
  const refusal = judgeConsoleSession(parts, view, presented);
  if (refusal !== null) {
    await parts.recordRefusal(view.session.id, refusal.reason, origin, describe('console_session', view));
    throw refusal.error;
  }
  return letIn(parts, digest, heldConsoleSession(view), since, origin);
}

/** @param digest  Under which it is held here. The store knows it under a keyed one. */
async function authenticateApiKey(
  parts: IdentityParts,
  value: Secret,
  digest: string,
  origin: AuditOrigin,
): Promise<Principal> {
  const since = parts.verified.now();
  const view = await parts.store.findApiKeyByDigest(digestApiKey(parts.digestKey, value));
  if (view === null) throw identityErrors.unauthenticated();
  const refusal = judgeKey(parts, view, origin);
  if (refusal !== null) {
    const { key, profile } = view;
    await parts.recordRefusal(key.id, refusal.reason, origin, {
      credential: { kind: 'api_key', id: key.id },
      organisationId: profile.organisation.id,
      subject: `user:${profile.user.id}`,
    });
    throw refusal.error;
  }
  return letIn(parts, digest, heldKey(view), since, origin);
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
