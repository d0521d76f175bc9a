/**
 * Who may do something to an API key: its owner, signed in, and who may manage the directory. A key never makes, shows,
 * narrows or removes keys of its owner, whatever its owner may, and never makes a key of anybody (ASVS 7.2.2); neither
 * does a token that was issued on one.
 *
 * @module
 */
import { accessErrors, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { assertMayAdminister } from './administration.js';
import { identityErrors } from './errors.js';
import { findLiveSession, stillSignedIn } from './live-session.js';
import type { Actor, ApiKey, User } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction, UserWithPassword } from './ports.js';

/** Judges the owner as it stands inside the transaction that writes; throws to write nothing. */
export type OwnerJudge = (current: UserWithPassword | null) => void;

/** @throws `access.denied`, recorded where an origin is given. */
export async function assertMayManageOwnKeys(
  parts: IdentityParts,
  principal: Principal,
  origin: AuditOrigin | null,
): Promise<string> {
  const { userId, credential } = principal;
  const isKey = credential.kind === 'api_key' || credential.issuedOnKeyId !== undefined;
  if (userId !== null && !isKey && isAllowed(principal, 'api_keys.manage_own')) return userId;
  if (origin !== null) {
    await parts.recordRefusal(credential.id ?? credential.kind, 'api_keys.manage_own', origin, { principal });
  }
  throw accessErrors.denied();
}

/** @throws `access.denied`, recorded. */
export async function assertMayMintForOthers(parts: IdentityParts, actor: Actor): Promise<void> {
  await assertMayAdminister(parts, actor);
  if (actor.principal !== null) await refuseKeys(parts, actor.principal, actor.origin);
}

/**
 * The key, if the actor may do this to it.
 *
 * @param verb  `mint`: makes another key of it.
 * @throws `access.denied`              recorded.
 * @throws `identity.api_key_not_found` unknown, and foreign to who may not manage the directory.
 */
export async function findManagedKey(
  parts: IdentityParts,
  actor: Actor,
  keyId: string,
  verb: 'show' | 'narrow' | 'mint' | 'remove',
): Promise<{ readonly key: ApiKey; readonly judgeOwner: OwnerJudge }> {
  const { principal, origin } = actor;
  if (principal === null || isAllowed(principal, 'directory.manage')) {
    await assertMayAdminister(parts, actor);
    if (principal !== null && verb === 'mint') await refuseKeys(parts, principal, origin);
    const key = await parts.store.findApiKeyById(keyId);
    if (key === null) throw identityErrors.api_key_not_found();
    return { key, judgeOwner: isThere };
  }
  const userId = await assertMayManageOwnKeys(parts, principal, origin);
  const { profile } = await findLiveSession(parts, principal);
  const key = await parts.store.findApiKeyById(keyId);
  if (key === null || key.userId !== userId) throw identityErrors.api_key_not_found();
  return { key, judgeOwner: (current) => void stillSignedIn(profile.user, current) };
}

/** @throws `identity.user_not_found` */
function isThere(current: UserWithPassword | null): void {
  if (current === null) throw identityErrors.user_not_found();
}

/**
 * As the judges of {@link findManagedKey}, for whoever needs nothing else of the owner.
 *
 * @param seen  The owner as it came with its live session; `null`: it only has to be there.
 * @throws `identity.user_not_found` · `identity.unauthenticated`
 */
export async function assertAsSeen(tx: IdentityTransaction, userId: string, seen: User | null): Promise<void> {
  if (await tx.isUserAsSeen(userId, seen)) return;
  throw seen === null ? identityErrors.user_not_found() : identityErrors.unauthenticated();
}

async function refuseKeys(parts: IdentityParts, principal: Principal, origin: AuditOrigin): Promise<void> {
  const { kind, id, issuedOnKeyId } = principal.credential;
  if (kind !== 'api_key' && issuedOnKeyId === undefined) return;
  await parts.recordRefusal(id ?? kind, 'api_keys.mint', origin, { principal });
  throw accessErrors.denied();
}
