/**
 * A credential as the store last told of it, and the law it is judged by at every single use: time, place, csrf value
 * and the state of its owner. The same law for what was looked up now and for what is held from a moment ago.
 *
 * @module
 */
import type { CredentialKind, Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { AppError } from '../kernel/errors.js';
import type { Secret } from '../kernel/secret.js';
import type { AnyVerifiedToken } from './access-token-verify.js';
import { judgeKeyItself } from './api-key-narrowing.js';
import type { KeyUses } from './api-key-uses.js';
import { csrfMatches } from './csrf.js';
import type { IdentityDeps } from './deps.js';
import { identityErrors } from './errors.js';
import type { LastSeen } from './last-seen.js';
import type { PresentedCredential, User } from './model.js';
import type { Narrowing } from './native-token-narrowing.js';
import { isPasswordExpired } from './password-life.js';
import type { ApiKeyView, SessionView } from './ports.js';
import { credentialKindOf, principalOf } from './principal.js';

/** What the law looks at besides the credential. */
interface Circumstances extends Pick<IdentityDeps, 'clock' | 'networks'> {
  readonly lastSeen: LastSeen;
  readonly keyUses: KeyUses;
}

export type HeldCredential = HeldToken | HeldConsoleSession | HeldKey;

/** A genuine token with the session behind it. */
export interface HeldToken {
  readonly shape: 'jwt';
  readonly kind: CredentialKind;
  readonly token: AnyVerifiedToken;
  readonly view: SessionView;
  /** Of a token of our own API that was issued on a key: that key. */
  readonly key: Narrowing['key'];
  readonly principal: Principal;
}

/** A session of the console, which its token says nothing of. */
export interface HeldConsoleSession {
  readonly shape: 'cookie';
  readonly view: SessionView;
  readonly principal: Principal;
}

export interface HeldKey {
  readonly shape: 'api_key';
  readonly view: ApiKeyView;
  readonly principal: Principal;
  /** Until then its last use need not be noted again; what is held is at hand, and that note is not. */
  notedUntilMs: number;
}

/** What it is refused with, and the reason for the trail. */
export interface Refusal {
  readonly error: AppError;
  readonly reason: string;
}

export function heldToken(token: AnyVerifiedToken, view: SessionView, narrowing: Narrowing | null): HeldToken {
  const kind = credentialKindOf[token.family];
  const { session, profile } = view;
  const key = narrowing?.key ?? null;
  const issuedOn = key === null ? {} : { issuedOnKeyId: key.id };
  const credential = { kind, id: session.id, expiresAtMs: session.expiresAtMs, ...issuedOn };
  const principal = principalOf(profile, credential, narrowing?.scopes, narrowing?.sources);
  return { shape: 'jwt', kind, token, view, key, principal };
}

export function heldConsoleSession(view: SessionView): HeldConsoleSession {
  const { session, profile } = view;
  const credential = { kind: credentialKindOf.console, id: session.id, expiresAtMs: session.expiresAtMs };
  return { shape: 'cookie', view, principal: principalOf(profile, credential) };
}

export function heldKey(view: ApiKeyView): HeldKey {
  const { key, profile } = view;
  const credential = { kind: 'api_key', id: key.id, expiresAtMs: key.expiresAtMs } as const;
  const principal = principalOf(profile, credential, key.scopes ?? undefined, key.sources);
  return { shape: 'api_key', view, principal, notedUntilMs: Number.NEGATIVE_INFINITY };
}

/**
 * @param csrf  What came with the token.
 * @returns `null` when it is good here and now.
 */
export function judgeToken(
  parts: Circumstances,
  { view, key }: Pick<HeldToken, 'view' | 'key'>,
  csrf: Secret | null,
  origin: AuditOrigin,
): Refusal | null {
  const beyond = judgeSession(parts, view);
  if (beyond !== null) return beyond;
  if (view.csrf !== null && !csrfMatches(view.csrf, csrf)) return wrongCsrf();
  const reason = key === null ? null : judgeKeyItself(key, origin.address, parts.clock.nowMs(), parts.networks);
  return reason === null ? null : { error: identityErrors.unauthenticated(), reason };
}

/**
 * A browser sends the cookie with whatever any page has it ask, so what changes something needs the csrf value.
 *
 * @param presented  The cookie as it came.
 * @returns `null` when it is good here and now.
 */
export function judgeConsoleSession(
  parts: Circumstances,
  view: SessionView,
  { csrf, isReadOnly }: Pick<PresentedCredential, 'csrf' | 'isReadOnly'>,
): Refusal | null {
  const beyond = judgeSession(parts, view);
  if (beyond !== null) return beyond;
  return isReadOnly === true || csrfMatches(view.csrf, csrf) ? null : wrongCsrf();
}

function wrongCsrf(): Refusal {
  return { error: identityErrors.csrf_mismatch(), reason: 'csrf_mismatch' };
}

/** Time, and the state of its owner: the same for every session. */
function judgeSession(parts: Circumstances, { session, profile }: SessionView): Refusal | null {
  const nowMs = parts.clock.nowMs();
  if (nowMs >= session.expiresAtMs) return { error: identityErrors.token_expired(), reason: 'session_expired' };
  if (session.idleMs !== null && nowMs - parts.lastSeen.ofSession(session) >= session.idleMs) {
    return { error: identityErrors.token_expired(), reason: 'session_idle' };
  }
  // A lock keeps guesses out; who is signed in already stays (an attacker could lock anybody out otherwise).
  return profile.user.disabledAtMs === null ? null : { error: identityErrors.unauthenticated(), reason: 'disabled' };
}

/**
 * A disabled owner, or one whose password expired, has no working keys. A lock keeps guesses out of the password door
 * and leaves keys and sessions alone: whoever could cause a lock could cut the owner's machines off otherwise.
 *
 * @returns `null` when it is good here and now.
 */
export function judgeKey(parts: Circumstances, { key, profile }: ApiKeyView, origin: AuditOrigin): Refusal | null {
  const nowMs = parts.clock.nowMs();
  const reason = judgeKeyItself(key, origin.address, nowMs, parts.networks) ?? judgeOwner(profile.user, nowMs);
  return reason === null ? null : { error: identityErrors.unauthenticated(), reason };
}

function judgeOwner(owner: User, nowMs: number): string | null {
  if (owner.disabledAtMs !== null) return 'disabled';
  return isPasswordExpired(owner, nowMs) ? 'password_expired' : null;
}

/** Written behind the request. */
export function noteUse(parts: Circumstances, held: HeldCredential, origin: AuditOrigin): void {
  if (held.shape !== 'api_key') parts.lastSeen.sessionUsed(held.view.session);
  else if (held.view.key.successorId !== null) parts.keyUses.used(held.view.key, origin.address);
  else if (parts.clock.nowMs() >= held.notedUntilMs) held.notedUntilMs = parts.lastSeen.keyUsed(held.view.key);
}
