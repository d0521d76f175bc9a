import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atEndOfTurn } from './turn.js';

test('what is ready in one turn leaves at its end, in order', async () => {
  const left: string[] = [];
  atEndOfTurn(() => left.push('first'));
  atEndOfTurn(() => left.push('second'));
  await Promise.resolve();
  expect(left).toEqual([]);
  await nextTurn();
  expect(left).toEqual(['first', 'second']);
});

test('what becomes ready while others leave goes with the next turn', async () => {
  const left: string[] = [];
  atEndOfTurn(() => {
    left.push('first');
    atEndOfTurn(() => left.push('second'));
  });
  await nextTurn();
  expect(left).toEqual(['first']);
  await nextTurn();
  expect(left).toEqual(['first', 'second']);
});

test('a long turn is not waited for by more than sixty-four', async () => {
  const left: number[] = [];
  for (let index = 0; index < 100; index += 1) atEndOfTurn(() => left.push(index));
  expect(left).toHaveLength(64);
  await nextTurn();
  expect(left).toEqual([...Array(100).keys()]);
});
