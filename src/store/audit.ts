/**
 * The audit trail in our tables: appends inside the transaction of what is recorded, reads for auditors.
 *
 * @module
 */
import {
  type AuditChain,
  type AuditEvent,
  type AuditFilter,
  type AuditRecord,
  type AuditStore,
  type ChainHead,
  storableEvent,
} from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { storeErrors } from './errors.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import type { AuditChainRow, AuditEventRow } from './schema.js';

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

export function createAuditTrail(engine: StoreEngine, chain: AuditChain): AuditTrail {
  const sqliteChain = engine.read.selectFrom('audit_chains').selectAll().orderBy('chain').limit(1).compile();
  let nextWait = 0;

  async function readOnlyChain(tx: StoreDatabase): Promise<AuditChainRow | undefined> {
    const { rows } = await tx.executeQuery(sqliteChain);
    return rows[0];
  }

  /** Any chain nobody writes to; else waits for one, each time for the next. */
  async function takeChain(tx: StoreDatabase): Promise<AuditChainRow | undefined> {
    const chains = tx.selectFrom('audit_chains').selectAll();
    const free = await chains.orderBy('seq').limit(1).forUpdate().skipLocked().executeTakeFirst();
    if (free !== undefined) return free;
    nextWait = (nextWait + 1) % engine.auditChains;
    return chains.where('chain', '=', nextWait).forUpdate().executeTakeFirst();
  }

  function writerWithin(tx: StoreDatabase): AuditWriter {
    if (engine.kind === 'postgres') return { write: (events) => write(tx, events, () => takeChain(tx)) };
    // The transaction has the file's only write lock, so the end of the chain can be read at once, on the way of the
    // first statement, and still stands at the end.
    const head = readOnlyChain(tx);
    head.catch(() => {});
    return { write: (events) => write(tx, events, () => head) };
  }

  async function write(
    tx: StoreDatabase,
    events: readonly AuditEvent[],
    take: () => Promise<AuditChainRow | undefined>,
  ): Promise<void> {
    if (events.length === 0) return;
    const head = await take();
    // Linking on to an end that somebody else wrote would give it our proof.
    if (head === undefined || !chain.isProven(head)) throw storeErrors.audit_untrusted();
    let { seq, mac } = head;
    const rows = events.map((event) => {
      const clean = storableEvent(event);
      seq += 1;
      mac = chain.link(clean, head.chain, seq, mac);
      return toRow(clean, head.chain, seq, mac);
    });
    const next = { chain: head.chain, chains: head.chains, seq, mac };
    await Promise.all([
      tx.insertInto('audit_events').values(rows).execute(),
      tx
        .updateTable('audit_chains')
        .set({ seq, mac, proof: chain.proveHead(next) })
        .where('chain', '=', head.chain)
        .execute(),
    ]);
  }

  return {
    writerWithin,

    append: (events) => engine.transaction((tx) => writerWithin(tx).write(events)),

    async list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number', 'number', 'number']);
      let query = engine.read.selectFrom('audit_events').selectAll();
      if (filter.name !== undefined) query = query.where('name', '=', filter.name);
      if (filter.actorId !== undefined) query = query.where('actor_id', '=', filter.actorId);
      if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
      if (after !== null) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('at_ms', 'chain', 'seq'), '<', tuple(after[0], after[1], after[2])),
        );
      }
      const rows = await query
        .orderBy('at_ms', 'desc')
        .orderBy('chain', 'desc')
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, fromRow, (row) => [row.at_ms, row.chain, row.seq]);
    },

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
      return rows.map(fromRow);
    },
  };
}

function toRow(event: AuditEvent, chain: number, seq: number, mac: string): AuditEventRow {
  return {
    chain,
    seq,
    mac,
    name: event.name,
    at_ms: event.atMs,
    door: event.origin.door,
    request_id: event.origin.requestId,
    address: event.origin.address,
    actor_id: event.actorId,
    credential_kind: event.credential?.kind ?? null,
    credential_id: event.credential?.id ?? null,
    organisation_id: event.organisationId,
    subject: event.subject,
    outcome: event.outcome,
    reason: event.reason,
    facts: factsText(event.facts),
  };
}

/**
 * A row as it stands, also one that was tampered with: nothing is repaired and nothing thrown, so that verification
 * sees what differs.
 */
function fromRow(row: AuditEventRow): AuditRecord {
  return {
    chain: row.chain,
    seq: row.seq,
    mac: row.mac,
    name: row.name as AuditRecord['name'],
    atMs: row.at_ms,
    origin: { door: row.door, requestId: row.request_id, address: row.address },
    actorId: row.actor_id,
    credential:
      row.credential_kind === null && row.credential_id === null
        ? null
        : ({ kind: row.credential_kind ?? '', id: row.credential_id } as AuditRecord['credential']),
    organisationId: row.organisation_id,
    subject: row.subject,
    outcome: row.outcome as AuditRecord['outcome'],
    reason: row.reason,
    facts: readFacts(row.facts),
  };
}

function factsText(facts: AuditEvent['facts']): string {
  return JSON.stringify(facts, Object.keys(facts).sort());
}

/** What no event can hold, because {@link storableEvent} leaves no NUL: a record with it never verifies. */
const unreadableFacts: AuditRecord['facts'] = Object.freeze({ '\0unreadable': true });

function readFacts(text: string): AuditRecord['facts'] {
  try {
    const facts = JSON.parse(text) as unknown;
    if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) return unreadableFacts;
    const values = facts as AuditRecord['facts'];
    const isFlat = Object.values(values).every((value) => ['string', 'number', 'boolean'].includes(typeof value));
    // Another spelling of the same facts is an edit too.
    return isFlat && factsText(values) === text ? values : unreadableFacts;
  } catch {
    return unreadableFacts;
  }
}
