/** Raising epochs: everything that was issued before is refused, in one step. @module */
import { sql } from 'kysely';
import type { IdentityTransaction, IssuedTo } from '../identity/index.js';
import type { StoreDatabase } from './engine.js';
import { epochOfJoined, type Issued } from './epochs.js';

export function revocationWrites(tx: StoreDatabase): Pick<IdentityTransaction, 'revokeIssued'> {
  return {
    async revokeIssued(to, { apiKeys, atMs }) {
      const sessions = await countSessions(tx, to, atMs);
      const keys = apiKeys ? await countKeys(tx, to, atMs) : 0;
      // Of sessions first: whoever makes a key holds a share of that lock, and so comes before both or after both.
      await raise(tx, to, 'session');
      if (apiKeys) await raise(tx, to, 'key');
      return { sessions, apiKeys: keys };
    },
  };
}

async function raise(tx: StoreDatabase, to: IssuedTo, issued: Issued): Promise<void> {
  const column = `${issued}_epoch` as const;
  const next = { [column]: sql<number>`${sql.ref(column)} + 1` };
  if (to === 'anybody') {
    await tx
      .updateTable('counters')
      .set(({ eb }) => ({ value: eb('value', '+', 1) }))
      .where('name', '=', column)
      .execute();
  } else if ('userId' in to) {
    await tx.updateTable('users').set(next).where('id', '=', to.userId).execute();
  } else {
    await tx.updateTable('organisations').set(next).where('id', '=', to.organisationId).execute();
  }
}

async function countSessions(tx: StoreDatabase, to: IssuedTo, atMs: number): Promise<number> {
  let query = tx
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('sessions.ended_at_ms', 'is', null)
    .where('sessions.expires_at_ms', '>', atMs)
    .where('sessions.epoch', '=', epochOfJoined('session'));
  if (to !== 'anybody') {
    query =
      'userId' in to
        ? query.where('users.id', '=', to.userId)
        : query.where('organisations.id', '=', to.organisationId);
  }
  return Number((await query.executeTakeFirstOrThrow()).count);
}

async function countKeys(tx: StoreDatabase, to: IssuedTo, atMs: number): Promise<number> {
  let query = tx
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where(({ eb, or }) => or([eb('api_keys.expires_at_ms', 'is', null), eb('api_keys.expires_at_ms', '>', atMs)]))
    .where('api_keys.epoch', '=', epochOfJoined('key'));
  if (to !== 'anybody') {
    query =
      'userId' in to
        ? query.where('users.id', '=', to.userId)
        : query.where('organisations.id', '=', to.organisationId);
  }
  return Number((await query.executeTakeFirstOrThrow()).count);
}
