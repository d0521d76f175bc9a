/** What of our own tables ends soon: API keys and passwords, with whose they are. @module */
import type { IdentityStore } from '../identity/index.js';
import type { StoreDatabase } from './engine.js';
import { epochOfJoined } from './epochs.js';

export function expiringReads(db: StoreDatabase): Pick<IdentityStore, 'listExpiring'> {
  return {
    async listExpiring({ fromMs, untilMs, organisationId = null, limit }) {
      const keys = await db
        .selectFrom('api_keys')
        .innerJoin('users', 'users.id', 'api_keys.user_id')
        .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
        .select(['api_keys.id', 'api_keys.name', 'users.username', 'organisations.uid'])
        .select(['api_keys.expires_at_ms as ends', 'api_keys.successor_id'])
        .where('api_keys.expires_at_ms', '>=', fromMs)
        .where('api_keys.expires_at_ms', '<', untilMs)
        .where('api_keys.epoch', '=', epochOfJoined('key'))
        .$if(organisationId !== null, (all) => all.where('users.organisation_id', '=', organisationId))
        .orderBy('api_keys.expires_at_ms')
        .limit(limit)
        .execute();
      const passwords = await db
        .selectFrom('users')
        .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
        .select(['users.id', 'users.username', 'organisations.uid', 'users.password_lapses_at_ms'])
        // A temporary password has expired from the start; what is to come is that it is good for nothing any more.
        .select(({ fn }) => fn.coalesce('users.password_lapses_at_ms', 'users.password_expires_at_ms').as('ends'))
        .where('users.password_hash', 'is not', null)
        .where('users.disabled_at_ms', 'is', null)
        .$if(organisationId !== null, (all) => all.where('users.organisation_id', '=', organisationId))
        .where(({ eb, fn }) => {
          const ends = fn.coalesce('users.password_lapses_at_ms', 'users.password_expires_at_ms');
          return eb.and([eb(ends, '>=', fromMs), eb(ends, '<', untilMs)]);
        })
        .orderBy('ends')
        .limit(limit)
        .execute();
      return [
        ...keys.map(({ id, name, username, uid, ends, successor_id }) => ({
          ...{ kind: 'api_key' as const, id, name, owner: username, organisation: uid, expiresAtMs: Number(ends) },
          detail: successor_id === null ? null : ('retiring' as const),
        })),
        ...passwords.map(({ id, username, uid, ends, password_lapses_at_ms }) => ({
          ...{ kind: 'password' as const, id, name: username, owner: username, organisation: uid },
          expiresAtMs: Number(ends),
          detail: password_lapses_at_ms === null ? null : ('temporary' as const),
        })),
      ];
    },
  };
}
