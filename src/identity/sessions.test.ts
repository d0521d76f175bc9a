/** Sessions as owners and administrators see and end them. @module */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apiKey,
  codeOf,
  goodPassword,
  type House,
  openHouse,
  operator,
  origin,
  refusalOf,
} from '../../test/identity/house.js';
import type { Actor } from './index.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nobody = '00000000-0000-4000-8000-000000000000';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('john.doe');
  await house.addUser('mary');
  await house.addUser('root', { roles: ['administrator'] });
});
afterEach(() => house.close());

async function signedIn(username: string): Promise<Actor & { readonly principal: NonNullable<Actor['principal']> }> {
  return { principal: await house.authenticate((await house.login(username)).token, 'precrime_token'), origin };
}

const list = async (actor: Actor, question = {}, limit = 100) =>
  (await house.identity.sessions.list(actor, question, { limit })).items;

describe('the list of sessions', () => {
  it('is one’s own, newest first, with where it began and when it was used, and holds no token', async () => {
    const john = await signedIn('john.doe');
    house.clock.advance(minuteMs);
    const { session, token, csrf } = await house.login('john.doe', goodPassword, 'cloudio');
    await house.login('mary');
    house.clock.advance(minuteMs);
    await house.identity.authenticate({
      presented: { shape: 'jwt', value: token, csrf },
      accepts: ['cloudio_session'],
      origin,
    });
    const found = await list(john);
    expect(found).toEqual([
      {
        ...session,
        lastSeenAtMs: session.createdAtMs + minuteMs,
        username: 'john.doe',
        organisation: 'acme',
        address: '192.0.2.1',
        endedAtMs: null,
      },
      expect.objectContaining({ id: john.principal.credential.id, family: 'precrime' }),
    ]);
    for (const secret of [token.reveal(), token.reveal().split('.')[2], csrf?.reveal()]) {
      expect(JSON.stringify(found)).not.toContain(secret);
    }
  });

  it('leaves out what is over: ended, expired, idle; and gives them where they are asked for', async () => {
    const john = await signedIn('john.doe');
    const ended = await signedIn('john.doe');
    await house.identity.logout(ended.principal, origin);
    await house.login('john.doe', goodPassword, 'cloudio');
    const onedb = await house.login('john.doe', goodPassword, 'onedb');
    expect((await list(john)).length).toBe(3);
    // Past an idle hour and the minute in which a use need not be written; a precrime session is shorter.
    house.clock.advance(hourMs + minuteMs + 1);
    expect((await list(john)).map(({ family }) => family).sort()).toEqual(['onedb']);
    house.clock.advance(onedb.session.expiresAtMs - house.clock.nowMs());
    const left = await list(operator, { username: 'john.doe' });
    expect(left.every(({ expiresAtMs }) => expiresAtMs > house.clock.nowMs())).toBe(true);
    const all = await list(john, { withEnded: true });
    expect(all).toHaveLength(4);
    expect(all.filter(({ endedAtMs }) => endedAtMs !== null).map(({ id }) => id)).toEqual([
      ended.principal.credential.id,
    ]);
  });

  it('of others is told to who manages the directory, by user, organisation and family, and to nobody else', async () => {
    const [john, root] = [await signedIn('john.doe'), await signedIn('root')];
    await house.login('mary', goodPassword, 'onedb');
    for (const question of [
      { username: 'mary' },
      { username: 'nobody' },
      { organisation: 'acme' },
      { everybody: true },
    ]) {
      expect(await codeOf(list(john, question))).toBe('access.denied');
    }
    for (const actor of [root, operator]) {
      expect((await list(actor, { username: 'MARY' })).map(({ username }) => username)).toEqual(['mary']);
      expect(await list(actor, { organisation: 'acme' })).toHaveLength(3);
      expect(await list(actor, { everybody: true, family: 'onedb' })).toHaveLength(1);
      expect(await codeOf(list(actor, { username: 'nobody' }))).toBe('identity.user_not_found');
      expect(await codeOf(list(actor, { organisation: 'nowhere' }))).toBe('identity.organisation_not_found');
    }
    expect((await list(root)).map(({ username }) => username)).toEqual(['root']);
    expect(await list(operator)).toHaveLength(3);
    await house.identity.organisations.add(operator, { uid: 'other', name: 'Other' });
    expect(await list(operator, { organisation: 'other' })).toEqual([]);
  });

  it('comes in pages that miss and repeat nothing', async () => {
    for (let count = 0; count < 7; count += 1) {
      await house.login('john.doe', goodPassword, 'cloudio');
      if (count % 3 === 0) house.clock.advance(1);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await house.identity.sessions.list(
        operator,
        {},
        { limit: 2, ...(cursor === undefined ? {} : { cursor }) },
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });

  it('is not told to an API key of its owner, unless that key may manage the directory', async () => {
    const key = async (username: string) => {
      const { value } = await house.identity.apiKeys.addFor(operator, username, { name: 'k' });
      const input = { presented: apiKey(value), accepts: ['api_key'] as const, origin };
      return { principal: await house.identity.authenticate(input), origin };
    };
    const [johns, roots] = [await key('john.doe'), await key('root')];
    const { session } = await house.login('john.doe');
    expect(await codeOf(list(johns))).toBe('access.denied');
    expect(await codeOf(house.identity.sessions.revoke(johns, session.id))).toBe('access.denied');
    expect(await codeOf(house.identity.sessions.logoutEverywhere(johns.principal, origin))).toBe('access.denied');
    expect(await list(roots)).toEqual([]);
    expect(await list(roots, { everybody: true })).toHaveLength(1);
    await house.identity.sessions.revoke(roots, session.id);
    expect(await list(roots, { everybody: true })).toHaveLength(0);
  });
});

describe('a session', () => {
  it('ends at once by its owner’s word, and the trail says whose it was', async () => {
    const john = await signedIn('john.doe');
    const { token, session } = await house.login('john.doe', goodPassword, 'onedb');
    await house.authenticate(token, 'onedb_token');
    await house.identity.sessions.revoke(john, session.id);
    expect(await codeOf(house.authenticate(token, 'onedb_token'))).toBe('identity.unauthenticated');
    const events = await house.audited();
    expect(events.find(({ name }) => name === 'session.revoked')).toMatchObject({
      actorId: john.principal.userId,
      subject: `session:${session.id}`,
      reason: 'owner',
      facts: { user: session.userId },
    });
  });

  it('that is foreign, over or never was is answered alike, and stays as it was', async () => {
    const john = await signedIn('john.doe');
    const marys = await house.login('mary');
    const over = await signedIn('john.doe');
    await house.identity.logout(over.principal, origin);
    const answers = new Set<string>();
    for (const id of [marys.session.id, over.principal.credential.id ?? '', nobody, '', '\0', 'x'.repeat(10_000)]) {
      answers.add(await refusalOf(house.identity.sessions.revoke(john, id)));
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('identity.session_not_found');
    await house.authenticate(marys.token, 'precrime_token');
  });

  it('of anybody ends by an administrator’s word, once', async () => {
    const [root, marys] = [await signedIn('root'), await house.login('mary')];
    await house.identity.sessions.revoke(root, marys.session.id);
    expect(await codeOf(house.authenticate(marys.token, 'precrime_token'))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.sessions.revoke(root, marys.session.id))).toBe('identity.session_not_found');
    expect(await codeOf(house.identity.sessions.revoke(operator, marys.session.id))).toBe('identity.session_not_found');
    const revoked = (await house.audited()).filter(({ name }) => name === 'session.revoked');
    expect(revoked.map(({ reason }) => reason)).toEqual(['administrator']);
  });
});

describe('logging out everywhere', () => {
  it('ends every session of the account, the one at hand too, and nobody else’s; keys stay', async () => {
    const john = await signedIn('john.doe');
    const others = [await house.login('john.doe', goodPassword, 'onedb'), await house.login('john.doe')];
    const marys = await house.login('mary');
    const { value } = await house.identity.apiKeys.add(john.principal, { name: 'k' }, origin);
    expect(await house.identity.sessions.logoutEverywhere(john.principal, origin)).toEqual({ sessionsEnded: 3 });
    expect(await list(operator, { username: 'john.doe' })).toEqual([]);
    expect(await codeOf(house.authenticate(others[0]!.token, 'onedb_token'))).toBe('identity.unauthenticated');
    expect(await codeOf(house.authenticate(others[1]!.token, 'precrime_token'))).toBe('identity.unauthenticated');
    await house.authenticate(marys.token, 'precrime_token');
    await house.identity.authenticate({ presented: apiKey(value), accepts: ['api_key'], origin });
    expect((await house.audited()).find(({ reason }) => reason === 'logout_everywhere')).toMatchObject({
      name: 'session.revoked',
      subject: `user:${john.principal.userId}`,
      facts: { sessionsEnded: 3 },
    });
  });

  it('is not for who has no account', async () => {
    for (const kind of ['cli', 'loopback'] as const) {
      const principal = house.identity.localPrincipal(kind);
      expect(await codeOf(house.identity.sessions.logoutEverywhere(principal, origin))).toBe('access.denied');
    }
  });
});
