/**
 * When sessions and keys were last used, of many in one statement: there are as many as were in use in a minute, and to
 * ask the server for each of them would keep it from what is asked meanwhile.
 *
 * @module
 */
import { type CompiledQuery, sql } from 'kysely';
import type { CredentialUse } from '../identity/index.js';
import type { StoreEngine } from './engine.js';
import { statement } from './statement.js';

/** @param column  Of the last use; an earlier one than is there changes nothing. */
export function touchStatement(
  { read: db, kind }: Pick<StoreEngine, 'read' | 'kind'>,
  table: 'sessions' | 'api_keys',
  column: 'last_seen_at_ms' | 'last_used_at_ms',
): (uses: readonly CredentialUse[]) => CompiledQuery {
  const [rows, last] = [sql.table(table), sql.ref(`${table}.${column}`)];
  const id = sql.ref(`${table}.id`);
  const listed = kind === 'postgres' ? sql.raw('json_array_elements') : sql.raw('json_each');
  // Locked in one order: two processes that write of the same ones would else wait for each other.
  const locked = kind === 'postgres' ? sql`order by ${id} for no key update of ${rows}` : sql``;
  const touch = statement(({ uses }: { readonly uses: string }) =>
    sql`
      with used as (
        select cast(value ->> 0 as text) as id, cast(value ->> 1 as bigint) as at_ms from ${listed}(${uses}) as listed
      ),
      due as (
        select used.id, used.at_ms from used join ${rows} on ${id} = used.id
        where ${last} is null or ${last} < used.at_ms ${locked}
      )
      update ${rows} set ${sql.ref(column)} = due.at_ms from due where ${id} = due.id`.compile(db),
  );
  return (uses) => touch({ uses: JSON.stringify(uses.map(({ id: one, atMs }) => [one, atMs])) });
}
