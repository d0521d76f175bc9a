/**
 * Taking back at once what was issued to a user, in an organisation, or in the whole install. It costs the same however
 * much it is; what was taken is counted in the trail and tidied away behind the verb.
 *
 * @module
 */
import { assertMayAdminister, findUserNamed } from './administration.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import type { Actor, RevocationOrder, Revoked } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IssuedTo } from './ports.js';

/** @throws `access.denied` · `identity.user_not_found` */
export async function revokeUser(
  parts: IdentityParts,
  actor: Actor,
  username: string,
  order: RevocationOrder,
): Promise<Revoked> {
  await assertMayAdminister(parts, actor);
  const { id, organisationId } = await findUserNamed(parts, username);
  return revoke(parts, actor, { userId: id }, order, { organisationId, subject: `user:${id}` });
}

/** @throws `access.denied` · `identity.organisation_not_found` */
export async function revokeOrganisation(
  parts: IdentityParts,
  actor: Actor,
  uid: string,
  order: RevocationOrder,
): Promise<Revoked> {
  await assertMayAdminister(parts, actor);
  const organisation = await parts.store.findOrganisation(uid);
  if (organisation === null) throw identityErrors.organisation_not_found();
  const organisationId = organisation.id;
  const about = { organisationId, subject: `organisation:${organisationId}` };
  return revoke(parts, actor, { organisationId }, order, about);
}

/** @throws `access.denied` */
export async function revokeInstall(parts: IdentityParts, actor: Actor, order: RevocationOrder): Promise<Revoked> {
  await assertMayAdminister(parts, actor);
  return revoke(parts, actor, 'anybody', order, { organisationId: null, subject: 'install' });
}

async function revoke(
  parts: IdentityParts,
  { principal, origin }: Actor,
  to: IssuedTo,
  { apiKeys, reason = 'revoked' }: RevocationOrder,
  about: { readonly organisationId: string | null; readonly subject: string },
): Promise<Revoked> {
  const revoked = await parts.store.transaction(async (tx) => {
    const atMs = parts.clock.nowMs();
    if (to !== 'anybody' && 'userId' in to && (await tx.findUserForChange(to.userId)) === null) {
      throw identityErrors.user_not_found();
    }
    const counted = await tx.revokeIssued(to, { apiKeys, atMs });
    const facts = { sessions: counted.sessions, ...(apiKeys ? { apiKeys: counted.apiKeys } : {}) };
    const fields = { principal, ...about, reason, facts };
    await tx.appendAudit(auditEvent(parts.clock, 'credentials.revoked', origin, fields));
    return counted;
  });
  parts.sweep.soon();
  return revoked;
}
