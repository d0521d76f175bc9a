/**
 * Issuing access tokens of our own API to callers who are proved already: a session row as behind every token, and a
 * token that allows no more than its scopes and what its user's roles allow.
 *
 * @module
 */
import { type Action, actions, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { assertStillStands } from './live-session.js';
import type { Session } from './model.js';
import { mintNativeToken, nativeLifeSeconds, scopeText } from './native-token.js';
import type { IdentityParts } from './parts.js';
import { familyOfCredential } from './principal.js';
import { digestToken, endBeyondLimit } from './session.js';

export interface NativeTokenRequest {
  /** `null`: everything the caller may hand on. */
  readonly scopes: readonly Action[] | null;
}

export interface NativeToken {
  readonly token: Secret;
  /** What it was narrowed to, in the order the law lists them. */
  readonly scopes: readonly Action[];
  readonly session: Session;
  readonly expiresInSeconds: number;
}

/** Never handed on by a key: a key makes, shows and removes no keys, and neither does what is made with it (ASVS 7.2.2). */
const keptFromKeys: ReadonlySet<Action> = new Set(['api_keys.manage_own']);

/**
 * Begins a native session for a proved caller and gives its token.
 *
 * It ends with the credential it was issued on at the latest, where that one has an end, and with the session it was
 * issued on whenever that one ends; one that was issued on an API
 * key is good as long as that key would be, from where that key would be. A native token is not
 * exchanged for another: a line of them would have no end.
 *
 * @throws `identity.scope_not_allowed` a scope beyond what the caller may do; or nothing is left.
 * @throws `identity.issuer_unknown`
 * @throws `identity.unauthenticated` no account, a native token, or the account was disabled or removed meanwhile.
 */
export async function issueNativeToken(
  parts: IdentityParts,
  principal: Principal,
  request: NativeTokenRequest,
  origin: AuditOrigin,
): Promise<NativeToken> {
  const { userId, credential } = principal;
  const profile = userId === null ? null : await parts.store.findProfile(userId);
  if (profile === null || credential.kind === 'native_token') {
    await parts.recordRefusal(credential.id ?? credential.kind, 'token.issue', origin, { principal });
    throw identityErrors.unauthenticated();
  }
  const scopes = grantable(principal, request.scopes);
  // The client is the key, where one was presented: what may be done with the token is judged by it at every use.
  const clientId = credential.kind === 'api_key' && credential.id !== null ? credential.id : profile.user.id;
  const issuer = parts.issuer?.() ?? null;
  if (issuer === null) throw identityErrors.issuer_unknown();

  const key = await parts.signingKeys.signing('native', origin);
  return parts.store.transaction(async (tx) => {
    const current = await tx.findUserForChange(profile.user.id);
    // Disabling and a new password end every session; none may begin after that on what was proved before.
    if (current === null || current.user.disabledAtMs !== null) throw identityErrors.unauthenticated();
    if (current.user.passwordChangedAtMs !== profile.user.passwordChangedAtMs) throw identityErrors.unauthenticated();
    await assertStillStands(tx, principal);
    const nowMs = parts.clock.nowMs();
    const iat = Math.floor(nowMs / 1000);
    const exp = iat + nativeLifeSeconds;
    const wanted: Session = {
      id: parts.ids.uuid(),
      family: 'native',
      userId: profile.user.id,
      createdAtMs: nowMs,
      expiresAtMs: Math.min(exp * 1000, credential.expiresAtMs ?? Number.POSITIVE_INFINITY),
      idleMs: null,
      lastSeenAtMs: nowMs,
      lineStartedAtMs: nowMs,
    };
    const identified = { iss: issuer, sub: wanted.userId, aud: issuer, exp, iat, jti: wanted.id };
    const token = await mintNativeToken({ ...identified, client_id: clientId, scope: scopeText(scopes) }, key);
    const place = { tokenDigest: digestToken(token), csrf: null, address: origin.address };
    const issuedOnId = familyOfCredential(principal) === null ? null : credential.id;
    const session = await tx.insertSession({ session: wanted, ...place, issuedOnId });
    if (session === null) throw new TypeError('a new session id was in use');
    await endBeyondLimit(parts, tx, session, { profile, origin });
    await tx.appendAudit(
      auditEvent(parts.clock, 'token.issued', origin, {
        principal,
        subject: `session:${session.id}`,
        facts: { scopes: scopeText(scopes) },
      }),
    );
    return { token, scopes, session, expiresInSeconds: Math.ceil((session.expiresAtMs - nowMs) / 1000) };
  });
}

function grantable(principal: Principal, asked: readonly Action[] | null): readonly Action[] {
  const isFromKey = principal.credential.kind === 'api_key';
  const may = actions.filter((action) => isAllowed(principal, action) && !(isFromKey && keptFromKeys.has(action)));
  if (may.length === 0 || asked?.length === 0) throw identityErrors.scope_not_allowed();
  if (asked === null) return may;
  if (!asked.every((action) => may.includes(action))) throw identityErrors.scope_not_allowed();
  return may.filter((action) => asked.includes(action));
}
