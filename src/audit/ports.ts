/** What audit needs from the outside. @module */
import type { Page, PageRequest } from '../kernel/page.js';
import type { AuditEvent, AuditEventName, AuditRecord } from './event.js';

export interface AuditFilter {
  readonly name?: AuditEventName;
  readonly actorId?: string;
  readonly subject?: string;
}

/** The last place of a chain as the store remembers it, authenticated like the events. */
export interface ChainHead {
  readonly chain: number;
  readonly seq: number;
  /** Mac of the last record. */
  readonly mac: string;
}

export interface AuditStore {
  /** Durable when the promise resolves. For events that have no state of their own to be written with. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;
  chainHeads(): Promise<readonly ChainHead[]>;
  /** Records of a chain after `afterSeq`, in order, at most `limit`. */
  readChain(chain: number, afterSeq: number, limit: number): Promise<readonly AuditRecord[]>;
}

/** Links events: owned by audit, called by the store inside the transaction that writes the event. */
export interface AuditChain {
  /** Mac of the event at `seq` of `chain`, after a record whose mac is `previousMac` (`''` for the first). */
  link(event: AuditEvent, chain: number, seq: number, previousMac: string): string;
}
