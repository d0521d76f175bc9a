/**
 * The one password door. Login and password change both come through here, so there is one order of work: name once,
 * one look-up and its counterpart, one hash under real or decoy parameters, then the verdict; and for every refusal
 * one transaction with one audit event.
 *
 * @module
 */
import type { AuditEvent, AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import { auditEvent, fingerprintName } from './audit-event.js';
import type { User } from './model.js';
import type { IdentityParts } from './parts.js';
import { passwordBytes } from './password-bytes.js';
import { nobodysName, parameterPrefixOf } from './password-hash.js';
import { canonicalUsername } from './username.js';

/** Why, for the audit trail only. */
export type PasswordRefusal =
  | 'unknown_name'
  | 'no_password'
  | 'wrong_password'
  | 'disabled'
  | 'locked'
  | 'password_expired'
  | 'changed_meanwhile'
  | 'new_password_rejected';

export type PasswordCheck = RefusedPassword | VerifiedPassword;

interface CheckedName {
  readonly nameFingerprint: string;
}

export interface RefusedPassword extends CheckedName {
  readonly verdict: 'refused';
  readonly refusal: PasswordRefusal;
  readonly user: User | null;
}

export interface VerifiedPassword extends CheckedName {
  readonly verdict: 'verified';
  readonly user: User;
  /** The stored hash the password was verified against. */
  readonly passwordHash: string;
  /** Past its expiry: good for changing it and for nothing else. */
  readonly isExpired: boolean;
}

/**
 * Verifies a password without telling anyone: nothing is written, and the caller goes on or writes the one
 * {@link refusalEvent}. Disabled, locked and expired are judged only after the hash.
 *
 * @throws `identity.password_too_long` · `identity.password_malformed`  before anything else, from the input alone.
 * @throws `identity.hash_queue_full`
 */
export async function checkPassword(parts: IdentityParts, username: string, password: Secret): Promise<PasswordCheck> {
  passwordBytes(password);
  // Before the look-ups: in a flood, saying no must cost next to nothing, whoever is meant.
  parts.hasher.assertRoom();
  const name = canonicalUsername(username);
  const nameFingerprint = fingerprintName(parts.digestKey, name ?? username);
  const decoy = await parts.decoys.hashFor(name ?? username);
  const found = await parts.store.findUserByName(name ?? nobodysName);
  // One look-up that finds and one that does not, whoever was asked for: carrying a row takes 40 µs that would show.
  await parts.store.findUserByName(found === null ? await parts.decoys.existingName() : nobodysName);
  const stored = found?.passwordHash ?? null;
  // A hash we cannot read counts as none: an error here would tell this account from others.
  const passwordHash = stored !== null && parameterPrefixOf(stored) !== null ? stored : null;
  const matches = await parts.hasher.verify(passwordHash ?? decoy, password);
  const user = found?.user ?? null;
  const refused = (refusal: PasswordRefusal): RefusedPassword => ({
    verdict: 'refused',
    refusal,
    user,
    nameFingerprint,
  });
  if (user === null) return refused('unknown_name');
  if (passwordHash === null) return refused('no_password');
  if (!matches) return refused('wrong_password');
  const nowMs = parts.clock.nowMs();
  const obstacle = judgeAccount(user, nowMs);
  if (obstacle !== null) return refused(obstacle);
  return { verdict: 'verified', user, passwordHash, isExpired: isPasswordExpired(user, nowMs), nameFingerprint };
}

/** What stands in the way of an account whatever its password. */
function judgeAccount(user: User, nowMs: number): 'disabled' | 'locked' | null {
  if (user.disabledAtMs !== null) return 'disabled';
  return user.lockedUntilMs !== null && nowMs < user.lockedUntilMs ? 'locked' : null;
}

export function isPasswordExpired(user: User, nowMs: number): boolean {
  return user.passwordExpiresAtMs !== null && nowMs >= user.passwordExpiresAtMs;
}

/**
 * What happened to the account between the check and the transaction that acts on it. A rehash meanwhile is no change:
 * the password is the same.
 */
export function judgeAgain(checked: User, current: User | null, nowMs: number): PasswordRefusal | null {
  if (current === null) return 'unknown_name';
  if (current.passwordChangedAtMs !== checked.passwordChangedAtMs) return 'changed_meanwhile';
  return judgeAccount(current, nowMs);
}

/** The event of a refusal: one shape whoever was meant, known or not. */
export function refusalEvent(
  parts: IdentityParts,
  name: 'login.refused' | 'password.change_refused',
  check: { readonly user: User | null; readonly nameFingerprint: string },
  refusal: PasswordRefusal,
  origin: AuditOrigin,
): AuditEvent {
  return auditEvent(parts.clock, name, origin, {
    organisationId: check.user?.organisationId ?? null,
    subject: check.user === null ? `name:${check.nameFingerprint}` : `user:${check.user.id}`,
    outcome: 'refused',
    reason: refusal,
    facts: { name: check.nameFingerprint },
  });
}
