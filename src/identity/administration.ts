/** The law before every verb that needs a role, recorded when it says no; how such a verb finds what it acts on. @module */
import { type Action, accessErrors, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
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
  if (principal !== null) return assertAllowed(parts, principal, 'directory.manage', origin);
  if (origin.door === 'cli') return;
  await parts.recordRefusal(origin.door, 'directory.manage', origin, { principal });
  throw accessErrors.denied();
}

/** @throws `access.denied`, recorded (ASVS 16.3.2). */
export async function assertAllowed(
  parts: IdentityParts,
  principal: Principal,
  action: Action,
  origin: AuditOrigin,
): Promise<void> {
  if (isAllowed(principal, action)) return;
  await parts.recordRefusal(principal.credential.id ?? principal.credential.kind, action, origin, { principal });
  throw accessErrors.denied();
}

/** @throws `identity.user_not_found` for a name that is none, too. */
export async function findUserNamed(parts: IdentityParts, username: string): Promise<User> {
  const name = canonicalUsername(username);
  const found = name === null ? null : await parts.store.findUserByName(name);
  if (found === null) throw identityErrors.user_not_found();
  return found.user;
}
