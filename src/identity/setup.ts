/**
 * The first administrator: a one-time code that only the terminal or the log of the first start shows, good for thirty
 * minutes and once. No account with a known password ever exists.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { AuditOrigin } from '../audit/index.js';
import { Secret } from '../kernel/secret.js';
import { auditEvent } from './audit-event.js';
import { base62 } from './base62.js';
import { identityErrors } from './errors.js';
import type { Actor, NewUser, Organisation, Profile } from './model.js';
import { insertOrganisationWithRoles } from './orgs.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction } from './ports.js';
import { draftUser, insertUserWithRoles } from './users.js';

const codeLifetimeMs = 30 * 60_000;
/** Where the first administrator belongs; other organisations are added by it. */
const firstOrganisation = { uid: 'main', name: 'Main' };

export async function isSetupNeeded(parts: IdentityParts): Promise<boolean> {
  return !(await parts.store.hasAdministrator());
}

/** @throws `identity.setup_code_invalid` when an administrator exists: no code would do anything. */
export async function issueSetupCode(
  parts: IdentityParts,
  origin: AuditOrigin,
): Promise<{ readonly code: Secret; readonly expiresAtMs: number }> {
  const code = new Secret(base62(parts.ids.bytes(32), 43));
  const expiresAtMs = parts.clock.nowMs() + codeLifetimeMs;
  await parts.store.transaction(async (tx) => {
    if (await tx.hasAdministrator()) throw identityErrors.setup_code_invalid();
    await tx.replaceSetupCode(digestCode(code), expiresAtMs);
    await tx.appendAudit(auditEvent(parts.clock, 'setup.link_issued', origin, { facts: { expiresAtMs } }));
  });
  return { code, expiresAtMs };
}

/**
 * However many come at once with the same code, one gets through: using it up, looking for an administrator and making
 * one are a single transaction. Before it the code is only looked at, so that a stranger without it cannot make this
 * server hash.
 *
 * @throws `identity.setup_code_invalid` · `identity.username_invalid` · `identity.password_rejected`
 */
export async function completeSetup(
  parts: IdentityParts,
  code: Secret,
  administrator: { readonly username: string; readonly password: Secret },
  origin: AuditOrigin,
): Promise<Profile> {
  const digest = digestCode(code);
  if (!(await parts.store.hasSetupCode(digest, parts.clock.nowMs()))) throw identityErrors.setup_code_invalid();
  const input: NewUser = { kind: 'person', organisationUid: firstOrganisation.uid, ...administrator };
  const draft = draftUser(parts, input, firstOrganisation);
  const hash = await parts.hasher.hash(administrator.password, parts.policy.passwordParameters);
  const actor: Actor = { principal: null, origin };
  await parts.store.transaction(async (tx) => {
    const isGood = await tx.consumeSetupCode(digest, parts.clock.nowMs());
    if (!isGood || (await tx.hasAdministrator())) throw identityErrors.setup_code_invalid();
    const organisation = await findOrMakeFirstOrganisation(parts, tx, actor);
    const role = await tx.findRole(organisation.id, 'administrator');
    if (role === null) throw identityErrors.role_not_found();
    await insertUserWithRoles(parts, tx, actor, { ...draft, organisationId: organisation.id }, hash, [role]);
    const fields = { actorId: draft.id, organisationId: organisation.id, subject: `user:${draft.id}` };
    await tx.appendAudit(auditEvent(parts.clock, 'setup.completed', origin, fields));
  });
  const profile = await parts.store.findProfile(draft.id);
  if (profile === null) throw identityErrors.user_not_found();
  return profile;
}

async function findOrMakeFirstOrganisation(
  parts: IdentityParts,
  tx: IdentityTransaction,
  actor: Actor,
): Promise<Organisation> {
  const found = await tx.findOrganisation(firstOrganisation.uid);
  return found ?? insertOrganisationWithRoles(parts, tx, actor, firstOrganisation);
}

function digestCode(code: Secret): string {
  return createHash('sha256').update(code.reveal()).digest('hex');
}
