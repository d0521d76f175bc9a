/**
 * How long a password lives: for ever unless a policy or an administrator says otherwise; one that an administrator
 * chose for somebody has to be changed at the first sign-in and lapses soon.
 *
 * @module
 */

import type { IdentityPolicy } from './deps.js';
import type { User } from './model.js';

export interface PasswordLife {
  readonly changedAtMs: number;
  /** From here on it is good for changing it and for nothing else. */
  readonly expiresAtMs: number | null;
  /** From here on it is good for nothing; `null` for a password that is not temporary. */
  readonly lapsesAtMs: number | null;
}

/**
 * The life of a password that is set now.
 *
 * @param former  When the one it replaces was set. Two passwords of one account never bear the same time: by it a
 *                password that was checked is known again when it is acted on.
 */
export function lifeOfNewPassword(
  policy: Pick<IdentityPolicy, 'passwordLifetimeMs' | 'temporaryPasswordMs'>,
  nowMs: number,
  isTemporary: boolean,
  former: number | null = null,
): PasswordLife {
  const changedAtMs = former === null ? nowMs : Math.max(nowMs, former + 1);
  if (isTemporary) return { changedAtMs, expiresAtMs: nowMs, lapsesAtMs: nowMs + policy.temporaryPasswordMs };
  const { passwordLifetimeMs } = policy;
  return {
    changedAtMs,
    expiresAtMs: passwordLifetimeMs === null ? null : nowMs + passwordLifetimeMs,
    lapsesAtMs: null,
  };
}

/** A temporary password is always expired: no administrator can make one that stays. */
export function isPasswordExpired(user: User, nowMs: number): boolean {
  if (user.passwordLapsesAtMs !== null) return true;
  return user.passwordExpiresAtMs !== null && nowMs >= user.passwordExpiresAtMs;
}

/** It is answered like a wrong one then (ASVS 6.4.1). */
export function hasPasswordLapsed(user: User, nowMs: number): boolean {
  return user.passwordLapsesAtMs !== null && nowMs >= user.passwordLapsesAtMs;
}
