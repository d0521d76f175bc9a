/** What a webhook is told of a change of health: the verdict and who can mend it, no address and no secret. @module */
import type { Ids } from '../../kernel/ids.js';
import { reasons } from '../reasons.js';
import type { Notice, Source, SourceHealth } from '../source.js';

/** @param source  With the health it had. */
export function noticeOfChange(ids: Ids, source: Source, health: SourceHealth, nowMs: number): Notice {
  const type = 'source.health_changed';
  const { stage, reason } = health;
  const data = {
    id: source.id,
    name: source.name,
    engine: source.engine,
    from: source.health.state,
    to: health.state,
    stage,
    reason,
    fix: reason === null ? null : reasons[reason].fix,
  };
  return {
    id: ids.uuid(),
    sourceId: source.id,
    type,
    body: JSON.stringify({ type, timestamp: new Date(nowMs).toISOString(), data }),
    createdAtMs: nowMs,
    attempts: 0,
    nextAttemptAtMs: nowMs,
  };
}
