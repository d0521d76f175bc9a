import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuessWindows } from './guess-budget-windows.js';
import type { GuessWindow } from './ports.js';

const minute = 60_000;
const window: GuessWindow = { key: 'k', limit: 3, windowMs: 15 * minute };

function clockAt(startMs: number) {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    set: (ms: number) => {
      nowMs = ms;
    },
  };
}

function fail(windows: ReturnType<typeof createGuessWindows>, wanted: readonly GuessWindow[]): boolean {
  const taken = windows.take(wanted);
  if (taken.verdict !== 'taken') return false;
  windows.settle(wanted, taken.atMs);
  return true;
}

describe('a window', () => {
  it('is busy while guesses that may be given back fill it, and spent when wrong ones do', () => {
    const clock = clockAt(0);
    const windows = createGuessWindows({ clock });
    const taken = [1, 2, 3].map(() => windows.take([window]));
    expect(taken.map((one) => one.verdict)).toEqual(['taken', 'taken', 'taken']);
    expect(windows.take([window])).toEqual({ verdict: 'busy', key: 'k' });
    windows.settle([window], null);
    expect(windows.take([window]).verdict).toBe('taken');
    for (let at = 0; at < 3; at += 1) windows.settle([window], 0);
    expect(windows.take([window])).toMatchObject({ verdict: 'spent' });
  });

  it('says when a place is free, and then there is one', () => {
    const clock = clockAt(7 * minute + 123);
    const windows = createGuessWindows({ clock });
    fail(windows, [window]);
    clock.set(9 * minute);
    fail(windows, [window]);
    fail(windows, [window]);
    const spent = windows.take([window]);
    if (spent.verdict !== 'spent') throw new Error('expected it to be spent');
    clock.set(clock.nowMs() + spent.retryAfterMs - 1);
    expect(windows.take([window]).verdict).toBe('spent');
    clock.set(clock.nowMs() + 1);
    expect(fail(windows, [window])).toBe(true);
    expect(windows.take([window]).verdict).toBe('spent');
  });

  it('never lets more through in any stretch of its length, whenever they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 * minute }), { maxLength: 60 }), (pauses) => {
        const clock = clockAt(1_000);
        const windows = createGuessWindows({ clock });
        const passedAtMs: number[] = [];
        for (const pause of pauses) {
          clock.set(clock.nowMs() + pause);
          if (fail(windows, [window])) passedAtMs.push(clock.nowMs());
        }
        for (const from of passedAtMs) {
          const within = passedAtMs.filter((at) => at >= from && at < from + window.windowMs);
          expect(within.length).toBeLessThanOrEqual(window.limit);
        }
      }),
    );
  });

  it('takes in all windows or in none', () => {
    const windows = createGuessWindows({ clock: clockAt(0) });
    const narrow: GuessWindow = { key: 'narrow', limit: 1, windowMs: minute };
    expect(fail(windows, [window, narrow])).toBe(true);
    expect(fail(windows, [window, narrow])).toBe(false);
    expect(fail(windows, [window])).toBe(true);
    expect(fail(windows, [window])).toBe(true);
    expect(fail(windows, [window])).toBe(false);
  });

  it('is not held for longer than its length by a clock that was ahead and stepped back', () => {
    const clock = clockAt(365 * 24 * 60 * minute);
    const windows = createGuessWindows({ clock });
    while (fail(windows, [window]));
    clock.set(0);
    expect(windows.take([window]).verdict).toBe('spent');
    clock.set(16 * minute);
    expect(windows.take([window]).verdict).toBe('taken');
  });

  it('is forgotten only when too many others were counted since', () => {
    const windows = createGuessWindows({ clock: clockAt(0), max: 100 });
    while (fail(windows, [window]));
    for (let at = 0; at < 99; at += 1) fail(windows, [{ ...window, key: `other ${at}` }]);
    expect(windows.take([window]).verdict).toBe('spent');
    for (let at = 0; at < 100; at += 1) fail(windows, [{ ...window, key: `more ${at}` }]);
    expect(windows.take([window]).verdict).toBe('taken');
  });
});
