/** Users as our own API shows them; a password only where it was just made. @module */
import type { ListedUser, Profile, User } from '../../identity/index.js';
import type { Secret } from '../../kernel/secret.js';

/** The roles of a user are not looked up for a list. */
export function presentListedUser(user: ListedUser): object {
  return presentFields(user, user.organisation, null);
}

export function presentUser({ user, organisation, roles }: Profile): object {
  return presentFields(
    user,
    organisation.uid,
    roles.map(({ id, name }) => ({ id, name })),
  );
}

/** @param made  The password that was made with it, which is told this once. */
export function presentNewUser(profile: Profile, made: Secret | null): object {
  return { ...presentUser(profile), password: presentPassword(made) };
}

export function presentPassword(made: Secret | null): string | null {
  return made === null ? null : made.reveal();
}

function presentFields(user: User, organisation: string, roles: readonly object[] | null): object {
  const { id, username, kind, displayName, email, firstName, lastName, claims, createdAtMs } = user;
  const { passwordChangedAtMs, passwordExpiresAtMs, passwordLapsesAtMs, disabledAtMs, lockedUntilMs } = user;
  return {
    ...{ id, username, kind, organisation, displayName, email, firstName, lastName, roles },
    claims: Object.fromEntries(claims),
    ...{ createdAtMs, hasPassword: passwordChangedAtMs !== null, passwordChangedAtMs, passwordExpiresAtMs },
    ...{ passwordLapsesAtMs, disabledAtMs, lockedUntilMs },
  };
}
