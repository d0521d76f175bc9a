/**
 * Vouching for a caller to whoever stands in front of something else: a proxy asks who it is and whether they have what
 * that place requires. The same law as at our own doors, from the same principal.
 *
 * @module
 */
import { type Action, accessErrors, actions, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { assertAllowed } from './administration.js';
import { identityErrors } from './errors.js';
import type { Profile, Role } from './model.js';
import type { IdentityParts } from './parts.js';

export interface Required {
  /** Names of roles of the caller's organisation, one of which is enough; empty: none is needed. */
  readonly roles: readonly string[];
  /** Every one of them. */
  readonly actions: readonly Action[];
}

export interface Vouched {
  readonly profile: Profile;
  /** Roles that count with this credential, by name. */
  readonly roles: readonly string[];
}

/**
 * Who the principal is, if it has what is required. Nothing is written when it has; a refusal is recorded once a minute.
 *
 * @throws `access.denied` · `identity.unauthenticated` the account is gone, or there never was one.
 */
export async function vouch(
  parts: IdentityParts,
  principal: Principal,
  required: Required,
  origin: AuditOrigin,
): Promise<Vouched> {
  for (const action of required.actions) await assertAllowed(parts, principal, action, origin);
  const profile = principal.userId === null ? null : await parts.store.findProfile(principal.userId);
  if (profile === null) throw identityErrors.unauthenticated();
  const roles = rolesThatCount(profile.roles, principal);
  if (required.roles.length > 0 && !required.roles.some((name) => roles.includes(name))) {
    await parts.recordRefusal(principal.credential.id ?? principal.credential.kind, 'role', origin, { principal });
    throw accessErrors.denied();
  }
  return { profile, roles };
}

const known: ReadonlySet<string> = new Set(actions);

/**
 * A role counts where the credential carries all that the role allows. One that allows nothing of ours is a mark for
 * places of others; it counts with a credential that is not narrowed, because what it opens there nobody here knows.
 */
function rolesThatCount(roles: readonly Role[], principal: Principal): string[] {
  const isWhole = ({ allowed }: Role) =>
    allowed.filter((action) => known.has(action)).every((action) => isAllowed(principal, action));
  const isNarrowed = principal.sources !== null || !roles.every(isWhole);
  return roles.filter((role) => isWhole(role) && !(isNarrowed && role.allowed.length === 0)).map(({ name }) => name);
}
