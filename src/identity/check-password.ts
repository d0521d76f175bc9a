/**
 * The one password door. Login and password change both come through here, so there is one order of work: name once,
 * a place in the guess budget, one look-up and its counterpart, one hash under real or decoy parameters, then the verdict;
 * and for every refusal one transaction with one audit event.
 *
 * @module
 */
import type { AuditEvent, AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import { auditEvent, fingerprintName } from './audit-event.js';
import { identityErrors } from './errors.js';
import type { SpentBudget } from './guess-budget.js';
import type { User } from './model.js';
import type { IdentityParts } from './parts.js';
import { passwordBytes } from './password-bytes.js';
import { nobodysName, parameterPrefixOf } from './password-hash.js';
import { hasPasswordLapsed, isPasswordExpired } from './password-life.js';
import { canonicalUsername } from './username.js';

/** Why, for the audit trail only. */
export type PasswordRefusal =
  | 'unknown_name'
  | 'no_password'
  | 'wrong_password'
  | 'disabled'
  | 'locked'
  | 'password_expired'
  | 'password_lapsed'
  | 'changed_meanwhile'
  | 'guess_budget_spent'
  | 'no_client'
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
  /** Where it came from, for our tables, and when the account last signed in from there. */
  readonly place: { readonly digest: string | null; readonly seenAtMs: number | null };
}

/** A password as it was presented at a door. */
export interface PresentedPassword {
  readonly username: string;
  readonly password: Secret;
  readonly origin: AuditOrigin;
  /** What it is for: signing in needs a password that has not expired; changing it takes one that has. */
  readonly purpose: 'login' | 'change';
}

const refusalNames = { login: 'login.refused', change: 'password.change_refused' } as const;

/**
 * Verifies a password without telling anyone: nothing is written, and the caller goes on or writes the one
 * {@link refusalEvent}. Disabled, locked and expired are judged only after the hash.
 *
 * The guess is counted before the hash and given back when the password is taken, or when no verdict was reached.
 * Every refusal counts like a wrong password, or counting would tell that it was right.
 *
 * @throws `identity.password_too_long` · `identity.password_malformed`  before anything else, from the input alone.
 * @throws `identity.hash_queue_full`
 * @throws `identity.guess_budget_spent` nothing was looked at; recorded once a minute for the account and source.
 */
export async function checkPassword(parts: IdentityParts, presented: PresentedPassword): Promise<PasswordCheck> {
  const { username, password, origin } = presented;
  passwordBytes(password);
  // Before the look-ups: in a flood, saying no must cost next to nothing, whoever is meant.
  parts.hasher.assertRoom();
  const name = canonicalUsername(username);
  const nameFingerprint = fingerprintName(parts.digestKey, name ?? username);
  const guess = await parts.guesses.admit({ nameFingerprint, origin });
  if (guess.verdict === 'spent') return refuseUnseen(parts, presented, nameFingerprint, guess);
  let isWrong = false;
  try {
    const judged = await judgePassword(parts, presented, { name, nameFingerprint });
    isWrong = judged.verdict === 'refused';
    if (judged.verdict === 'refused') return judged;
    return { ...judged, place: { digest: guess.knownSourceDigest, seenAtMs: guess.seenAtMs } };
  } finally {
    guess.settle(isWrong);
  }
}

async function judgePassword(
  parts: IdentityParts,
  { username, password, purpose }: PresentedPassword,
  { name, nameFingerprint }: { readonly name: string | null; readonly nameFingerprint: string },
): Promise<RefusedPassword | Omit<VerifiedPassword, 'place'>> {
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
  if (hasPasswordLapsed(user, nowMs)) return refused('password_lapsed');
  if (purpose === 'login' && isPasswordExpired(user, nowMs)) return refused('password_expired');
  return { verdict: 'verified', user, passwordHash, nameFingerprint };
}

async function refuseUnseen(
  parts: IdentityParts,
  { origin, purpose }: PresentedPassword,
  nameFingerprint: string,
  { source, retryAfterSeconds }: SpentBudget,
): Promise<never> {
  if (parts.guessRecords.isDue(nameFingerprint, source)) {
    // Nobody was looked up: the event names no account even where there is one.
    const check = { user: null, nameFingerprint };
    const event = refusalEvent(parts, refusalNames[purpose], check, 'guess_budget_spent', origin);
    try {
      await parts.store.transaction((tx) => tx.appendAudit(event));
    } catch (error) {
      parts.guessRecords.forget(nameFingerprint, source);
      throw error;
    }
  }
  throw identityErrors.guess_budget_spent({ details: { retryAfterSeconds } });
}

/** What stands in the way of an account whatever its password. */
function judgeAccount(user: User, nowMs: number): 'disabled' | 'locked' | null {
  if (user.disabledAtMs !== null) return 'disabled';
  return user.lockedUntilMs !== null && nowMs < user.lockedUntilMs ? 'locked' : null;
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
