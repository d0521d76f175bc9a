/**
 * What users and organisations are called now, for lists that hold their ids, and the ids of those who are called so.
 * Who does not manage the directory is told of their own organisation.
 *
 * @module
 */
import { isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { assertAllowed } from './administration.js';
import { identityErrors } from './errors.js';
import type { IdentityParts } from './parts.js';
import { canonicalUsername } from './username.js';

/** By id; what is gone, and what is not the asker's to know, is not in it. */
export interface Names {
  readonly users: ReadonlyMap<string, string>;
  /** Uids. */
  readonly organisations: ReadonlyMap<string, string>;
}

const id = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** One look-up of each kind, however many ids there are. @throws `access.denied` unless `audit.read` is allowed. */
export async function findNames(
  parts: IdentityParts,
  principal: Principal,
  ids: { readonly users: ReadonlySet<string>; readonly organisations: ReadonlySet<string> },
  origin: AuditOrigin,
): Promise<Names> {
  await assertAllowed(parts, principal, 'audit.read', origin);
  if (isAllowed(principal, 'directory.manage')) {
    return parts.store.findNames({ users: [...ids.users], organisations: [...ids.organisations] });
  }
  const { organisationId, organisationUid } = principal;
  if (organisationId === null || organisationUid === null) return { users: new Map(), organisations: new Map() };
  const { users } = await parts.store.findNames({ users: [...ids.users], organisations: [], organisationId });
  return { users, organisations: new Map([[organisationId, organisationUid]]) };
}

/**
 * The id of a user by its name; a name nobody has, or nobody the asker may know of, is taken for the id of one who is
 * gone.
 *
 * @throws `access.denied` unless `audit.read` is allowed.
 */
export async function findUserId(
  parts: IdentityParts,
  principal: Principal,
  reference: string,
  origin: AuditOrigin,
): Promise<string> {
  await assertAllowed(parts, principal, 'audit.read', origin);
  const name = canonicalUsername(reference);
  const user = name === null ? undefined : (await parts.store.findUserByName(name))?.user;
  if (user === undefined) return reference;
  const isVisible = isAllowed(principal, 'directory.manage') || user.organisationId === principal.organisationId;
  return isVisible ? user.id : reference;
}

/**
 * The id of an organisation by its uid. Who manages the directory may name one that is gone by its id.
 *
 * @throws `access.denied` unless `audit.read` is allowed · `identity.organisation_not_found` also for another's, unless
 *         the directory may be managed.
 */
export async function findOrganisationId(
  parts: IdentityParts,
  principal: Principal,
  reference: string,
  origin: AuditOrigin,
): Promise<string> {
  await assertAllowed(parts, principal, 'audit.read', origin);
  const { organisationId, organisationUid } = principal;
  if (organisationId !== null && reference === organisationUid) return organisationId;
  if (!isAllowed(principal, 'directory.manage')) throw identityErrors.organisation_not_found();
  const organisation = await parts.store.findOrganisation(reference);
  if (organisation !== null) return organisation.id;
  if (!id.test(reference)) throw identityErrors.organisation_not_found();
  return reference;
}
