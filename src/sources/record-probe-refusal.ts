/**
 * Records that a caller tested too often. Whoever goes on asking is refused again and again: one line a minute for each
 * is enough to be seen, and too little to fill the trail with.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { AuditStore } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import { sourcesErrors } from './errors.js';
import type { Actor } from './use-cases.js';

const onceEveryMs = 60_000;
const maxRemembered = 20_000;

/**
 * @param caller   As the budgets know it.
 * @param subject  What was to be tested: `target:<host>:<port>`.
 */
export type ProbeRefusalRecorder = (caller: string, actor: Actor, subject: string) => Promise<void>;

export function createProbeRefusalRecorder(deps: {
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
}): ProbeRefusalRecorder {
  const recorded = new LRUCache<string, number>({ max: maxRemembered });
  return async (caller, { principal, origin }, subject) => {
    const atMs = deps.clock.nowMs();
    const lastAtMs = recorded.get(caller);
    if (lastAtMs !== undefined && atMs - lastAtMs < onceEveryMs) return;
    recorded.set(caller, atMs);
    const { userId, organisationId, credential } = principal;
    await deps.audit.append([
      {
        name: 'access.refused',
        atMs,
        origin,
        actorId: userId,
        credential: { kind: credential.kind, id: credential.id },
        organisationId,
        subject,
        outcome: 'refused',
        reason: sourcesErrors.probe_rate_limited.code,
        facts: {},
      },
    ]);
  };
}
