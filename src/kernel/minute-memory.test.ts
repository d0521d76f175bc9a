import { expect, test } from 'vitest';
import { createMinuteMemory } from './minute-memory.js';

test('an answer is found once a minute for each key, by one for all who ask at once', async () => {
  let nowMs = 0;
  let found = 0;
  const remember = createMinuteMemory<number>({ nowMs: () => nowMs });
  const find = async () => {
    found += 1;
    return found;
  };
  expect(await Promise.all([remember('a', find), remember('a', find), remember('b', find)])).toEqual([1, 1, 2]);
  nowMs = 59_999;
  expect(await remember('a', find)).toBe(1);
  nowMs = 60_000;
  expect(await remember('a', find)).toBe(3);
  nowMs = 0;
  expect(await remember('a', find)).toBe(4);
});

test('a failure is not kept, and no more than a hundred answers are', async () => {
  const remember = createMinuteMemory<string>({ nowMs: () => 0 });
  await expect(remember('a', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await remember('a', async () => 'good')).toBe('good');
  for (let key = 0; key < 100; key += 1) await remember(String(key), async () => 'other');
  expect(await remember('a', async () => 'again')).toBe('again');
});
