/**
 * Sessions of the console: an opaque token of 256 random bits that a browser keeps in a cookie, found again by its
 * digest, and a csrf value that only a page which read the sign-in's answer knows. It says nothing of itself, so nobody
 * can forge one and nothing has to be verified but that the row stands.
 *
 * @module
 */
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Eventual } from '../kernel/eventual.js';
import type { Ids } from '../kernel/ids.js';
import { Secret } from '../kernel/secret.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import { findLiveSession } from './live-session.js';
import type { CurrentSession, Profile, Session, SignIn } from './model.js';
import type { IdentityParts } from './parts.js';
import type { IdentityTransaction, SessionView } from './ports.js';
import { profileBehind } from './principal.js';
import { digestToken, endBeyondLimit, maxLineMs } from './session.js';

const tokenBytes = 32;
/** 32 bytes in base64url. Other spellings of the same bytes have another digest, and belong to nobody. */
const wellFormed = /^[A-Za-z0-9_-]{43}$/;

/** Whether this could be one of our tokens; says nothing about whether it is. */
export function isConsoleToken(value: Secret): boolean {
  return wellFormed.test(value.reveal());
}

function makeToken(ids: Ids): Secret {
  return new Secret(Buffer.from(ids.bytes(tokenBytes)).toString('base64url'));
}

/** The session behind a token as it stands in the store; `null`: never issued, ended or revoked. */
export async function findConsoleSession(parts: IdentityParts, token: Secret): Promise<SessionView | null> {
  const view = isConsoleToken(token) ? await parts.store.findSessionByTokenDigest(digestToken(token)) : null;
  return view?.session.family === 'console' && view.session.userId === view.profile.user.id ? view : null;
}

/** Begins a session inside the caller's transaction, and ends the user's oldest sessions beyond the limit. */
export async function beginConsoleSession(
  parts: IdentityParts,
  tx: IdentityTransaction,
  { profile, origin }: { readonly profile: Profile; readonly origin: AuditOrigin },
): Promise<SignIn> {
  const { idleMs, absoluteMs } = parts.policy.console;
  const nowMs = parts.clock.nowMs();
  const wanted: Session = {
    id: parts.ids.uuid(),
    family: 'console',
    userId: profile.user.id,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + Math.min(absoluteMs, maxLineMs),
    idleMs,
    lastSeenAtMs: nowMs,
    lineStartedAtMs: nowMs,
  };
  const [token, csrf] = [makeToken(parts.ids), makeToken(parts.ids)];
  const place = { tokenDigest: digestToken(token), csrf, address: origin.address };
  const session = await tx.insertSession({ session: wanted, ...place });
  if (session?.id !== wanted.id) throw new TypeError('a new token was in use');
  await endBeyondLimit(parts, tx, session, { profile, origin });
  return { profile, session, token, csrf };
}

/**
 * Ends the session whose place a new one takes: whoever put its token into a browser must not stay signed in there, and
 * nobody leaves a session behind that they can no longer see. Its holder is whoever signs in now, whosever it was.
 */
export async function endReplaced(
  parts: IdentityParts,
  tx: IdentityTransaction,
  { session, profile }: SessionView,
  origin: AuditOrigin,
): Promise<void> {
  if (!(await tx.endSession(session.id, parts.clock.nowMs()))) return;
  await tx.appendAudit(
    auditEvent(parts.clock, 'session.ended', origin, {
      organisationId: profile.organisation.id,
      subject: `session:${session.id}`,
      credential: { kind: 'console_session', id: session.id },
      reason: 'replaced',
    }),
  );
}

/**
 * What whoever is signed in may know of it, at whatever door.
 *
 * @throws `identity.unauthenticated` · `identity.token_expired`
 */
export function currentSession(parts: IdentityParts, principal: Principal): Eventual<CurrentSession> {
  if (principal.credential.kind === 'console_session') return currentConsoleSession(parts, principal);
  const profile = profileBehind(principal);
  if (profile === null) return Promise.reject(identityErrors.unauthenticated());
  // Csrf values of other doors are theirs, and their holders have them.
  return { profile, csrf: null, idleMs: null };
}

async function currentConsoleSession(parts: IdentityParts, principal: Principal): Promise<CurrentSession> {
  const { profile, csrf, session } = await findLiveSession(parts, principal);
  return { profile, csrf, idleMs: session.idleMs };
}
