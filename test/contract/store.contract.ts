/**
 * What every store must do, whichever database is under it. Run by `store.sqlite.test.ts` and
 * `store.postgres.test.ts` against real databases.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/index.js';
import { createAudit } from '../../src/audit/index.js';
import type {
  ApiKey,
  IdentityTransaction,
  ListedSession,
  Organisation,
  Role,
  Session,
  SessionListFilter,
  User,
} from '../../src/identity/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createKeyRing } from '../../src/secrets/index.js';
import { migrations } from '../../src/store/migrations/index.js';
import { openStore, type Store, type StoreOptions } from '../../src/store/open-store.js';

/** An empty database of its own, and a way around the store to its tables. */
export interface TestDatabase {
  readonly url: string;
  readonly dataDir: string;
  /** Runs one statement behind the store's back. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** Everything the database keeps, as bytes. */
  bytesAtRest(): Promise<Buffer>;
  remove(): Promise<void>;
}

export const startMs = 1_777_162_107_250;
export const masterKey = new Secret<Uint8Array>(Buffer.alloc(32, 7));

export function openTestStore(database: TestDatabase, more: Partial<StoreOptions> = {}): Promise<Store> {
  return openStore({
    url: database.url,
    dataDir: database.dataDir,
    keyRing: createKeyRing({ current: masterKey, randomBytes }),
    clock: { nowMs: () => startMs },
    ids: { uuid: randomUUID, bytes: randomBytes },
    onFatal: (error) => {
      throw error;
    },
    ...more,
  });
}

export function event(more: Partial<AuditEvent> = {}): AuditEvent {
  return {
    name: 'login.succeeded',
    atMs: startMs,
    origin: { door: 'native', requestId: 'r-1', address: '192.0.2.7' },
    actorId: null,
    credential: null,
    organisationId: null,
    subject: null,
    outcome: 'ok',
    reason: null,
    facts: {},
    ...more,
  };
}

export function newUser(organisationId: string, more: Partial<User> = {}): User {
  const name = `user-${randomBytes(6).toString('hex')}`;
  return {
    id: randomUUID(),
    organisationId,
    kind: 'person',
    username: name.toUpperCase(),
    canonicalName: name,
    displayName: 'Jo Döe 🦊',
    email: 'jo@example.test',
    firstName: null,
    lastName: null,
    createdAtMs: startMs,
    passwordChangedAtMs: null,
    passwordExpiresAtMs: null,
    passwordLapsesAtMs: null,
    disabledAtMs: null,
    lockedUntilMs: null,
    claims: new Map(),
    ...more,
  };
}

export function newSession(userId: string, more: Partial<Session> = {}): Session {
  return {
    id: randomUUID(),
    family: 'cloudio',
    userId,
    createdAtMs: startMs,
    expiresAtMs: startMs + 60_000,
    idleMs: null,
    lastSeenAtMs: startMs,
    lineStartedAtMs: startMs,
    ...more,
  };
}

/** Later than anything another test leaves behind. */
const farMs = startMs + 1_000_000_000_000;

export const newDigest = () => randomBytes(32).toString('hex');

export function newApiKey(userId: string, more: Partial<ApiKey> = {}): ApiKey {
  return {
    id: randomUUID(),
    userId,
    name: 'ci',
    prefix: 'lk_12345',
    last4: 'wxyz',
    createdAtMs: startMs,
    expiresAtMs: null,
    lastUsedAtMs: null,
    ...{ purpose: null, scopes: null, sources: null, cidrs: null, lastUsedAddress: null, successorId: null },
    ...more,
  };
}

/** `{ code }` of what the promise rejects with, or what it gave. */
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

export async function newOrganisation(
  store: Store,
  uid = `org-${randomBytes(6).toString('hex')}`,
): Promise<Organisation> {
  return store.identity.transaction((tx) =>
    tx.insertOrganisation({ id: randomUUID(), uid, name: uid.toUpperCase(), createdAtMs: startMs }),
  );
}

function newRole(store: Store, organisationId: string, name: string, allowed: Role['allowed']): Promise<Role> {
  return store.identity.transaction((tx) =>
    tx.insertRole({ id: randomUUID(), organisationId, name, allowed, createdAtMs: startMs }),
  );
}

export async function addUser(store: Store, organisation: Organisation, more: Partial<User> = {}): Promise<User> {
  const user = newUser(organisation.id, more);
  await store.identity.transaction((tx) => tx.insertUser(user, null));
  return user;
}

export function describeStore(createDatabase: () => Promise<TestDatabase>): void {
  describe('identity', () => {
    let database: TestDatabase;
    let store: Store;
    let organisation: Organisation;
    const write = <T>(work: (tx: IdentityTransaction) => Promise<T>): Promise<T> => store.identity.transaction(work);

    beforeAll(async () => {
      database = await createDatabase();
      store = await openTestStore(database);
      organisation = await newOrganisation(store);
    });
    afterAll(async () => {
      await store.close();
      await database.remove();
    });

    test('organisations get the next number, are found by uid and listed in pages', async () => {
      const made = [await newOrganisation(store), await newOrganisation(store), await newOrganisation(store)];
      expect(made.map(({ number }) => number - made[0]!.number)).toEqual([0, 1, 2]);
      expect(await store.identity.findOrganisation(made[1]!.uid)).toEqual(made[1]);
      expect(await write((tx) => tx.findOrganisation(made[1]!.uid))).toEqual(made[1]);
      expect(await store.identity.findOrganisation('nobody')).toBeNull();
      const first = await store.identity.listOrganisations({ limit: 2 });
      expect(first.items).toHaveLength(2);
      const seen = [...first.items];
      for (let cursor = first.nextCursor; cursor !== undefined; ) {
        const page = await store.identity.listOrganisations({ limit: 2, cursor });
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(seen.map(({ number }) => number)).toEqual(
        [...new Set(seen.map(({ number }) => number))].sort((a, b) => a - b),
      );
      expect(seen).toEqual(expect.arrayContaining(made));
    });

    test('an organisation uid is given once, and a refused insert leaves no gap in the numbers', async () => {
      const made = await newOrganisation(store);
      expect(await codeOf(newOrganisation(store, made.uid))).toBe('identity.organisation_exists');
      expect((await newOrganisation(store)).number).toBe(made.number + 1);
    });

    test('organisations made at once get different numbers', async () => {
      const made = await Promise.all(Array.from({ length: 12 }, () => newOrganisation(store)));
      expect(new Set(made.map(({ number }) => number)).size).toBe(12);
    });

    test('roles are unique in their organisation and listed by number', async () => {
      const other = await newOrganisation(store);
      const a = await newRole(store, organisation.id, 'reader', ['data.use']);
      const b = await newRole(store, other.id, 'reader', []);
      expect(b.number).toBeGreaterThan(a.number);
      expect(await codeOf(newRole(store, organisation.id, 'reader', []))).toBe('identity.role_exists');
      expect(await store.identity.findRole(organisation.id, 'reader')).toEqual(a);
      expect(await write((tx) => tx.findRole(other.id, 'reader'))).toEqual(b);
      expect(await store.identity.findRole(organisation.id, 'READER')).toBeNull();
      expect((await store.identity.listRoles(other.id)).map(({ id }) => id)).toEqual([b.id]);
    });

    test('an action that this version does not know grants nothing', async () => {
      const role = await newRole(store, organisation.id, 'future', ['data.use']);
      await database.sql(`update roles set allowed = '["data.use","future.power",7]' where id = '${role.id}'`);
      expect((await store.identity.findRole(organisation.id, 'future'))?.allowed).toEqual(['data.use']);
      await database.sql(`update roles set allowed = 'not json' where id = '${role.id}'`);
      expect((await store.identity.findRole(organisation.id, 'future'))?.allowed).toEqual([]);
    });

    test('a user is found by canonical name with its hash, and by id with organisation and roles', async () => {
      const user = newUser(organisation.id, { passwordExpiresAtMs: startMs + 5, firstName: 'Jo' });
      const [one, two] = [
        await newRole(store, organisation.id, 'one', ['data.use']),
        await newRole(store, organisation.id, 'two', ['vault.use', 'audit.read']),
      ];
      await write(async (tx) => {
        await tx.insertUser(user, '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA');
        await tx.assignRole(user.id, two.id);
        await tx.assignRole(user.id, one.id);
        await tx.assignRole(user.id, one.id);
      });
      expect(await store.identity.findUserByName(user.canonicalName)).toEqual({
        user,
        passwordHash: '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA',
      });
      expect(await store.identity.findProfile(user.id)).toEqual({ user, organisation, roles: [one, two] });
      await write((tx) => tx.unassignRole(user.id, one.id));
      expect((await store.identity.findProfile(user.id))?.roles).toEqual([two]);
      expect(await store.identity.findUserByName(user.username)).toBeNull();
      expect(await store.identity.findProfile(randomUUID())).toBeNull();
    });

    test('of 20 users of one canonical name made at once, one is made', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => codeOf(addUser(store, organisation, { canonicalName: 'wanted' }))),
      );
      expect(outcomes.filter((code) => code === 'identity.username_taken')).toHaveLength(19);
      expect(await store.identity.findUserByName('wanted')).not.toBeNull();
    });

    test('a transaction can go on after a name was taken', async () => {
      const taken = await addUser(store, organisation);
      const spare = newUser(organisation.id);
      await write(async (tx) => {
        expect(
          await codeOf(tx.insertUser(newUser(organisation.id, { canonicalName: taken.canonicalName }), null)),
        ).toBe('identity.username_taken');
        await tx.insertUser(spare, null);
      });
      expect(await store.identity.findUserByName(spare.canonicalName)).not.toBeNull();
    });

    test('updating a user writes what may change and nothing else', async () => {
      const user = await addUser(store, organisation);
      const changed: User = {
        ...user,
        displayName: 'New',
        email: null,
        firstName: 'F',
        lastName: 'L',
        passwordExpiresAtMs: 1,
        disabledAtMs: 2,
        lockedUntilMs: 3,
      };
      await write((tx) => tx.updateUser({ ...changed, username: 'other', canonicalName: 'other', kind: 'api' }));
      expect((await store.identity.findProfile(user.id))?.user).toEqual(changed);
    });

    test('former passwords are kept newest first, so many as are wanted, and go with the user', async () => {
      const user = await addUser(store, organisation);
      const other = await addUser(store, organisation);
      const listed = (limit: number) => store.identity.listFormerPasswords(user.id, limit);
      for (const [at, hash] of ['a', 'b', 'c', 'd'].entries()) {
        await write((tx) => tx.keepFormerPassword(user.id, hash, startMs, 3));
        await write((tx) => tx.keepFormerPassword(other.id, `other ${at}`, startMs, 24));
      }
      expect(await listed(10)).toEqual(['d', 'c', 'b']);
      expect(await listed(2)).toEqual(['d', 'c']);
      expect(await listed(0)).toEqual([]);
      await write((tx) => tx.keepFormerPassword(user.id, 'e', startMs, 1));
      expect(await listed(10)).toEqual(['e']);
      await write((tx) => tx.keepFormerPassword(user.id, 'f', startMs, 0));
      expect(await listed(10)).toEqual([]);
      await write((tx) => tx.deleteUser(other.id));
      expect(await store.identity.listFormerPasswords(other.id, 10)).toEqual([]);
    });

    test('a temporary password is one until it is replaced, and no other change touches that', async () => {
      const user = await addUser(store, organisation);
      const lapse = async () => (await store.identity.findProfile(user.id))?.user.passwordLapsesAtMs;
      const hash = '$argon2id$v=19$m=8,t=1,p=1$a$b';
      await write((tx) => tx.updatePassword(user.id, hash, startMs, startMs, startMs + 9));
      expect((await store.identity.findUserByName(user.canonicalName))?.user.passwordLapsesAtMs).toBe(startMs + 9);
      await write((tx) => tx.updateUser({ ...user, passwordExpiresAtMs: null }));
      await write((tx) => tx.rehashPassword(user.id, hash, '$argon2id$v=19$m=9,t=9,p=9$c$d'));
      expect(await lapse()).toBe(startMs + 9);
      await write((tx) => tx.updatePassword(user.id, hash, startMs + 1, null));
      expect(await lapse()).toBeNull();
    });

    test('a password is changed with its times, and rehashed only while it is still the same', async () => {
      const user = await addUser(store, organisation);
      const hashOf = async () => (await store.identity.findUserByName(user.canonicalName))?.passwordHash;
      await write((tx) => tx.updatePassword(user.id, '$argon2id$v=19$m=8,t=1,p=1$a$b', startMs + 1, startMs + 2));
      expect((await store.identity.findProfile(user.id))?.user).toMatchObject({
        passwordChangedAtMs: startMs + 1,
        passwordExpiresAtMs: startMs + 2,
      });
      await write((tx) => tx.rehashPassword(user.id, 'an older hash', '$argon2id$v=19$m=9,t=9,p=9$c$d'));
      expect(await hashOf()).toBe('$argon2id$v=19$m=8,t=1,p=1$a$b');
      await write((tx) =>
        tx.rehashPassword(user.id, '$argon2id$v=19$m=8,t=1,p=1$a$b', '$argon2id$v=19$m=9,t=9,p=9$c$d'),
      );
      expect(await hashOf()).toBe('$argon2id$v=19$m=9,t=9,p=9$c$d');
      expect(await store.identity.passwordParameterMix()).toContainEqual({
        prefix: '$argon2id$v=19$m=9,t=9,p=9',
        count: 1,
      });
    });

    test('two that change one user at once do not lose either change', async () => {
      const user = await addUser(store, organisation);
      const change = (more: Partial<User>) =>
        write(async (tx) => {
          const found = await tx.findUserForChange(user.id);
          await tx.updateUser({ ...found!.user, ...more });
        });
      await Promise.all([change({ firstName: 'A' }), change({ lastName: 'B' }), change({ email: null })]);
      expect((await store.identity.findProfile(user.id))?.user).toMatchObject({
        firstName: 'A',
        lastName: 'B',
        email: null,
      });
      expect(await write((tx) => tx.findUserForChange(randomUUID()))).toBeNull();
    });

    test('a user is as it was seen until it is disabled, gets another password or is removed', async () => {
      const seen = await addUser(store, organisation);
      const isSo = (one: User | null = seen) => write((tx) => tx.isUserAsSeen(seen.id, one));
      expect([await isSo(), await isSo(null)]).toEqual([true, true]);
      await write((tx) => tx.updateUser({ ...seen, displayName: 'Another' }));
      expect(await isSo()).toBe(true);
      await write((tx) => tx.updateUser({ ...seen, disabledAtMs: startMs }));
      expect([await isSo(), await isSo(null)]).toEqual([false, true]);
      await write((tx) => tx.updateUser(seen));
      await write((tx) => tx.updatePassword(seen.id, '$argon2id$v=19$m=8,t=1,p=1$a$b', startMs + 1, null));
      expect([await isSo(), await isSo({ ...seen, passwordChangedAtMs: startMs + 1 })]).toEqual([false, true]);
      await write((tx) => tx.deleteUser(seen.id));
      expect([await isSo(), await isSo(null)]).toEqual([false, false]);
    });

    test('users are listed by canonical name, by kind and by organisation, in pages', async () => {
      const own = await newOrganisation(store);
      const names = ['z-last', 'ä-umlaut', 'B-upper', 'a-first'].map((name) => `${name}-${own.number}`);
      for (const canonicalName of names) await addUser(store, own, { canonicalName, kind: 'service' });
      await addUser(store, own, { kind: 'api' });
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.identity.listUsers(
          { organisationId: own.id, kind: 'service' },
          cursor === undefined ? { limit: 1 } : { limit: 1, cursor },
        );
        seen.push(...page.items.map(({ canonicalName }) => canonicalName));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      // By bytes, in both databases.
      expect(seen).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect((await store.identity.listUsers({ organisationId: own.id }, { limit: 10 })).items).toHaveLength(5);
    });

    test('users are found by a part of what they are called, none of which is a pattern', async () => {
      const own = await newOrganisation(store);
      const names = ['über-a%', 'under_b', 'plain-c'].map((name) => `${name}-${own.number}`);
      for (const canonicalName of names) {
        await addUser(store, own, { canonicalName, displayName: `Shown ${canonicalName}`, email: 'Some@Acme.example' });
      }
      const find = async (search: string) => {
        const { items } = await store.identity.listUsers({ organisationId: own.id, search }, { limit: 10 });
        return items.map(({ canonicalName, organisation }) => [canonicalName, organisation]);
      };
      expect(await find('über-a%')).toEqual([[names[0], own.uid]]);
      expect(await find('_')).toEqual([[names[1], own.uid]]);
      expect(await find('shown plain')).toEqual([[names[2], own.uid]]);
      expect(await find('@acme')).toHaveLength(3);
      expect(await find('a%-')).toEqual([[names[0], own.uid]]);
      expect(await find('nobody')).toEqual([]);
    });

    test.each([
      { limit: 0 },
      { limit: 1001 },
      { limit: 1.5 },
      { limit: 1, cursor: '' },
      { limit: 1, cursor: 'x' },
      { limit: 1, cursor: Buffer.from('[1,2,3]').toString('base64url') },
      { limit: 1, cursor: Buffer.from('["a\\u0000"]').toString('base64url') },
      { limit: 1, cursor: 'A'.repeat(5_000) },
    ])('a page request that no list made is refused: %j', async (page) => {
      expect(await codeOf(store.identity.listUsers({}, page))).toBe('store.page_invalid');
    });

    test('names are found by ids, and everything that is good is counted, of one organisation or of all', async () => {
      const [own, other] = [await newOrganisation(store), await newOrganisation(store)];
      const person = await addUser(store, own);
      await addUser(store, own, { kind: 'api' });
      await addUser(store, own, { kind: 'service' });
      const foreign = await addUser(store, other);
      const ids = { users: [person.id, foreign.id, 'nobody'], organisations: [own.id, 'nowhere'] };
      const all = await store.identity.findNames(ids);
      expect([...all.users].sort()).toEqual(
        [
          [person.id, person.username],
          [foreign.id, foreign.username],
        ].sort(),
      );
      expect([...all.organisations]).toEqual([[own.id, own.uid]]);
      const { users } = await store.identity.findNames({ ...ids, organisationId: own.id });
      expect([...users]).toEqual([[person.id, person.username]]);
      expect((await store.identity.findNames({ users: [], organisations: [] })).users.size).toBe(0);

      await store.identity.transaction(async (tx) => {
        for (const expiresAtMs of [null, startMs + 2, startMs + 1]) {
          await tx.insertApiKey({ key: newApiKey(person.id, { expiresAtMs }), digest: newDigest(), value: null });
        }
        for (const more of [{}, { expiresAtMs: startMs + 1 }, { idleMs: 1, lastSeenAtMs: startMs - 70_000 }]) {
          const session = newSession(person.id, more);
          await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
        }
      });
      const count = (organisationId: string | null) =>
        store.identity.countDirectory({ organisationId, nowMs: startMs + 1 });
      const counted = { users: 2, serviceAccounts: 1, organisations: 1, apiKeys: 2, sessions: 1 };
      expect(await count(own.id)).toEqual(counted);
      expect(await count(other.id)).toEqual({
        ...{ users: 1, serviceAccounts: 0, organisations: 1, apiKeys: 0, sessions: 0 },
      });
      const before = await count(null);
      await store.identity.transaction((tx) => tx.updateUser({ ...person, disabledAtMs: startMs }));
      expect(await count(null)).toEqual({ ...before, apiKeys: before.apiKeys - 2, sessions: before.sessions - 1 });
    });

    test('an administrator is an enabled user with a role that allows it', async () => {
      const { store: own, close } = await openOwn(createDatabase);
      const there = await newOrganisation(own);
      const role = await newRole(own, there.id, 'administrator', ['directory.manage']);
      const user = await addUser(own, there);
      expect(await own.identity.hasAdministrator()).toBe(false);
      await own.identity.transaction((tx) => tx.assignRole(user.id, role.id));
      expect(await own.identity.hasAdministrator()).toBe(true);
      await own.identity.transaction((tx) => tx.updateUser({ ...user, disabledAtMs: startMs }));
      expect(await own.identity.hasAdministrator()).toBe(false);
      expect(await own.identity.transaction((tx) => tx.hasAdministrator())).toBe(false);
      await close();
    });

    test('a live session is found by id and by token digest with its csrf and its owner', async () => {
      const user = await addUser(store, organisation);
      const session = newSession(user.id, { idleMs: 1_000, family: 'console' });
      const tokenDigest = newDigest();
      const csrf = new Secret(randomUUID());
      expect(await write((tx) => tx.insertSession({ session, tokenDigest, csrf }))).toEqual(session);
      for (const view of [
        await store.identity.findSessionById(session.id),
        await store.identity.findSessionByTokenDigest(tokenDigest),
      ]) {
        expect(view?.session).toEqual(session);
        expect(view?.csrf?.reveal()).toBe(csrf.reveal());
        expect(view?.profile).toEqual({ user, organisation, roles: [] });
      }
      expect(await store.identity.findSessionByTokenDigest(session.id)).toBeNull();
    });

    test('the same token bytes are the same session, and stay ended once ended', async () => {
      const user = await addUser(store, organisation);
      const session = newSession(user.id);
      const tokenDigest = newDigest();
      const again = () => write((tx) => tx.insertSession({ session: newSession(user.id), tokenDigest, csrf: null }));
      await write((tx) => tx.insertSession({ session, tokenDigest, csrf: null }));
      expect(await again()).toEqual(session);
      expect(await write((tx) => tx.endSession(session.id, startMs))).toBe(true);
      expect(await write((tx) => tx.endSession(session.id, startMs))).toBe(false);
      expect(await again()).toBeNull();
      expect(await store.identity.findSessionById(session.id)).toBeNull();
      expect(await store.identity.findSessionByTokenDigest(tokenDigest)).toBeNull();
    });

    test('all sessions of a user end, also those that expired, and nobody else’s', async () => {
      const [user, other] = [await addUser(store, organisation), await addUser(store, organisation)];
      const sessions = [newSession(user.id), newSession(user.id, { expiresAtMs: 1 }), newSession(other.id)];
      await write(async (tx) => {
        for (const session of sessions) await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
      });
      expect(await write((tx) => tx.endSessionsOfUser(user.id, startMs))).toBe(2);
      expect(await write((tx) => tx.endSessionsOfUser(user.id, startMs))).toBe(0);
      const left = await Promise.all(sessions.map(({ id }) => store.identity.findSessionById(id)));
      expect(left.map((view) => view !== null)).toEqual([false, false, true]);
    });

    test('sessions are listed newest first, in pages, by whose they are, and only live ones where that is asked', async () => {
      const there = await newOrganisation(store);
      const [user, other] = [await addUser(store, there), await addUser(store, there)];
      const at = (owner: User, offset: number, more: Partial<Session> = {}) =>
        newSession(owner.id, { createdAtMs: startMs + offset, ...more });
      const sessions = [
        ...[at(user, 1), at(user, 2, { family: 'onedb' }), at(user, 2), at(other, 3)],
        at(user, 4, { expiresAtMs: startMs + 10 }),
        at(user, 5, { idleMs: 5, lastSeenAtMs: startMs - 60_000 }),
        at(user, 6, { idleMs: 5, lastSeenAtMs: startMs }),
        at(user, 7),
      ];
      await write(async (tx) => {
        for (const session of sessions) {
          await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null, address: '192.0.2.9' });
        }
        await tx.endSession(sessions[7]!.id, startMs + 8);
      });
      const list = async (filter: SessionListFilter, limit: number) => {
        const seen: ListedSession[] = [];
        for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
          const request = cursor === undefined ? { limit } : { limit, cursor };
          const page = await store.identity.listSessions(filter, request);
          seen.push(...page.items);
          cursor = page.nextCursor;
        }
        return seen;
      };
      const organisationId = there.id;
      const twins = [sessions[1]!, sessions[2]!].sort((a, b) => (a.id < b.id ? 1 : -1));
      const all = [7, 6, 5, 4, 3].map((place) => sessions[place]!);
      const newestFirst = [...all, ...twins, sessions[0]!].map(({ id }) => id);
      const listed = await list({ organisationId }, 3);
      expect(listed.map(({ id }) => id)).toEqual(newestFirst);
      expect(listed[0]).toEqual({
        ...sessions[7],
        ...{ username: user.username, organisation: there.uid, address: '192.0.2.9', endedAtMs: startMs + 8 },
      });
      const live = await list({ organisationId, userId: user.id, liveAtMs: startMs + 10 }, 1);
      expect(live.map(({ id }) => id)).toEqual([sessions[6]!.id, ...twins.map(({ id }) => id), sessions[0]!.id]);
      expect(await list({ organisationId, family: 'onedb' }, 5)).toHaveLength(1);
      expect(await list({ organisationId, createdAfterMs: startMs + 3 }, 5)).toHaveLength(4);
      await write((tx) => tx.updateUser({ ...user, disabledAtMs: startMs }));
      expect((await list({ organisationId, liveAtMs: startMs + 10 }, 5)).map(({ id }) => id)).toEqual([
        sessions[3]!.id,
      ]);
    });

    test('only the oldest live sessions over the limit end, and the spared one never', async () => {
      const user = await addUser(store, organisation);
      const at = (offset: number, more: Partial<Session> = {}) =>
        newSession(user.id, { createdAtMs: startMs + offset, ...more });
      const sessions = [at(1), at(2), at(3, { expiresAtMs: startMs }), at(4), at(5)];
      await write(async (tx) => {
        for (const session of sessions) await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
      });
      const end = (keep: number, spare: number) =>
        write((tx) => tx.endOldestSessions(user.id, keep, sessions[spare]!.id, startMs));
      expect(await end(4, 4)).toEqual([]);
      expect(await end(2, 0)).toEqual([sessions[1]!.id, sessions[3]!.id]);
      expect(await end(1, 0)).toEqual([sessions[4]!.id]);
      expect(await end(1, 0)).toEqual([]);
      expect(await store.identity.findSessionById(sessions[0]!.id)).not.toBeNull();
    });

    test('many sign-ins at once end with the limit kept', async () => {
      const user = await addUser(store, organisation);
      await Promise.all(
        Array.from({ length: 16 }, () =>
          write(async (tx) => {
            const session = newSession(user.id);
            await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
            await tx.endOldestSessions(user.id, 3, session.id, startMs);
          }),
        ),
      );
      const rows = await database.sql(
        `select count(*) as live from sessions where user_id = '${user.id}' and ended_at_ms is null`,
      );
      expect(Number(rows[0]?.['live'])).toBe(3);
    });

    test('when something was last used only moves forward', async () => {
      const user = await addUser(store, organisation);
      const session = newSession(user.id);
      const key = newApiKey(user.id);
      await write(async (tx) => {
        await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
        await tx.insertApiKey({ key, digest: newDigest(), value: null });
      });
      for (const atMs of [startMs + 9, startMs + 4]) {
        await write(async (tx) => {
          await tx.touchSessions([{ id: session.id, atMs }]);
          await tx.touchApiKeys([{ id: key.id, atMs }]);
        });
      }
      expect((await store.identity.findSessionById(session.id))?.session.lastSeenAtMs).toBe(startMs + 9);
      expect((await store.identity.findApiKeyById(key.id))?.lastUsedAtMs).toBe(startMs + 9);
    });

    test('when many were last used is written together, of each what is later; who is not there is passed over', async () => {
      const user = await addUser(store, organisation);
      const keys = Array.from({ length: 60 }, () => newApiKey(user.id));
      const sessions = Array.from({ length: 60 }, () => newSession(user.id));
      await write(async (tx) => {
        for (const key of keys) await tx.insertApiKey({ key, digest: newDigest(), value: null });
        for (const session of sessions) await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
      });
      const usesOf = (them: readonly { readonly id: string }[], atMs: (place: number) => number) =>
        them.map(({ id }, place) => ({ id, atMs: atMs(place) }));
      const strangers = [`${keys[0]!.id}x`, "it's", '', '"]', '\\'].map((id) => ({ id, atMs: startMs + 100 }));
      // In the middle of others, and in another order each time, as several processes write.
      await Promise.all(
        [1, 2, 3].map((round) =>
          write(async (tx) => {
            const mixed = (them: readonly { readonly id: string; readonly atMs: number }[]) =>
              round === 2 ? them.toReversed() : them;
            await tx.touchApiKeys([...strangers, ...mixed(usesOf(keys, (place) => startMs + place + round))]);
            await tx.touchSessions([...strangers, ...mixed(usesOf(sessions, (place) => startMs + place + round))]);
          }),
        ),
      );
      for (const [place, key] of keys.entries()) {
        expect((await store.identity.findApiKeyById(key.id))?.lastUsedAtMs).toBe(startMs + place + 3);
      }
      for (const [place, session] of sessions.entries()) {
        const found = await store.identity.findSessionById(session.id);
        expect(found?.session.lastSeenAtMs).toBe(startMs + place + 3);
      }
    });

    test('API keys are found by digest, listed oldest first with their values, and deleted by their owner only', async () => {
      const [user, other] = [await addUser(store, organisation), await addUser(store, organisation)];
      const keys = [2, 1, 3].map((offset) =>
        newApiKey(user.id, { createdAtMs: startMs + offset, expiresAtMs: offset }),
      );
      const digests = keys.map(newDigest);
      await write(async (tx) => {
        for (const [place, key] of keys.entries()) {
          const value = place === 2 ? null : new Secret(`lk_value_${place}_é`);
          await tx.insertApiKey({ key, digest: digests[place]!, value });
        }
      });
      expect(await store.identity.findApiKeyByDigest(digests[0]!)).toEqual({
        key: keys[0],
        profile: { user, organisation, roles: [] },
      });
      const first = await store.identity.listApiKeys(user.id, { limit: 2 });
      const second = await store.identity.listApiKeys(user.id, { limit: 2, cursor: first.nextCursor! });
      expect([...first.items, ...second.items].map((key) => [key.id, key.value?.reveal() ?? null])).toEqual([
        [keys[1]!.id, 'lk_value_1_é'],
        [keys[0]!.id, 'lk_value_0_é'],
        [keys[2]!.id, null],
      ]);
      expect(second.nextCursor).toBeUndefined();
      expect(await write((tx) => tx.deleteApiKey(other.id, keys[0]!.id))).toBe(false);
      expect(await write((tx) => tx.deleteApiKey(user.id, keys[0]!.id))).toBe(true);
      expect(await write((tx) => tx.deleteApiKey(user.id, keys[0]!.id))).toBe(false);
      expect(await store.identity.findApiKeyByDigest(digests[0]!)).toBeNull();
      expect(await store.identity.findApiKeyById(keys[0]!.id)).toBeNull();
    });

    test('what a key is narrowed to is kept, changed, and nothing at all where the row is damaged', async () => {
      const user = await addUser(store, organisation);
      const key = newApiKey(user.id, {
        ...{ purpose: 'nightly', scopes: ['sources.inspect'], sources: ['s-1', 's-2'], cidrs: ['10.0.0.0/8'] },
      });
      const digest = newDigest();
      await write((tx) => tx.insertApiKey({ key, digest, value: null }));
      expect((await store.identity.findApiKeyByDigest(digest))?.key).toEqual(key);
      expect(await write((tx) => tx.findApiKeyForChange(key.id))).toEqual(key);
      expect(await write((tx) => tx.findApiKeyForChange('none'))).toBeNull();

      const less: ApiKey = { ...key, scopes: [], sources: ['s-2'], expiresAtMs: startMs + 5, successorId: 'k-2' };
      await write((tx) => tx.updateApiKey({ ...less, name: 'another', purpose: 'another' }));
      expect(await store.identity.findApiKeyById(key.id)).toEqual(less);

      for (const damaged of ['', '{', 'null', '"sources.manage"', '{"0":"sources.manage"}', '[1,["10.0.0.0/8"]]']) {
        await database.sql(`update api_keys set scopes = '${damaged}', sources = '${damaged}', cidrs = '${damaged}'`);
        expect((await store.identity.findApiKeyByDigest(digest))?.key).toMatchObject({
          ...{ scopes: [], sources: [], cidrs: [] },
        });
      }
    });

    test('keys are counted while they are good, found by the request that made them, and cleared away after', async () => {
      const [user, other] = [await addUser(store, organisation), await addUser(store, organisation)];
      const ended = newApiKey(user.id, { expiresAtMs: startMs });
      const keys = [
        ended,
        newApiKey(user.id, { expiresAtMs: startMs + 1 }),
        newApiKey(user.id, { expiresAtMs: startMs + 1, successorId: 'k' }),
        newApiKey(user.id),
      ];
      const request = { digest: newDigest(), content: newDigest() };
      await write(async (tx) => {
        for (const key of [...keys, newApiKey(other.id)]) {
          await tx.insertApiKey({ key, digest: newDigest(), value: null, request: key === keys[3] ? request : null });
        }
      });
      expect(await write((tx) => tx.countApiKeys(user.id, startMs, startMs + 1))).toEqual({
        current: 2,
        retiring: 1,
        ended: 1,
      });
      const hasRoom = (limit: number, endedBeforeMs: number) =>
        write((tx) => tx.hasRoomForApiKey(user.id, limit, endedBeforeMs));
      expect([await hasRoom(5, startMs), await hasRoom(4, startMs), await hasRoom(5, startMs + 1)]).toEqual([
        true,
        false,
        false,
      ]);
      const find = (userId: string, sinceMs: number) =>
        write((tx) => tx.findApiKeyByRequest(userId, request.digest, sinceMs));
      expect(await find(user.id, startMs - 1)).toEqual({ key: keys[3], content: request.content });
      expect(await find(user.id, startMs)).toBeNull();
      expect(await find(other.id, startMs - 1)).toBeNull();
      expect(await write((tx) => tx.removeEndedApiKeys(user.id, startMs + 1))).toEqual([ended.id]);
      expect(await store.identity.findApiKeyById(ended.id)).toBeNull();
      expect(await write((tx) => tx.countApiKeys(user.id, startMs, startMs + 1))).toEqual({
        current: 2,
        retiring: 1,
        ended: 0,
      });
    });

    test('what ends soon is listed, the soonest first, with whose it is', async () => {
      const user = newUser(organisation.id, { passwordExpiresAtMs: farMs + 3 });
      const disabled = newUser(organisation.id, { passwordExpiresAtMs: farMs + 2, disabledAtMs: startMs });
      const temporary = newUser(organisation.id, { passwordExpiresAtMs: 1, passwordLapsesAtMs: farMs + 4 });
      await addUser(store, organisation, { passwordExpiresAtMs: farMs + 2 });
      await write(async (tx) => {
        for (const one of [user, disabled, temporary]) await tx.insertUser(one, '$argon2id$v=19$m=8,t=1,p=1$a$b');
        for (const [offset, successorId] of [
          [1, null],
          [0, 'k'],
          [5, null],
        ] as const) {
          const key = newApiKey(user.id, { name: `k${offset}`, expiresAtMs: farMs + offset, successorId });
          await tx.insertApiKey({ key, digest: newDigest(), value: null });
        }
      });
      const within = { fromMs: farMs, untilMs: farMs + 5 };
      const list = (limit: number) => store.identity.listExpiring({ ...within, limit });
      const whose = { owner: user.username, organisation: organisation.uid };
      expect(await list(10)).toEqual([
        { kind: 'api_key', id: expect.any(String), name: 'k0', ...whose, expiresAtMs: farMs, detail: 'retiring' },
        { kind: 'api_key', id: expect.any(String), name: 'k1', ...whose, expiresAtMs: farMs + 1, detail: null },
        { kind: 'password', id: user.id, name: user.username, ...whose, expiresAtMs: farMs + 3, detail: null },
        {
          ...{ kind: 'password', id: temporary.id, name: temporary.username, owner: temporary.username },
          ...{ organisation: organisation.uid, expiresAtMs: farMs + 4, detail: 'temporary' },
        },
      ]);
      expect(await list(1)).toHaveLength(2);
      const listOf = (organisationId: string) => store.identity.listExpiring({ ...within, organisationId, limit: 10 });
      expect(await listOf(organisation.id)).toEqual(await list(10));
      expect(await listOf(randomUUID())).toEqual([]);
    });

    test('uses of a key are added up by day, and go with the key', async () => {
      const user = await addUser(store, organisation);
      const key = newApiKey(user.id);
      await write((tx) => tx.insertApiKey({ key, digest: newDigest(), value: null }));
      const use = (day: number, uses: number, lastUsedAtMs: number, lastUsedAddress: string | null) =>
        write((tx) => tx.addApiKeyUses(key.id, { day, uses, lastUsedAtMs, lastUsedAddress }));
      await use(7, 2, startMs + 1, '192.0.2.1');
      await use(8, 1, startMs + 2, null);
      await use(8, 5, startMs + 3, '192.0.2.2');
      await write((tx) => tx.addApiKeyUses('none', { day: 8, uses: 1, lastUsedAtMs: startMs, lastUsedAddress: null }));
      expect(await store.identity.listApiKeyUses(key.id)).toEqual([
        { day: 8, uses: 6, lastUsedAtMs: startMs + 3, lastUsedAddress: '192.0.2.2' },
        { day: 7, uses: 2, lastUsedAtMs: startMs + 1, lastUsedAddress: '192.0.2.1' },
      ]);
      expect(await store.identity.findApiKeyById(key.id)).toMatchObject({
        lastUsedAtMs: startMs + 3,
        lastUsedAddress: '192.0.2.2',
      });
      await write((tx) => tx.deleteApiKey(user.id, key.id));
      expect(await store.identity.listApiKeyUses(key.id)).toEqual([]);
      expect(await database.sql(`select * from api_key_uses where key_id = '${key.id}'`)).toEqual([]);
    });

    test('a removed user takes sessions, keys and roles along, and nobody else’s', async () => {
      const [user, other] = [await addUser(store, organisation), await addUser(store, organisation)];
      const role = await newRole(store, organisation.id, `role-${randomUUID()}`, ['data.use']);
      const sessions = [newSession(user.id), newSession(other.id)];
      const key = newApiKey(user.id);
      await write(async (tx) => {
        for (const session of sessions) await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
        await tx.insertApiKey({ key, digest: newDigest(), value: null });
        await tx.assignRole(user.id, role.id);
        await tx.deleteUser(user.id);
      });
      expect(await store.identity.findProfile(user.id)).toBeNull();
      expect(await store.identity.findSessionById(sessions[0]!.id)).toBeNull();
      expect(await store.identity.findApiKeyById(key.id)).toBeNull();
      expect(await database.sql(`select * from user_roles where role_id = '${role.id}'`)).toEqual([]);
      expect(await store.identity.findSessionById(sessions[1]!.id)).not.toBeNull();
    });

    test('one key of a family signs, however many are made at once; retired ones are listed too', async () => {
      const make = (more: { createdAtMs: number; retiredAtMs: number | null }) => {
        const secret = new Secret<Uint8Array>(randomBytes(64));
        return write((tx) =>
          tx.insertSigningKey({
            ...{ id: randomUUID(), family: 'onedb', algorithm: 'HS512', secret, signsFromMs: more.createdAtMs + 7 },
            ...more,
          }),
        );
      };
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => make({ createdAtMs: startMs, retiredAtMs: null })),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await make({ createdAtMs: startMs - 5, retiredAtMs: startMs })).toBe(true);
      const keys = await store.identity.listSigningKeys('onedb');
      expect(keys.map(({ createdAtMs, retiredAtMs }) => [createdAtMs, retiredAtMs])).toEqual([
        [startMs, null],
        [startMs - 5, startMs],
      ]);
      expect(keys.map(({ secret }) => secret.reveal().length)).toEqual([64, 64]);
      expect(keys.map(({ signsFromMs }) => signsFromMs)).toEqual([startMs + 7, startMs + 2]);
      expect(await store.identity.listSigningKeys('cloudio')).toEqual([]);
    });

    test('a signing key is retired once, and removed with nothing else', async () => {
      const make = (createdAtMs: number, family: 'precrime' | 'cloudio' = 'cloudio') => ({
        ...{ id: randomUUID(), family, algorithm: 'HS256' as const, createdAtMs, signsFromMs: createdAtMs },
        ...{ secret: new Secret<Uint8Array>(randomBytes(64)), retiredAtMs: null },
      });
      const [first, second, third, foreign] = [make(1), make(2), make(3), make(1, 'precrime')];
      await write((tx) => tx.insertSigningKey(foreign));
      const idsLeft = async () => (await store.identity.listSigningKeys('cloudio')).map(({ id }) => id);
      for (const [old, next, atMs] of [
        [first, second, startMs],
        [second, third, startMs + 10],
      ] as const) {
        await write((tx) => tx.insertSigningKey(old));
        expect(await write((tx) => tx.insertSigningKey(next))).toBe(false);
        expect(await write((tx) => tx.retireSigningKey(old.id, atMs))).toBe(true);
        expect(await write((tx) => tx.retireSigningKey(old.id, atMs + 1))).toBe(false);
        expect(await write((tx) => tx.insertSigningKey(next))).toBe(true);
      }
      expect(await write((tx) => tx.retireSigningKey(randomUUID(), 1))).toBe(false);
      const remove = (which: { retiredUntilMs: number } | { otherThanId: string }) =>
        write((tx) => tx.removeSigningKeys('cloudio', which));
      expect(await remove({ retiredUntilMs: startMs - 1 })).toEqual([]);
      expect(await remove({ retiredUntilMs: startMs + 9 })).toEqual([first.id]);
      expect(await idsLeft()).toEqual([third.id, second.id]);
      expect(await remove({ otherThanId: third.id })).toEqual([second.id]);
      expect(await idsLeft()).toEqual([third.id]);
      expect(await store.identity.listSigningKeys('precrime')).toHaveLength(1);
    });

    test('the sessions of one family are ended together, and those that were past their end are not counted', async () => {
      const user = await addUser(store, organisation);
      const [live, past, other] = [
        newSession(user.id, { family: 'native', expiresAtMs: startMs + 1 }),
        newSession(user.id, { family: 'native', expiresAtMs: startMs }),
        newSession(user.id, { family: 'onedb' }),
      ];
      await write(async (tx) => {
        for (const session of [live, past, other]) {
          await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
        }
      });
      expect(await write((tx) => tx.endSessionsOfFamily('native', startMs))).toBe(1);
      expect(await write((tx) => tx.endSessionsOfFamily('native', startMs))).toBe(0);
      expect(await store.identity.findSessionById(live.id)).toBeNull();
      expect(await store.identity.findSessionById(past.id)).toBeNull();
      expect(await store.identity.findSessionById(other.id)).not.toBeNull();
    });

    test('one setup code is kept, and used up once by 50 at once', async () => {
      const [old, code] = [newDigest(), newDigest()];
      await write((tx) => tx.replaceSetupCode(old, startMs + 10));
      await write((tx) => tx.replaceSetupCode(code, startMs + 10));
      expect(await store.identity.hasSetupCode(old, startMs)).toBe(false);
      expect(await store.identity.hasSetupCode(code, startMs + 10)).toBe(false);
      expect(await store.identity.hasSetupCode(code, startMs + 9)).toBe(true);
      expect(await write((tx) => tx.consumeSetupCode(old, startMs))).toBe(false);
      expect(await write((tx) => tx.consumeSetupCode(code, startMs + 10))).toBe(false);
      const used = await Promise.all(
        Array.from({ length: 50 }, () => write((tx) => tx.consumeSetupCode(code, startMs))),
      );
      expect(used.filter(Boolean)).toHaveLength(1);
    });

    test('places an account signed in from: the newest are kept, old ones forgotten, all gone with the account', async () => {
      const [one, other] = [await addUser(store, organisation), await addUser(store, organisation)];
      const limits = { keep: 3, forgetBeforeMs: startMs - 100 };
      const remember = (userId: string, digest: string, seenAtMs: number) =>
        write((tx) => tx.rememberSource(userId, digest, seenAtMs, limits));
      const digests = Array.from({ length: 5 }, newDigest);
      const foreign = newDigest();
      await remember(other.id, foreign, startMs - 50);
      await remember(one.id, digests[0]!, startMs - 101);
      expect(await store.identity.findKnownSource(digests[0]!)).toBeNull();
      for (const [at, digest] of digests.entries()) await remember(one.id, digest, startMs + at);
      const seen = () => Promise.all(digests.map((digest) => store.identity.findKnownSource(digest)));
      expect(await seen()).toEqual([null, null, startMs + 2, startMs + 3, startMs + 4]);
      await remember(one.id, digests[2]!, startMs + 9);
      await remember(one.id, newDigest(), startMs + 10);
      expect(await seen()).toEqual([null, null, startMs + 9, null, startMs + 4]);
      expect(await store.identity.findKnownSource(foreign)).toBe(startMs - 50);
      await write((tx) => tx.deleteUser(one.id));
      expect(await seen()).toEqual([null, null, null, null, null]);
      const twice = newDigest();
      await Promise.all(Array.from({ length: 20 }, () => remember(other.id, twice, startMs + 1)));
      expect(await store.identity.findKnownSource(twice)).toBe(startMs + 1);
    });

    test('text of every kind comes back as it was given', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => !text.includes('\0')),
          async (text) => {
            const user = await addUser(store, organisation, { displayName: text, email: text, lastName: text });
            expect((await store.identity.findProfile(user.id))?.user).toEqual(user);
          },
        ),
        { numRuns: 30 },
      );
    });
  });

  describe('transactions', () => {
    let database: TestDatabase;
    let store: Store;
    let organisation: Organisation;

    beforeEach(async () => {
      database = await createDatabase();
      store = await openTestStore(database);
      organisation = await newOrganisation(store);
    });
    afterEach(async () => {
      await store.close();
      await database.remove();
    });

    const recorded = async () => (await store.audit.list({}, { limit: 1000 })).items;

    test('state and its event are kept together', async () => {
      const user = newUser(organisation.id);
      await store.identity.transaction(async (tx) => {
        await tx.insertUser(user, null);
        await tx.appendAudit(event({ name: 'user.created', subject: `user:${user.id}` }));
        await tx.appendAudit(event({ name: 'role.assigned', subject: `user:${user.id}` }));
      });
      expect(await store.identity.findProfile(user.id)).not.toBeNull();
      expect((await recorded()).map(({ name }) => name)).toEqual(['role.assigned', 'user.created']);
    });

    test('a work that throws leaves neither state nor event, and its error comes back as it was', async () => {
      const user = newUser(organisation.id);
      const fault = new TypeError('ours');
      await expect(
        store.identity.transaction(async (tx) => {
          await tx.insertUser(user, null);
          await tx.appendAudit(event());
          throw fault;
        }),
      ).rejects.toBe(fault);
      expect(await store.identity.findProfile(user.id)).toBeNull();
      expect(await recorded()).toEqual([]);
    });

    test('an event that cannot be recorded takes the state with it', async () => {
      await database.sql("update audit_chains set proof = 'forged'");
      const user = newUser(organisation.id);
      const refused = store.identity.transaction(async (tx) => {
        await tx.insertUser(user, null);
        await tx.appendAudit(event());
      });
      expect(await codeOf(refused)).toBe('store.audit_untrusted');
      expect(await codeOf(store.audit.append([event()]))).toBe('store.audit_untrusted');
      expect(await store.identity.findProfile(user.id)).toBeNull();
    });

    test('what a transaction wrote is seen inside it, and outside only afterwards', async () => {
      const user = newUser(organisation.id);
      await store.identity.transaction(async (tx) => {
        await tx.insertUser(user, null);
        expect((await tx.findUserForChange(user.id))?.user).toEqual(user);
        expect(await store.identity.findProfile(user.id)).toBeNull();
      });
      expect(await store.identity.findProfile(user.id)).not.toBeNull();
    });

    test('what the database refuses is told without a value of the row', async () => {
      const canary = `canary-${randomBytes(8).toString('hex')}`;
      const user = newUser(organisation.id, { email: canary, displayName: canary });
      const refusals = [
        newUser(randomUUID(), { email: canary }),
        { ...user, canonicalName: null as unknown as string },
        { ...user, createdAtMs: canary as unknown as number },
      ].map((one) => store.identity.transaction((tx) => tx.insertUser(one, canary)).catch((error: unknown) => error));
      for (const refusal of await Promise.all(refusals)) {
        expect(refusal).toMatchObject({ code: 'store.failed', kind: 'internal' });
        expect(inspect(refusal, { depth: 9, showHidden: true })).not.toContain(canary);
      }
    });

    test('50 transactions at once are all kept, with their events in whole chains', async () => {
      const users = Array.from({ length: 50 }, () => newUser(organisation.id));
      await Promise.all(
        users.map((user, place) =>
          store.identity.transaction(async (tx) => {
            await tx.insertUser(user, null);
            await tx.appendAudit(event({ subject: `user:${user.id}`, facts: { place } }));
          }),
        ),
      );
      expect((await store.identity.listUsers({}, { limit: 100 })).items).toHaveLength(50);
      const report = await auditOf(store).verify();
      expect(report).toMatchObject({ ok: true, records: 50, findings: [] });
    });

    test('half of 40 transactions at once fail, and exactly the other half is kept', async () => {
      const users = Array.from({ length: 40 }, () => newUser(organisation.id));
      const outcomes = await Promise.allSettled(
        users.map((user, place) =>
          store.identity.transaction(async (tx) => {
            await tx.insertUser(user, null);
            await tx.appendAudit(event({ facts: { place } }));
            if (place % 2 === 1) throw new Error('odd');
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(users.map((_, place) => place % 2 === 0));
      const kept = (await recorded()).map(({ facts }) => facts['place'] as number).sort((a, b) => a - b);
      expect(kept).toEqual(users.flatMap((_, place) => (place % 2 === 0 ? [place] : [])));
      expect((await auditOf(store).verify()).ok).toBe(true);
    });

    test('two openings of one database share it', async () => {
      const other = await openTestStore(database);
      const stores = [store, other];
      await Promise.all(
        Array.from({ length: 50 }, (_, place) =>
          stores[place % 2]!.identity.transaction(async (tx) => {
            await tx.insertUser(newUser(organisation.id), null);
            await tx.appendAudit(event());
          }),
        ),
      );
      for (const one of stores) expect((await one.identity.listUsers({}, { limit: 100 })).items).toHaveLength(50);
      expect(await auditOf(other).verify()).toMatchObject({ ok: true, records: 50 });
      const user = await addUser(other, organisation);
      expect(await store.identity.findProfile(user.id)).not.toBeNull();
      await other.close();
    });

    test('a name is taken across two openings', async () => {
      const other = await openTestStore(database);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, place) =>
          codeOf(addUser(place % 2 === 0 ? store : other, organisation, { canonicalName: 'wanted' })),
        ),
      );
      expect(outcomes.filter((code) => code === 'identity.username_taken')).toHaveLength(19);
      await other.close();
    });

    test('everything is there after closing and opening again', async () => {
      const user = await addUser(store, organisation);
      const key = newApiKey(user.id);
      const secret = await store.installSecret('digest', () => randomBytes(32));
      await store.identity.transaction(async (tx) => {
        await tx.insertApiKey({ key, digest: newDigest(), value: new Secret('lk_plain') });
        await tx.appendAudit(event());
      });
      await store.close();
      store = await openTestStore(database);
      expect(store.migrations).toEqual({ applied: [], version: migrations.at(-1)!.name });
      expect((await store.identity.listApiKeys(user.id, { limit: 1 })).items[0]?.value?.reveal()).toBe('lk_plain');
      expect(await store.installSecret('digest', () => randomBytes(32))).toEqual(secret);
      expect(await auditOf(store).verify()).toMatchObject({ ok: true, records: 1 });
    });

    test('a closed store refuses, and is not ready', async () => {
      await store.close();
      expect(await codeOf(addUser(store, organisation))).toBe('store.closed');
      expect(await codeOf(store.identity.findUserByName('x'))).toBe('store.closed');
      expect(await store.isReady()).toBe(false);
      store = await openTestStore(database);
      expect(await store.isReady()).toBe(true);
    });
  });

  describe('opening', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await createDatabase();
    });
    afterEach(async () => {
      await database.remove();
    });

    test('of first openings at once, one makes the tables and all get the same secrets', async () => {
      const stores = await Promise.all([openTestStore(database), openTestStore(database), openTestStore(database)]);
      const applied = stores.flatMap((store) => store.migrations.applied);
      expect(applied).toEqual(migrations.map(({ name }) => name));
      const secrets = await Promise.all(stores.map((store) => store.installSecret('x', () => randomBytes(32))));
      expect(new Set(secrets.map((secret) => Buffer.from(secret.reveal()).toString('hex'))).size).toBe(1);
      for (const store of stores) await store.audit.append([event()]);
      expect(await auditOf(stores[0]!).verify()).toMatchObject({ ok: true, records: 3 });
      for (const store of stores) await store.close();
    });

    test('a database of a newer version is refused and left alone', async () => {
      await (await openTestStore(database)).close();
      await database.sql("insert into migrations (name, applied_at_ms) values ('9999-future', 1)");
      expect(await codeOf(openTestStore(database))).toBe('store.newer_database');
      expect(await database.sql('select name from migrations order by name')).toEqual([
        ...migrations.map(({ name }) => ({ name })),
        { name: '9999-future' },
      ]);
    });

    test('tables of somebody else are refused', async () => {
      await database.sql('create table users (a int)');
      expect(await codeOf(openTestStore(database))).toBe('store.foreign_database');
    });

    test('another master key is refused', async () => {
      await (await openTestStore(database)).close();
      const keyRing = createKeyRing({ current: new Secret<Uint8Array>(Buffer.alloc(32, 8)), randomBytes });
      expect(await codeOf(openTestStore(database, { keyRing }))).toBe('secrets.key_unknown');
      const both = createKeyRing({
        current: new Secret<Uint8Array>(Buffer.alloc(32, 8)),
        previous: [masterKey],
        randomBytes,
      });
      await (await openTestStore(database, { keyRing: both })).close();
    });
  });

  describe('at rest', () => {
    test('no secret stands in the database in any spelling, and none opens in another place', async () => {
      const { store, database, close } = await openOwn(createDatabase);
      const organisation = await newOrganisation(store);
      const user = await addUser(store, organisation);
      const canary = () => `canary-${randomBytes(12).toString('hex')}`;
      const [csrf, value, signing, install] = [canary(), canary(), canary(), canary()];
      const session = newSession(user.id);
      const keys = [newApiKey(user.id), newApiKey(user.id, { createdAtMs: startMs + 1 })];
      await store.installSecret('some', () => Buffer.from(install));
      await store.identity.transaction(async (tx) => {
        await tx.insertSession({ session, tokenDigest: newDigest(), csrf: new Secret(csrf) });
        for (const key of keys) await tx.insertApiKey({ key, digest: newDigest(), value: new Secret(value) });
        await tx.insertSigningKey({
          id: randomUUID(),
          family: 'precrime',
          algorithm: 'HS256',
          secret: new Secret<Uint8Array>(Buffer.from(signing)),
          createdAtMs: startMs,
          signsFromMs: startMs,
          retiredAtMs: null,
        });
      });
      const bytes = await database.bytesAtRest();
      for (const secret of [csrf, value, signing, install]) {
        const raw = Buffer.from(secret);
        for (const spelling of [secret, raw.toString('hex'), raw.toString('base64').slice(0, 20)]) {
          expect(bytes.includes(spelling)).toBe(false);
        }
      }
      // The control: what is not sealed is found, so the search looks in the right place.
      expect(bytes.includes(session.id)).toBe(true);

      await database.sql(
        `update api_keys set value = (select value from api_keys where id = '${keys[0]!.id}') where id = '${keys[1]!.id}'`,
      );
      expect(await codeOf(store.identity.listApiKeys(user.id, { limit: 5 }))).toBe('secrets.envelope_invalid');
      await close();
    });
  });

  describe('the audit trail', () => {
    let database: TestDatabase;
    let store: Store;
    beforeEach(async () => {
      database = await createDatabase();
      store = await openTestStore(database);
    });
    afterEach(async () => {
      await store.close();
      await database.remove();
    });

    test('events are listed newest first, by name, actor and subject, in pages', async () => {
      for (let place = 0; place < 12; place += 1) {
        await store.audit.append([
          event({
            atMs: startMs + place,
            name: place % 2 === 0 ? 'login.succeeded' : 'login.refused',
            actorId: place % 3 === 0 ? 'actor' : null,
            subject: `user:${place % 4}`,
            credential: { kind: 'api_key', id: 'k' },
            facts: { place, text: 'é\u2028"', flag: true },
          }),
        ]);
      }
      const places = async (filter: Parameters<Store['audit']['list']>[0]) => {
        const seen: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.audit.list(filter, cursor === undefined ? { limit: 2 } : { limit: 2, cursor });
          seen.push(...page.items.map(({ facts }) => facts['place']));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        return seen;
      };
      expect(await places({})).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      expect(await places({ name: 'login.refused' })).toEqual([11, 9, 7, 5, 3, 1]);
      expect(await places({ actorId: 'actor', name: 'login.succeeded' })).toEqual([6, 0]);
      expect(await places({ subject: 'user:1' })).toEqual([9, 5, 1]);
      const [newest] = (await store.audit.list({}, { limit: 1 })).items;
      expect(newest).toMatchObject({
        credential: { kind: 'api_key', id: 'k' },
        facts: { place: 11, text: 'é\u2028"', flag: true },
        origin: { door: 'native', requestId: 'r-1', address: '192.0.2.7' },
      });
    });

    test('events are listed by every filter together, in either order, and counted by hour and by reason', async () => {
      const hourMs = 3_600_000;
      const firstMs = Math.ceil(startMs / hourMs) * hourMs;
      const events = Array.from({ length: 24 }, (_, place) =>
        event({
          atMs: firstMs + place * (hourMs / 4),
          name: place % 2 === 0 ? 'connection.tested' : 'login.refused',
          organisationId: place % 3 === 0 ? 'acme' : 'twin',
          outcome: place % 2 === 1 ? 'refused' : place % 4 === 0 ? 'ok' : 'failed',
          reason: place % 2 === 1 ? (place % 8 === 1 ? 'locked' : 'wrong_password') : null,
          facts: { place },
        }),
      );
      for (const one of events) await store.audit.append([one]);
      type Filter = Parameters<Store['audit']['list']>[0];
      const places = async (filter: Filter, order?: 'newest' | 'oldest') => {
        const seen: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = cursor === undefined ? { limit: 2 } : { limit: 2, cursor };
          const { items, nextCursor } = await store.audit.list(filter, page, order);
          seen.push(...items.map(({ facts }) => facts['place']));
          cursor = nextCursor;
        } while (cursor !== undefined);
        return seen;
      };
      const wanted = (is: (one: (typeof events)[number]) => boolean) =>
        events.filter(is).map(({ facts }) => facts['place']);
      const [fromMs, toMs] = [firstMs + hourMs, firstMs + 5 * hourMs];
      const isWithin = ({ atMs }: { readonly atMs: number }) => atMs >= fromMs && atMs < toMs;
      const filters: [Filter, (one: (typeof events)[number]) => boolean][] = [
        [{ outcome: 'refused' }, ({ outcome }) => outcome === 'refused'],
        [{ outcome: 'ok', name: 'connection.tested' }, ({ outcome }) => outcome === 'ok'],
        [
          { outcome: 'failed', organisationId: 'acme' },
          (one) => one.outcome === 'failed' && one.organisationId === 'acme',
        ],
        [
          { reason: 'locked', name: 'login.refused', organisationId: 'twin', fromMs, toMs },
          (one) => one.reason === 'locked' && one.organisationId === 'twin' && isWithin(one),
        ],
        [{ fromMs, toMs }, isWithin],
        [{ reason: 'locked', name: 'connection.tested' }, () => false],
      ];
      for (const [filter, is] of filters) {
        expect([filter, await places(filter, 'oldest')]).toEqual([filter, wanted(is)]);
        expect([filter, await places(filter)]).toEqual([filter, wanted(is).reverse()]);
      }

      const firstHour = firstMs / hourMs;
      const byHour = async (question: object) => {
        const found = await store.audit.countByHour({ name: 'connection.tested', fromMs, ...question });
        return [...found].sort((a, b) => a.hour - b.hour).map(({ hour, count }) => [hour - firstHour, count]);
      };
      expect(await byHour({})).toEqual([1, 2, 3, 4, 5].map((hour) => [hour, 2]));
      expect(await byHour({ outcome: 'ok', organisationId: 'acme' })).toEqual([[3, 1]]);
      expect(await store.audit.countReasons({ fromMs: firstMs, limit: 10 })).toEqual([
        { reason: 'wrong_password', count: 9 },
        { reason: 'locked', count: 3 },
      ]);
      expect(await store.audit.countReasons({ fromMs, limit: 1, organisationId: 'twin' })).toEqual([
        { reason: 'wrong_password', count: 6 },
      ]);
    });

    test('a rare event of a long trail is found, however many others a walk passes', async () => {
      const rows = database.url.startsWith('sqlite')
        ? `with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)`
        : `with n as (select i from generate_series(1, 60000) as i)`;
      await database.sql(`insert into audit_events
        (chain, seq, mac, name, at_ms, door, outcome, actor_id, reason, facts)
        ${rows} select 99, i, '', case when i in (7, 8, 15000) then 'login.refused' else 'login.succeeded' end,
        ${startMs} + i / 2, 'native', 'ok', 'somebody', null, '{}' from n`);
      for (const [order, expected] of [
        ['newest', [15000, 8, 7]],
        ['oldest', [7, 8, 15000]],
      ] as const) {
        const seen: number[] = [];
        let pages = 0;
        let cursor: string | undefined;
        do {
          const page = cursor === undefined ? { limit: 2 } : { limit: 2, cursor };
          const found = await store.audit.list({ actorId: 'somebody', name: 'login.refused' }, page, order);
          seen.push(...found.items.map(({ seq }) => seq));
          cursor = found.nextCursor;
          pages += 1;
        } while (cursor !== undefined);
        expect([order, seen]).toEqual([order, expected]);
        expect(pages).toBeLessThan(7);
      }
    });

    test('events of any text and numbers verify after they were read back', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 30 });
      const value = fc.oneof(text, fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
      await fc.assert(
        fc.asyncProperty(fc.dictionary(text, value, { maxKeys: 5 }), fc.option(text), async (facts, subject) => {
          await store.audit.append([event({ facts, subject, reason: subject })]);
        }),
        { numRuns: 60, examples: [[{ a: '\ud800', b: -0, c: 1e21, d: 5e-324 }, 'x\0y\udc00']] },
      );
      expect((await auditOf(store).verify()).findings).toEqual([]);
    });

    test('verification runs while events are appended', async () => {
      let isWriting = true;
      const writing = (async () => {
        for (let place = 0; place < 60; place += 1) await store.audit.append([event({ facts: { place } })]);
        isWriting = false;
      })();
      while (isWriting) expect((await auditOf(store).verify({ pageSize: 7 })).findings).toEqual([]);
      await writing;
      expect(await auditOf(store).verify()).toMatchObject({ ok: true, records: 60 });
    });

    test('a trail whose chains were all taken away is not whole, and records nothing', async () => {
      await store.audit.append([event()]);
      await database.sql('delete from audit_events');
      await database.sql('delete from audit_chains');
      expect(await auditOf(store).verify()).toMatchObject({ ok: false });
      await store.close();
      store = await openTestStore(database);
      expect(await auditOf(store).verify()).toMatchObject({ ok: false });
      expect(await codeOf(store.audit.append([event()]))).toBe('store.audit_untrusted');
    });

    test('every change of the tables from outside is found', async () => {
      const seeded = 40;
      for (let place = 0; place < seeded; place += 1) {
        await store.audit.append([
          event({
            subject: place % 2 === 0 ? null : `user:${place}`,
            credential: place % 3 === 0 ? { kind: 'api_key', id: `k${place}` } : null,
            facts: { place },
          }),
        ]);
      }
      const rows = await database.sql('select * from audit_events order by chain, seq');
      const heads = await database.sql('select * from audit_chains');
      const columns = Object.keys(rows[0]!);
      const restore = async () => {
        await database.sql('delete from audit_events');
        await database.sql('delete from audit_chains');
        await insert(database, 'audit_events', rows);
        await insert(database, 'audit_chains', heads);
      };

      const at = fc.integer({ min: 0, max: rows.length - 1 });
      const tampering = fc.oneof(
        fc.record({ kind: fc.constant('edit' as const), at, column: fc.constantFrom(...columns), text: fc.string() }),
        fc.record({ kind: fc.constant('delete' as const), at, count: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ kind: fc.constant('swap' as const), at, with: at }),
        fc.record({ kind: fc.constant('truncate' as const), at, withHead: fc.boolean() }),
        fc.record({ kind: fc.constant('duplicate' as const), at }),
        fc.record({
          kind: fc.constant('head' as const),
          at: fc.integer({ min: 0, max: heads.length - 1 }),
          gone: fc.boolean(),
        }),
      );
      await fc.assert(
        fc.asyncProperty(tampering, async (one) => {
          const isChanged = await tamper(database, rows, heads, one);
          const report = await auditOf(store).verify({ pageSize: 9 });
          await restore();
          expect(report.ok).toBe(!isChanged);
        }),
        { numRuns: 60 },
      );
      expect(await auditOf(store).verify()).toMatchObject({ ok: true, records: seeded });
    });

    test('a trail put back whole to an earlier state is found by a place noted outside', async () => {
      for (let place = 0; place < 20; place += 1) await store.audit.append([event({ facts: { place } })]);
      const rows = await database.sql('select * from audit_events');
      const heads = await database.sql('select * from audit_chains');
      for (let place = 0; place < 20; place += 1) await store.audit.append([event({ facts: { place } })]);
      const anchors = await store.audit.chainHeads();
      expect(await auditOf(store).verify({ anchors })).toMatchObject({ ok: true });
      await database.sql('delete from audit_events');
      await database.sql('delete from audit_chains');
      await insert(database, 'audit_events', rows);
      await insert(database, 'audit_chains', heads);
      expect(await auditOf(store).verify()).toMatchObject({ ok: true });
      const report = await auditOf(store).verify({ anchors });
      expect(report.ok).toBe(false);
      expect(new Set(report.findings.map(({ kind }) => kind))).toEqual(new Set(['anchor_unmet']));
    });
  });
}

type Tampering =
  | { readonly kind: 'edit'; readonly at: number; readonly column: string; readonly text: string }
  | { readonly kind: 'delete'; readonly at: number; readonly count: number }
  | { readonly kind: 'swap'; readonly at: number; readonly with: number }
  | { readonly kind: 'truncate'; readonly at: number; readonly withHead: boolean }
  | { readonly kind: 'duplicate'; readonly at: number }
  | { readonly kind: 'head'; readonly at: number; readonly gone: boolean };

type Row = Record<string, unknown>;

/** @returns whether the tables hold something else than before. */
async function tamper(
  database: TestDatabase,
  rows: readonly Row[],
  heads: readonly Row[],
  one: Tampering,
): Promise<boolean> {
  const place = (row: Row) => `chain = ${row['chain']} and seq = ${row['seq']}`;
  const row = rows[one.at]!;
  switch (one.kind) {
    case 'edit': {
      const before = row[one.column];
      const isNumber = typeof before === 'number' || ['chain', 'seq', 'at_ms'].includes(one.column);
      const clean = one.text.replaceAll('\0', '').replaceAll(/[\ud800-\udfff]/g, '');
      const after = isNumber ? Number(before) + 1_000 + clean.length : clean;
      if (!isNumber && after === before) return false;
      await database.sql(`update audit_events set ${one.column} = ${literal(after)} where ${place(row)}`);
      return true;
    }
    case 'delete':
      for (const gone of rows.slice(one.at, one.at + one.count)) {
        await database.sql(`delete from audit_events where ${place(gone)}`);
      }
      return true;
    case 'swap': {
      const other = rows[one.with]!;
      if (one.with === one.at) return false;
      for (const [from, to] of [
        [row, other],
        [other, row],
      ] as const) {
        await database.sql(`delete from audit_events where ${place(to)}`);
        await insert(database, 'audit_events', [{ ...from, chain: to['chain'], seq: to['seq'] }]);
      }
      return true;
    }
    case 'truncate': {
      await database.sql(`delete from audit_events where chain = ${row['chain']} and seq >= ${row['seq']}`);
      if (!one.withHead) return true;
      // Without the key the best a forger has is the mac of the record that is last now.
      const last = rows.find((r) => r['chain'] === row['chain'] && Number(r['seq']) === Number(row['seq']) - 1);
      await database.sql(
        `update audit_chains set seq = ${Number(row['seq']) - 1}, mac = ${literal(last?.['mac'] ?? '')} where chain = ${row['chain']}`,
      );
      return true;
    }
    case 'duplicate':
      await insert(database, 'audit_events', [{ ...row, seq: 100_000 }]);
      return true;
    case 'head': {
      const head = heads[one.at]!;
      if (one.gone) await database.sql(`delete from audit_chains where chain = ${head['chain']}`);
      else await database.sql(`update audit_chains set seq = seq + 1 where chain = ${head['chain']}`);
      return true;
    }
  }
}

async function insert(database: TestDatabase, table: string, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0]!);
  const values = rows.map((row) => `(${columns.map((column) => literal(row[column])).join(', ')})`);
  await database.sql(`insert into ${table} (${columns.join(', ')}) values ${values.join(', ')}`);
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return `'${String(value).replaceAll("'", "''")}'`;
}

export function auditOf(store: Store) {
  return createAudit({ store: store.audit, chain: store.auditChain, clock: { nowMs: () => startMs } });
}

async function openOwn(createDatabase: () => Promise<TestDatabase>) {
  const database = await createDatabase();
  const store = await openTestStore(database);
  return {
    database,
    store,
    close: async () => {
      await store.close();
      await database.remove();
    },
  };
}
