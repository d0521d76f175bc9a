/**
 * The audit trail in our tables: appends inside the transaction of what is recorded, and the chains for who verifies them.
 *
 * @module
 */

import { CompiledQuery } from 'kysely';
import {
  type AuditChain,
  type AuditEvent,
  type AuditRecord,
  type AuditStore,
  type ChainHead,
  storableEvent,
} from '../audit/index.js';
import { type AuditEventValues, toAuditRecord, toAuditValues } from './audit-codecs.js';
import { auditReads } from './audit-reads.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { storeErrors } from './errors.js';
import { linkEvents } from './link-events.js';
import { createLoneEvents } from './lone-events.js';
import type { AuditChainRow, AuditEventRow } from './schema.js';
import { SqliteDatabase } from './sqlite-driver.js';

export interface AuditTrail extends AuditStore {
  /** Called where a transaction begins. */
  writerWithin(tx: StoreDatabase): AuditWriter;
}

export interface AuditWriter {
  /**
   * Writes the events at the end of one chain, inside the transaction. It holds the chain until the transaction ends,
   * so it is called last.
   *
   * @throws `store.audit_untrusted` the chain's end is not one this install wrote.
   */
  write(events: readonly AuditEvent[]): Promise<void>;
}

/** Starts every chain of a new trail. Called once in a database's life, with the key's own transaction. */
export async function startChains(tx: StoreDatabase, chain: AuditChain, chains: number): Promise<void> {
  const heads = Array.from({ length: chains }, (_, number) => ({ chain: number, chains, seq: 0, mac: '' }));
  await tx
    .insertInto('audit_chains')
    .values(heads.map((head) => ({ ...head, proof: chain.proveHead(head) })))
    .execute();
}

/** @returns the text of the statement; its values are those of seq, mac, proof and chain. */
function move(db: Pick<StoreDatabase, 'updateTable'>, { chain, seq, mac, proof }: ChainHead): string {
  return db.updateTable('audit_chains').set({ seq, mac, proof }).where('chain', '=', chain).compile().sql;
}

export function createAuditTrail(engine: StoreEngine, chain: AuditChain): AuditTrail {
  const lone = engine.writeAlone === null ? null : createLoneEvents(engine.read, engine.writeAlone, chain);
  let nextWait = 0;
  let freeChain: CompiledQuery<AuditChainRow> | null = null;
  let insertAndMove: string | null = null;

  /** Any chain nobody writes to; else waits for one, each time for the next. */
  async function takeChain(tx: StoreDatabase): Promise<AuditChainRow | undefined> {
    freeChain ??= tx.selectFrom('audit_chains').selectAll().orderBy('seq').limit(1).forUpdate().skipLocked().compile();
    const { rows } = await tx.executeQuery(freeChain);
    const [free] = rows;
    if (free !== undefined) return free;
    nextWait = (nextWait + 1) % engine.auditChains;
    const chains = tx.selectFrom('audit_chains').selectAll();
    return chains.where('chain', '=', nextWait).forUpdate().executeTakeFirst();
  }

  /**
   * Most often it is one event, and goes to the server with its chain's new end in one statement. That is compiled once,
   * because every row has the same columns.
   */
  async function keep(tx: StoreDatabase, rows: readonly AuditEventRow[], head: ChainHead): Promise<void> {
    const [row] = rows;
    const { chain: number, seq, mac, proof } = head;
    if (row === undefined || rows.length > 1) {
      await Promise.all([
        tx.insertInto('audit_events').values(rows).execute(),
        tx.executeQuery(CompiledQuery.raw(move(tx, head), [seq, mac, proof, number])),
      ]);
      return;
    }
    insertAndMove ??= move(
      tx.with('written', (db) => db.insertInto('audit_events').values(row)),
      head,
    );
    await tx.executeQuery(CompiledQuery.raw(insertAndMove, [...Object.values(row), seq, mac, proof, number]));
  }

  function writerWithin(tx: StoreDatabase): AuditWriter {
    // The thread that has the file's only write lock links them itself.
    if (tx instanceof SqliteDatabase) return { write: async (events) => tx.append(events.map(toStoredValues)) };
    return { write: async (events) => void (await write(tx, events)) };
  }

  /** @returns the chain's new end, which it is when the transaction is committed. */
  async function write(tx: StoreDatabase, events: readonly AuditEvent[]): Promise<ChainHead | null> {
    if (events.length === 0) return null;
    const head = await takeChain(tx);
    // Linking on to an end that somebody else wrote would give it our proof.
    if (head === undefined || !chain.isProven(head)) throw storeErrors.audit_untrusted();
    lone?.forget(head.chain);
    const { rows, end } = linkEvents(chain, head, events);
    await keep(tx, rows, end);
    return end;
  }

  async function append(events: readonly AuditEvent[]): Promise<void> {
    if (lone === null) return engine.planned((tx) => writerWithin(tx).write(events));
    const [event] = events;
    if (event !== undefined && events.length === 1 && (await lone.write(event))) return;
    const end = await engine.transaction((tx) => write(tx, events));
    if (end !== null) lone.know(end);
  }

  return {
    writerWithin,

    append,

    ...auditReads(engine.read),

    async chainHeads(): Promise<readonly ChainHead[]> {
      return engine.read.selectFrom('audit_chains').selectAll().orderBy('chain').execute();
    },

    async recordedChains(): Promise<readonly number[]> {
      const found: number[] = [];
      for (let after = Number.MIN_SAFE_INTEGER; ; ) {
        // One step of the index per chain, where `distinct` would read every record.
        const row = await engine.read
          .selectFrom('audit_events')
          .select('chain')
          .where('chain', '>', after)
          .orderBy('chain')
          .limit(1)
          .executeTakeFirst();
        if (row === undefined) return found;
        found.push(row.chain);
        after = row.chain;
      }
    },

    async readChain(chainNumber, afterSeq, limit): Promise<readonly AuditRecord[]> {
      const rows = await engine.read
        .selectFrom('audit_events')
        .selectAll()
        .where('chain', '=', chainNumber)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map(toAuditRecord);
    },
  };
}

function toStoredValues(event: AuditEvent): AuditEventValues {
  return toAuditValues(storableEvent(event));
}
