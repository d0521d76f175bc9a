/** A new token for a live one, within 24 hours of the sign-in. @module */
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { assertStillStands, findLiveSession, stillSignedIn } from './live-session.js';
import type { SignIn } from './model.js';
import type { IdentityParts } from './parts.js';
import { isPasswordExpired } from './password-life.js';
import { beginSession, isMintedFamily, maxLineMs } from './session.js';

/**
 * Begins a session of the same family and line. The old one is not touched: it lives to its own end.
 *
 * @throws as `Identity.renew` says.
 */
export async function renew(parts: IdentityParts, principal: Principal, origin: AuditOrigin): Promise<SignIn> {
  const { session, profile } = await findLiveSession(parts, principal);
  const { family } = session;
  if (!isMintedFamily(family)) throw identityErrors.unauthenticated();
  const nowMs = parts.clock.nowMs();
  if (nowMs - session.lineStartedAtMs >= maxLineMs) throw identityErrors.renewal_exhausted();

  const key = await parts.signingKeys.signing(family, origin);
  return parts.store.transaction(async (tx) => {
    const current = stillSignedIn(profile.user, await tx.findUserForChange(profile.user.id));
    await assertStillStands(tx, principal);
    if (isPasswordExpired(current, nowMs)) throw identityErrors.password_expired();
    const order = { family, profile, key, lineStartedAtMs: session.lineStartedAtMs, origin };
    const signIn = await beginSession(parts, tx, order);
    const fields = { principal, subject: `session:${signIn.session.id}`, facts: { family } };
    await tx.appendAudit(auditEvent(parts.clock, 'session.renewed', origin, fields));
    return signIn;
  });
}
