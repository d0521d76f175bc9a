/** From values of the house to precrime bodies: PascalCase at sign-in, lower case for keys, dates without a zone. @module */
import type { ApiKeyWithValue, Organisation, SignIn } from '../../../identity/index.js';

/** How this family says "never" and "not set". */
const never = '0001-01-01T00:00:00';

/** UTC to the second, without a zone designator. */
export function presentTime(atMs: number | null): string {
  return atMs === null ? never : new Date(atMs).toISOString().slice(0, 19);
}

/** The answer of login and renew. What is not known is left out: every member is optional in the published schema. */
export function presentSignIn({ profile, token }: SignIn): object {
  const { user, organisation, roles } = profile;
  const company = presentCompany(organisation);
  return {
    Id: user.id,
    Created: presentTime(user.createdAtMs),
    Username: user.username,
    ...(user.email === null ? {} : { Email: user.email }),
    ...(user.firstName === null ? {} : { Firstname: user.firstName }),
    ...(user.lastName === null ? {} : { Lastname: user.lastName }),
    Properties: {},
    Authorizations: [{ Company: company, Roles: roles.map((role) => ({ Id: role.number, Name: role.name })) }],
    Active: company,
    Token: token.reveal(),
    PasswordExpiration: presentTime(user.passwordExpiresAtMs),
  };
}

function presentCompany(organisation: Organisation): object {
  return {
    Id: organisation.number,
    Name: organisation.name,
    Created: presentTime(organisation.createdAtMs),
    Deleted: never,
  };
}

/** A key; its value where it is kept, else a form to recognise it by, which `/authheader/delete` takes too. */
export function presentKey(key: ApiKeyWithValue): object {
  return {
    id: key.id,
    name: key.name,
    token: key.value?.reveal() ?? `${key.prefix}…${key.last4}`,
    created: presentTime(key.createdAtMs),
  };
}

export function presentMessage(message: string): object {
  return { message };
}
