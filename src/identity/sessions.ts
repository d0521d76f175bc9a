/**
 * Sessions as their owners and administrators see them, and how either ends them. A token is never shown: whoever may
 * see that a session is there may end it, and not use it.
 *
 * @module
 */
import { accessErrors, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import { assertMayAdminister, findUserNamed } from './administration.js';
import { auditEvent } from './audit-event.js';
import { identityErrors } from './errors.js';
import type { Actor, ListedSession, SessionQuestion } from './model.js';
import type { IdentityParts } from './parts.js';
import type { SessionListFilter } from './ports.js';
import { maxLineMs } from './session.js';

/**
 * Newest first. Nobody sees others' without the right to manage the directory; those that are over only where they are
 * asked for.
 *
 * @throws `access.denied` · `identity.user_not_found` · `identity.organisation_not_found`
 */
export async function listSessions(
  parts: IdentityParts,
  actor: Actor,
  question: SessionQuestion,
  page: PageRequest,
): Promise<Page<ListedSession>> {
  const { family, withEnded = false } = question;
  const nowMs = parts.clock.nowMs();
  const whose = await whoseSessions(parts, actor, question);
  const sessions = await parts.store.listSessions(
    {
      ...whose,
      ...(family === undefined ? {} : { family }),
      // No session outlives its line: what began before that is over, and need not be looked through.
      ...(withEnded ? {} : { liveAtMs: nowMs, createdAfterMs: nowMs - maxLineMs }),
    },
    page,
  );
  const items = sessions.items.map((one) => ({ ...one, lastSeenAtMs: parts.lastSeen.ofSession(one) }));
  return { ...sessions, items };
}

async function whoseSessions(
  parts: IdentityParts,
  actor: Actor,
  { username, organisation, everybody }: SessionQuestion,
): Promise<SessionListFilter> {
  const ownId = actor.principal?.userId ?? null;
  if (username === undefined && organisation === undefined && everybody !== true && ownId !== null) {
    return { userId: await assertMayManageOwnSessions(parts, actor) };
  }
  await assertMayAdminister(parts, actor);
  const found = organisation === undefined ? null : await parts.store.findOrganisation(organisation);
  if (organisation !== undefined && found === null) throw identityErrors.organisation_not_found();
  return {
    ...(username === undefined ? {} : { userId: (await findUserNamed(parts, username)).id }),
    ...(found === null ? {} : { organisationId: found.id }),
  };
}

/**
 * Ends a session: one's own, and anybody's for who manages the directory; durable when the promise resolves.
 *
 * @throws `identity.session_not_found` unknown, over, and without that right foreign alike.
 */
export async function revokeSession(parts: IdentityParts, actor: Actor, sessionId: string): Promise<void> {
  const { principal, origin } = actor;
  const isAdministrator = principal === null || isAllowed(principal, 'directory.manage');
  if (isAdministrator) await assertMayAdminister(parts, actor);
  const ownId = isAdministrator ? null : await assertMayManageOwnSessions(parts, actor);
  const view = await parts.store.findSessionById(sessionId);
  if (view === null || (ownId !== null && view.session.userId !== ownId)) throw identityErrors.session_not_found();
  await parts.store.transaction(async (tx) => {
    if (!(await tx.endSession(sessionId, parts.clock.nowMs()))) throw identityErrors.session_not_found();
    const isOwn = view.session.userId === principal?.userId;
    const fields = {
      principal,
      organisationId: view.profile.organisation.id,
      subject: `session:${sessionId}`,
      reason: isOwn ? 'owner' : 'administrator',
      facts: { user: view.session.userId },
    };
    await tx.appendAudit(auditEvent(parts.clock, 'session.revoked', origin, fields));
  });
}

/**
 * Ends every session of the principal's account, the one at hand too. API keys stay.
 *
 * @returns how many.
 * @throws `access.denied` to who has no account, and to keys that may not manage the directory.
 */
export async function logoutEverywhere(
  parts: IdentityParts,
  principal: Principal,
  origin: AuditOrigin,
): Promise<{ readonly sessionsEnded: number }> {
  const userId = await assertMayManageOwnSessions(parts, { principal, origin });
  return parts.store.transaction(async (tx) => {
    const sessionsEnded = await tx.endSessionsOfUser(userId, parts.clock.nowMs());
    const fields = { principal, subject: `user:${userId}`, reason: 'logout_everywhere', facts: { sessionsEnded } };
    await tx.appendAudit(auditEvent(parts.clock, 'session.revoked', origin, fields));
    return { sessionsEnded };
  });
}

/**
 * Whoever is signed in themselves. A key, and a token that was issued on one, was given away for something else than
 * its owner's sessions, unless it may do this to anybody's.
 *
 * @throws `access.denied`, recorded.
 */
async function assertMayManageOwnSessions(parts: IdentityParts, { principal, origin }: Actor): Promise<string> {
  const userId = principal?.userId ?? null;
  const credential = principal?.credential;
  const isKey = credential?.kind === 'api_key' || credential?.issuedOnKeyId !== undefined;
  const mayAnyway = principal !== null && isAllowed(principal, 'directory.manage');
  if (userId !== null && (!isKey || mayAnyway)) return userId;
  await parts.recordRefusal(credential?.id ?? credential?.kind ?? origin.door, 'sessions.own', origin, { principal });
  throw accessErrors.denied();
}
