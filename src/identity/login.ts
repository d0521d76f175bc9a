/**
 * Signing in with a password. Whoever it is and whatever is wrong, the work, the writes and the answer are the same;
 * the reason stands in the audit trail.
 *
 * @module
 */
import { AppError } from '../kernel/errors.js';
import type { Secret } from '../kernel/secret.js';
import { auditEvent } from './audit-event.js';
import {
  checkPassword,
  judgeAgain,
  type PasswordRefusal,
  refusalEvent,
  type VerifiedPassword,
} from './check-password.js';
import { beginConsoleSession, endReplaced, findConsoleSession } from './console-session.js';
import { identityErrors } from './errors.js';
import { familiarForMs, isSeenDue, maxKnownSources } from './known-sources.js';
import type { LoginInput, SignIn } from './model.js';
import type { IdentityParts } from './parts.js';
import { needsRehash } from './password-hash.js';
import type { IdentityTransaction } from './ports.js';
import { credentialKindOf } from './principal.js';
import { beginSession, isMintedFamily } from './session.js';

/**
 * Checks the password and begins a session of the family. Users of any kind may sign in at any family: the kind
 * decides which passwords are taken, a family is a door.
 *
 * @throws as `Identity.login` says.
 */
export async function login(parts: IdentityParts, input: LoginInput): Promise<SignIn> {
  const { family, origin } = input;
  if (!isMintedFamily(family) && family !== 'console') throw new TypeError('this family issues no tokens');
  const check = await checkPassword(parts, { ...input, purpose: 'login' });
  if (check.verdict === 'refused') return refuse(parts, check, check.refusal, input);

  const profile = await parts.store.findProfile(check.user.id);
  if (profile === null) return refuse(parts, check, 'changed_meanwhile', input);
  const key = isMintedFamily(family) ? { family, key: await parts.signingKeys.signing(family, origin) } : null;
  const replaced = input.replaces == null ? null : await findConsoleSession(parts, input.replaces);
  const rehashed = await rehash(parts, check, input.password);
  const result = await parts.store.transaction(async (tx): Promise<SignIn | PasswordRefusal> => {
    // Between the look-up and here the account may have been disabled or its password changed, and every session
    // ended: this one must not begin after that.
    const current = await tx.findUserForChange(check.user.id);
    const refusal = judgeAgain(check.user, current?.user ?? null, parts.clock.nowMs());
    if (refusal !== null) {
      await tx.appendAudit(refusalEvent(parts, 'login.refused', check, refusal, origin));
      return refusal;
    }
    if (replaced !== null) await endReplaced(parts, tx, replaced, origin);
    const signIn =
      key === null
        ? await beginConsoleSession(parts, tx, { profile, origin })
        : await beginSession(parts, tx, { ...key, profile, lineStartedAtMs: null, origin });
    await rememberPlace(parts, tx, check);
    if (rehashed !== null) await tx.rehashPassword(check.user.id, check.passwordHash, rehashed);
    await tx.appendAudit(
      auditEvent(parts.clock, 'login.succeeded', origin, {
        actorId: check.user.id,
        organisationId: profile.organisation.id,
        subject: `user:${check.user.id}`,
        credential: { kind: credentialKindOf[family], id: signIn.session.id },
        facts: { family, rehashed: rehashed !== null },
      }),
    );
    return signIn;
  });
  if (typeof result === 'string') throw identityErrors.invalid_credentials();
  return result;
}

/** From where the account signed in: there strangers cannot lock its owner out. */
export async function rememberPlace(
  parts: IdentityParts,
  tx: IdentityTransaction,
  check: VerifiedPassword,
): Promise<void> {
  const { digest, seenAtMs } = check.place;
  const nowMs = parts.clock.nowMs();
  if (digest === null || !isSeenDue(seenAtMs, nowMs)) return;
  const limits = { keep: maxKnownSources, forgetBeforeMs: nowMs - familiarForMs };
  await tx.rememberSource(check.user.id, digest, nowMs, limits);
}

async function refuse(
  parts: IdentityParts,
  check: Parameters<typeof refusalEvent>[2],
  refusal: PasswordRefusal,
  input: LoginInput,
): Promise<never> {
  const event = refusalEvent(parts, 'login.refused', check, refusal, input.origin);
  await parts.store.transaction((tx) => tx.appendAudit(event));
  throw refusal === 'password_expired' ? identityErrors.password_expired() : identityErrors.invalid_credentials();
}

/** The same password under today's parameters; `null` when it has them or there is no room to hash it now. */
export async function rehash(parts: IdentityParts, check: VerifiedPassword, password: Secret): Promise<string | null> {
  const wanted = parts.policy.passwordParameters;
  if (!needsRehash(check.passwordHash, wanted)) return null;
  try {
    return await parts.hasher.hash(password, wanted);
  } catch (error) {
    // The login is good without it, and the next one tries again.
    if (error instanceof AppError && error.kind === 'unavailable') return null;
    throw error;
  }
}
