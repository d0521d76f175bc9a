/** A backup of the embedded store is whole, private and nobody else's file; a restore is all of it or nothing. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addUser, event, newOrganisation, openTestStore } from '../../test/contract/store.contract.js';
import type { Organisation } from '../identity/index.js';
import type { Store } from './open-store.js';
import { restoreSqlite } from './restore-sqlite.js';

let folder: string;
let file: string;
let to: string;
let store: Store;
let organisation: Organisation;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-backup-'));
  file = join(folder, 'latchkey.db');
  to = join(folder, 'copies', 'backup.db');
  mkdirSync(join(folder, 'copies'));
  store = await openAt(file);
  organisation = await newOrganisation(store, 'acme');
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const openAt = (path: string) =>
  openTestStore({
    ...{ url: `sqlite:${path}`, dataDir: folder, sql: async () => [], bytesAtRest: async () => Buffer.alloc(0) },
    remove: async () => undefined,
  });
const usernames = async (of: Store) =>
  (await of.identity.listUsers({}, { limit: 1_000 })).items.map(({ canonicalName }) => canonicalName).sort();
const copies = () => readdirSync(join(folder, 'copies'));
const back = (more: Partial<Parameters<typeof restoreSqlite>[0]> = {}) =>
  restoreSqlite({ from: to, file, mark: 'm', prepare: async () => undefined, ...more });

describe('a backup', () => {
  it('is of one instant while others write, whole, and for its owner alone', async () => {
    let isDone = false;
    const written: string[] = [];
    const writing = (async () => {
      while (!isDone) {
        const user = await addUser(store, organisation);
        written.push(user.canonicalName);
        await store.audit.append([event()]);
      }
    })();
    while (written.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = [...written];
    const { bytes } = await store.backUp({ to, replace: false });
    isDone = true;
    await writing;
    expect(statSync(to).size).toBe(bytes);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(copies()).toEqual(['backup.db']);
    const copy = await openAt(to);
    const found = await usernames(copy);
    await copy.close();
    expect(found).toEqual(expect.arrayContaining(before));
    // A prefix of what was written: nothing is there without what came before it.
    expect(new Set(found)).toEqual(new Set(written.slice(0, found.length)));
  });

  it('takes the place of a backup only where that is asked for, and of anything else never', async () => {
    await store.backUp({ to, replace: false });
    const before = readFileSync(to);
    await addUser(store, organisation);
    await expect(store.backUp({ to, replace: false })).rejects.toMatchObject({ code: 'store.backup_exists' });
    expect(readFileSync(to).equals(before)).toBe(true);
    await store.backUp({ to, replace: true });
    expect(readFileSync(to).equals(before)).toBe(false);
    const key = join(folder, 'master.key');
    writeFileSync(key, 'the only copy of something');
    symlinkSync(key, join(folder, 'link'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    const elsewhere = [key, file, folder, join(folder, 'link'), join(folder, 'dangling'), join(folder, 'none', 'x')];
    for (const place of elsewhere) {
      await expect(store.backUp({ to: place, replace: true }), place).rejects.toMatchObject({
        code: 'store.backup_location_invalid',
      });
    }
    expect(readFileSync(key, 'utf8')).toBe('the only copy of something');
    expect(copies()).toEqual(['backup.db']);
  });

  it('leaves nothing behind where it cannot be written', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o500 });
    if (process.getuid?.() !== 0) {
      await expect(store.backUp({ to: join(closed, 'x'), replace: false })).rejects.toMatchObject({
        code: 'store.backup_location_invalid',
      });
    }
    expect(readdirSync(closed)).toEqual([]);
  });
});

describe('a restore', () => {
  it('puts the backup in the place of the store, keeps what was there, and both can be opened', async () => {
    const old = await addUser(store, organisation);
    await store.backUp({ to, replace: false });
    const later = await addUser(store, organisation);
    await store.close();
    chmodSync(to, 0o644);
    const seen: string[] = [];
    const kept = await back({
      prepare: async (copy) => {
        const opened = await openAt(copy);
        seen.push(...(await usernames(opened)));
        await addUser(opened, organisation, { canonicalName: 'made-while-restoring' });
        await opened.close();
      },
    });
    expect(seen).toEqual([old.canonicalName]);
    expect(kept).toBe(`${file}.m.before-restore`);
    store = await openAt(file);
    expect(await usernames(store)).toEqual([old.canonicalName, 'made-while-restoring'].sort());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = await openAt(kept ?? '');
    expect(await usernames(before)).toEqual([old.canonicalName, later.canonicalName].sort());
    await before.close();
  });

  it('is refused while anybody has the store open, and changes nothing', async () => {
    await store.backUp({ to, replace: false });
    const later = await addUser(store, organisation);
    await expect(back()).rejects.toMatchObject({ code: 'store.in_use' });
    await addUser(store, organisation);
    expect(await usernames(store)).toContain(later.canonicalName);
    expect(readdirSync(folder).filter((name) => name.includes('.m.'))).toEqual([]);
  });

  it('keeps others out until it is done', async () => {
    await store.backUp({ to, replace: false });
    await store.close();
    await back({
      prepare: async () => {
        const other = new DatabaseSync(file, { timeout: 0 });
        expect(() => other.exec('select * from users')).toThrow(/locked/);
        other.close();
      },
    });
    store = await openAt(file);
  });

  it.each([
    ['no database', () => randomBytes(100_000)],
    ['nothing', () => Buffer.alloc(0)],
    ['half of a backup', () => readFileSync(to).subarray(0, 40_960)],
    ['a backup with a page of noise', () => withNoise(readFileSync(to))],
  ])('of %s is refused and leaves the store as it was', async (_what, make) => {
    for (let count = 0; count < 50; count += 1) await addUser(store, organisation);
    await store.backUp({ to, replace: false });
    writeFileSync(to, make());
    const before = await usernames(store);
    await store.close();
    await expect(back({ prepare: async (copy) => (await openAt(copy)).close() })).rejects.toMatchObject({
      code: expect.stringMatching(/^store\./),
    });
    expect(readdirSync(folder).filter((name) => name.includes('.m.'))).toEqual([]);
    store = await openAt(file);
    expect(await usernames(store)).toEqual(before);
  });

  it('that fails while the copy is prepared leaves the store as it was', async () => {
    await store.backUp({ to, replace: false });
    const later = await addUser(store, organisation);
    await store.close();
    const broken = async (copy: string) => {
      const opened = await openAt(copy);
      await addUser(opened, organisation);
      await opened.close();
      throw new Error('no');
    };
    await expect(back({ prepare: broken })).rejects.toThrow('no');
    expect(readdirSync(folder).filter((name) => name.includes('.m.'))).toEqual([]);
    store = await openAt(file);
    expect(await usernames(store)).toEqual([later.canonicalName]);
  });

  it('of a store that is in use itself, or is not there, is refused', async () => {
    await store.backUp({ to, replace: false });
    writeFileSync(`${to}-wal`, 'x');
    await store.close();
    await expect(back()).rejects.toMatchObject({ code: 'store.backup_unreadable' });
    await expect(back({ from: join(folder, 'none') })).rejects.toMatchObject({ code: 'store.backup_unreadable' });
    await expect(back({ from: folder })).rejects.toMatchObject({ code: 'store.backup_unreadable' });
    store = await openAt(file);
  });

  it('works where there was no store, and where the one that was there is no database any more', async () => {
    const user = await addUser(store, organisation);
    await store.backUp({ to, replace: false });
    await store.close();
    const fresh = join(folder, randomUUID());
    expect(await back({ file: fresh })).toBeNull();
    writeFileSync(file, randomBytes(50_000));
    writeFileSync(`${file}-wal`, randomBytes(50_000));
    expect(await back()).toBe(`${file}.m.before-restore`);
    // A journal that stayed beside its name would be played into the copy.
    expect(existsSync(`${file}-wal`)).toBe(false);
    for (const path of [fresh, file]) {
      const opened = await openAt(path);
      expect(await usernames(opened)).toEqual([user.canonicalName]);
      await opened.close();
    }
    store = await openAt(file);
  });
});

/** Somewhere in the middle, behind the pages that opening looks at. */
function withNoise(bytes: Buffer): Buffer {
  const page = 4_096;
  randomBytes(page).copy(bytes, Math.floor(bytes.length / page / 2) * page);
  return bytes;
}
