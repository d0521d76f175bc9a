/**
 * Roles of organisations: named sets of actions. What roles may do with data is granted to them elsewhere. The role of
 * administrators stays what it is, so that nobody locks everybody out.
 *
 * @module
 */
import { type Action, actions } from '../access/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import { assertMayAdminister } from './administration.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { keepAnAdministrator } from './last-administrator.js';
import type { Actor, ListedRole, Role, RoleChange, RoleReference } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction } from './ports.js';

/** A lower-case letter, then letters, digits, `_`, `-`, `.`; at most 63. */
const namePattern = /^[a-z][a-z0-9_.-]{0,62}$/;

/** Names every organisation is born with: new users get one, the first administrator the other. */
const kept: ReadonlySet<string> = new Set(['administrator', 'member']);

/**
 * @throws `access.denied` · `identity.organisation_not_found` · `identity.role_exists` · `identity.role_invalid` for a
 *         name that is none or an action that is not known.
 */
export async function addRole(
  parts: IdentityParts,
  actor: Actor,
  input: { readonly organisationUid: string; readonly name: string; readonly allowed: readonly string[] },
): Promise<ListedRole> {
  await assertMayAdminister(parts, actor);
  const name = readName(input.name);
  const allowed = readActions(input.allowed);
  const role = await parts.store.transaction(async (tx) => {
    const organisation = await tx.findOrganisation(input.organisationUid);
    if (organisation === null) throw identityErrors.organisation_not_found();
    const createdAtMs = parts.clock.nowMs();
    const made = await tx.insertRole({
      ...{ id: parts.ids.uuid(), organisationId: organisation.id, name, allowed, createdAtMs },
    });
    await append(parts, tx, actor, 'role.created', made, { allowed: allowed.join(' ') });
    return made;
  });
  return found(await parts.store.findListedRole({ id: role.id }));
}

/** @throws `access.denied` · `identity.organisation_not_found` */
export async function listAllRoles(
  parts: IdentityParts,
  actor: Actor,
  filter: { readonly organisation?: string },
  page: PageRequest,
): Promise<Page<ListedRole>> {
  await assertMayAdminister(parts, actor);
  if (filter.organisation === undefined) return parts.store.listListedRoles({}, page);
  const organisation = await parts.store.findOrganisation(filter.organisation);
  if (organisation === null) throw identityErrors.organisation_not_found();
  return parts.store.listListedRoles({ organisationId: organisation.id }, page);
}

/** @throws `access.denied` · `identity.role_not_found` */
export async function showRole(parts: IdentityParts, actor: Actor, reference: RoleReference): Promise<ListedRole> {
  await assertMayAdminister(parts, actor);
  return found(await parts.store.findListedRole(reference));
}

/**
 * Holders of the role have what it allows with their next request.
 *
 * @throws `access.denied` · `identity.role_not_found` · `identity.role_exists` · `identity.role_invalid` ·
 *         `identity.role_protected` · `identity.last_administrator`
 */
export async function setRole(
  parts: IdentityParts,
  actor: Actor,
  reference: RoleReference,
  change: RoleChange,
): Promise<ListedRole> {
  await assertMayAdminister(parts, actor);
  const name = change.name === undefined ? null : readName(change.name);
  const replaced = change.allowed === undefined ? null : readActions(change.allowed);
  const [added, removed] = [readActions(change.allow ?? []), readActions(change.disallow ?? [])];
  const { id } = found(await parts.store.findListedRole(reference));
  await parts.store.transaction(async (tx) => {
    const before = await tx.findRoleForChange(id);
    if (before === null) throw identityErrors.role_not_found();
    const allowed = actions.filter(
      (action) => [...(replaced ?? before.allowed), ...added].includes(action) && !removed.includes(action),
    );
    const after: Role = { ...before, name: name ?? before.name, allowed };
    const isRenamed = after.name !== before.name;
    const isAllowedSame = sameActions(before.allowed, allowed);
    if (!isRenamed && isAllowedSame) return;
    if ((isRenamed && kept.has(before.name)) || before.name === 'administrator') throw identityErrors.role_protected();
    const outcome = await keepAnAdministrator(tx, () => tx.updateRole(after));
    if (outcome === 'gone') throw identityErrors.role_not_found();
    if (outcome === 'taken') throw identityErrors.role_exists();
    await append(parts, tx, actor, 'role.changed', after, {
      ...(isRenamed ? { before: before.name } : {}),
      ...(isAllowedSame ? {} : { allowed: allowed.join(' ') }),
    });
  });
  return found(await parts.store.findListedRole({ id }));
}

/**
 * Its users are without it, and its grants are gone.
 *
 * @throws `access.denied` · `identity.role_not_found` · `identity.role_protected` · `identity.last_administrator`
 */
export async function removeRole(parts: IdentityParts, actor: Actor, reference: RoleReference): Promise<ListedRole> {
  await assertMayAdminister(parts, actor);
  const role = found(await parts.store.findListedRole(reference));
  await parts.store.transaction(async (tx) => {
    const before = await tx.findRoleForChange(role.id);
    if (before === null) throw identityErrors.role_not_found();
    if (kept.has(before.name)) throw identityErrors.role_protected();
    const users = await keepAnAdministrator(tx, () => tx.deleteRole(role.id));
    if (users === null) throw identityErrors.role_not_found();
    await append(parts, tx, actor, 'role.removed', before, { users });
  });
  return role;
}

function found(role: ListedRole | null): ListedRole {
  if (role === null) throw identityErrors.role_not_found();
  return role;
}

function readName(name: string): string {
  if (namePattern.test(name)) return name;
  const fix = 'Use a lower-case letter, then lower-case letters, digits, _, - and ., at most 63.';
  throw identityErrors.role_invalid({ details: { field: 'name', fix } });
}

function readActions(names: readonly string[]): readonly Action[] {
  return [...new Set(names)].map((name) => {
    const action = actions.find((one) => one === name);
    if (action !== undefined) return action;
    throw identityErrors.role_invalid({
      details: { field: 'allowed', fix: `Actions are ${actions.join(', ')}.`, allow: actions },
    });
  });
}

function sameActions(one: readonly Action[], other: readonly Action[]): boolean {
  return one.length === other.length && one.every((action) => other.includes(action));
}

async function append(
  parts: IdentityParts,
  tx: IdentityTransaction,
  { principal, origin }: Actor,
  name: 'role.created' | 'role.changed' | 'role.removed',
  role: Role,
  facts: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const fields = { principal, organisationId: role.organisationId, subject: `role:${role.id}` };
  await tx.appendAudit(auditEvent(parts.clock, name, origin, { ...fields, facts: { name: role.name, ...facts } }));
}
