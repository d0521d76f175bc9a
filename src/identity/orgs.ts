/** Organisations and the two roles each is born with. @module */
import { type Action, actions } from '../access/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import { assertMayAdminister } from './administration.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { keepAnAdministrator } from './last-administrator.js';
import type { Actor, Organisation, Role } from './model.js';
import type { IdentityParts } from './parts.js';
import { isPlainText } from './plain-text.js';
import type { IdentityTransaction } from './ports.js';

export const builtInRoles: Readonly<Record<'administrator' | 'member', readonly Action[]>> = {
  administrator: actions,
  member: ['connections.test', 'api_keys.manage_own', 'data.use', 'vault.use'],
};

/** A DNS label: lower-case letters, digits and inner hyphens, at most 63. */
const uidPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export async function addOrganisation(
  parts: IdentityParts,
  actor: Actor,
  input: { readonly uid: string; readonly name: string },
): Promise<Organisation> {
  await assertMayAdminister(parts, actor);
  if (!uidPattern.test(input.uid)) throw identityErrors.organisation_uid_invalid({ details: { field: 'uid' } });
  if (!isPlainText(input.name)) throw identityErrors.organisation_name_invalid({ details: { field: 'name' } });
  return parts.store.transaction((tx) => insertOrganisationWithRoles(parts, tx, actor, input));
}

/** Writes the organisation, its roles and their audit events. Also the first administrator's way to one. */
export async function insertOrganisationWithRoles(
  parts: IdentityParts,
  tx: IdentityTransaction,
  actor: Actor,
  input: { readonly uid: string; readonly name: string },
): Promise<Organisation> {
  const { principal, origin } = actor;
  const createdAtMs = parts.clock.nowMs();
  const organisation = await tx.insertOrganisation({ id: parts.ids.uuid(), ...input, createdAtMs });
  const organisationId = organisation.id;
  const made = { principal, organisationId, subject: `organisation:${organisationId}` };
  await tx.appendAudit(auditEvent(parts.clock, 'organisation.created', origin, { ...made, facts: { uid: input.uid } }));
  for (const [name, allowed] of Object.entries(builtInRoles)) {
    const role = await tx.insertRole({ id: parts.ids.uuid(), organisationId, name, allowed, createdAtMs });
    const facts = { name, organisation: input.uid };
    const fields = { principal, organisationId, subject: `role:${role.id}`, facts };
    await tx.appendAudit(auditEvent(parts.clock, 'role.created', origin, fields));
  }
  return organisation;
}

export async function listOrganisations(
  parts: IdentityParts,
  actor: Actor,
  page: PageRequest,
): Promise<Page<Organisation>> {
  await assertMayAdminister(parts, actor);
  return parts.store.listOrganisations(page);
}

/** @throws `identity.organisation_not_found` */
export async function showOrganisation(parts: IdentityParts, actor: Actor, uid: string): Promise<Organisation> {
  await assertMayAdminister(parts, actor);
  const organisation = await parts.store.findOrganisation(uid);
  if (organisation === null) throw identityErrors.organisation_not_found();
  return organisation;
}

/**
 * Removes an organisation with its roles, and its users with their sessions and keys. Not while it owns sources: what
 * they hold and who watches them is another decision.
 *
 * @throws `identity.organisation_not_found` · `identity.organisation_has_sources`
 */
export async function removeOrganisation(
  parts: IdentityParts,
  actor: Actor,
  uid: string,
): Promise<{ readonly users: number }> {
  await assertMayAdminister(parts, actor);
  return parts.store.transaction(async (tx) => {
    const organisation = await tx.findOrganisation(uid);
    if (organisation === null) throw identityErrors.organisation_not_found();
    const users = await keepAnAdministrator(tx, () => tx.deleteOrganisation(organisation.id));
    if (users === null) throw identityErrors.organisation_has_sources();
    const { principal, origin } = actor;
    const organisationId = organisation.id;
    const about = { principal, organisationId, subject: `organisation:${organisationId}` };
    await tx.appendAudit(auditEvent(parts.clock, 'organisation.removed', origin, { ...about, facts: { uid, users } }));
    return { users };
  });
}

/** @throws `identity.organisation_not_found` */
export async function listRoles(parts: IdentityParts, actor: Actor, uid: string): Promise<readonly Role[]> {
  await assertMayAdminister(parts, actor);
  const organisation = await parts.store.findOrganisation(uid);
  if (organisation === null) throw identityErrors.organisation_not_found();
  return parts.store.listRoles(organisation.id);
}
