import { describe, expect, it } from 'vitest';
import { createShortMemory } from './short-memory.js';

describe('what is remembered for a short time', () => {
  function house() {
    const now = { ms: 1_000_000 };
    let found = 0;
    const remember = createShortMemory<number>({ nowMs: () => now.ms });
    return {
      now,
      ask: (key = 'one') =>
        remember(key, async () => {
          found += 1;
          return found;
        }),
      fail: () => remember('one', () => Promise.reject(new Error('not now'))),
    };
  }

  it('is found once by all who ask at once, and again when its time is over', async () => {
    const { now, ask } = house();
    expect(await Promise.all([ask(), ask(), ask('other')])).toEqual([1, 1, 2]);
    now.ms += 4_999;
    expect(await ask()).toBe(1);
    now.ms += 1;
    expect(await ask()).toBe(3);
  });

  it('is not kept when it failed, nor when the clock was set back', async () => {
    const { now, ask, fail } = house();
    await expect(fail()).rejects.toThrow('not now');
    expect(await ask()).toBe(1);
    now.ms -= 10;
    expect(await ask()).toBe(2);
  });

  it('keeps the hundred that were asked for last', async () => {
    const { ask } = house();
    for (let place = 0; place <= 100; place += 1) await ask(String(place));
    expect(await ask('1')).toBe(2);
    expect(await ask('0')).toBe(102);
  });
});
