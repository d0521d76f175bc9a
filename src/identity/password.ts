/** Changing one's own password; the way out of an expired one, so it needs no session. @module */
import type { AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import { auditEvent } from './audit-event.js';
import { checkPassword, judgeAgain, type PasswordRefusal, refusalEvent } from './check-password.js';
import { identityErrors } from './errors.js';
import type { Profile } from './model.js';
import type { IdentityParts } from './parts.js';
import { passwordBytes } from './password-bytes.js';
import { assertNotUsedBefore, rememberPassword } from './password-history.js';
import { lifeOfNewPassword } from './password-life.js';
import { assertAcceptablePassword } from './password-policy.js';

export interface PasswordChange {
  readonly username: string;
  readonly old: Secret;
  readonly next: Secret;
  readonly origin: AuditOrigin;
}

/**
 * The old password is checked at the one password door, at its price and with its records; an expired one passes.
 * The policy is asked only then, because its answer depends on who the user is.
 *
 * @throws as `Identity.changePassword` says.
 */
export async function changePassword(parts: IdentityParts, change: PasswordChange): Promise<void> {
  const { origin, next } = change;
  passwordBytes(next);
  const check = await checkPassword(parts, {
    username: change.username,
    password: change.old,
    origin,
    purpose: 'change',
  });
  if (check.verdict === 'refused') return refuse(parts, check, check.refusal, origin);
  const profile = await parts.store.findProfile(check.user.id);
  if (profile === null) return refuse(parts, check, 'changed_meanwhile', origin);

  const { user } = profile;
  try {
    assertIsBetter(parts, profile, change);
    await assertNotUsedBefore(parts, user.id, next, null, 'new');
  } catch (rejection) {
    // Whoever comes this far has proved to know the password: that must not go unrecorded.
    await recordRefusal(parts, check, 'new_password_rejected', origin);
    throw rejection;
  }
  const hash = await parts.hasher.hash(next, parts.policy.passwordParameters);

  const refusal = await parts.store.transaction(async (tx) => {
    const current = await tx.findUserForChange(user.id);
    const nowMs = parts.clock.nowMs();
    const late = judgeAgain(check.user, current?.user ?? null, nowMs);
    if (late !== null) {
      await tx.appendAudit(refusalEvent(parts, 'password.change_refused', check, late, origin));
      return late;
    }
    const life = lifeOfNewPassword(parts.policy, nowMs, false, check.user.passwordChangedAtMs);
    await rememberPassword(parts, tx, user.id, current?.passwordHash ?? null);
    await tx.updatePassword(user.id, hash, life.changedAtMs, life.expiresAtMs, life.lapsesAtMs);
    const sessions = await tx.endSessionsOfUser(user.id, nowMs);
    await tx.appendAudit(
      auditEvent(parts.clock, 'password.changed', origin, {
        actorId: user.id,
        organisationId: user.organisationId,
        subject: `user:${user.id}`,
        facts: { sessionsEnded: sessions },
      }),
    );
    return null;
  });
  if (refusal !== null) throw identityErrors.invalid_credentials();
}

async function refuse(
  parts: IdentityParts,
  check: Parameters<typeof refusalEvent>[2],
  refusal: PasswordRefusal,
  origin: AuditOrigin,
): Promise<never> {
  await recordRefusal(parts, check, refusal, origin);
  throw identityErrors.invalid_credentials();
}

async function recordRefusal(
  parts: IdentityParts,
  check: Parameters<typeof refusalEvent>[2],
  refusal: PasswordRefusal,
  origin: AuditOrigin,
): Promise<void> {
  const event = refusalEvent(parts, 'password.change_refused', check, refusal, origin);
  await parts.store.transaction((tx) => tx.appendAudit(event));
}

/** @throws `identity.password_rejected` */
function assertIsBetter(parts: IdentityParts, { user, organisation }: Profile, { old, next }: PasswordChange): void {
  if (next.reveal() === old.reveal()) {
    throw identityErrors.password_rejected({
      details: { field: 'new', fix: 'Choose a password you do not have now.' },
    });
  }
  const { kind, canonicalName } = user;
  const subject = { kind, canonicalName, organisationUid: organisation.uid, organisationName: organisation.name };
  assertAcceptablePassword(next, subject, parts.policy, 'new');
}
