/** What a door is given: the use-cases and the few settings that shape its answers. Nothing else of the house. @module */

import type { Audit } from '../audit/index.js';
import type { Data } from '../data/index.js';
import type { Identity } from '../identity/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Sources } from '../sources/index.js';

/** A setting, its value and where that comes from. */
export interface SettingInForce {
  readonly name: string;
  readonly variable: string;
  /** `null` for a secret, and for what is not set. */
  readonly value: string | number | null;
  readonly isSecret: boolean;
  readonly isSet: boolean;
  readonly from: 'default' | 'file' | 'environment';
  readonly text: string;
  readonly unit: string | null;
}

/** The process that answers. */
export interface NodeFacts {
  readonly startedAtMs: number;
  readonly nodeVersion: string;
  readonly rssBytes: number;
  readonly storeEngine: 'sqlite' | 'postgres';
  /** Base URLs; `null` for a listener that is off. */
  readonly listeners: { readonly http: string | null; readonly https: string | null };
}

export interface Core {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly sources: Sources;
  readonly data: Data;
  readonly audit: Audit;
  /** Whether our own store answers; cached for a second, so that health checks cost nothing. */
  isStoreReady(): Promise<boolean>;
  /** Every setting this node was started with. No secret is among them. */
  settingsInForce(): readonly SettingInForce[];
  node(): NodeFacts;
  /** By health; of one organisation, or of all. For who may see them: that is not asked here. */
  countSources(organisationId: string | null): Promise<Readonly<Record<string, number>>>;
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
