/**
 * Ending a credential by its value (RFC 7009): what logging out and deleting a key do, for whoever holds the value.
 *
 * @module
 */
import { accessErrors, type CredentialKind, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import { verifyToken } from './access-token-verify.js';
import { digestApiKey, isApiKeyValue } from './api-key-value.js';
import { auditEvent } from './audit-event.js';
import { findConsoleSession, isConsoleToken } from './console-session.js';
import type { IdentityParts } from './parts.js';
import type { SessionView } from './ports.js';
import { digestToken } from './session.js';

const tokens: readonly CredentialKind[] = ['precrime_token', 'cloudio_session', 'onedb_token', 'native_token'];

/**
 * Ends the session behind a token, or deletes an API key; durable when the promise resolves. What is no credential of
 * ours, or none any more, is revoked already.
 *
 * One's own, and anybody's for who manages the directory. An API key ends itself and sessions of its owner, and no other
 * key, as everywhere. Who is refused holds the value and could try it, so the refusal tells nothing new (§2.1).
 *
 * @throws `access.denied`, recorded.
 */
export async function revokeToken(
  parts: IdentityParts,
  principal: Principal,
  token: Secret,
  origin: AuditOrigin,
): Promise<void> {
  if (isApiKeyValue(token)) return revokeKey(parts, principal, token, origin);
  const view = await findSessionOf(parts, token);
  if (view === null) return;
  const { session, profile } = view;
  await assertMayRevoke(parts, principal, session.userId === principal.userId, origin);
  await parts.store.transaction(async (tx) => {
    if (!(await tx.endSession(session.id, parts.clock.nowMs()))) return;
    const organisationId = profile.organisation.id;
    const fields = { principal, organisationId, subject: `session:${session.id}`, reason: 'revoked' };
    await tx.appendAudit(auditEvent(parts.clock, 'session.ended', origin, fields));
  });
}

async function revokeKey(
  parts: IdentityParts,
  principal: Principal,
  value: Secret,
  origin: AuditOrigin,
): Promise<void> {
  const view = await parts.store.findApiKeyByDigest(digestApiKey(parts.digestKey, value));
  if (view === null) return;
  const { key, profile } = view;
  const { kind, id, issuedOnKeyId } = principal.credential;
  const keyInHand = kind === 'api_key' ? id : (issuedOnKeyId ?? null);
  const isOwn = key.userId === principal.userId && (keyInHand === null || keyInHand === key.id);
  await assertMayRevoke(parts, principal, isOwn, origin);
  await parts.store.transaction(async (tx) => {
    if (!(await tx.deleteApiKey(key.userId, key.id))) return;
    const organisationId = profile.organisation.id;
    const facts = { user: key.userId };
    const fields = { principal, organisationId, subject: `api_key:${key.id}`, reason: 'revoked', facts };
    await tx.appendAudit(auditEvent(parts.clock, 'api_key.deleted', origin, fields));
  });
}

async function assertMayRevoke(
  parts: IdentityParts,
  principal: Principal,
  isOwn: boolean,
  origin: AuditOrigin,
): Promise<void> {
  if (isOwn || isAllowed(principal, 'directory.manage')) return;
  const about = principal.credential.id ?? principal.userId ?? principal.credential.kind;
  await parts.recordRefusal(about, 'token.revoke', origin, { principal });
  throw accessErrors.denied();
}

/** Behind a genuine token; its csrf value is not needed to end it. */
async function findSessionOf(parts: IdentityParts, token: Secret): Promise<SessionView | null> {
  if (isConsoleToken(token)) return findConsoleSession(parts, token);
  const verified = await verifyToken(parts, token, tokens);
  if (verified === null) return null;
  const view = await (() => {
    switch (verified.family) {
      case 'precrime':
      case 'native':
        return parts.store.findSessionById(verified.claims.jti);
      case 'cloudio':
        return parts.store.findSessionById(verified.claims.session);
      case 'onedb':
        return parts.store.findSessionByTokenDigest(digestToken(token));
    }
  })();
  return view?.session.family === verified.family ? view : null;
}
