/** One-time things about API keys, asked for many times at once. The whole of it: LATCHKEY_ONE_TIME_ROUNDS=200. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/access/index.js';
import type { Actor, ApiKeyRotation } from '../../src/identity/index.js';
import { type House, openHouse, operator, origin } from './house.js';

const rounds = Number(process.env['LATCHKEY_ONE_TIME_ROUNDS'] ?? 10);
const atOnce = 50;
const longestMs = 600_000;

let house: House;
let john: Actor & { readonly principal: Principal };
beforeAll(async () => {
  house = await openHouse();
  await house.addUser('john.doe');
  john = { principal: await house.authenticate((await house.login('john.doe')).token, 'precrime_token'), origin };
});
afterAll(() => house.close());

const add = (more: object = {}) => house.identity.apiKeys.add(john.principal, { name: 'k', ...more }, origin);

describe('an API key', () => {
  it(
    'has one successor and shows its value once, however often one request is sent at once',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const old = await add();
        const done = await Promise.all(
          Array.from({ length: atOnce }, () =>
            house.identity.apiKeys.rotate(john, old.id, { idempotencyKey: `round-${round}` }),
          ),
        );
        expect(new Set(done.map(({ successor }) => successor.id)).size).toBe(1);
        expect(done.filter(({ successor }) => successor.value !== null)).toHaveLength(1);
        await removeAll(old.id, done[0]?.successor.id);
      }
    },
    longestMs,
  );

  it(
    'has one successor, however many different requests are sent at once',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const old = await add();
        const done = await Promise.allSettled(
          Array.from({ length: atOnce }, (_, place) =>
            house.identity.apiKeys.rotate(john, old.id, place % 2 === 0 ? {} : { idempotencyKey: `r-${place}` }),
          ),
        );
        const made = done.flatMap((one): ApiKeyRotation[] => (one.status === 'fulfilled' ? [one.value] : []));
        expect(made).toHaveLength(1);
        for (const one of done) {
          if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'identity.api_key_not_live' });
        }
        await removeAll(old.id, made[0]?.successor.id);
      }
    },
    longestMs,
  );

  it(
    'a key is made once, however often one request is sent at once',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const made = await Promise.all(Array.from({ length: atOnce }, () => add({ idempotencyKey: `add-${round}` })));
        expect(new Set(made.map(({ id }) => id)).size).toBe(1);
        expect(made.filter(({ value }) => value !== null)).toHaveLength(1);
        await removeAll(made[0]?.id);
      }
    },
    longestMs,
  );

  async function removeAll(...ids: (string | undefined)[]): Promise<void> {
    for (const id of ids) if (id !== undefined) await house.identity.apiKeys.removeById(operator, id);
  }
});
