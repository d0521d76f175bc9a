/** Puts the room together. @module */
import { createProbeCounter, standardBudgets } from './budgets.js';
import { testSubject } from './connect.js';
import { createConnectionLeases } from './connection-leases.js';
import { createSourceData } from './data/create-source-data.js';
import { type Room, type SourcesDeps, silentObserver, standardTests } from './deps.js';
import { familyCheck } from './family/family-check.js';
import { metadata } from './metadata.js';
import { parseTarget } from './parse-target.js';
import { preflight } from './preflight.js';
import { targetOfSource } from './reach-subject.js';
import { createProbeRefusalRecorder } from './record-probe-refusal.js';
import { createRegistry } from './registry/create-registry.js';
import { startSchedule } from './schedule/start-schedule.js';
import { diff, takeSnapshot } from './schema-drift.js';
import { testConnection } from './test-connection.js';
import { createTestSlots } from './test-slots.js';
import type { RawTarget, Sources } from './use-cases.js';

export type { SourcesDeps } from './deps.js';

const scheduledStageMs = 3_000;

export function createSources({
  tests = standardTests,
  budgets = standardBudgets,
  observer = silentObserver,
  minimumVersions = {},
  ...ports
}: SourcesDeps): Sources {
  const { connectors, syntax, clock } = ports;
  const room: Room = {
    ...ports,
    observer,
    minimumVersions,
    slots: createTestSlots(tests),
    leases: createConnectionLeases(),
    probes: createProbeCounter(budgets),
    recordProbeRefusal: createProbeRefusalRecorder(ports),
  };
  const data = createSourceData(room);
  const parse = (raw: RawTarget) => parseTarget({ connectors, syntax, nowMs: clock.nowMs() }, raw);
  return {
    parseTarget: parse,
    testConnection: (input) => testConnection(room, input),
    preflight: (input) => preflight(room, input),
    familyCheck: (input) => familyCheck(room, input),
    metadata: (input) => metadata(room, input),
    takeSnapshot: (input) => takeSnapshot(room, input),
    diff: (input) => diff(room, input),
    registry: createRegistry({ ...ports, parseTarget: parse, onChange: data.retire }),
    data,
    close: () => data.close(),
    startSchedule: () =>
      startSchedule({
        ...ports,
        observer,
        check: async (source, signal) => {
          const limits = { totalMs: source.limits.connectMs, stageMs: scheduledStageMs, signal };
          return testSubject(room, await targetOfSource(room, source), limits);
        },
      }),
  };
}
