/** API keys: one's own, and everybody's for who administers. @module */
import { accessErrors, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import { assertMayAdminister, findUserNamed } from './administration.js';
import { digestApiKey, isApiKeyValue, makeApiKeyValue, maskedApiKey, shownPartsOf } from './api-key-value.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { findLiveSession, stillSignedIn } from './live-session.js';
import type { Actor, ApiKey, ApiKeyWithValue, User } from './model.js';
import type { IdentityParts } from './parts.js';
import { isPlainText } from './plain-text.js';
import type { UserWithPassword } from './ports.js';

/** Keys looked through for a masked form. */
const pageSize = 1000;

export async function addOwnKey(
  parts: IdentityParts,
  principal: Principal,
  input: { readonly name: string },
  origin: AuditOrigin,
): Promise<ApiKeyWithValue> {
  const id = await assertMayManageOwnKeys(parts, principal, origin);
  const { profile } = await findLiveSession(parts, principal);
  const owner = { id, organisationId: principal.organisationId };
  // A key outlives the sessions that a new password ends, so none may be made by one of them.
  return insertKey(parts, { principal, origin }, owner, input.name, (current) => stillSignedIn(profile.user, current));
}

export async function listOwnKeys(
  parts: IdentityParts,
  principal: Principal,
  page: PageRequest,
): Promise<Page<ApiKeyWithValue>> {
  const userId = await assertMayManageOwnKeys(parts, principal, null);
  const keys = await parts.store.listApiKeys(userId, page);
  // Values kept before the setting changed are not shown either.
  return parts.policy.keepKeyValues ? keys : { ...keys, items: keys.items.map((key) => ({ ...key, value: null })) };
}

/** A foreign key's value, id or masked form is answered exactly like one that never was. */
export async function removeOwnKey(
  parts: IdentityParts,
  principal: Principal,
  reference: Secret,
  origin: AuditOrigin,
): Promise<void> {
  const userId = await assertMayManageOwnKeys(parts, principal, origin);
  await findLiveSession(parts, principal);
  const keyId = await findOwnKeyId(parts, userId, reference);
  if (keyId === null) throw identityErrors.api_key_not_found();
  await deleteKey(parts, { principal, origin }, userId, keyId, principal.organisationId);
}

export async function addKeyFor(
  parts: IdentityParts,
  actor: Actor,
  username: string,
  input: { readonly name: string },
): Promise<ApiKeyWithValue> {
  await assertMayAdminister(parts, actor);
  return insertKey(parts, actor, await findUserNamed(parts, username), input.name, (current) => {
    if (current === null) throw identityErrors.user_not_found();
  });
}

/** Never with values: they are their owner's. */
export async function listKeysOf(
  parts: IdentityParts,
  actor: Actor,
  username: string,
  page: PageRequest,
): Promise<Page<ApiKey>> {
  await assertMayAdminister(parts, actor);
  const user = await findUserNamed(parts, username);
  const keys = await parts.store.listApiKeys(user.id, page);
  return { ...keys, items: keys.items.map(({ value: _, ...key }) => key) };
}

export async function removeKeyById(parts: IdentityParts, actor: Actor, keyId: string): Promise<void> {
  await assertMayAdminister(parts, actor);
  const key = await parts.store.findApiKeyById(keyId);
  if (key === null) throw identityErrors.api_key_not_found();
  await deleteKey(parts, actor, key.userId, key.id, null);
}

/** A key never makes, shows or removes keys, whatever its owner may (ASVS 7.2.2). */
async function assertMayManageOwnKeys(
  parts: IdentityParts,
  principal: Principal,
  origin: AuditOrigin | null,
): Promise<string> {
  const { userId, credential } = principal;
  if (userId !== null && credential.kind !== 'api_key' && isAllowed(principal, 'api_keys.manage_own')) return userId;
  if (origin !== null) {
    await parts.recordRefusal(credential.id ?? credential.kind, 'api_keys.manage_own', origin, { principal });
  }
  throw accessErrors.denied();
}

/** @param assertMayOwn  Judges the owner as it stands inside the transaction; throws to make no key. */
async function insertKey(
  parts: IdentityParts,
  { principal, origin }: Actor,
  owner: { readonly id: string; readonly organisationId: User['organisationId'] | null },
  name: string,
  assertMayOwn: (current: UserWithPassword | null) => void,
): Promise<ApiKeyWithValue> {
  if (!isPlainText(name)) throw identityErrors.api_key_name_invalid({ details: { field: 'name' } });
  const value = makeApiKeyValue(parts.ids);
  const key: ApiKey = {
    id: parts.ids.uuid(),
    userId: owner.id,
    name,
    ...shownPartsOf(value),
    createdAtMs: parts.clock.nowMs(),
    expiresAtMs: null,
    lastUsedAtMs: null,
  };
  await parts.store.transaction(async (tx) => {
    assertMayOwn(await tx.findUserForChange(owner.id));
    const digest = digestApiKey(parts.digestKey, value);
    await tx.insertApiKey({ key, digest, value: parts.policy.keepKeyValues ? value : null });
    const { organisationId } = owner;
    const fields = { principal, organisationId, subject: `api_key:${key.id}`, facts: { user: owner.id } };
    await tx.appendAudit(auditEvent(parts.clock, 'api_key.created', origin, fields));
  });
  return { ...key, value };
}

async function deleteKey(
  parts: IdentityParts,
  { principal, origin }: Actor,
  userId: string,
  keyId: string,
  organisationId: string | null,
): Promise<void> {
  await parts.store.transaction(async (tx) => {
    if (!(await tx.deleteApiKey(userId, keyId))) throw identityErrors.api_key_not_found();
    const fields = { principal, organisationId, subject: `api_key:${keyId}`, facts: { user: userId } };
    await tx.appendAudit(auditEvent(parts.clock, 'api_key.deleted', origin, fields));
  });
}

async function findOwnKeyId(parts: IdentityParts, userId: string, reference: Secret): Promise<string | null> {
  if (isApiKeyValue(reference)) {
    const view = await parts.store.findApiKeyByDigest(digestApiKey(parts.digestKey, reference));
    return view !== null && view.key.userId === userId ? view.key.id : null;
  }
  const text = reference.reveal();
  const matching: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await parts.store.listApiKeys(
      userId,
      cursor === undefined ? { limit: pageSize } : { limit: pageSize, cursor },
    );
    for (const key of page.items) if (key.id === text || maskedApiKey(key) === text) matching.push(key.id);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  // Two keys that look alike masked: guessing would delete the wrong one.
  return matching.length === 1 ? (matching[0] ?? null) : null;
}
