import { describe, expect, it } from 'vitest';
import { namesFor, readName } from './dataset-name.js';

describe('names of datasets', () => {
  it.each([
    ['order_items', 'OrderItems'],
    ['employees', 'Employees'],
    ['ORDER_ITEMS', 'OrderItems'],
    ['OrderItems', 'OrderItems'],
    ['2026-sales', 'T2026Sales'],
    ['größe', 'GroE'],
    ['a.b c', 'ABC'],
    ['__proto__', 'Proto'],
  ])('are made of those of tables: %s', (table, name) => {
    expect(namesFor('shop', 'public', table)[0]).toBe(name);
  });

  it('give way to longer ones where they are taken, each a name', () => {
    const names = namesFor('my-shop', 'public', 'items');
    expect(names.slice(0, 5)).toEqual(['Items', 'PublicItems', 'MyShopItems', 'MyShopPublicItems', 'Items2']);
    for (const name of namesFor('shop', 'x'.repeat(200), 'y'.repeat(200))) expect(readName(name)).toBe(name);
  });

  it('cannot be made of what has no letter that fits', () => {
    expect(namesFor('shop', 'public', '表')).toEqual([]);
  });

  it.each(['', 'a b', '1a', '_a', 'a-b', 'x'.repeat(129), 'ä'])('are refused: %j', (name) => {
    expect(() => readName(name)).toThrow();
  });
});
