/**
 * Sessions: how long each family's live, and how one begins. The row in the store is the session; the token is the
 * proof that its holder was there when it began.
 *
 * @module
 */
import { hash } from 'node:crypto';
import type { AuditOrigin } from '../audit/index.js';
import { Secret } from '../kernel/secret.js';
import {
  type FamilyClaims,
  fixedLifeSeconds,
  type LoadedSigningKey,
  type MintedFamily,
  mintAccessToken,
} from './access-token.js';
import { auditEvent } from './audit-event.js';
import type { IdentityPolicy } from './deps.js';
import type { Profile, Session, SignIn } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction } from './ports.js';

/** From the first sign-in of a renewed line to the end of its last session. */
export const maxLineMs = 24 * 60 * 60_000;
/** How far `iat` may step back from now to find token bytes that were not ended before. */
const maxStepsBack = 5;

/** SHA-256, hex. The verifier takes one spelling of a token only, so equal digests mean the same token. */
export function digestToken(token: Secret): string {
  return hash('sha256', token.reveal(), 'hex');
}

export function isMintedFamily(family: string): family is MintedFamily {
  return family === 'precrime' || family === 'cloudio' || family === 'onedb';
}

function lifeOf(family: MintedFamily, policy: IdentityPolicy): { lifeSeconds: number; idleMs: number | null } {
  const fixed = fixedLifeSeconds(family);
  if (fixed !== null) return { lifeSeconds: fixed, idleMs: null };
  return { lifeSeconds: Math.floor(policy.cloudio.absoluteMs / 1000), idleMs: policy.cloudio.idleMs };
}

export interface SessionOrder {
  readonly family: MintedFamily;
  readonly profile: Profile;
  readonly key: LoadedSigningKey;
  /** `null`: this session begins a line of its own. */
  readonly lineStartedAtMs: number | null;
  readonly origin: AuditOrigin;
}

/**
 * Begins a session inside the caller's transaction: mints the token, writes the row, and ends the user's oldest
 * sessions beyond the limit, each with its audit event.
 */
export async function beginSession(
  parts: IdentityParts,
  tx: IdentityTransaction,
  order: SessionOrder,
): Promise<SignIn> {
  const { family, profile } = order;
  const nowMs = parts.clock.nowMs();
  const { lifeSeconds, idleMs } = lifeOf(family, parts.policy);
  const lineStartedAtMs = order.lineStartedAtMs ?? nowMs;
  const csrf = family === 'cloudio' ? new Secret(parts.ids.uuid()) : null;

  for (let stepSeconds = 0; stepSeconds < maxStepsBack; stepSeconds += 1) {
    const iat = Math.floor(nowMs / 1000) - stepSeconds;
    const exp = iat + lifeSeconds;
    const wanted: Session = {
      id: parts.ids.uuid(),
      family,
      userId: profile.user.id,
      createdAtMs: nowMs,
      expiresAtMs: Math.min(exp * 1000, lineStartedAtMs + maxLineMs),
      idleMs,
      lastSeenAtMs: nowMs,
      lineStartedAtMs,
    };
    const token = await mint(order, wanted.id, csrf, iat, exp);
    const session = await tx.insertSession({
      session: wanted,
      tokenDigest: digestToken(token),
      csrf,
      address: order.origin.address,
    });
    // Only families without a random claim come here: these very bytes were ended within this second, and what was
    // ended stays so. A token of a second ago is as good and is another token.
    if (session === null) continue;
    await endBeyondLimit(parts, tx, session, order);
    return { profile, session, token, csrf };
  }
  throw new TypeError('no token could be minted that was not ended before');
}

async function mint(
  { family, profile, key }: SessionOrder,
  sessionId: string,
  csrf: Secret | null,
  iat: number,
  exp: number,
): Promise<Secret> {
  const { user, organisation } = profile;
  switch (family) {
    case 'precrime': {
      const claims: FamilyClaims['precrime'] = {
        sub: user.id,
        unique_name: user.username,
        jti: sessionId,
        iat,
        exp,
        company: organisation.number,
      };
      return mintAccessToken('precrime', claims, key);
    }
    case 'cloudio': {
      const value = csrf?.reveal() ?? '';
      return mintAccessToken('cloudio', { session: sessionId, csrf: value, org_uid: organisation.uid, iat, exp }, key);
    }
    case 'onedb':
      return mintAccessToken('onedb', { sub: user.username, exp, iat }, key);
  }
}

/** Ends the user's oldest sessions beyond the limit, each with its audit event. */
export async function endBeyondLimit(
  parts: IdentityParts,
  tx: IdentityTransaction,
  session: Session,
  order: Pick<SessionOrder, 'profile' | 'origin'>,
): Promise<void> {
  const nowMs = parts.clock.nowMs();
  const ended = await tx.endOldestSessions(session.userId, parts.policy.maxSessionsPerUser, session.id, nowMs);
  for (const id of ended) {
    const fields = {
      organisationId: order.profile.organisation.id,
      subject: `session:${id}`,
      reason: 'session_limit',
      facts: { user: session.userId },
    };
    await tx.appendAudit(auditEvent(parts.clock, 'session.revoked', order.origin, fields));
  }
}
