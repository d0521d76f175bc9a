/** What the room is put together from: the ports it asks for and the limits it is given. @module */
import type { AuditStore } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { ProbeBudgets, ProbeCounter } from './budgets.js';
import type { ConnectionLeases } from './connection-leases.js';
import type { SourceConnector } from './data-session.js';
import type { Engine } from './model.js';
import type {
  CredentialFinder,
  EngineDetector,
  NoticePoster,
  SourceStore,
  SourcesObserver,
  TargetSyntax,
} from './ports.js';
import type { ProbeRefusalRecorder } from './record-probe-refusal.js';
import type { TestSlots } from './test-slots.js';

export interface SourcesDeps {
  /** One per engine that is served. */
  readonly connectors: readonly SourceConnector[];
  readonly detector: EngineDetector;
  readonly syntax: TargetSyntax;
  /** Only `append` is used; the store's audit part fits. */
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: SourceStore;
  readonly credentials: CredentialFinder;
  readonly poster: NoticePoster;
  /** Absent: nobody is told. */
  readonly observer?: SourcesObserver;
  /** Absent: `standardBudgets`. */
  readonly budgets?: ProbeBudgets;
  /** Connection tests that may run at once. */
  readonly tests?: { readonly inAll: number; readonly perCaller: number };
  /** Oldest server version that the family's `versionCheck` takes, by engine; `null` or absent: any. */
  readonly minimumVersions?: Readonly<Partial<Record<Engine, string | null>>>;
}

export const standardTests = { inAll: 32, perCaller: 16 } as const;

export const silentObserver: SourcesObserver = Object.freeze({
  connectionTested: () => undefined,
  unclassified: () => undefined,
  healthChanged: () => undefined,
  noticeAttempted: () => undefined,
  backgroundFailed: () => undefined,
});

/** What the verbs of the room work with. */
export interface Room extends Omit<SourcesDeps, 'tests' | 'budgets' | 'observer' | 'minimumVersions'> {
  readonly observer: SourcesObserver;
  readonly slots: TestSlots;
  readonly leases: ConnectionLeases;
  readonly probes: ProbeCounter;
  readonly recordProbeRefusal: ProbeRefusalRecorder;
  readonly minimumVersions: NonNullable<SourcesDeps['minimumVersions']>;
}
