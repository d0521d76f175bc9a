/** What it means that a connection was ended by its guard. @module */
import type { StreamGuardFault } from '../network/index.js';
import type { Stage } from '../sources/index.js';
import type { Verdict } from './stage-walk.js';

/**
 * Before the first answer to a question, what no server of that engine says shows that it is none; later it is the
 * answer that cannot be used.
 *
 * @param stage  The stage that was waited for.
 */
export function judgeStreamGuard(fault: StreamGuardFault, stage: Stage): Verdict {
  const evidence = { native: fault.code };
  const isLoggedIn = stage === 'query' || stage === 'privilege' || stage === 'catalog';
  if (isLoggedIn) return { reason: 'QUERY_FAILED', stage: 'query', evidence };
  return { reason: 'PROTOCOL_MISMATCH', stage: 'handshake', evidence };
}
