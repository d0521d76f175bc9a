/**
 * The schedule: every few seconds looks what is due and makes it, checks and deliveries apart from each other. Any
 * number of nodes may run one; each check and each notice is claimed by one of them, for as long as its lease.
 *
 * @module
 */
import { checkSource } from './check-source.js';
import { deliverNotice } from './deliver-notice.js';
import { type ScheduleDeps, standardPauseMs } from './deps.js';
import { randomPart } from './next-check.js';
import { startWorkLoop } from './work-loop.js';

const checksAtOnce = 4;
/** Longer than the longest check takes: what a node left that went down comes again after it. */
const checkLeaseMs = 120_000;
const deliveriesAtOnce = 4;
const deliveryLeaseMs = 60_000;

/** See `use-cases.ts`. */
export function startSchedule(deps: ScheduleDeps): { stop(): Promise<void> } {
  const { store, clock, ids, observer, pauseMs: standardMs = standardPauseMs } = deps;
  const shared = {
    pauseMs: () => standardMs * (0.75 + randomPart(ids) / 2),
    onFault: (fault: unknown) => observer.backgroundFailed(fault),
  };
  const stopChecks = startWorkLoop({
    ...shared,
    atOnce: checksAtOnce,
    take: (limit) => store.claimDueChecks(clock.nowMs(), checkLeaseMs, limit),
    work: (source, signal) => checkSource(deps, source, signal),
  });
  const stopDeliveries = startWorkLoop({
    ...shared,
    atOnce: deliveriesAtOnce,
    take: (limit) => store.claimDueNotices(clock.nowMs(), deliveryLeaseMs, limit),
    work: (notice, signal) => deliverNotice(deps, notice, signal),
  });
  return {
    async stop() {
      await Promise.all([stopChecks(), stopDeliveries()]);
    },
  };
}
