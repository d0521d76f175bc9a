/** One-time things, used many times at once, on both stores. The whole of it: LATCHKEY_ONE_TIME_ROUNDS=200. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/access/index.js';
import type { Actor, ApiKeyRotation } from '../../src/identity/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresUrl, shared } from '../servers/index.js';
import { goodPassword, type House, openHouse, operator, origin } from './house.js';

const rounds = Number(process.env['LATCHKEY_ONE_TIME_ROUNDS'] ?? 5);
const atOnce = 50;
const longestMs = 1_200_000;
/** Wrong passwords are counted elsewhere. */
const guesses = { perSource: 1_000_000, perAccountDay: 1_000_000, perAddressHour: 1_000_000 };

interface Opened {
  readonly house: House;
  close(): Promise<void>;
}

describe('on the embedded store', () => {
  describeOneTimeThings(async () => {
    const house = await openHouse({ policy: { guesses, passwordHistory: 0 } });
    return { house, close: () => house.close() };
  });
});

describeWith('postgres', 'on PostgreSQL', () => {
  describeOneTimeThings(async () => {
    const server = shared('postgres');
    const name = await createPostgresDatabase(server, 'once');
    const storeUrl = postgresUrl(server, name);
    const house = await openHouse({ storeUrl, policy: { guesses, passwordHistory: 0 } });
    const close = async () => {
      await house.close();
      await dropPostgresDatabase(server, name);
    };
    return { house, close };
  });
});

function describeOneTimeThings(open: () => Promise<Opened>): void {
  let opened: Opened;
  let house: House;
  let john: Actor & { readonly principal: Principal };
  beforeAll(async () => {
    opened = await open();
    ({ house } = opened);
    await house.addUser('john.doe');
    john = { principal: await house.authenticate((await house.login('john.doe')).token, 'precrime_token'), origin };
  });
  afterAll(() => opened.close());

  const many = <T>(use: (place: number) => Promise<T>) =>
    Promise.all(Array.from({ length: atOnce }, (_, at) => use(at)));
  const settled = <T>(use: (place: number) => Promise<T>) =>
    Promise.allSettled(Array.from({ length: atOnce }, (_, at) => use(at)));
  const good = <T>(results: readonly PromiseSettledResult<T>[]) =>
    results.flatMap((one): T[] => (one.status === 'fulfilled' ? [one.value] : []));
  const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
    new Set(results.flatMap((one) => (one.status === 'rejected' ? [String(one.reason?.code ?? one.reason)] : [])));
  const add = (more: object = {}) => house.identity.apiKeys.add(john.principal, { name: 'k', ...more }, origin);
  const everyRound = async (play: (round: number) => Promise<void>) => {
    for (let round = 0; round < rounds; round += 1) await play(round);
  };
  const removeAll = async (...ids: (string | undefined)[]) => {
    for (const id of ids) if (id !== undefined) await house.identity.apiKeys.removeById(operator, id);
  };

  it(
    'a setup link makes one administrator',
    () =>
      everyRound(async (round) => {
        const { code } = await house.identity.setup.issueCode(operator.origin);
        const results = await settled((at) => {
          const administrator = { username: `root-${round}-${at}`, password: new Secret(goodPassword) };
          return house.identity.setup.complete(code, administrator, origin);
        });
        expect(codes(results)).toEqual(new Set(['identity.setup_code_invalid']));
        const [made, ...more] = good(results);
        expect(more).toEqual([]);
        expect(await house.identity.setup.isNeeded()).toBe(false);
        // Past the door, which would keep the last one.
        await house.store.identity.transaction((tx) => tx.deleteUser(made?.user.id ?? ''));
      }),
    longestMs,
  );

  it(
    'a temporary password is changed once',
    () =>
      everyRound(async (round) => {
        const old = new Secret(`tangerine orbit cactus ${round}`);
        await house.addUser(`mary-${round}`, { password: old, mustChange: true });
        const results = await settled((at) =>
          house.identity.changePassword({
            ...{ username: `mary-${round}`, old, origin },
            next: new Secret(`velvet lantern walnut ${round} ${at}`),
          }),
        );
        expect(good(results)).toHaveLength(1);
        expect(codes(results)).toEqual(new Set(['identity.invalid_credentials']));
      }),
    longestMs,
  );

  it(
    'renewals while everything is signed out leave nothing behind',
    () =>
      everyRound(async (round) => {
        await house.addUser(`anna-${round}`);
        const { token } = await house.login(`anna-${round}`);
        const principal = await house.authenticate(token, 'precrime_token');
        const renewals = await settled(async (at) => {
          if (at !== atOnce / 2) return house.identity.renew(principal, origin);
          await house.identity.sessions.logoutEverywhere(principal, origin);
          return null;
        });
        for (const code of codes(renewals)) expect(code).toBe('identity.unauthenticated');
        const left = await house.identity.sessions.list(operator, { username: `anna-${round}` }, { limit: 1_000 });
        expect(left.items).toEqual([]);
        for (const renewed of good(renewals)) {
          if (renewed === null) continue;
          await expect(house.authenticate(renewed.token, 'precrime_token')).rejects.toMatchObject({
            code: 'identity.unauthenticated',
          });
        }
      }),
    longestMs,
  );

  it(
    'a session ends once, and the trail says so once',
    () =>
      everyRound(async () => {
        const { session } = await house.login('john.doe');
        const results = await settled(() => house.identity.sessions.revoke(operator, session.id));
        expect(good(results)).toHaveLength(1);
        expect(codes(results)).toEqual(new Set(['identity.session_not_found']));
        const events = (await house.audited()).filter(({ subject }) => subject === `session:${session.id}`);
        expect(events.filter(({ name }) => name === 'session.revoked')).toHaveLength(1);
      }),
    longestMs,
  );

  it(
    'a key has one successor and shows its value once, however often one request is sent',
    () =>
      everyRound(async (round) => {
        const old = await add();
        const done = await many(() =>
          house.identity.apiKeys.rotate(john, old.id, { idempotencyKey: `round-${round}` }),
        );
        expect(new Set(done.map(({ successor }) => successor.id)).size).toBe(1);
        expect(done.filter(({ successor }) => successor.value !== null)).toHaveLength(1);
        await removeAll(old.id, done[0]?.successor.id);
      }),
    longestMs,
  );

  it(
    'a key has one successor, however many different requests are sent',
    () =>
      everyRound(async () => {
        const old = await add();
        const done = await settled((at) =>
          house.identity.apiKeys.rotate(john, old.id, at % 2 === 0 ? {} : { idempotencyKey: `r-${at}` }),
        );
        const made: readonly ApiKeyRotation[] = good(done);
        expect(made).toHaveLength(1);
        expect(codes(done)).toEqual(new Set(['identity.api_key_not_live']));
        await removeAll(old.id, made[0]?.successor.id);
      }),
    longestMs,
  );

  it(
    'a key is made once, however often one request is sent',
    () =>
      everyRound(async (round) => {
        const made = await many(() => add({ idempotencyKey: `add-${round}` }));
        expect(new Set(made.map(({ id }) => id)).size).toBe(1);
        expect(made.filter(({ value }) => value !== null)).toHaveLength(1);
        await removeAll(made[0]?.id);
      }),
    longestMs,
  );
}
