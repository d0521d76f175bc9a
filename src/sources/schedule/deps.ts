/** What the schedule needs. @module */
import type { Clock } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import type { ConnectionReport } from '../model.js';
import type { NoticePoster, SourceStore, SourcesObserver } from '../ports.js';
import type { Source } from '../source.js';

export interface ScheduleDeps {
  readonly store: Pick<
    SourceStore,
    'claimDueChecks' | 'claimDueNotices' | 'findSource' | 'findSourceSecrets' | 'transaction'
  >;
  readonly poster: Pick<NoticePoster, 'post'>;
  /** Tests the connection for nobody in particular; ends soon after the signal is aborted. */
  readonly check: (source: Source, signal: AbortSignal) => Promise<ConnectionReport>;
  readonly observer: SourcesObserver;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Pause between two looks at what is due, milliseconds; {@link standardPauseMs} when absent. */
  readonly pauseMs?: number;
}

export const standardPauseMs = 5_000;
