/**
 * What a store owes to whoever answers for credentials from memory: what was revoked is gone, what changed is told to
 * every process, and nobody is told that it is done before. Run on both databases.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiKey,
  type IdentityTransaction,
  type IssuedTo,
  type Organisation,
  type Session,
  type User,
  verificationLeaseMs,
} from '../../src/identity/index.js';
import { createVerifiedCredentials } from '../../src/identity/verified-credentials.js';
import { Secret } from '../../src/kernel/secret.js';
import type { Store } from '../../src/store/open-store.js';
import { addTo, newSource } from './source-store.contract.js';
import {
  addUser,
  newDigest,
  newOrganisation,
  newSession,
  openTestStore,
  startMs,
  type TestDatabase,
} from './store.contract.js';

const ids = { uuid: randomUUID, bytes: (count: number) => new Uint8Array(count) };

function keyOf(user: User, more: Partial<ApiKey> = {}): ApiKey {
  return {
    ...{ id: randomUUID(), userId: user.id, name: 'ci', prefix: 'lk_12345', last4: 'wxyz', createdAtMs: startMs },
    ...{ expiresAtMs: null, lastUsedAtMs: null, lastUsedAddress: null, successorId: null },
    ...{ purpose: null, scopes: null, sources: null, cidrs: null },
    ...more,
  };
}

export function describeRevocation(createDatabase: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  let store: Store;
  /** The same database, as another process has it. */
  let there: Store;
  let organisation: Organisation;
  const write = <T>(work: (tx: IdentityTransaction) => Promise<T>): Promise<T> => store.identity.transaction(work);

  beforeAll(async () => {
    database = await createDatabase();
    store = await openTestStore(database);
    there = await openTestStore(database);
    organisation = await newOrganisation(store);
  });
  afterAll(async () => {
    await there.close();
    await store.close();
    await database.remove();
  });

  const begin = async (user: User, more: Partial<Session> = {}, issuedOnId: string | null = null) => {
    const session = newSession(user.id, more);
    const tokenDigest = newDigest();
    await write((tx) => tx.insertSession({ session, tokenDigest, csrf: null, issuedOnId }));
    return { ...session, tokenDigest };
  };
  const makeKey = async (user: User, more: Partial<ApiKey> = {}) => {
    const digest = newDigest();
    const key = keyOf(user, more);
    await write((tx) => tx.insertApiKey({ key, digest, value: null }));
    return { ...key, digest };
  };
  const revoke = (to: IssuedTo, apiKeys: boolean) => write((tx) => tx.revokeIssued(to, { apiKeys, atMs: startMs }));
  const isLive = async (session: Session & { readonly tokenDigest: string }) => {
    const found = [
      (await there.identity.findSessionById(session.id)) !== null,
      (await there.identity.findSessionByTokenDigest(session.tokenDigest)) !== null,
      await write((tx) => tx.isSessionStanding(session.id, session.family)),
    ];
    expect(new Set(found).size).toBe(1);
    expect(
      await write((tx) => tx.isSessionStanding(session.id, session.family === 'onedb' ? 'cloudio' : 'onedb')),
    ).toBe(false);
    return found[0];
  };
  const isGood = async (key: ApiKey & { readonly digest: string }) => {
    const listed = (await there.identity.listApiKeys(key.userId, { limit: 100 })).items;
    const found = [
      (await there.identity.findApiKeyByDigest(key.digest)) !== null,
      (await there.identity.findApiKeyById(key.id)) !== null,
      (await write((tx) => tx.findApiKeyForChange(key.id))) !== null,
      listed.some(({ id }) => id === key.id),
    ];
    expect(new Set(found).size).toBe(1);
    return found[0];
  };

  describe('what was issued before an epoch', () => {
    test('is gone, to whom it was issued to and to nobody else; what is issued after it is good', async () => {
      const neighbour = await addUser(store, organisation);
      const foreigner = await addUser(store, await newOrganisation(store));
      const scopes: { readonly to: (user: User) => IssuedTo; readonly spares: readonly User[] }[] = [
        { to: (user) => ({ userId: user.id }), spares: [neighbour, foreigner] },
        { to: (user) => ({ organisationId: user.organisationId }), spares: [foreigner] },
        { to: () => 'anybody', spares: [] },
      ];
      for (const { to, spares } of scopes) {
        for (const apiKeys of [true, false]) {
          const user = await addUser(store, organisation);
          const [session, over] = [await begin(user), await begin(user, { expiresAtMs: startMs })];
          const [key, ended] = [await makeKey(user), await makeKey(user, { expiresAtMs: startMs })];
          const others = await Promise.all(
            spares.map(async (spare) => [await begin(spare), await makeKey(spare)] as const),
          );
          const counted = await revoke(to(user), apiKeys);
          if (spares.length === 2) expect(counted).toEqual({ sessions: 1, apiKeys: apiKeys ? 1 : 0 });
          expect([await isLive(session), await isLive(over)]).toEqual([false, false]);
          expect([await isGood(key), await isGood(ended)]).toEqual([!apiKeys, !apiKeys]);
          for (const [one, other] of others) expect([await isLive(one), await isGood(other)]).toEqual([true, true]);
          expect([await isLive(await begin(user)), await isGood(await makeKey(user))]).toEqual([true, true]);
        }
      }
    });

    test('stays gone when its very bytes are issued again', async () => {
      const user = await addUser(store, organisation);
      const { tokenDigest } = await begin(user);
      await revoke({ userId: user.id }, false);
      const session = newSession(user.id);
      expect(await write((tx) => tx.insertSession({ session, tokenDigest, csrf: null }))).toBeNull();
    });

    test('is neither counted nor said to expire, and is tidied away in steps', async () => {
      const user = await addUser(store, organisation);
      for (let place = 0; place < 5; place += 1) {
        await begin(user);
        await makeKey(user, { expiresAtMs: startMs + 1_000 });
      }
      await write((tx) => tx.endRevokedSessions(startMs, 1_000));
      await write((tx) => tx.removeRevokedApiKeys(1_000));
      await revoke({ userId: user.id }, true);
      const within = { fromMs: startMs, untilMs: startMs + 2_000, limit: 1_000 };
      expect((await store.identity.listExpiring(within)).filter(({ owner }) => owner === user.username)).toEqual([]);
      expect(await write((tx) => tx.countApiKeys(user.id, startMs, startMs))).toEqual({
        current: 0,
        retiring: 0,
        ended: 0,
      });
      const steps = async (work: (tx: IdentityTransaction) => Promise<number>) => [
        ...[await write(work), await write(work), await write(work)],
      ];
      expect(await steps((tx) => tx.endRevokedSessions(startMs, 3))).toEqual([3, 2, 0]);
      expect(await steps(async (tx) => (await tx.removeRevokedApiKeys(3)).length)).toEqual([3, 2, 0]);
      const [counts] = await database.sql(
        `select count(*) as rows, count(ended_at_ms) as ended from sessions where user_id = '${user.id}'`,
      );
      expect([Number(counts?.['rows']), Number(counts?.['ended'])]).toEqual([5, 5]);
    });
  });

  describe('a session', () => {
    test('ends with what was issued on it, and not with what was issued beside it', async () => {
      const user = await addUser(store, organisation);
      const [parent, sibling] = [await begin(user), await begin(user)];
      const [child, other] = [await begin(user, {}, parent.id), await begin(user, {}, sibling.id)];
      expect(await write((tx) => tx.endSession(child.id, startMs))).toBe(true);
      expect(await isLive(parent)).toBe(true);
      const second = await begin(user, {}, parent.id);
      expect(await write((tx) => tx.endSession(parent.id, startMs))).toBe(true);
      expect([await isLive(parent), await isLive(second), await isLive(sibling), await isLive(other)]).toEqual([
        ...[false, false, true, true],
      ]);
      expect(await write((tx) => tx.endSession(parent.id, startMs))).toBe(false);
    });

    test('ends with the signing key of its family, and so does what was issued on it', async () => {
      const user = await addUser(store, organisation);
      const [under, beside] = [await begin(user, { family: 'precrime' }), await begin(user, { family: 'onedb' })];
      const [child, other] = [
        await begin(user, { family: 'native' }, under.id),
        await begin(user, { family: 'native' }, beside.id),
      ];
      await write((tx) => tx.endSessionsOfFamily('precrime', startMs));
      expect([await isLive(under), await isLive(child), await isLive(beside), await isLive(other)]).toEqual([
        ...[false, false, true, true],
      ]);
    });

    test('that is looked at inside a transaction is ended and revoked after it, or the transaction finds it ended', async () => {
      const user = await addUser(store, organisation);
      const enders: ((session: Session) => (tx: IdentityTransaction) => Promise<unknown>)[] = [
        (session) => (tx) => tx.endSession(session.id, startMs),
        () => (tx) => tx.revokeIssued({ userId: user.id }, { apiKeys: true, atMs: startMs }),
        () => (tx) => tx.revokeIssued({ organisationId: user.organisationId }, { apiKeys: true, atMs: startMs }),
        () => (tx) => tx.revokeIssued('anybody', { apiKeys: true, atMs: startMs }),
      ];
      for (const end of enders) {
        const session = await begin(user);
        const digest = newDigest();
        const order: string[] = [];
        let isAt = () => {};
        const looked = new Promise<void>((resolve) => {
          isAt = resolve;
        });
        const making = write(async (tx) => {
          const isThere = await tx.isSessionStanding(session.id, session.family);
          isAt();
          if (!isThere) return false;
          await new Promise((resolve) => setTimeout(resolve, 60));
          order.push('made');
          await tx.insertApiKey({ key: keyOf(user), digest, value: null });
          return true;
        });
        await looked;
        const ending = there.identity.transaction(end(session)).then(() => order.push('ended'));
        const [isMade] = await Promise.all([making, ending]);
        // Where nobody is kept waiting, it is looked at again when all is written, and then it was ended before.
        if (store.engine === 'postgres') expect([isMade, order]).toEqual([true, ['made', 'ended']]);
        expect(await isLive(session)).toBe(false);
        // What was made was made before, so it goes where keys go.
        const isKeyGood = (await store.identity.findApiKeyByDigest(digest)) !== null;
        expect(isKeyGood).toBe(isMade && end === enders[0]);
      }
    });

    test('is forgotten some time after its absolute end, in steps, ended or not', async () => {
      const user = await addUser(store, organisation);
      const old = [
        await begin(user, { expiresAtMs: 1_000 }),
        await begin(user, { expiresAtMs: 1_001 }),
        await begin(user, { expiresAtMs: 1_002 }),
      ];
      const kept = await begin(user, { expiresAtMs: 2_000 });
      await write((tx) => tx.endSession(old[1]!.id, startMs));
      expect(await write((tx) => tx.removeOldSessions(2_000, 2))).toBe(2);
      expect(await write((tx) => tx.removeOldSessions(2_000, 2))).toBe(1);
      expect(await write((tx) => tx.removeOldSessions(2_000, 2))).toBe(0);
      const rows = await database.sql(`select id from sessions where user_id = '${user.id}'`);
      expect(rows.map(({ id }) => id)).toEqual([kept.id]);
    });
  });

  describe('an organisation', () => {
    test('is removed with its users and everything of theirs, and not while it owns sources', async () => {
      const gone = await newOrganisation(store);
      const user = await addUser(store, gone);
      const [session, key] = [await begin(user), await makeKey(user)];
      const source = await addTo(store, newSource(gone));
      expect(await write((tx) => tx.deleteOrganisation(gone.id))).toBeNull();
      expect([await isLive(session), await isGood(key)]).toEqual([true, true]);
      await store.sources.transaction((tx) => tx.deleteSource(source.id));
      expect(await write((tx) => tx.deleteOrganisation(gone.id))).toBe(1);
      expect([await isLive(session), await isGood(key)]).toEqual([false, false]);
      expect(await there.identity.findOrganisation(gone.uid)).toBeNull();
      expect(await there.identity.findUserByName(user.canonicalName)).toBeNull();
    });
  });

  describe('what changed', () => {
    test('is told to every process, by user, and to this one before it is acknowledged', async () => {
      const user = await addUser(store, organisation);
      const role = await write((tx) =>
        tx.insertRole({
          id: randomUUID(),
          organisationId: organisation.id,
          name: 'r',
          allowed: [],
          createdAtMs: startMs,
        }),
      );
      const key = await makeKey(user);
      const session = await begin(user);
      const changes: Record<string, (tx: IdentityTransaction) => Promise<unknown>> = {
        updateUser: (tx) => tx.updateUser(user),
        updatePassword: (tx) => tx.updatePassword(user.id, '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA', 1, null),
        assignRole: (tx) => tx.assignRole(user.id, role.id),
        unassignRole: (tx) => tx.unassignRole(user.id, role.id),
        endSession: (tx) => tx.endSession(session.id, startMs),
        endSessionsOfUser: (tx) => tx.endSessionsOfUser(user.id, startMs),
        updateApiKey: (tx) => tx.updateApiKey(key),
        deleteApiKey: (tx) => tx.deleteApiKey(user.id, key.id),
        revokeIssued: (tx) => tx.revokeIssued({ userId: user.id }, { apiKeys: true, atMs: startMs }),
        deleteUser: (tx) => tx.deleteUser(user.id),
      };
      for (const [name, change] of Object.entries(changes)) {
        const { cursor } = await there.identity.credentialChanges.since(null);
        const told: unknown[] = [];
        const end = store.identity.credentialChanges.watch((one) => void told.push(one));
        await write(change);
        end();
        expect(told, name).toEqual([new Set([user.id])]);
        const answer = await there.identity.credentialChanges.since(cursor);
        expect(answer.change, name).toEqual(new Set([user.id]));
        expect((await there.identity.credentialChanges.since(answer.cursor)).change).toEqual(new Set());
      }
    });

    test('is everybody, where it is of an organisation, of the install, of signing keys, or of very many', async () => {
      const users = await Promise.all(Array.from({ length: 51 }, () => addUser(store, organisation)));
      const family = 'console' as const;
      const signing = { id: randomUUID(), family, algorithm: 'HS256' as const, createdAtMs: 1, signsFromMs: 1 };
      const secret = new Secret<Uint8Array>(new Uint8Array(64));
      await write((tx) => tx.insertSigningKey({ ...signing, secret, retiredAtMs: 1 }));
      const changes: ((tx: IdentityTransaction) => Promise<unknown>)[] = [
        (tx) => tx.revokeIssued({ organisationId: organisation.id }, { apiKeys: true, atMs: startMs }),
        (tx) => tx.revokeIssued('anybody', { apiKeys: false, atMs: startMs }),
        (tx) => tx.endSessionsOfFamily(family, startMs),
        (tx) => tx.removeSigningKeys(family, { retiredUntilMs: startMs }),
        (tx) => Promise.all(users.map((user) => tx.updateUser(user))),
      ];
      for (const change of changes) {
        const { cursor } = await there.identity.credentialChanges.since(null);
        await write(change);
        expect((await there.identity.credentialChanges.since(cursor)).change).toBe('everybody');
      }
    });

    test('is nothing for what begins or makes something, and for uses', async () => {
      const { cursor } = await there.identity.credentialChanges.since(null);
      const told: unknown[] = [];
      const end = store.identity.credentialChanges.watch((one) => void told.push(one));
      const user = await addUser(store, organisation);
      const session = await begin(user);
      const key = await makeKey(user);
      await write(async (tx) => {
        await tx.touchSessions([{ id: session.id, atMs: startMs + 1 }]);
        await tx.touchApiKeys([{ id: key.id, atMs: startMs + 1 }]);
        await tx.endOldestSessions(user.id, 10, session.id, startMs);
        await tx.removeOldSessions(0, 10);
      });
      end();
      expect(told).toEqual([]);
      expect(await there.identity.credentialChanges.since(cursor)).toEqual({ cursor, change: new Set() });
    });

    test('is not told by a transaction that was undone, but to this process, which is on the safe side', async () => {
      const user = await addUser(store, organisation);
      const { cursor } = await there.identity.credentialChanges.since(null);
      const told: unknown[] = [];
      const end = store.identity.credentialChanges.watch((one) => void told.push(one));
      const work = write(async (tx) => {
        await tx.updateUser(user);
        throw new Error('no');
      });
      await expect(work).rejects.toThrow('no');
      end();
      expect(told).toEqual([new Set([user.id])]);
      expect((await there.identity.credentialChanges.since(cursor)).change).toEqual(new Set());
    });

    test('is everybody for who did not ask for a thousand changes, and little of it is kept', async () => {
      // Fifty are the most that one transaction names.
      const users = await Promise.all(Array.from({ length: 50 }, () => addUser(store, organisation)));
      const change = () => write((tx) => Promise.all(users.map((user) => tx.updateUser(user))));
      const { cursor } = await there.identity.credentialChanges.since(null);
      const near = async () => there.identity.credentialChanges.since(cursor);
      await change();
      expect((await near()).change).toEqual(new Set(users.map(({ id }) => id)));
      const shards = store.engine === 'postgres' ? 8 : 1;
      for (let round = 0; round < 26 * shards; round += 1) await change();
      expect((await near()).change).toBe('everybody');
      const [counts] = await database.sql('select count(*) as rows from credential_changes');
      expect(Number(counts?.['rows'])).toBeLessThanOrEqual(1_100 * shards);
    }, 120_000);

    test('comes in order however many write at once', async () => {
      const users = await Promise.all(Array.from({ length: 20 }, () => addUser(store, organisation)));
      const seen = new Set<string>();
      let { cursor } = await there.identity.credentialChanges.since(null);
      let isWriting = true;
      const reading = (async () => {
        for (;;) {
          const isLast = !isWriting;
          const answer = await there.identity.credentialChanges.since(cursor);
          cursor = answer.cursor;
          expect(answer.change).not.toBe('everybody');
          for (const id of answer.change) seen.add(id);
          if (isLast) return;
        }
      })();
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(
          users.map((user, place) =>
            (place % 2 === 0 ? store : there).identity.transaction((tx) => tx.updateUser(user)),
          ),
        );
      }
      isWriting = false;
      await reading;
      expect(seen).toEqual(new Set(users.map(({ id }) => id)));
    });
  });

  describe('whoever changes something', () => {
    const elapsed = async (work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      return performance.now() - began;
    };

    test('waits for verifiers of other processes, and for nobody else', async () => {
      const user = await addUser(store, organisation);
      const change = () => write((tx) => tx.updateUser(user));
      const id = randomUUID();
      await store.identity.credentialChanges.present(id);
      expect(await elapsed(change)).toBeLessThan(verificationLeaseMs);
      await store.identity.credentialChanges.leave(id);
      await there.identity.credentialChanges.present(id);
      expect(await elapsed(change)).toBeGreaterThan(verificationLeaseMs);
      const begun = await elapsed(() => begin(user));
      expect(begun).toBeLessThan(verificationLeaseMs);
      // A sign-in beyond the limit is a sign-in.
      const spare = await begin(user);
      expect(await elapsed(() => write((tx) => tx.endOldestSessions(user.id, 1, spare.id, startMs)))).toBeLessThan(
        verificationLeaseMs,
      );
      await there.identity.credentialChanges.leave(id);
      expect(await elapsed(change)).toBeLessThan(verificationLeaseMs);
    });

    test('is not told that it is done while another process lets a credential in from memory', async () => {
      const verified = createVerifiedCredentials<Session>({ changes: there.identity.credentialChanges, ids });
      const accept = async ({ tokenDigest }: { readonly tokenDigest: string }) => {
        if (verified.find(tokenDigest) !== null) return true;
        const since = verified.now();
        const view = await there.identity.findSessionByTokenDigest(tokenDigest);
        if (view !== null) verified.keep(tokenDigest, view.profile.user.id, view.session, since);
        return view !== null;
      };
      let fromMemory = 0;
      for (let round = 0; round < 10; round += 1) {
        const user = await addUser(store, organisation);
        const session = await begin(user);
        let isOver = false;
        const using = (async () => {
          let accepted = 0;
          while (!isOver) {
            const { found } = verified.measure();
            if (await accept(session)) accepted += 1;
            if (verified.measure().found > found) fromMemory += 1;
            await new Promise((resolve) => setImmediate(resolve));
          }
          return accepted;
        })();
        await new Promise((resolve) => setTimeout(resolve, 60 + 13 * round));
        await write((tx) => tx.endSession(session.id, startMs));
        let after = 0;
        for (let use = 0; use < 1_000; use += 1) if (await accept(session)) after += 1;
        isOver = true;
        expect(await using).toBeGreaterThan(0);
        expect(after).toBe(0);
      }
      expect(fromMemory).toBeGreaterThan(1_000);
      await verified.close();
    }, 60_000);
  });
}
