import { describe, expect, test } from 'vitest';
import { createProbeCounter } from './budgets.js';
import { sourcesErrors } from './errors.js';

function counterAt(startMs = 0, budgets = { testsPerMinute: 3, targetsPerHour: 4 }) {
  let nowMs = startMs;
  const counter = createProbeCounter(budgets, () => nowMs);
  return {
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** `null` when it was let through, else the seconds to wait. */
    spend(caller: string, place: string): number | null {
      try {
        counter.spend(caller, place);
        return null;
      } catch (refusal) {
        expect(refusal).toMatchObject({ code: sourcesErrors.probe_rate_limited.code });
        return (refusal as { details: { retryAfterSeconds: number } }).details.retryAfterSeconds;
      }
    },
  };
}

describe('attempts of one caller', () => {
  test('are so many in any minute, wherever the minute begins', () => {
    for (const startMs of [0, 1, 2_499, 4_999, 5_000, 59_999]) {
      const { spend, pass } = counterAt(startMs);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(spend('a', 'x')).toBeNull();
        pass(1_000);
      }
      expect(spend('a', 'x')).toBeGreaterThan(50);
      pass(56_999);
      expect(spend('a', 'x')).not.toBeNull();
      pass(5_001);
      expect(spend('a', 'x')).toBeNull();
    }
  });

  test('fit again after the seconds that were told, and not much earlier', () => {
    const { spend, pass } = counterAt(1_234);
    for (let attempt = 0; attempt < 3; attempt += 1) spend('a', 'x');
    const seconds = spend('a', 'x') ?? 0;
    expect(seconds).toBeLessThanOrEqual(66);
    pass((seconds - 6) * 1_000);
    expect(spend('a', 'x')).not.toBeNull();
    pass(6_000);
    expect(spend('a', 'x')).toBeNull();
  });

  test('are not those of another', () => {
    const { spend } = counterAt();
    for (let attempt = 0; attempt < 3; attempt += 1) spend('a', 'x');
    expect(spend('a', 'x')).not.toBeNull();
    expect(spend('b', 'x')).toBeNull();
  });

  test('that were refused do not count', () => {
    const { spend, pass } = counterAt();
    for (let attempt = 0; attempt < 3; attempt += 1) spend('a', 'x');
    for (let attempt = 0; attempt < 100; attempt += 1) {
      pass(500);
      spend('a', 'x');
    }
    pass(16_000);
    expect(spend('a', 'x')).toBeNull();
  });
});

describe('one target', () => {
  test('takes ten times as many, of all callers together', () => {
    const { spend } = counterAt();
    for (let attempt = 0; attempt < 30; attempt += 1) expect(spend(`caller-${attempt}`, 'x')).toBeNull();
    expect(spend('one more', 'x')).not.toBeNull();
    expect(spend('one more', 'y')).toBeNull();
  });
});

describe('different targets of one caller', () => {
  test('are so many in an hour; those already named may be named again', () => {
    const { spend, pass } = counterAt();
    for (const place of ['w', 'x', 'y', 'z']) {
      expect(spend('a', place)).toBeNull();
      pass(61_000);
    }
    const seconds = spend('a', 'one more') ?? 0;
    expect(seconds).toBe(3_600 - 4 * 61);
    expect(spend('a', 'w')).toBeNull();
    pass((seconds + 1) * 1_000);
    // `w` was named again meanwhile; `x` was not for an hour only after another minute.
    expect(spend('a', 'one more')).not.toBeNull();
    pass(61_000);
    expect(spend('a', 'one more')).toBeNull();
  });
});

test('memory is bounded by what is remembered, not by what is named', () => {
  const { spend } = counterAt(0, { testsPerMinute: 1, targetsPerHour: 10 });
  for (let caller = 0; caller < 30_000; caller += 1) spend(`caller-${caller}`, `place-${caller}`.padEnd(200, 'x'));
  expect(spend('caller-29999', 'elsewhere')).not.toBeNull();
  expect(spend('caller-0', 'elsewhere')).toBeNull();
});
