/** Sessions in our tables: found by id or token digest, ended and never revived. @module */
import type { IdentityStore, IdentityTransaction, SessionView } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { openText, places, toSession } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { lookUp } from './look-up.js';
import { profileRows, toProfile } from './profiles.js';

type Reads = Pick<IdentityStore, 'findSessionById' | 'findSessionByTokenDigest'>;
type Writes = Pick<
  IdentityTransaction,
  'insertSession' | 'endSession' | 'endSessionsOfUser' | 'endOldestSessions' | 'touchSession'
>;

export function sessionReads(db: StoreDatabase, keyRing: KeyRing): Reads {
  function finder(column: 'sessions.id' | 'sessions.token_digest'): (value: string) => Promise<SessionView | null> {
    const find = lookUp(db, (value) =>
      profileRows(db)
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
        .compile(),
    );
    return async (value) => {
      const rows = await find(value);
      const profile = toProfile(rows);
      const [row] = rows;
      if (profile === null || row === undefined) return null;
      return {
        session: toSession({ ...row, id: row.session_id, created_at_ms: row.session_created_at_ms }),
        csrf: openText(keyRing, row.csrf, places.csrf(row.session_id)),
        profile,
      };
    };
  }

  return { findSessionById: finder('sessions.id'), findSessionByTokenDigest: finder('sessions.token_digest') };
}

export function sessionWrites(tx: StoreDatabase, kind: StoreEngine['kind'], keyRing: KeyRing): Writes {
  return {
    async insertSession({ session, tokenDigest, csrf }) {
      const row = await tx
        .insertInto('sessions')
        .values({
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
          ended_at_ms: null,
        })
        // Changes nothing, and gives the row that stands whether it is new or was there.
        .onConflict((conflict) => conflict.column('token_digest').doUpdateSet({ token_digest: tokenDigest }))
        .returningAll()
        .executeTakeFirstOrThrow();
      return row.ended_at_ms === null ? toSession(row) : null;
    },

    async endSession(sessionId, atMs) {
      const { numUpdatedRows } = await tx
        .updateTable('sessions')
        .set({ ended_at_ms: atMs })
        .where('id', '=', sessionId)
        .where('ended_at_ms', 'is', null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
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
      const live = await tx
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('ended_at_ms', 'is', null)
        .where('expires_at_ms', '>', nowMs)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute();
      const excess = live.length - keep;
      if (excess <= 0) return [];
      const ended = live
        .map(({ id }) => id)
        .filter((id) => id !== spareSessionId)
        .slice(0, excess);
      if (ended.length === 0) return [];
      await tx.updateTable('sessions').set({ ended_at_ms: nowMs }).where('id', 'in', ended).execute();
      return ended;
    },

    async touchSession(sessionId, lastSeenAtMs) {
      await tx
        .updateTable('sessions')
        .set({ last_seen_at_ms: lastSeenAtMs })
        .where('id', '=', sessionId)
        .where('last_seen_at_ms', '<', lastSeenAtMs)
        .execute();
    },
  };
}
