/** Puts the room together. @module */
import { type SourcesDeps, standardTests } from './deps.js';
import { parseTarget } from './parse-target.js';
import { createTestSlots, testConnection } from './test-connection.js';
import type { Sources } from './use-cases.js';

export type { SourcesDeps } from './deps.js';

export function createSources(given: SourcesDeps): Sources {
  const { connectors, detector, syntax, audit, clock, tests = standardTests } = given;
  const deps = { connectors, detector, audit, clock, slots: createTestSlots(tests) };
  const absent = () => Promise.reject(new TypeError('this part of sources is not wired'));
  return {
    parseTarget: (raw) => parseTarget({ connectors, syntax, nowMs: clock.nowMs() }, raw),
    async testConnection(input) {
      if (!('target' in input.subject)) return absent();
      return { detail: 'full', report: await testConnection(deps, { ...input, target: input.subject.target }) };
    },
    preflight: absent,
    familyCheck: absent,
    metadata: absent,
    takeSnapshot: absent,
    diff: absent,
    registry: { add: absent, list: absent, show: absent, change: absent, remove: absent },
    startSchedule() {
      throw new TypeError('this part of sources is not wired');
    },
  };
}
