/** Accounts: people, service accounts and API users, from the first day to the last. @module */
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import { assertMayAdminister, findUserNamed } from './administration.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { keepAnAdministrator } from './last-administrator.js';
import type {
  Actor,
  ListedUser,
  NewUser,
  Organisation,
  Profile,
  Role,
  User,
  UserChange,
  UserQuestion,
} from './model.js';
import type { IdentityParts } from './parts.js';
import { assertNotUsedBefore, rememberPassword } from './password-history.js';
import { lifeOfNewPassword } from './password-life.js';
import { assertAcceptablePassword } from './password-policy.js';
import { isPlainText } from './plain-text.js';
import type { IdentityTransaction } from './ports.js';
import { changeClaims } from './user-claims.js';
import { canonicalUsername } from './username.js';

const email = /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{1,189}$/u;

const mutableFields = [
  'displayName',
  'email',
  'firstName',
  'lastName',
  'passwordExpiresAtMs',
  'lockedUntilMs',
] as const satisfies readonly (keyof UserChange)[];

/** @throws as `Identity.users.add` says; `identity.profile_field_invalid` names the field. */
export async function addUser(parts: IdentityParts, actor: Actor, input: NewUser): Promise<Profile> {
  await assertMayAdminister(parts, actor);
  const organisation = await parts.store.findOrganisation(input.organisationUid);
  if (organisation === null) throw identityErrors.organisation_not_found();
  const draft = draftUser(parts, input, organisation);
  const hash =
    input.password === null ? null : await parts.hasher.hash(input.password, parts.policy.passwordParameters);
  await parts.store.transaction(async (tx) => {
    const roles = await findRoles(tx, organisation.id, input.roles ?? ['member']);
    await insertUserWithRoles(parts, tx, actor, { ...draft, organisationId: organisation.id }, hash, roles);
  });
  return profileOf(parts, draft.id);
}

/** The user as it would be written, with its name and password judged; no hash was computed yet. */
export function draftUser(
  parts: IdentityParts,
  input: NewUser,
  organisation: Pick<Organisation, 'uid' | 'name'>,
): Omit<User, 'organisationId'> {
  const canonicalName = canonicalUsername(input.username);
  // A path cannot hold a part of dots alone: browsers and proxies take it away before it is sent (RFC 3986 §5.2.4).
  if (canonicalName === null || /^\.{1,2}$/.test(canonicalName)) {
    throw identityErrors.username_invalid({ details: { field: 'username' } });
  }
  assertProfileFields(input);
  const { kind, password } = input;
  if (password !== null) {
    const subject = { kind, canonicalName, organisationUid: organisation.uid, organisationName: organisation.name };
    assertAcceptablePassword(password, subject, parts.policy, 'password');
  }
  const nowMs = parts.clock.nowMs();
  const fullName = [input.firstName, input.lastName].filter((part) => part !== undefined).join(' ');
  const life = password === null ? null : lifeOfNewPassword(parts.policy, nowMs, input.mustChange === true);
  const isTemporary = life !== null && life.lapsesAtMs !== null;
  return {
    id: parts.ids.uuid(),
    kind,
    username: input.username,
    canonicalName,
    displayName: input.displayName ?? (fullName === '' ? input.username : fullName),
    email: input.email ?? null,
    firstName: input.firstName ?? null,
    lastName: input.lastName ?? null,
    createdAtMs: nowMs,
    passwordChangedAtMs: life?.changedAtMs ?? null,
    passwordExpiresAtMs: (isTemporary ? null : input.passwordExpiresAtMs) ?? life?.expiresAtMs ?? null,
    passwordLapsesAtMs: life?.lapsesAtMs ?? null,
    disabledAtMs: null,
    lockedUntilMs: null,
    claims: changeClaims(new Map(), input.claims === undefined ? {} : { setClaims: input.claims }) ?? new Map(),
  };
}

/** Writes the user, its memberships and their audit events. */
export async function insertUserWithRoles(
  parts: IdentityParts,
  tx: IdentityTransaction,
  actor: Actor,
  user: User,
  hash: string | null,
  roles: readonly Role[],
): Promise<void> {
  await tx.insertUser(user, hash);
  await append(parts, tx, actor, 'user.created', user, { kind: user.kind });
  await assignRoles(parts, tx, actor, user, roles);
}

/** @throws `identity.organisation_not_found` · `identity.role_not_found` */
export async function listUsers(
  parts: IdentityParts,
  actor: Actor,
  { kind, organisation: uid, search = '', role }: UserQuestion,
  page: PageRequest,
): Promise<Page<ListedUser>> {
  await assertMayAdminister(parts, actor);
  const organisation = uid === undefined ? undefined : await parts.store.findOrganisation(uid);
  if (organisation === null) throw identityErrors.organisation_not_found();
  const isRoleThere = async (id: string) => isPlainText(id) && (await parts.store.findListedRole({ id })) !== null;
  if (role !== undefined && !(await isRoleThere(role))) {
    throw identityErrors.role_not_found({ details: { field: 'role' } });
  }
  // No name holds what is not plain text.
  if (search !== '' && !isPlainText(search)) return { items: [] };
  const filter = {
    ...(kind === undefined ? {} : { kind }),
    ...(organisation === undefined ? {} : { organisationId: organisation.id }),
    ...(search === '' ? {} : { search: search.toLowerCase() }),
    ...(role === undefined ? {} : { roleId: role }),
  };
  return parts.store.listUsers(filter, page);
}

/** @throws `identity.user_not_found` */
export async function showUser(parts: IdentityParts, actor: Actor, username: string): Promise<Profile> {
  await assertMayAdminister(parts, actor);
  return profileOf(parts, (await findUserNamed(parts, username)).id);
}

/**
 * @throws `identity.user_not_found` · `identity.role_not_found` · `identity.profile_field_invalid` ·
 *         `identity.last_administrator`
 */
export async function setUser(
  parts: IdentityParts,
  actor: Actor,
  username: string,
  change: UserChange,
): Promise<Profile> {
  await assertMayAdminister(parts, actor);
  assertProfileFields(change);
  const { addRoles = [], removeRoles = [] } = change;
  // Named one by one: a field that came along unasked must not become a column.
  const wanted = mutableFields.filter((field) => change[field] !== undefined);
  const columns = Object.fromEntries(wanted.map((field) => [field, change[field]]));
  const user = await changeUser(parts, username, async (tx, current) => {
    const claims = changeClaims(current.claims, change);
    const fields = claims === null ? wanted : [...wanted, 'claims'];
    if (fields.length > 0) {
      await tx.updateUser({ ...current, ...columns, claims: claims ?? current.claims });
      await append(parts, tx, actor, 'user.changed', current, { fields: fields.join(',') });
    }
    await assignRoles(parts, tx, actor, current, await findRoles(tx, current.organisationId, addRoles));
    const lost = await findRoles(tx, current.organisationId, removeRoles);
    const unassign = async () => {
      for (const role of lost) {
        await tx.unassignRole(current.id, role.id);
        await append(parts, tx, actor, 'role.unassigned', current, { role: role.id, name: role.name });
      }
    };
    await (lost.some(({ allowed }) => allowed.includes('directory.manage'))
      ? keepAnAdministrator(tx, unassign)
      : unassign());
  });
  return profileOf(parts, user.id);
}

/** @throws `identity.user_not_found` · `identity.password_rejected` */
export async function resetPassword(
  parts: IdentityParts,
  actor: Actor,
  username: string,
  input: { readonly password: Secret; readonly mustChange: boolean },
): Promise<void> {
  await assertMayAdminister(parts, actor);
  const { user, organisation } = await profileOf(parts, (await findUserNamed(parts, username)).id);
  const { kind, canonicalName } = user;
  const subject = { kind, canonicalName, organisationUid: organisation.uid, organisationName: organisation.name };
  assertAcceptablePassword(input.password, subject, parts.policy, 'password');
  const present = await parts.store.findUserByName(canonicalName);
  await assertNotUsedBefore(parts, user.id, input.password, present?.passwordHash ?? null, 'password');
  const hash = await parts.hasher.hash(input.password, parts.policy.passwordParameters);
  await changeUser(parts, username, async (tx, current, nowMs, presentHash) => {
    const life = lifeOfNewPassword(parts.policy, nowMs, input.mustChange, current.passwordChangedAtMs);
    await rememberPassword(parts, tx, current.id, presentHash);
    await tx.updatePassword(current.id, hash, life.changedAtMs, life.expiresAtMs, life.lapsesAtMs);
    const sessionsEnded = await tx.endSessionsOfUser(current.id, nowMs);
    await append(parts, tx, actor, 'password.reset', current, { mustChange: input.mustChange, sessionsEnded });
  });
}

/** @throws `identity.user_not_found` · `identity.last_administrator` */
export async function disableUser(parts: IdentityParts, actor: Actor, username: string): Promise<void> {
  await assertMayAdminister(parts, actor);
  await changeUser(parts, username, async (tx, current, nowMs) => {
    await keepAnAdministrator(tx, () => tx.updateUser({ ...current, disabledAtMs: current.disabledAtMs ?? nowMs }));
    const sessionsEnded = await tx.endSessionsOfUser(current.id, nowMs);
    await append(parts, tx, actor, 'user.disabled', current, { sessionsEnded });
  });
}

/** @throws `identity.user_not_found` */
export async function enableUser(parts: IdentityParts, actor: Actor, username: string): Promise<void> {
  await assertMayAdminister(parts, actor);
  await changeUser(parts, username, async (tx, current) => {
    await tx.updateUser({ ...current, disabledAtMs: null });
    await append(parts, tx, actor, 'user.enabled', current, {});
  });
}

/** @throws `identity.user_not_found` · `identity.last_administrator` */
export async function removeUser(parts: IdentityParts, actor: Actor, username: string): Promise<void> {
  await assertMayAdminister(parts, actor);
  await changeUser(parts, username, async (tx, current) => {
    await keepAnAdministrator(tx, () => tx.deleteUser(current.id));
    await append(parts, tx, actor, 'user.removed', current, { kind: current.kind });
  });
}

/** Finds the user again inside the transaction, where nobody else can change it, and acts on that. */
async function changeUser(
  parts: IdentityParts,
  username: string,
  work: (tx: IdentityTransaction, current: User, nowMs: number, presentHash: string | null) => Promise<void>,
): Promise<User> {
  const { id } = await findUserNamed(parts, username);
  return parts.store.transaction(async (tx) => {
    const current = await tx.findUserForChange(id);
    if (current === null) throw identityErrors.user_not_found();
    await work(tx, current.user, parts.clock.nowMs(), current.passwordHash);
    return current.user;
  });
}

/** @throws `identity.role_not_found` */
async function findRoles(tx: IdentityTransaction, organisationId: string, names: readonly string[]): Promise<Role[]> {
  const roles: Role[] = [];
  for (const name of new Set(names)) {
    const role = await tx.findRole(organisationId, name);
    if (role === null) throw identityErrors.role_not_found();
    roles.push(role);
  }
  return roles;
}

async function assignRoles(
  parts: IdentityParts,
  tx: IdentityTransaction,
  actor: Actor,
  user: User,
  roles: readonly Role[],
): Promise<void> {
  for (const role of roles) {
    await tx.assignRole(user.id, role.id);
    await append(parts, tx, actor, 'role.assigned', user, { role: role.id, name: role.name });
  }
}

async function append(
  parts: IdentityParts,
  tx: IdentityTransaction,
  { principal, origin }: Actor,
  name: Parameters<typeof auditEvent>[1],
  user: User,
  facts: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const fields = { principal, organisationId: user.organisationId, subject: `user:${user.id}`, facts };
  await tx.appendAudit(auditEvent(parts.clock, name, origin, fields));
}

async function profileOf(parts: IdentityParts, userId: string): Promise<Profile> {
  const profile = await parts.store.findProfile(userId);
  if (profile === null) throw identityErrors.user_not_found();
  return profile;
}

function assertProfileFields(
  input: Partial<Pick<UserChange, 'displayName' | 'email' | 'firstName' | 'lastName'>>,
): void {
  for (const field of ['displayName', 'firstName', 'lastName'] as const) {
    const value = input[field];
    if (typeof value === 'string' && !isPlainText(value)) {
      throw identityErrors.profile_field_invalid({ details: { field } });
    }
  }
  if (typeof input.email === 'string' && !email.test(input.email)) {
    throw identityErrors.profile_field_invalid({ details: { field: 'email' } });
  }
}
