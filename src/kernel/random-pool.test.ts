import { describe, expect, it } from 'vitest';
import { createRandomPool } from './random-pool.js';

describe('random bytes out of a pool', () => {
  const counting = () => {
    let next = 0;
    const asked: number[] = [];
    const randomBytes = (count: number) => {
      asked.push(count);
      return Uint8Array.from({ length: count }, () => next++ & 0xff);
    };
    return { asked, take: createRandomPool(randomBytes) };
  };

  it('are as many as asked for, and each is given once', () => {
    const { asked, take } = counting();
    const parts = [take(0), take(1), take(32), take(12)];
    expect(parts.map(({ length }) => length)).toEqual([0, 1, 32, 12]);
    expect(parts.flatMap((part) => [...part])).toEqual(Array.from({ length: 45 }, (_, place) => place));
    expect(asked).toEqual([4_096]);
  });

  it('belong to whoever asked for them', () => {
    const { take } = counting();
    const [first, second] = [take(16), take(16)];
    first.fill(9);
    expect([...second]).toEqual(Array.from({ length: 16 }, (_, place) => 16 + place));
  });

  it('come anew where too few are left, and at once where many are asked for', () => {
    const { asked, take } = counting();
    for (let taken = 0; taken < 17; taken += 1) take(250);
    take(257);
    expect(asked).toEqual([4_096, 4_096, 257]);
  });

  it('are refused where the generator gives too little', () => {
    expect(() => createRandomPool(() => new Uint8Array(3))(1)).toThrow(TypeError);
  });
});
