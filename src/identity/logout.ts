/** Ending one's own session. @module */
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import type { IdentityParts } from './parts.js';
import { familyOfCredential } from './principal.js';

/**
 * Ends the principal's session; durable when the promise resolves. Ending it twice is ending it.
 *
 * @throws `identity.unauthenticated` when the principal has no session.
 */
export async function logout(parts: IdentityParts, principal: Principal, origin: AuditOrigin): Promise<void> {
  const sessionId = principal.credential.id;
  if (sessionId === null || familyOfCredential(principal) === null) throw identityErrors.unauthenticated();
  await parts.store.transaction(async (tx) => {
    if (!(await tx.endSession(sessionId, parts.clock.nowMs()))) return;
    const fields = { principal, subject: `session:${sessionId}`, reason: 'logout' };
    await tx.appendAudit(auditEvent(parts.clock, 'session.ended', origin, fields));
  });
}
