import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, goodPassword, type House, openHouse, operator, origin, refusalOf } from '../../test/identity/house.js';
import { Secret } from '../kernel/secret.js';
import { identityErrors } from './errors.js';

const minute = 60_000;
let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const complete = (code: Secret, username = 'root', password = goodPassword) =>
  house.identity.setup.complete(code, { username, password: new Secret(password) }, origin);

describe('setup', () => {
  it('is needed until an enabled administrator exists', async () => {
    expect(await house.identity.setup.isNeeded()).toBe(true);
    await house.addUser('member');
    expect(await house.identity.setup.isNeeded()).toBe(true);
    const { code, expiresAtMs } = await house.identity.setup.issueCode(operator.origin);
    expect(expiresAtMs).toBe(house.clock.nowMs() + 30 * minute);
    expect(code.reveal()).toMatch(/^[0-9A-Za-z]{43}$/);
    const { user, roles, organisation } = await complete(code);
    expect(user).toMatchObject({ kind: 'person', username: 'root' });
    expect(roles.map((role) => role.name)).toEqual(['administrator']);
    expect(organisation.uid).toBe('main');
    expect(await house.identity.setup.isNeeded()).toBe(false);
    const root = await house.authenticate((await house.login('root')).token, 'precrime_token');
    expect(root.allowed).toContain('directory.manage');
    expect(await codeOf(house.identity.users.disable(operator, 'root'))).toBe('identity.last_administrator');
    expect(await house.identity.setup.isNeeded()).toBe(false);
  });

  it('is one transaction with every event of it', async () => {
    const { code } = await house.identity.setup.issueCode(operator.origin);
    house.forget();
    await complete(code);
    expect(house.writes).toEqual([
      [
        'consumeSetupCode',
        ...['insertOrganisation', 'audit organisation.created'],
        ...['insertRole', 'audit role.created', 'insertRole', 'audit role.created'],
        ...['insertUser', 'audit user.created', 'assignRole', 'audit role.assigned'],
        'audit setup.completed',
      ],
    ]);
    const [completed, ...others] = await house.audited();
    expect(completed?.subject).toBe(`user:${completed?.actorId}`);
    // Nobody made the account and what it belongs to: the way in did.
    expect(new Set(others.map(({ actorId }) => actorId))).toEqual(new Set([null]));
  });

  it('of which fifty come at once makes exactly one administrator', async () => {
    const { code } = await house.identity.setup.issueCode(operator.origin);
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => complete(code, `root${at}`)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const codes = results.filter((result) => result.status === 'rejected').map((result) => result.reason.code);
    expect(new Set(codes)).toEqual(new Set(['identity.setup_code_invalid']));
    expect((await house.identity.users.list(operator, {}, { limit: 100 })).items).toHaveLength(1);
    expect((await house.identity.organisations.list(operator, { limit: 100 })).items.map((one) => one.uid)).toEqual([
      'acme',
      'main',
    ]);
  });

  it('refuses a code that is unknown, used, replaced or half an hour old, in one way', async () => {
    const expected = await refusalOf(Promise.reject(identityErrors.setup_code_invalid()));
    const { code: replaced } = await house.identity.setup.issueCode(operator.origin);
    const { code } = await house.identity.setup.issueCode(operator.origin);
    for (const wrong of [replaced, new Secret(''), new Secret('x'.repeat(43)), new Secret('x'.repeat(1_000_000))]) {
      expect(await refusalOf(complete(wrong))).toBe(expected);
    }
    house.clock.advance(30 * minute);
    expect(await refusalOf(complete(code))).toBe(expected);
    const { code: fresh } = await house.identity.setup.issueCode(operator.origin);
    house.clock.advance(30 * minute - 1);
    await complete(fresh);
    expect(await refusalOf(complete(fresh, 'root2'))).toBe(expected);
  });

  it('does not hash for strangers', async () => {
    const hashes: string[] = [];
    const counting = await openHouse({
      hasher: {
        assertRoom: () => undefined,
        hash: async () => String(hashes.push('hash')),
        verify: async () => false,
        close: async () => undefined,
      },
    });
    await counting.identity.setup.issueCode(operator.origin);
    const administrator = { username: 'root', password: new Secret(goodPassword) };
    expect(await codeOf(counting.identity.setup.complete(new Secret('wrong'), administrator, origin))).toBe(
      'identity.setup_code_invalid',
    );
    expect(hashes).toEqual([]);
    await counting.close();
  });

  it('is not to be had once an administrator exists, even with a code from before', async () => {
    const { code } = await house.identity.setup.issueCode(operator.origin);
    await house.addUser('root', { roles: ['administrator'] });
    expect(await codeOf(complete(code, 'root2'))).toBe('identity.setup_code_invalid');
    expect(await codeOf(house.identity.setup.issueCode(operator.origin))).toBe('identity.setup_code_invalid');
  });

  it('keeps the code good when the name or the password was not', async () => {
    const { code } = await house.identity.setup.issueCode(operator.origin);
    expect(await codeOf(complete(code, 'no name'))).toBe('identity.username_invalid');
    expect(await codeOf(complete(code, 'root', 'short'))).toBe('identity.password_rejected');
    await house.addUser('taken');
    expect(await codeOf(complete(code, 'taken'))).toBe('identity.username_taken');
    await complete(code);
  });
});
