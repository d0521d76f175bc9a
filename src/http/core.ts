/** What a door is given: the use-cases and the few settings that shape its answers. Nothing else of the house. @module */

import type { Data } from '../data/index.js';
import type { Identity } from '../identity/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Sources } from '../sources/index.js';

export interface Core {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly sources: Sources;
  readonly data: Data;
  /** Whether our own store answers; cached for a second, so that health checks cost nothing. */
  isStoreReady(): Promise<boolean>;
  /** The figures of the service in Prometheus' text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Called with whatever became an `internal` answer; logs it with the request id. */
  reportFault(fault: unknown, requestId: string): void;
  readonly settings: {
    /** Who may call `/workflows/v1/*`: see product.md, `LATCHKEY_WORKFLOWS_ACCESS`. */
    readonly workflowsAccess: 'loopback' | 'authenticated';
    /** Whether the listeners are bound to a loopback address. */
    readonly isBoundToLoopback: boolean;
    /** Addresses and CIDRs of the proxies in front, whose word on who asks is taken. */
    readonly trustedProxies: readonly string[];
    /** Largest request body. */
    readonly maxBodyBytes: number;
  };
}
