import { expect, test } from 'vitest';
import { createGate } from './gate.js';

const refusal = (error: unknown) => (error as { code?: unknown }).code;

test('no more are inside than may be, in the order they came', async () => {
  const gate = createGate({ inside: 2, waiting: 100 });
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, place) => {
      const leave = await gate.enter();
      inside += 1;
      most = Math.max(most, inside);
      order.push(place);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      leave();
    }),
  );
  expect(most).toBe(2);
  expect(order).toEqual(Array.from({ length: 20 }, (_, place) => place));
});

test('who comes when too many wait is refused, and the gate works on', async () => {
  const gate = createGate({ inside: 1, waiting: 1 });
  const leave = await gate.enter();
  const waiting = gate.enter();
  expect(await gate.enter().catch(refusal)).toBe('store.overloaded');
  leave();
  (await waiting)();
  (await gate.enter())();
});

test('a gate that closes lets those out who were there, and nobody in', async () => {
  const gate = createGate({ inside: 1, waiting: 5 });
  const first = await gate.enter();
  const second = gate.enter();
  let isEmpty = false;
  const closed = gate.close().then(() => {
    isEmpty = true;
  });
  expect(await gate.enter().catch(refusal)).toBe('store.closed');
  first();
  const leave = await second;
  expect(isEmpty).toBe(false);
  leave();
  await closed;
  await gate.close();
  await createGate({ inside: 1, waiting: 1 }).close();
});
