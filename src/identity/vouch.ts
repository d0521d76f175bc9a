/**
 * Vouching for a caller to whoever stands in front of something else: a proxy asks who it is and whether they have what
 * that place requires. The same law as at our own doors, from the same principal.
 *
 * @module
 */
import { type Action, accessErrors, actions, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Eventual } from '../kernel/eventual.js';
import { assertAllowed } from './administration.js';
import { identityErrors } from './errors.js';
import type { Profile, Role } from './model.js';
import type { IdentityParts } from './parts.js';
import { profileBehind } from './principal.js';

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
 * Who the principal is, if it has what is required: as the gate, which was asked a moment ago, knows it. Nothing is
 * written when it has; a refusal is recorded once a minute.
 *
 * @throws (rejects) `access.denied` · `identity.unauthenticated` the account is gone, or there never was one.
 */
export function vouch(
  parts: IdentityParts,
  principal: Principal,
  required: Required,
  origin: AuditOrigin,
): Eventual<Vouched> {
  const standing = standingOf(principal);
  const isAllAllowed = required.actions.every((action) => isAllowed(principal, action));
  if (standing !== null && isAllAllowed && hasOneOf(standing, required.roles)) return standing.vouched;
  return refuse(parts, principal, required, origin);
}

/** What is missing first is what the trail is told of: an action, an account, a role. */
async function refuse(
  parts: IdentityParts,
  principal: Principal,
  required: Required,
  origin: AuditOrigin,
): Promise<never> {
  for (const action of required.actions) await assertAllowed(parts, principal, action, origin);
  if (standingOf(principal) === null) throw identityErrors.unauthenticated();
  await parts.recordRefusal(principal.credential.id ?? principal.credential.kind, 'role', origin, { principal });
  throw accessErrors.denied();
}

interface Standing {
  readonly vouched: Vouched;
  readonly roles: ReadonlySet<string>;
}

function hasOneOf({ roles }: Standing, required: readonly string[]): boolean {
  return required.length === 0 || required.some((name) => roles.has(name));
}

/** Worked out once for a principal, which never changes. */
const known = new WeakMap<Principal, Standing>();

function standingOf(principal: Principal): Standing | null {
  const before = known.get(principal);
  if (before !== undefined) return before;
  const profile = profileBehind(principal);
  if (profile === null) return null;
  const roles = rolesThatCount(profile.roles, principal);
  const standing = { vouched: { profile, roles }, roles: new Set(roles) };
  known.set(principal, standing);
  return standing;
}

const ours: ReadonlySet<string> = new Set(actions);

/**
 * A role counts where the credential carries all that the role allows. One that allows nothing of ours is a mark for
 * places of others; it counts with a credential that is not narrowed, because what it opens there nobody here knows.
 */
function rolesThatCount(roles: readonly Role[], principal: Principal): string[] {
  const isWhole = ({ allowed }: Role) =>
    allowed.filter((action) => ours.has(action)).every((action) => isAllowed(principal, action));
  const isNarrowed = principal.sources !== null || !roles.every(isWhole);
  return roles.filter((role) => isWhole(role) && !(isNarrowed && role.allowed.length === 0)).map(({ name }) => name);
}
