/** The use-cases of audit: write, list for those who may, prove. @module */
import { authorize, type Principal } from '../access/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { AuditEvent, AuditRecord } from './event.js';
import type { AuditChain, AuditFilter, AuditStore } from './ports.js';
import { type TrailReport, type VerifyOptions, verifyTrail } from './verify.js';

export interface AuditDeps {
  readonly store: AuditStore;
  /** The chain the store links with. */
  readonly chain: AuditChain;
  readonly clock: Clock;
}

export interface VerifiedTrail extends TrailReport {
  /** When the verification began. */
  readonly atMs: number;
}

export interface Audit {
  /** Durable when it resolves. For events that have no state of their own to be written with. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /**
   * Newest first.
   * @throws `access.denied` unless `audit.read` is allowed.
   */
  list(principal: Principal, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;
  /** Reads the whole trail; tells places and counts, nothing of what an event says. */
  verify(options?: VerifyOptions): Promise<VerifiedTrail>;
}

export function createAudit({ store, chain, clock }: AuditDeps): Audit {
  return Object.freeze({
    append: (events: readonly AuditEvent[]) => store.append(events),

    async list(principal: Principal, filter: AuditFilter, page: PageRequest) {
      authorize(principal, 'audit.read');
      return store.list(filter, page);
    },

    async verify(options: VerifyOptions = {}) {
      const atMs = clock.nowMs();
      return { ...(await verifyTrail(store, chain, options)), atMs };
    },
  });
}
