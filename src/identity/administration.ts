/** The law before every administrative verb, and how such a verb finds what it acts on. @module */
import { accessErrors, isAllowed } from '../access/index.js';
import { identityErrors } from './errors.js';
import type { Actor, User } from './model.js';
import type { IdentityParts } from './parts.js';
import { canonicalUsername } from './username.js';

/**
 * Only who may manage the directory, or the operator at the terminal. An actor without a principal is the operator
 * only at the `cli` door: a door that forgot to authenticate is refused.
 *
 * @throws `access.denied`, recorded.
 */
export async function assertMayAdminister(parts: IdentityParts, actor: Actor): Promise<void> {
  const { principal, origin } = actor;
  if (principal === null ? origin.door === 'cli' : isAllowed(principal, 'directory.manage')) return;
  const about = principal?.credential.id ?? principal?.userId ?? origin.door;
  await parts.recordRefusal(about, 'directory.manage', origin, { principal });
  throw accessErrors.denied();
}

/** @throws `identity.user_not_found` for a name that is none, too. */
export async function findUserNamed(parts: IdentityParts, username: string): Promise<User> {
  const name = canonicalUsername(username);
  const found = name === null ? null : await parts.store.findUserByName(name);
  if (found === null) throw identityErrors.user_not_found();
  return found.user;
}
