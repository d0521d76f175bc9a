/** What is asked and written whenever a session begins or is relied upon, compiled once. @module */
import { sql } from 'kysely';
import type { TokenFamily } from '../identity/index.js';
import type { StoreEngine } from './engine.js';
import { epochOfUser } from './epochs.js';
import type { SessionRow } from './schema.js';
import { statement } from './statement.js';

type NewSessionRow = Omit<SessionRow, 'ended_at_ms'> & { readonly issued_on_id: string | null };

/** Of a limit that is none; one database takes no offset without a limit. */
const noLimit = 2_147_483_647;

export function sessionStatements({ read: db, kind }: StoreEngine) {
  const insert = (row: NewSessionRow) =>
    db.insertInto('sessions').values({
      ...{ id: row.id, token_digest: row.token_digest, family: row.family, user_id: row.user_id, csrf: row.csrf },
      ...{ created_at_ms: row.created_at_ms, expires_at_ms: row.expires_at_ms, idle_ms: row.idle_ms },
      ...{ last_seen_at_ms: row.last_seen_at_ms, line_started_at_ms: row.line_started_at_ms, ended_at_ms: null },
      ...{ address: row.address, issued_on_id: row.issued_on_id },
      epoch: epochOfUser('session', sql.val(row.user_id)),
    });
  // The epochs are rows of the join, so that a share of the lock keeps them as they are.
  const standing = (id: string) =>
    db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
      .innerJoin('counters', (join) => join.on('counters.name', '=', 'session_epoch'))
      .select(sql<number>`1`.as('stands'))
      .where('sessions.id', '=', id)
      .where('sessions.ended_at_ms', 'is', null)
      .where('sessions.epoch', '=', sql<number>`users.session_epoch + organisations.session_epoch + counters.value`);

  return {
    insert: statement((row: NewSessionRow) => insert(row).compile()),

    /** Changes nothing of one that was there, and gives the row that stands. */
    insertOrFind: statement((row: NewSessionRow) =>
      insert(row)
        .onConflict((conflict) => conflict.column('token_digest').doUpdateSet({ token_digest: row.token_digest }))
        .returningAll()
        .compile(),
    ),

    findByDigest: statement(({ digest }: { readonly digest: string }) =>
      db.selectFrom('sessions').select('id').where('token_digest', '=', digest).compile(),
    ),

    standing: statement(({ id }: { readonly id: string }) => standing(id).compile()),

    standingForChange: statement(({ id, family }: { readonly id: string; readonly family: TokenFamily }) => {
      const query = standing(id).where('sessions.family', '=', family);
      return (kind === 'postgres' ? query.forShare() : query).compile();
    }),

    /** Live ones of the user beside one of them, but for the newest. */
    findOldest: statement(({ userId, spareId, nowMs, newest }: OldestSessions) =>
      db
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('id', '<>', spareId)
        .where('ended_at_ms', 'is', null)
        .where('expires_at_ms', '>', nowMs)
        .orderBy('created_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(sql.lit(noLimit))
        .offset(newest)
        .compile(),
    ),
  };
}

interface OldestSessions {
  readonly userId: string;
  readonly spareId: string;
  readonly nowMs: number;
  readonly newest: number;
}
