import { expect, test } from 'vitest';
import { ExactSum } from './exact-sum.js';

const sumOf = (...values: unknown[]) => {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum;
};

test('decimals add up without the errors of floating point', () => {
  expect(sumOf(0.1, 0.2).sum()).toBe(0.3);
  expect(sumOf(...Array(10).fill(0.1)).sum()).toBe(1n);
  expect(sumOf(1e15, 0.25, -1e15).sum()).toBe(0.25);
  expect(sumOf(1.005, 2n, '3.5').sum()).toBe(6.505);
  expect(sumOf(-0.07, 0.02).sum()).toBe(-0.05);
});

test('whole numbers stay whole as far as the engine has them', () => {
  expect(sumOf(2n ** 62n, 2n ** 62n - 1n).sum()).toBe(2n ** 63n - 1n);
  expect(sumOf(2n ** 63n - 1n, 1n).sum()).toBe(2 ** 63);
  expect(sumOf(1e21, 1n).sum()).toBe(1e21);
});

test('nothing adds up to null, and null does not count', () => {
  expect(sumOf().sum()).toBeNull();
  expect(sumOf(null, null).average(6)).toBeNull();
  expect(sumOf(null, 4n).average(6)).toBe(4n);
});

test('an average is rounded to its scale, halves away from zero', () => {
  expect(sumOf(1n, 2n).average(6)).toBe(1.5);
  expect(sumOf(1n, 1n, 0n).average(6)).toBe(0.666667);
  expect(sumOf(-1n, -1n, 0n).average(6)).toBe(-0.666667);
  expect(sumOf(0.05).average(1)).toBe(0.1);
  expect(sumOf(-0.05).average(1)).toBe(-0.1);
});

test('what is no finite number makes the sum what floating point makes of it', () => {
  expect(sumOf(1, Number.POSITIVE_INFINITY).sum()).toBe(Number.POSITIVE_INFINITY);
  expect(sumOf('no number', 2n).sum()).toBe(2n);
});
