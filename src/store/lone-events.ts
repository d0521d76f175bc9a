/**
 * Events that are written with nothing else, on a server: one statement links on to an end of a chain that this process
 * wrote, where it still is the end. A transaction asks for the end first, and goes to the server four times.
 *
 * @module
 */
import { CompiledQuery, sql } from 'kysely';
import type { AuditChain, AuditEvent, ChainHead } from '../audit/index.js';
import type { StoreDatabase, WriteAlone } from './engine.js';
import { linkEvents } from './link-events.js';

export interface LoneEvents {
  /** @returns whether it was written; it is not where no end is known, or the known one is not the end any more. */
  write(event: AuditEvent): Promise<boolean>;
  /** Committed by this process, so that it may be linked on to. */
  know(head: ChainHead): void;
  /** Somebody links on to the end of that chain. */
  forget(chain: number): void;
}

/** @param db  Nothing is asked of it: statements are compiled with it. */
export function createLoneEvents(db: StoreDatabase, writeAlone: WriteAlone, chain: AuditChain): LoneEvents {
  /** By chain; an end that is being linked on to is not among them, so nobody else here tries the same. */
  const ends = new Map<number, ChainHead>();
  let text: string | null = null;

  return {
    async write(event) {
      const [end] = ends.values();
      if (end === undefined) return false;
      ends.delete(end.chain);
      const { rows, end: next } = linkEvents(chain, end, [event]);
      const [row = {}] = rows;
      text ??= statement(db, Object.keys(row));
      const place = [end.chain, end.chains, end.seq, end.mac, end.proof];
      const written = await writeAlone(
        CompiledQuery.raw(text, [...place, next.seq, next.mac, next.proof, ...Object.values(row)]),
      );
      if (written === 1) ends.set(next.chain, next);
      return written === 1;
    },
    know(head) {
      ends.set(head.chain, head);
    },
    forget(number) {
      ends.delete(number);
    },
  };
}

/**
 * Its values: the end as it is taken to be (chain, chains, seq, mac, proof), the next one's seq, mac and proof, those of
 * the event. An end that somebody holds is not waited for. The commit is synced as in a transaction, whatever the
 * server's own setting is.
 */
function statement(db: StoreDatabase, columns: readonly string[]): string {
  const place = sql.join(
    ['chain', 'chains', 'seq', 'mac', 'proof'].map((name) => sql`${sql.ref(name)} = ${name}`),
    sql` and `,
  );
  const query = sql`
    with held as (select chain as number from audit_chains where ${place} for update skip locked),
    moved as (
      update audit_chains set seq = ${'seq'}, mac = ${'mac'}, proof = ${'proof'} from held where chain = number
      returning number
    ),
    synced as (
      select count(set_config('synchronous_commit', 'on', true)) as settings
      where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')
    )
    insert into audit_events (${sql.join(columns.map((name) => sql.ref(name)))})
    select ${sql.join(columns)} from moved, synced where settings >= 0`;
  return query.compile(db).sql;
}
