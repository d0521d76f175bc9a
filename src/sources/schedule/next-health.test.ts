import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HealthState, healthStates, type SourceHealth } from '../source.js';
import { type CheckVerdict, nextHealth } from './next-health.js';

const pass: CheckVerdict = { passed: true };
const late: CheckVerdict = { passed: false, stage: 'tcp', reason: 'TCP_TIMEOUT', mayPassByItself: true };
const refused: CheckVerdict = {
  passed: false,
  stage: 'authenticate',
  reason: 'AUTH_INVALID_CREDENTIALS',
  mayPassByItself: false,
};
const verdictOf = { P: pass, f: late, F: refused } as const;
const start: SourceHealth = {
  state: 'unknown',
  sinceMs: 0,
  checkedAtMs: null,
  stage: null,
  reason: null,
  failuresInRow: 0,
  passesInRow: 0,
};

/** First letters of the states after each check. */
function walk(checks: string, from: HealthState = 'unknown'): string {
  let health: SourceHealth = { ...start, state: from };
  return [...checks]
    .map((check, index) => {
      health = nextHealth(health, verdictOf[check as keyof typeof verdictOf], index + 1);
      return health.state[0];
    })
    .join('');
}

describe('health', () => {
  test.each([
    ['one pass is enough where nothing is known', 'unknown', 'P', 'h'],
    ['one failure that may pass degrades', 'unknown', 'f', 'd'],
    ['one failure for good fails at once', 'unknown', 'F', 'f'],
    ['a healthy source stays so', 'healthy', 'PPP', 'hhh'],
    ['three failures in a row fail', 'healthy', 'fff', 'ddf'],
    ['two failures and a pass do not fail', 'healthy', 'ffPffP', 'dddddd'],
    ['a refused password fails at once', 'healthy', 'F', 'f'],
    ['a refused password fails a degraded source at once', 'degraded', 'F', 'f'],
    ['two passes in a row heal', 'degraded', 'PP', 'dh'],
    ['a pass, a failure and a pass do not heal', 'degraded', 'PfPfP', 'ddddd'],
    ['a failing source gets better in two steps', 'failing', 'PPP', 'dhh'],
    ['a failing source stays so', 'failing', 'ffFf', 'ffff'],
    ['a failing source that passes once needs three failures to fail again', 'failing', 'Pfff', 'dddf'],
  ] as const)('%s', (_, from, checks, states) => {
    expect(walk(checks, from)).toBe(states);
  });

  const someHealth = fc.record({
    state: fc.constantFrom(...healthStates),
    sinceMs: fc.nat(),
    checkedAtMs: fc.option(fc.nat()),
    stage: fc.constant(null),
    reason: fc.constant(null),
    failuresInRow: fc.nat(10),
    passesInRow: fc.nat(10),
  });
  const someVerdict = fc.constantFrom<CheckVerdict>(pass, late, refused);

  test('no check leads back to the unknown, and none from failing to healthy', () => {
    fc.assert(
      fc.property(someHealth, someVerdict, fc.nat(), (before, verdict, nowMs) => {
        const after = nextHealth(before, verdict, nowMs);
        expect(after.state).not.toBe('unknown');
        if (before.state === 'failing') expect(after.state).not.toBe('healthy');
        if (!verdict.passed) expect(after.state).not.toBe('healthy');
        if (verdict.passed) expect(after.state).not.toBe('failing');
      }),
    );
  });

  test('the time of a state is that of its beginning, and counts tell of the latest run only', () => {
    fc.assert(
      fc.property(someHealth, someVerdict, fc.nat(), (before, verdict, nowMs) => {
        const after = nextHealth(before, verdict, nowMs);
        expect(after.sinceMs).toBe(after.state === before.state ? before.sinceMs : nowMs);
        expect(after.checkedAtMs).toBe(nowMs);
        expect(Math.min(after.failuresInRow, after.passesInRow)).toBe(0);
        expect(after.reason).toBe(verdict.passed ? null : verdict.reason);
      }),
    );
  });

  test('two passes in a row heal whatever was before, and three failures fail it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('P', 'f', 'F'), { maxLength: 30 }), (checks) => {
        const before = checks.join('');
        expect(walk(`${before}PP`).at(-1)).toBe('h');
        expect(walk(`${before}PPP`).at(-1)).toBe('h');
        expect(walk(`${before}fff`).at(-1)).toBe('f');
      }),
    );
  });

  test('the state changes at most twice in three checks that may pass by themselves', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('P', 'f'), { minLength: 3, maxLength: 60 }), (checks) => {
        const states = walk(checks.join(''), 'healthy');
        const changes = [...states].filter((state, index) => index > 0 && state !== states[index - 1]).length;
        expect(changes).toBeLessThanOrEqual(Math.ceil((checks.length * 2) / 3));
      }),
    );
  });
});
