import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, type House, openHouse, operator } from '../../test/identity/house.js';

const hour = 3_600_000;
let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('u');
});
afterEach(() => house.close());

const all = async () =>
  (await house.identity.sessions.list(operator, { username: 'u', withEnded: true }, { limit: 1_000 })).items;

async function swept(): Promise<void> {
  // Whoever revokes has it tidied behind; revoking what there is none of is an occasion like any other.
  await house.identity.revocations.revokeUser(operator, 'u', { apiKeys: false });
  await house.identity.settle();
}

describe('sessions that are over', () => {
  it('are kept for a day after their absolute end, ended or not, and then forgotten', async () => {
    const { token } = await house.login('u');
    const principal = await house.authenticate(token, 'precrime_token');
    await house.login('u');
    await house.identity.logout(principal, operator.origin);
    house.clock.advance(24 * hour);
    const { session } = await house.login('u');
    await swept();
    expect(await all()).toHaveLength(3);
    house.clock.advance(hour);
    await swept();
    expect((await all()).map(({ id }) => id)).toEqual([session.id]);
    expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.token_expired');
  });

  it('are marked as ended when they were revoked together, and revoked keys are removed with a record each', async () => {
    await house.login('u');
    for (const name of ['a', 'b']) await house.identity.apiKeys.addFor(operator, 'u', { name });
    await house.identity.revocations.revokeOrganisation(operator, 'acme', { apiKeys: true });
    await house.identity.settle();
    expect((await all()).map(({ endedAtMs }) => endedAtMs)).toEqual([house.clock.nowMs()]);
    const events = (await house.audited()).map(({ name, reason }) => `${name} ${reason}`);
    expect(events.filter((one) => one === 'api_key.deleted revoked')).toHaveLength(2);
  });

  it('are tidied away although it failed before, and somebody is told', async () => {
    const failures: unknown[] = [];
    await house.close();
    let isFailing = true;
    house = await openHouse({
      wrapStore: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction((tx) =>
            work(
              Object.assign(Object.create(tx), {
                endRevokedSessions: (atMs: number, limit: number) => {
                  if (!isFailing) return tx.endRevokedSessions(atMs, limit);
                  failures.push('asked');
                  return Promise.reject(new Error('no'));
                },
              }),
            ),
          ),
      }),
    });
    await house.addUser('u');
    await house.login('u');
    await swept();
    expect(failures).toHaveLength(1);
    expect((await all()).map(({ endedAtMs }) => endedAtMs)).toEqual([null]);
    isFailing = false;
    await swept();
    expect((await all()).map(({ endedAtMs }) => endedAtMs)).toEqual([house.clock.nowMs()]);
  });
});

describe('an organisation', () => {
  it('is removed by who manages the directory, with a record of how many went', async () => {
    await house.addUser('v');
    const { token } = await house.login('u');
    const member = await house.authenticate(token, 'precrime_token');
    const { organisations } = house.identity;
    expect(await codeOf(organisations.remove({ principal: member, origin: operator.origin }, 'acme'))).toBe(
      'access.denied',
    );
    expect(await codeOf(organisations.remove(operator, 'nobody'))).toBe('identity.organisation_not_found');
    expect(await organisations.remove(operator, 'acme')).toEqual({ users: 2 });
    expect((await house.audited())[0]).toMatchObject({
      name: 'organisation.removed',
      facts: { uid: 'acme', users: 2 },
    });
    expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.unauthenticated');
    expect((await organisations.add(operator, { uid: 'acme', name: 'Acme again' })).uid).toBe('acme');
  });
});
