/** Sessions in our tables: found by id or token digest, ended and never revived. @module */
import type { IdentityStore, IdentityTransaction, ListedSession, SessionView } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { openText, places, toSession } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { epochOfJoined } from './epochs.js';
import { lookUp } from './look-up.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import { profileRows, toProfile } from './profiles.js';
import type { SessionRow } from './schema.js';
import { sessionStatements } from './session-statements.js';
import { expectAnswer, runBeside, runLater } from './sqlite-driver.js';
import { touchStatement } from './touch.js';

type Reads = Pick<IdentityStore, 'findSessionById' | 'findSessionByTokenDigest' | 'listSessions'>;
type Writes = Pick<
  IdentityTransaction,
  | 'insertSession'
  | 'isSessionStanding'
  | 'endSession'
  | 'endSessionsOfUser'
  | 'endOldestSessions'
  | 'endRevokedSessions'
  | 'removeOldSessions'
  | 'touchSessions'
>;

/** Uses are written at most once a minute: an idle session may have been used since. */
export const unwrittenUseMs = 60_000;

export function sessionReads(db: StoreDatabase, kind: StoreEngine['kind'], keyRing: KeyRing): Reads {
  function finder(column: 'sessions.id' | 'sessions.token_digest'): (value: string) => Promise<SessionView | null> {
    const find = lookUp(db, (value) =>
      profileRows(db, kind)
        .innerJoin('sessions', 'sessions.user_id', 'users.id')
        .select([
          'sessions.id as session_id',
          'sessions.family',
          'sessions.csrf',
          'sessions.created_at_ms as session_created_at_ms',
          'sessions.expires_at_ms',
          'sessions.idle_ms',
          'sessions.last_seen_at_ms',
          'sessions.line_started_at_ms',
        ])
        .where(column, '=', value)
        .where('sessions.ended_at_ms', 'is', null)
        .where('sessions.epoch', '=', epochOfJoined('session'))
        .compile(),
    );
    return async (value) => {
      const [row] = await find(value);
      if (row === undefined) return null;
      return {
        session: toSession({ ...row, id: row.session_id, created_at_ms: row.session_created_at_ms }),
        csrf: openText(keyRing, row.csrf, places.csrf(row.session_id)),
        profile: toProfile(row),
      };
    };
  }

  return {
    findSessionById: finder('sessions.id'),
    findSessionByTokenDigest: finder('sessions.token_digest'),

    async listSessions({ userId, organisationId, family, createdAfterMs, liveAtMs }, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number', 'string']);
      let query = db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
        .selectAll('sessions')
        .select(['users.username', 'organisations.uid']);
      if (userId !== undefined) query = query.where('sessions.user_id', '=', userId);
      if (organisationId !== undefined) query = query.where('users.organisation_id', '=', organisationId);
      if (family !== undefined) query = query.where('sessions.family', '=', family);
      if (createdAfterMs !== undefined) query = query.where('sessions.created_at_ms', '>', createdAfterMs);
      if (liveAtMs !== undefined) {
        query = query
          .where('sessions.ended_at_ms', 'is', null)
          .where('sessions.epoch', '=', epochOfJoined('session'))
          .where('sessions.expires_at_ms', '>', liveAtMs)
          .where('users.disabled_at_ms', 'is', null)
          .where(({ eb, or }) =>
            or([
              eb('sessions.idle_ms', 'is', null),
              eb(eb('sessions.last_seen_at_ms', '+', eb.ref('sessions.idle_ms')), '>', liveAtMs - unwrittenUseMs),
            ]),
          );
      }
      if (after !== null) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('sessions.created_at_ms', 'sessions.id'), '<', tuple(after[0], after[1])),
        );
      }
      const rows = await query
        .orderBy('sessions.created_at_ms', 'desc')
        .orderBy('sessions.id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, toListed, (row) => [row.created_at_ms, row.id]);
    },
  };
}

function toListed(row: SessionRow & { readonly username: string; readonly uid: string }): ListedSession {
  const { username, uid: organisation, address, ended_at_ms: endedAtMs } = row;
  return { ...toSession(row), username, organisation, address, endedAtMs };
}

/** @returns the verbs inside of a transaction. */
export function sessionWrites(engine: StoreEngine, keyRing: KeyRing): (tx: StoreDatabase) => Writes {
  const { kind } = engine;
  const statements = sessionStatements(engine);
  const touch = touchStatement(engine, 'sessions', 'last_seen_at_ms');

  return (tx) => ({
    async insertSession({ session, tokenDigest, csrf, address, issuedOnId }) {
      const row = {
        id: session.id,
        token_digest: tokenDigest,
        family: session.family,
        user_id: session.userId,
        csrf: csrf === null ? null : keyRing.seal(csrf, places.csrf(session.id)),
        created_at_ms: session.createdAtMs,
        expires_at_ms: session.expiresAtMs,
        idle_ms: session.idleMs,
        last_seen_at_ms: session.lastSeenAtMs,
        line_started_at_ms: session.lineStartedAtMs,
        address: address ?? null,
        issued_on_id: issuedOnId ?? null,
      };
      // Mostly it is new, and where no other writer comes between it need not be waited for.
      if (kind === 'sqlite') {
        const known = await expectAnswer(tx, statements.findByDigest({ digest: tokenDigest }), []);
        if (known.length === 0) {
          await runLater(tx, statements.insert(row));
          return session;
        }
      }
      const { rows } = await tx.executeQuery(statements.insertOrFind(row));
      const [stands] = rows;
      if (stands === undefined) throw new TypeError('an insert gives its row back');
      if (stands.ended_at_ms !== null) return null;
      if (stands.id === session.id) return toSession(stands);
      const { rows: standing } = await tx.executeQuery(statements.standing({ id: stands.id }));
      return standing.length > 0 ? toSession(stands) : null;
    },

    async isSessionStanding(sessionId, family) {
      const asked = statements.standingForChange({ id: sessionId, family });
      return (await expectAnswer(tx, asked, [{ stands: 1 }])).length > 0;
    },

    async endSession(sessionId, atMs) {
      const rows = await tx
        .updateTable('sessions')
        .set({ ended_at_ms: atMs })
        .where(({ eb, or }) => or([eb('id', '=', sessionId), eb('issued_on_id', '=', sessionId)]))
        .where('ended_at_ms', 'is', null)
        .returning('id')
        .execute();
      return rows.some(({ id }) => id === sessionId);
    },

    async endSessionsOfUser(userId, atMs) {
      // Expired ones too: a clock that steps back must not bring them to life.
      const { numUpdatedRows } = await tx
        .updateTable('sessions')
        .set({ ended_at_ms: atMs })
        .where('user_id', '=', userId)
        .where('ended_at_ms', 'is', null)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },

    async endOldestSessions(userId, keep, spareSessionId, nowMs) {
      if (kind === 'postgres') {
        // Two sign-ins at once must not both count without the other. The weaker lock, because a session that was
        // just inserted holds its user's key, and two such would wait for each other.
        await tx.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute();
      }
      const oldest = statements.findOldest({ userId, spareId: spareSessionId, nowMs, newest: Math.max(0, keep - 1) });
      const { rows } = await runBeside(tx, oldest);
      if (rows.length === 0) return [];
      const ended = rows.map(({ id }) => id).reverse();
      await tx
        .updateTable('sessions')
        .set({ ended_at_ms: nowMs })
        .where(({ eb, or }) => or([eb('id', 'in', ended), eb('issued_on_id', 'in', ended)]))
        .where('id', '<>', spareSessionId)
        .where('ended_at_ms', 'is', null)
        .execute();
      return ended;
    },

    async endRevokedSessions(atMs, limit) {
      const revoked = tx
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
        .select('sessions.id')
        .where('sessions.ended_at_ms', 'is', null)
        .where('sessions.epoch', '<>', epochOfJoined('session'))
        .limit(limit);
      const { numUpdatedRows } = await tx
        .updateTable('sessions')
        .set({ ended_at_ms: atMs })
        .where('id', 'in', revoked)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },

    async removeOldSessions(expiredBeforeMs, limit) {
      const old = tx
        .selectFrom('sessions')
        .select('id')
        .where('expires_at_ms', '<', expiredBeforeMs)
        .orderBy('expires_at_ms')
        .limit(limit);
      const { numDeletedRows } = await tx.deleteFrom('sessions').where('id', 'in', old).executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },

    async touchSessions(uses) {
      await runLater(tx, touch(uses));
    },
  });
}
