/**
 * Transactions on SQLite that look up and decide beside each other and are written together: each is as if it had been
 * alone, whoever writes in between.
 *
 * @module
 */
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IdentityTransaction, Organisation, User } from '../../src/identity/index.js';
import type { Store } from '../../src/store/open-store.js';
import {
  addUser,
  auditOf,
  event,
  newApiKey,
  newDigest,
  newOrganisation,
  newSession,
  openTestStore,
  startMs,
  type TestDatabase,
} from './store.contract.js';
import { createSqliteDatabase } from './store-databases.js';

const codeOf = (error: unknown) => (error as { code?: unknown }).code;

describe('transactions that are written together', () => {
  let database: TestDatabase;
  let store: Store;
  let organisation: Organisation;
  let user: User;
  beforeEach(async () => {
    database = await createSqliteDatabase();
    store = await openTestStore(database);
    organisation = await newOrganisation(store);
    user = await addUser(store, organisation);
  });
  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  const write = <T>(work: (tx: IdentityTransaction) => Promise<T>) => store.identity.transaction(work);
  const insertKey = (tx: IdentityTransaction, owner: User, digest = newDigest()) =>
    tx.insertApiKey({ key: newApiKey(owner.id), digest, value: null });
  const insertKeyOf = (owner: User) => write((tx) => insertKey(tx, owner));
  const keysOf = async ({ id }: User) => (await store.identity.listApiKeys(id, { limit: 500 })).items;
  const trail = () => auditOf(store).verify();

  const looksForRoom: readonly [string, (tx: IdentityTransaction) => Promise<boolean>][] = [
    ['see room', async (tx) => (await tx.countApiKeys(user.id, startMs, 0)).current === 0],
    ['take it for granted that there is room', (tx) => tx.hasRoomForApiKey(user.id, 1, 0)],
  ];
  test.each(looksForRoom)('of 30 that each %s for one more, one finds it', async (_, hasRoom) => {
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, () =>
        write(async (tx) => {
          if (!(await hasRoom(tx))) return 'full';
          await insertKey(tx, user);
          await tx.appendAudit(event());
          return 'made';
        }),
      ),
    );
    expect(outcomes.filter((one) => one === 'made')).toHaveLength(1);
    expect(await keysOf(user)).toHaveLength(1);
    expect(await trail()).toMatchObject({ ok: true, records: 1 });
  });

  test('one that is refused is told why, and takes nobody along', async () => {
    const taken = newDigest();
    await write((tx) => insertKey(tx, user, taken));
    const before = store.statistics().commits;
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, place) =>
        write(async (tx) => {
          await tx.findUserForChange(user.id);
          await insertKey(tx, user, place % 10 === 3 ? taken : newDigest());
          await tx.appendAudit(event({ facts: { place } }));
        }).then(() => 'made', codeOf),
      ),
    );
    const refused = outcomes.flatMap((one, place) => (one === 'made' ? [] : [[place, one]]));
    expect(refused).toEqual([3, 13, 23, 33].map((place) => [place, 'store.failed']));
    expect(await keysOf(user)).toHaveLength(37);
    expect(await trail()).toMatchObject({ ok: true, records: 36 });
    expect(store.statistics().commits - before).toBeLessThan(15);
  });

  test('what another process changed between the look-up and the write is seen', async () => {
    const other = new DatabaseSync(join(database.dataDir, 'store.db'));
    const seen: (number | null | undefined)[] = [];
    await write(async (tx) => {
      const current = await tx.findUserForChange(user.id);
      seen.push(current?.user.disabledAtMs);
      if (seen.length === 1) other.exec(`update users set disabled_at_ms = 5 where id = '${user.id}'`);
      if (current?.user.disabledAtMs === null) await insertKey(tx, user);
      await tx.appendAudit(event());
    });
    other.close();
    expect(seen).toEqual([null, 5]);
    expect(await keysOf(user)).toHaveLength(0);
    expect(await trail()).toMatchObject({ ok: true, records: 1 });
  });

  test('a refusal out of what has changed meanwhile is judged again', async () => {
    let runs = 0;
    const made = await write(async (tx) => {
      runs += 1;
      const { current } = await tx.countApiKeys(user.id, startMs, 0);
      if (runs === 1) await write((between) => insertKey(between, user));
      if (current === 0) throw new Error('there is none');
      return current;
    });
    expect([made, runs]).toEqual([1, 2]);
  });

  test('what was taken for granted of one that another process changes is not written', async () => {
    const other = new DatabaseSync(join(database.dataDir, 'store.db'));
    const answers: boolean[] = [];
    await write(async (tx) => {
      const isSo = await tx.isUserAsSeen(user.id, user);
      answers.push(isSo);
      if (answers.length === 1) other.exec(`update users set disabled_at_ms = 5 where id = '${user.id}'`);
      if (isSo) await insertKey(tx, user);
      await tx.appendAudit(event());
    });
    other.close();
    expect(answers).toEqual([true, false]);
    expect(await keysOf(user)).toHaveLength(0);
    expect(await trail()).toMatchObject({ ok: true, records: 1 });
  });

  test('what was taken for granted is true for who only asks, for who refuses, and for who goes on in the middle', async () => {
    await insertKeyOf(user);
    expect(await write((tx) => tx.isUserAsSeen('nobody', null))).toBe(false);
    const refusing = write(async (tx) => {
      if (await tx.hasRoomForApiKey(user.id, 1, 0)) throw new Error('there is room');
      return 'full';
    });
    expect(await refusing).toBe('full');
    const inTheMiddle = await write(async (tx) => {
      const hasRoom = await tx.hasRoomForApiKey(user.id, 1, 0);
      return [hasRoom, await tx.deleteApiKey(user.id, 'nothing')];
    });
    expect(inTheMiddle).toEqual([false, false]);
    const afterWrite = await write(async (tx) => {
      await insertKey(tx, user);
      return [await tx.hasRoomForApiKey(user.id, 2, 0), await tx.hasRoomForApiKey(user.id, 3, 0)];
    });
    expect(afterWrite).toEqual([false, true]);
  });

  test('one that needs the answer of a write goes on in the middle and sees what it wrote', async () => {
    const kept = newApiKey(user.id);
    const gone = newApiKey(user.id);
    const seen = await write(async (tx) => {
      await tx.findUserForChange(user.id);
      for (const key of [kept, gone]) await tx.insertApiKey({ key, digest: newDigest(), value: null });
      await tx.appendAudit(event());
      const isDeleted = await tx.deleteApiKey(user.id, gone.id);
      await tx.appendAudit(event());
      return [isDeleted, (await tx.findApiKeyForChange(kept.id))?.id, await tx.findApiKeyForChange(gone.id)];
    });
    expect(seen).toEqual([true, kept.id, null]);
    expect((await keysOf(user)).map(({ id }) => id)).toEqual([kept.id]);
    expect(await trail()).toMatchObject({ ok: true, records: 2 });
  });

  test('many of both kinds at once are all kept, in one whole trail', async () => {
    await Promise.all(
      Array.from({ length: 120 }, (_, place) => {
        if (place % 3 === 0) return store.audit.append([event({ facts: { place } })]);
        return write(async (tx) => {
          await tx.findUserForChange(user.id);
          if (place % 3 === 1) {
            const session = newSession(user.id);
            await tx.insertSession({ session, tokenDigest: newDigest(), csrf: null });
            expect(await tx.endOldestSessions(user.id, 1_000, session.id, startMs)).toEqual([]);
          } else {
            const key = newApiKey(user.id);
            await tx.insertApiKey({ key, digest: newDigest(), value: null });
            expect(await tx.deleteApiKey(user.id, key.id)).toBe(true);
          }
          await tx.appendAudit(event({ facts: { place } }));
        });
      }),
    );
    expect((await store.identity.listSessions({ userId: user.id }, { limit: 100 })).items).toHaveLength(40);
    expect(await keysOf(user)).toHaveLength(0);
    expect(await trail()).toMatchObject({ ok: true, records: 120 });
  });

  test('a sign-in beyond the limit ends the oldest, and as many as are too many', async () => {
    const sessions = Array.from({ length: 5 }, (_, place) => newSession(user.id, { createdAtMs: startMs + place }));
    for (const session of sessions) {
      await write((tx) => tx.insertSession({ session, tokenDigest: newDigest(), csrf: null }));
    }
    const fresh = newSession(user.id, { createdAtMs: startMs - 1 });
    const ended = await write(async (tx) => {
      await tx.insertSession({ session: fresh, tokenDigest: newDigest(), csrf: null });
      return tx.endOldestSessions(user.id, 3, fresh.id, startMs);
    });
    expect(ended).toEqual(sessions.slice(0, 3).map(({ id }) => id));
  });
});
