/** Names by ids, and how many of everything there are, from our own tables. @module */
import type { IdentityStore } from '../identity/index.js';
import type { StoreDatabase } from './engine.js';
import { epochOfJoined } from './epochs.js';
import { unwrittenUseMs } from './sessions.js';

export function directoryReads(db: StoreDatabase): Pick<IdentityStore, 'findNames' | 'countDirectory'> {
  /** Users with their organisations, which what is issued to them is judged by. */
  const usersOf = (organisationId: string | null) =>
    db
      .selectFrom('users')
      .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
      .$if(organisationId !== null, (all) => all.where('users.organisation_id', '=', organisationId));

  return {
    async findNames({ users, organisations, organisationId }) {
      const [usernames, uids] = await Promise.all([
        users.length === 0
          ? []
          : db
              .selectFrom('users')
              .select(['id', 'username'])
              .where('id', 'in', users)
              .$if(organisationId !== undefined, (all) => all.where('organisation_id', '=', organisationId ?? ''))
              .execute(),
        organisations.length === 0
          ? []
          : db.selectFrom('organisations').select(['id', 'uid']).where('id', 'in', organisations).execute(),
      ]);
      return {
        users: new Map(usernames.map(({ id, username }) => [id, username])),
        organisations: new Map(uids.map(({ id, uid }) => [id, uid])),
      };
    },

    async countDirectory({ organisationId, nowMs }) {
      const [kinds, organisations, apiKeys, sessions] = await Promise.all([
        usersOf(organisationId)
          .select(({ fn }) => ['users.kind', fn.countAll<number>().as('count')])
          .groupBy('users.kind')
          .execute(),
        db
          .selectFrom('organisations')
          .$if(organisationId !== null, (all) => all.where('id', '=', organisationId))
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow(),
        usersOf(organisationId)
          .innerJoin('api_keys', 'api_keys.user_id', 'users.id')
          .where('users.disabled_at_ms', 'is', null)
          .where('api_keys.epoch', '=', epochOfJoined('key'))
          .where(({ eb, or }) =>
            or([eb('api_keys.expires_at_ms', 'is', null), eb('api_keys.expires_at_ms', '>', nowMs)]),
          )
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow(),
        usersOf(organisationId)
          .innerJoin('sessions', 'sessions.user_id', 'users.id')
          .where('sessions.ended_at_ms', 'is', null)
          .where('sessions.epoch', '=', epochOfJoined('session'))
          .where('sessions.expires_at_ms', '>', nowMs)
          .where('users.disabled_at_ms', 'is', null)
          .where(({ eb, or }) =>
            or([
              eb('sessions.idle_ms', 'is', null),
              eb(eb('sessions.last_seen_at_ms', '+', eb.ref('sessions.idle_ms')), '>', nowMs - unwrittenUseMs),
            ]),
          )
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow(),
      ]);
      const countOf = (kind: string) => Number(kinds.find((one) => one.kind === kind)?.count ?? 0);
      return {
        users: countOf('person') + countOf('api'),
        serviceAccounts: countOf('service'),
        organisations: Number(organisations.count),
        apiKeys: Number(apiKeys.count),
        sessions: Number(sessions.count),
      };
    },
  };
}
