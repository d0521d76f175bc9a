/** What is answered below `/console/`: a page under every name that a page may have, and no file but the built ones. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../support/client.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const typeOf = async (path: string) => {
  const { status, headers } = await send(world, { path });
  return [status, headers['content-type']?.split(';')[0]];
};

describe('the console', () => {
  test.each([
    ...[
      '',
      'index.html',
      'people',
      'people/jane.doe',
      'people/ada%40example.com',
      'people/j%C3%BCrgen',
      'people/a%2Fb',
    ],
    ...['people/100%25', 'data/shop/orders.v2', 'data/shop/a%20b', '__proto__', 'people/constructor'],
  ])('is opened at %s, and after a reload there', async (name) => {
    expect(await typeOf(`/console/${name}`)).toEqual([200, 'text/html']);
  });

  test.each([
    ...[
      'missing.js',
      'assets/missing.js',
      'assets/missing',
      'assets/',
      'assets/..%2findex.html',
      '%2e%2e/package.json',
    ],
    ...[
      '..%2f..%2fpackage.json',
      '..%5c..%5cpackage.json',
      'people/%2e%2e',
      'people/%70eter',
      'assets/..%2f..%2fpackage.json',
    ],
  ])('has nothing at %s', async (name) => {
    expect(await typeOf(`/console/${name}`)).toEqual([404, 'application/problem+json']);
  });
});
