/** What audit needs from the outside. @module */
import type { Page, PageRequest } from '../kernel/page.js';
import type { AuditEvent, AuditEventName, AuditRecord } from './event.js';

export interface AuditFilter {
  readonly name?: AuditEventName;
  readonly actorId?: string;
  readonly subject?: string;
  readonly outcome?: AuditEvent['outcome'];
  readonly reason?: string;
  readonly organisationId?: string;
  /** The first instant. */
  readonly fromMs?: number;
  /** The first instant that is not meant any more. */
  readonly toMs?: number;
}

/** Which events are counted: from `fromMs` on, of an organisation or of all. */
export interface AuditCount {
  readonly fromMs: number;
  readonly organisationId?: string;
}

/** The last place of a chain as the store remembers it, authenticated like the events. */
export interface ChainHead {
  readonly chain: number;
  /** How many chains the trail has, so that a chain that is gone is missed. */
  readonly chains: number;
  /** 0 while the chain is empty. */
  readonly seq: number;
  /** Mac of the last record, `''` while the chain is empty. */
  readonly mac: string;
  /** HMAC-SHA-256 over the other fields, hex ({@link AuditChain.proveHead}). */
  readonly proof: string;
}

/** A chain's place as somebody outside the database noted it (a log line, a backup): truncation back to it is found. */
export type AuditAnchor = Pick<ChainHead, 'chain' | 'seq' | 'mac'>;

export interface AuditStore {
  /** Durable when the promise resolves. For events that have no state of their own to be written with. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /**
   * Newest first unless said otherwise. What the whole filter has no index for is looked for in a bounded number of
   * events: a page may be short, or empty, and have a next one.
   */
  list(filter: AuditFilter, page: PageRequest, order?: 'newest' | 'oldest'): Promise<Page<AuditRecord>>;
  /** In no order, without hours that had none. `hour`: whole hours since the epoch. */
  countByHour(
    question: AuditCount & { readonly name: AuditEventName; readonly outcome?: AuditEvent['outcome'] },
  ): Promise<readonly { readonly hour: number; readonly count: number }[]>;
  /** Why things were refused, the most frequent reason first; at most `limit`. */
  countReasons(
    question: AuditCount & { readonly limit: number },
  ): Promise<readonly { readonly reason: string | null; readonly count: number }[]>;
  chainHeads(): Promise<readonly ChainHead[]>;
  /** Numbers of the chains that have records, whether or not they have a head. */
  recordedChains(): Promise<readonly number[]>;
  /** Records of a chain after `afterSeq`, in order, at most `limit`. */
  readChain(chain: number, afterSeq: number, limit: number): Promise<readonly AuditRecord[]>;
}

/** Links events: owned by audit, called by the store inside the transaction that writes the event. */
export interface AuditChain {
  /** Mac of the event at `seq` of `chain`, after a record whose mac is `previousMac` (`''` for the first). */
  link(event: AuditEvent, chain: number, seq: number, previousMac: string): string;
  /** Proof that a chain ends here. Without it, cutting off its last records would leave a chain that looks whole. */
  proveHead(head: Omit<ChainHead, 'proof'>): string;
  /** Whether the head carries its own proof; compared in constant time. */
  isProven(head: ChainHead): boolean;
}
