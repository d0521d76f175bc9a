/** What the room is put together from. @module */
import type { AuditStore } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { SourceData } from '../sources/index.js';
import type { DataStore, Directory } from './ports.js';

export const dataReadPolicies = ['all', 'sampled', 'off'] as const;
/** How much of what is read the trail is told: see `read-trail.ts`. */
export type DataReadPolicy = (typeof dataReadPolicies)[number];

export interface DataDeps {
  readonly store: DataStore;
  readonly sources: SourceData;
  readonly directory: Directory;
  /** Only `append` is used; the store's audit part fits. */
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Absent: `all`. */
  readonly auditReads?: DataReadPolicy;
  /** Told what went wrong where no caller waits for it. Absent: nobody is told. */
  readonly onBackgroundFault?: (fault: unknown) => void;
}
