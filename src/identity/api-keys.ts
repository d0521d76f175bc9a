/** API keys: one's own, and everybody's for who administers. @module */
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import { assertMayAdminister, findUserNamed } from './administration.js';
import { assertAsSeen, assertMayManageOwnKeys, assertMayMintForOthers, findManagedKey } from './api-key-law.js';
import { answeredBefore, assertRoomForKey, rememberedRequest, writeKey } from './api-key-making.js';
import { narrowKey, readEnd, readNarrowing, readPurpose } from './api-key-narrowing.js';
import { digestApiKey, isApiKeyValue, maskedApiKey } from './api-key-value.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { assertStillStands, findLiveSession } from './live-session.js';
import type { Actor, ApiKey, ApiKeyChange, ApiKeyDetail, ApiKeyWithValue, NewApiKeyInput, User } from './model.js';
import type { IdentityParts } from './parts.js';
import { isPlainText } from './plain-text.js';

/** Keys looked through for a masked form. */
const pageSize = 1000;

export async function addOwnKey(
  parts: IdentityParts,
  principal: Principal,
  input: NewApiKeyInput,
  origin: AuditOrigin,
): Promise<ApiKeyWithValue> {
  const id = await assertMayManageOwnKeys(parts, principal, origin);
  const { profile } = await findLiveSession(parts, principal);
  const owner = { id, organisationId: principal.organisationId };
  // A key outlives the sessions that a new password ends, so none may be made by one of them.
  return insertKey(parts, { principal, origin }, owner, input, profile.user);
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
  input: NewApiKeyInput,
): Promise<ApiKeyWithValue> {
  await assertMayMintForOthers(parts, actor);
  return insertKey(parts, actor, await findUserNamed(parts, username), input, null);
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
  const { key } = await findManagedKey(parts, actor, keyId, 'remove');
  await deleteKey(parts, actor, key.userId, key.id, null);
}

/** With its owner's name and, while it is being replaced, who still uses it. */
export async function showKey(parts: IdentityParts, actor: Actor, keyId: string): Promise<ApiKeyDetail> {
  const { key } = await findManagedKey(parts, actor, keyId, 'show');
  const profile = await parts.store.findProfile(key.userId);
  if (profile === null) throw identityErrors.api_key_not_found();
  return { key, username: profile.user.username, uses: await parts.store.listApiKeyUses(key.id) };
}

/** Each change is judged against the key as the one before it left it. */
export async function narrowKeyById(
  parts: IdentityParts,
  actor: Actor,
  keyId: string,
  change: ApiKeyChange,
): Promise<ApiKey> {
  const { key, judgeOwner } = await findManagedKey(parts, actor, keyId, 'narrow');
  const { networks, policy, clock } = parts;
  return parts.store.transaction(async (tx) => {
    judgeOwner(await tx.findUserForChange(key.userId));
    const current = await tx.findApiKeyForChange(keyId);
    if (current === null) throw identityErrors.api_key_not_found();
    const rules = { networks, nowMs: clock.nowMs(), maxLifetimeMs: policy.apiKeys.maxLifetimeMs };
    const next = narrowKey(current, change, rules);
    await tx.updateApiKey(next);
    const { principal, origin } = actor;
    const changed = (['scopes', 'sources', 'cidrs'] as const).filter((field) => change[field] !== undefined);
    const facts = { user: key.userId, changed: [...changed, ...endOf(change)].join(' ') };
    const fields = { principal, subject: `api_key:${keyId}`, facts };
    await tx.appendAudit(auditEvent(clock, 'api_key.narrowed', origin, fields));
    return next;
  });
}

function endOf({ expiresAtMs, lifetimeMs }: ApiKeyChange): readonly string[] {
  return expiresAtMs === undefined && lifetimeMs === undefined ? [] : ['expiresAtMs'];
}

/** @param seen  The owner who makes it, as it came with the live session; `null`: somebody else makes it. */
async function insertKey(
  parts: IdentityParts,
  actor: Actor,
  owner: { readonly id: string; readonly organisationId: User['organisationId'] | null },
  input: NewApiKeyInput,
  seen: User | null,
): Promise<ApiKeyWithValue> {
  const { name, idempotencyKey, ...asked } = input;
  if (!isPlainText(name)) throw identityErrors.api_key_name_invalid({ details: { field: 'name' } });
  const { networks, policy, clock } = parts;
  const rules = { networks, nowMs: clock.nowMs(), maxLifetimeMs: policy.apiKeys.maxLifetimeMs };
  const purpose = readPurpose(asked.purpose);
  const narrowing = readNarrowing(asked, networks);
  const wanted = { name, purpose, ...narrowing, expiresAtMs: readEnd(asked, rules) };
  const { expiresAtMs, lifetimeMs } = asked;
  const content = [name, purpose, narrowing, expiresAtMs ?? null, lifetimeMs ?? null];
  const request = rememberedRequest(parts, actor, `add:${owner.id}`, idempotencyKey, content);
  return parts.store.transaction(async (tx) => {
    await assertAsSeen(tx, owner.id, seen);
    await assertStillStands(tx, actor.principal);
    const before = await answeredBefore(parts, tx, owner.id, request);
    if (before !== null) return before;
    await assertRoomForKey(parts, tx, actor, owner.id, 'current');
    return writeKey(parts, tx, actor, owner, wanted, request);
  });
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
