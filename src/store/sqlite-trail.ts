/**
 * The end of the audit trail where it is written: the thread that has the write lock links events to what really is
 * the last one, so that a transaction which is undone leaves no gap, and nobody waits for the place of another.
 *
 * @module
 */
import type { DatabaseSync } from '@photostructure/sqlite';
import { type AuditChain, createAuditChain } from '../audit/index.js';
import { Secret } from '../kernel/secret.js';
import { type AuditEventValues, auditEventColumns, valuesToEvent } from './audit-codecs.js';
import type { AuditChainRow } from './schema.js';

type Database = InstanceType<typeof DatabaseSync>;

/** The end of the trail is not one this install wrote; linking on to it would give it our proof. */
export class UntrustedTrail extends Error {}

export interface TrailEnd {
  /** Writes the events behind the last one. @throws UntrustedTrail */
  append(events: readonly AuditEventValues[]): void;
  /** What was appended since the mark is undone with the statements that wrote it. */
  mark(): () => void;
  /** Writes where the chain ends now. */
  close(): void;
}

export class SqliteTrail {
  readonly #chain: AuditChain;
  readonly #readHead;
  readonly #insertEvent;
  readonly #writeHead;

  constructor(database: Database, key: Uint8Array) {
    this.#chain = createAuditChain(new Secret(key));
    this.#readHead = database.prepare('select chain, chains, seq, mac, proof from audit_chains order by chain limit 1');
    const columns = ['chain', 'seq', 'mac', ...auditEventColumns];
    const places = columns.map(() => '?').join(', ');
    this.#insertEvent = database.prepare(`insert into audit_events (${columns.join(', ')}) values (${places})`);
    this.#writeHead = database.prepare('update audit_chains set seq = ?, mac = ?, proof = ? where chain = ?');
  }

  /** Inside a transaction that holds the write lock until the end is closed. */
  open(): TrailEnd {
    let head: AuditChainRow | null = null;
    let isGrown = false;
    return {
      append: (events) => {
        if (events.length === 0) return;
        head ??= this.#provenHead();
        let { seq, mac } = head;
        const { chain, chains, proof } = head;
        for (const values of events) {
          seq += 1;
          mac = this.#chain.link(valuesToEvent(values), chain, seq, mac);
          this.#insertEvent.run(chain, seq, mac, ...values);
        }
        head = { chain, chains, seq, mac, proof };
        isGrown = true;
      },
      mark: () => {
        const before = { head, isGrown };
        return () => {
          ({ head, isGrown } = before);
        };
      },
      close: () => {
        if (head === null || !isGrown) return;
        this.#writeHead.run(head.seq, head.mac, this.#chain.proveHead(head), head.chain);
      },
    };
  }

  #provenHead(): AuditChainRow {
    const head = this.#readHead.get() as AuditChainRow | undefined;
    if (head === undefined || !this.#chain.isProven(head)) throw new UntrustedTrail();
    return head;
  }
}
