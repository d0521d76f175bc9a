/** The store on embedded SQLite: the common contract, and what only it does. @module */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Organisation } from '../../src/identity/index.js';
import type { Store } from '../../src/store/open-store.js';
import {
  addUser,
  auditOf,
  describeStore,
  event,
  newOrganisation,
  newUser,
  openTestStore,
  type TestDatabase,
} from './store.contract.js';
import { createSqliteDatabase as createDatabase, sqliteDatabaseIn as databaseIn } from './store-databases.js';

const codeOf = (error: unknown) => (error as { code?: unknown }).code;

function mountMemory(folder: string, size: string): void {
  execFileSync('sh', ['-c', 'mount -t tmpfs -o "size=$1" tmpfs "$0"', folder, size], { stdio: 'ignore' });
}

function unmount(folder: string): void {
  execFileSync('sh', ['-c', 'umount -l "$0"', folder], { stdio: 'ignore' });
}

/** Whether a small file system can be mounted here, to be filled up. */
const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mount-'));
  try {
    mountMemory(folder, '64k');
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

function startChild(mode: string, url: string, fileLimitBlocks?: number) {
  const child = fileURLToPath(new URL('./store-child.ts', import.meta.url));
  const limit = fileLimitBlocks === undefined ? '' : `ulimit -f ${fileLimitBlocks}; `;
  return spawn('sh', ['-c', `${limit}exec "$0" --import tsx "$@"`, process.execPath, child, mode, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('store on SQLite', () => {
  describeStore(createDatabase);

  describe('group commit', () => {
    let database: TestDatabase;
    let store: Store;
    let organisation: Organisation;
    const open = async (sqlite: NonNullable<Parameters<typeof openTestStore>[1]>['sqlite'] = {}) => {
      store = await openTestStore(database, { sqlite });
      organisation = await newOrganisation(store);
    };
    beforeEach(async () => {
      database = await createDatabase();
    });
    afterEach(async () => {
      await store.close();
      await database.remove();
    });

    test('200 transactions at once take a few commits', async () => {
      await open();
      const before = store.statistics();
      await Promise.all(Array.from({ length: 200 }, () => addUser(store, organisation)));
      const after = store.statistics();
      expect(after.transactions - before.transactions).toBe(200);
      expect(after.commits - before.commits).toBeLessThan(20);
    });

    test('one after the other, every transaction has its own commit', async () => {
      await open();
      const before = store.statistics();
      for (let place = 0; place < 10; place += 1) await addUser(store, organisation);
      expect(store.statistics().commits - before.commits).toBe(10);
    });

    test('nobody is answered before the group is in the file', async () => {
      await open();
      const seen = new DatabaseSync(join(database.dataDir, 'store.db'), { readOnly: true });
      const find = seen.prepare('select count(*) as there from users where id = ?');
      await Promise.all(
        Array.from({ length: 40 }, async () => {
          const { id } = await addUser(store, organisation);
          expect(find.get(id)).toEqual({ there: 1 });
        }),
      );
      seen.close();
    });

    test('one that throws in a group takes nobody along', async () => {
      await open();
      const works = Array.from({ length: 30 }, (_, place) =>
        store.identity.transaction(async (tx) => {
          const user = newUser(organisation.id);
          await tx.insertUser(user, null);
          await tx.appendAudit(event({ facts: { place } }));
          if (place === 7) throw new Error('seven');
          return user;
        }),
      );
      const outcomes = await Promise.allSettled(works);
      expect(outcomes.flatMap(({ status }, place) => (status === 'rejected' ? [place] : []))).toEqual([7]);
      expect((await store.identity.listUsers({}, { limit: 100 })).items).toHaveLength(29);
      const trail = auditOf(store);
      expect(await trail.verify()).toMatchObject({ ok: true, records: 29 });
    });

    test('a transaction that holds the writer too long is undone and others go on', async () => {
      await open({ transactionTimeoutMs: 1_000 });
      let goOn = () => {};
      const pause = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const user = newUser(organisation.id);
      const slow = store.identity
        .transaction(async (tx) => {
          await tx.insertUser(user, null);
          await pause;
          await tx.deleteUser(user.id);
        })
        .catch(codeOf);
      const other = await addUser(store, organisation);
      goOn();
      expect(await slow).toBe('store.transaction_timeout');
      expect(await store.identity.findProfile(user.id)).toBeNull();
      expect(await store.identity.findProfile(other.id)).not.toBeNull();
    });

    test('a slow transaction that writes nothing more is refused when it ends', async () => {
      await open({ transactionTimeoutMs: 1_000 });
      const user = newUser(organisation.id);
      const slow = store.identity.transaction(async (tx) => {
        await tx.insertUser(user, null);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      });
      expect(await slow.catch(codeOf)).toBe('store.transaction_timeout');
      expect(await store.identity.findProfile(user.id)).toBeNull();
    });

    test('a statement after the end of its transaction is a mistake of ours', async () => {
      await open();
      let late: (() => Promise<void>) | undefined;
      await store.identity.transaction(async (tx) => {
        late = () => tx.deleteUser('x');
      });
      await expect(late?.()).rejects.toThrow();
      await expect(addUser(store, organisation)).resolves.toBeDefined();
    });

    test('more than may wait are refused at once, the rest is served', async () => {
      await open({ maxWaiting: 10 });
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, () => addUser(store, organisation).then(() => 'made', codeOf)),
      );
      expect(new Set(outcomes)).toEqual(new Set(['made', 'store.overloaded']));
      expect(outcomes.filter((one) => one === 'made').length).toBeGreaterThanOrEqual(10);
      await expect(addUser(store, organisation)).resolves.toBeDefined();
    });

    test('more look-ups than may wait are refused at once, the rest is answered', async () => {
      await open({ maxReads: 10 });
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, () => store.identity.findUserByName('x').then(() => 'answered', codeOf)),
      );
      expect(new Set(outcomes)).toEqual(new Set(['answered', 'store.overloaded']));
      expect(await store.identity.findUserByName('x')).toBeNull();
    });

    test('another process that holds the file is waited for, and no longer than told', async () => {
      await open({ busyTimeoutMs: 1_000 });
      const other = new DatabaseSync(join(database.dataDir, 'store.db'));
      other.exec('begin immediate');
      expect(await addUser(store, organisation).catch(codeOf)).toBe('store.busy');
      expect(await store.identity.findUserByName('x')).toBeNull();
      const waiting = addUser(store, organisation);
      await new Promise((resolve) => setTimeout(resolve, 50));
      other.exec('commit');
      await expect(waiting).resolves.toBeDefined();
      other.close();
    });

    test('the file stays small while it is written to', async () => {
      await open();
      for (let round = 0; round < 20; round += 1) {
        await Promise.all(Array.from({ length: 50 }, () => addUser(store, organisation)));
      }
      expect(statSync(join(database.dataDir, 'store.db-wal')).size).toBeLessThan(8_000_000);
    });
  });

  describe('the end of a process', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await createDatabase();
    });
    afterEach(async () => {
      await database.remove();
    });

    test('a group that was killed leaves nothing of itself, and everything before it', async () => {
      const child = startChild('unfinished-group', database.url);
      const lines: unknown[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(JSON.parse(line));
        child.kill('SIGKILL');
      }
      expect(lines).toEqual([{ finished: 5 }]);
      const store = await openTestStore(database);
      expect((await store.identity.listUsers({}, { limit: 10 })).items).toHaveLength(1);
      const trail = auditOf(store);
      expect(await trail.verify()).toMatchObject({ ok: true, records: 0 });
      await store.close();
    });

    test('a process that exits in the middle of statements ends with its own exit code', async () => {
      for (let round = 0; round < 4; round += 1) {
        const child = startChild('exit-under-load', database.url);
        expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(3);
      }
    });

    test('a write the disk refuses stops the store, and nothing acknowledged is lost', async () => {
      // A file size limit makes write(2) fail with EFBIG, an error like EIO to SQLite.
      const child = startChild('until-refused', database.url, 2_000);
      const [line] = await child.stdout.setEncoding('utf8').toArray();
      const said = JSON.parse(line as string);
      expect(said).toMatchObject({
        write: 'store.stopped',
        read: 'store.stopped',
        fatal: 'SqliteFailure',
        isReady: false,
      });
      expect(['store.unavailable', 'store.stopped']).toContain(said.refused);
      expect(said.acknowledged).toBeGreaterThan(0);
      const store = await openTestStore(database);
      const rows = await database.sql('select count(*) as users from users');
      expect(rows[0]?.['users']).toBe(said.acknowledged);
      await store.close();
    });

    test.skipIf(!canMount)(
      `on a full disk writes are refused, reads go on, and writes come back with the space${canMount ? '' : ' [skipped: needs leave to mount]'}`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'latchkey-full-'));
        mountMemory(folder, '3m');
        try {
          const small = databaseIn(folder);
          const store = await openTestStore(small);
          const organisation = await newOrganisation(store);
          const user = await addUser(store, organisation);
          const filler = join(folder, 'filler');
          const fill = () => {
            try {
              for (;;) writeFileSync(filler, Buffer.alloc(4_096), { flag: 'a' });
            } catch {
              return;
            }
          };
          fill();
          const kept: string[] = [];
          let refused: unknown;
          while (refused === undefined) {
            await addUser(store, organisation).then(
              ({ id }) => kept.push(id),
              (error: unknown) => {
                refused = codeOf(error);
              },
            );
          }
          expect(refused).toBe('store.unavailable');
          const more = await Promise.all(
            Array.from({ length: 20 }, () => addUser(store, organisation).then(() => 'made', codeOf)),
          );
          expect(new Set(more)).toEqual(new Set(['store.unavailable']));
          expect(await store.identity.findProfile(user.id)).not.toBeNull();
          expect(await store.isReady()).toBe(true);
          rmSync(filler);
          await expect(addUser(store, organisation)).resolves.toBeDefined();
          for (const id of kept) expect(await store.identity.findProfile(id)).not.toBeNull();
          await store.close();
        } finally {
          unmount(folder);
          rmSync(folder, { recursive: true });
        }
      },
    );
  });

  describe('files', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'latchkey-files-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    const modes = (dir: string) =>
      Object.fromEntries(
        [dir, ...readdirSync(dir).map((name) => join(dir, name))].map((path) => [
          path.slice(folder.length),
          (statSync(path).mode & 0o777).toString(8),
        ]),
      );

    test('folder and files are made for their owner alone', async () => {
      const store = await openTestStore(databaseIn(join(folder, 'a/data')));
      await newOrganisation(store);
      expect(modes(join(folder, 'a/data'))).toEqual({
        '/a/data': '700',
        '/a/data/store.db': '600',
        '/a/data/store.db-shm': '600',
        '/a/data/store.db-wal': '600',
      });
      await store.close();
    });

    test('a file that others could read is narrowed', async () => {
      const database = databaseIn(folder);
      await (await openTestStore(database)).close();
      chmodSync(join(folder, 'store.db'), 0o644);
      const store = await openTestStore(database);
      await newOrganisation(store);
      expect(Object.values(modes(folder)).slice(1)).toEqual(['600', '600', '600']);
      await store.close();
    });

    test.each(['sqlite:', 'sqlite::memory:', 'sqlite:file:x?mode=memory', 'sqlite:a\0b'])(
      'a location that is no file is refused: %j',
      async (url) => {
        expect(await openTestStore({ ...databaseIn(folder), url }).catch(codeOf)).toBe('store.url_invalid');
      },
    );

    test('what is no database, no file or no folder is refused', async () => {
      writeFileSync(join(folder, 'text'), 'not a database, but long enough to be read as a header of one'.repeat(99));
      symlinkSync('/dev/null', join(folder, 'device'));
      const open = (name: string) => openTestStore(databaseIn(folder, join(folder, name))).catch(codeOf);
      expect(await open('text')).toBe('store.location_invalid');
      expect(await open('device')).toBe('store.location_invalid');
      expect(await open('.')).toBe('store.location_invalid');
      expect(await open('text/below')).toBe('store.location_invalid');
    });

    test('without a URL the database is latchkey.db in the data folder', async () => {
      const store = await openTestStore(databaseIn(folder), { url: undefined });
      expect(readdirSync(folder)).toContain('latchkey.db');
      await store.close();
    });
  });
});
