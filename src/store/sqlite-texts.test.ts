import { expect, it } from 'vitest';
import { numberOf, textsBehind } from './sqlite-texts.js';

it('a text has one number, and is told once to each who asks for what is new', () => {
  const [first, second] = [numberOf('select 1'), numberOf('select 2')];
  expect([first, second, numberOf('select 1')]).toEqual([0, 1, 0]);
  expect(textsBehind(0)).toEqual(['select 1', 'select 2']);
  expect(textsBehind(1)).toEqual(['select 2']);
  expect(textsBehind(2)).toEqual([]);
});

it('texts have numbers up to a limit, and are themselves beyond it', () => {
  for (let place = 0; place < 2_000; place += 1) numberOf(`select ${place}`);
  expect(textsBehind(0)).toHaveLength(1_000);
  expect(numberOf('select 1999')).toBe('select 1999');
  expect(numberOf('select 1')).toBe(0);
});
