/**
 * Records that a genuine credential was refused. Only those: what is not ours is noise anybody can make without end.
 * The holder of one dead token could too, so the same refusal of the same credential is written once a minute.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { AuditOrigin } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import { type AuditFields, auditEvent } from './audit-event.js';
import type { IdentityStore } from './ports.js';

const onceEveryMs = 60_000;
const maxRemembered = 10_000;

/** @param about  What makes two refusals the same one: the credential's id or digest. */
export type RefusalRecorder = (
  about: string,
  reason: string,
  origin: AuditOrigin,
  fields: Omit<AuditFields, 'outcome' | 'reason'>,
) => Promise<void>;

export function createRefusalRecorder(deps: {
  readonly store: Pick<IdentityStore, 'transaction'>;
  readonly clock: Clock;
}): RefusalRecorder {
  const recorded = new LRUCache<string, number>({ max: maxRemembered });
  return async (about, reason, origin, fields) => {
    const key = `${reason}:${about}`;
    const nowMs = deps.clock.nowMs();
    const lastAtMs = recorded.get(key);
    if (lastAtMs !== undefined && nowMs - lastAtMs < onceEveryMs) return;
    recorded.set(key, nowMs);
    const event = auditEvent(deps.clock, 'access.refused', origin, { ...fields, outcome: 'refused', reason });
    await deps.store.transaction((tx) => tx.appendAudit(event));
  };
}
