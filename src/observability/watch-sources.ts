/** What sources tell: counted, and logged where somebody should look into it. @module */
import type { SourcesObserver } from '../sources/index.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

export function watchSources({ sources }: Metrics, log: Log): SourcesObserver {
  return {
    ...sources,
    unclassified(facts) {
      sources.unclassified(facts);
      log.warn(facts, 'a database failed with a code that has no reason here');
    },
    healthChanged(facts) {
      sources.healthChanged(facts);
      log.info(facts, 'the health of a source changed');
    },
    backgroundFailed(fault) {
      sources.backgroundFailed();
      log.error({ fault }, 'scheduled work failed that should not have');
    },
  };
}
