/** Puts the room together. @module */
import type { AuditStore } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import { parseTarget } from './parse-target.js';
import type { Connector, EngineDetector, TargetSyntax } from './ports.js';
import { createTestSlots, testConnection } from './test-connection.js';
import type { Sources } from './use-cases.js';

export interface SourcesDeps {
  /** One per engine that is served. */
  readonly connectors: readonly Connector[];
  readonly detector: EngineDetector;
  readonly syntax: TargetSyntax;
  /** Only `append` is used; the store's audit part fits. */
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
  /** Connection tests that may run at once. */
  readonly tests?: { readonly inAll: number; readonly perCaller: number };
}

const defaultTests = { inAll: 32, perCaller: 16 } as const;

export function createSources({
  connectors,
  detector,
  syntax,
  audit,
  clock,
  tests = defaultTests,
}: SourcesDeps): Sources {
  const deps = { connectors, detector, audit, clock, slots: createTestSlots(tests) };
  return {
    parseTarget: (raw) => parseTarget({ connectors, syntax, nowMs: clock.nowMs() }, raw),
    testConnection: (input) => testConnection(deps, input),
  };
}
