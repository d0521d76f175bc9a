/** The store on PostgreSQL: the common contract, and what only it does. @module */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/kernel/secret.js';
import type { Store } from '../../src/store/open-store.js';
import { createTestCertificates } from '../servers/certificates.js';
import {
  describeWith,
  postgresUrl,
  type RunningPostgres,
  shared,
  startPgbouncer,
  startPostgres,
} from '../servers/index.js';
import { addUser, auditOf, describeStore, event, newOrganisation, newUser, openTestStore } from './store.contract.js';
import { createPostgresStoreDatabase as createDatabase } from './store-databases.js';

const codeOf = (error: unknown) => (error as { code?: unknown }).code;

/** Of events that all say the same but for their place. */
const append = (on: Store, count: number) =>
  Promise.all(Array.from({ length: count }, (_, place) => on.audit.append([event({ facts: { place } })])));

describeWith('postgres', 'store on PostgreSQL', () => {
  describeStore(createDatabase);

  describe('the server', () => {
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let store: Store;
    beforeEach(async () => {
      database = await createDatabase();
    });
    afterEach(async () => {
      await store.close();
      await database.remove();
    });

    /** How each row of the table is written from now on: by which statement, and how its commit is synced. */
    async function note(table: string): Promise<void> {
      await database.sql('create table seen (query text, setting text)');
      await database.sql(`
        create function note() returns trigger language plpgsql as
        $$ begin insert into seen values (current_query(), current_setting('synchronous_commit')); return new; end $$`);
      await database.sql(`create trigger note after insert on ${table} for each row execute function note()`);
    }

    /** From now on each takes five seconds. @param change  `update on users` */
    async function slowDown(change: string): Promise<void> {
      await database.sql(`
        create function sleep() returns trigger language plpgsql as $$ begin perform pg_sleep(5); return new; end $$`);
      await database.sql(`create trigger sleep before ${change} for each row execute function sleep()`);
    }

    test('is asked to sync commits, also where its own setting is off', async () => {
      await database.sql(`alter database ${database.name} set synchronous_commit = off`);
      store = await openTestStore(database);
      await note('organisations');
      await newOrganisation(store);
      expect(await database.sql('select distinct setting from seen')).toEqual([{ setting: 'on' }]);
    });

    test('keeps waiting for its standbys where it is set to', async () => {
      await database.sql(`alter database ${database.name} set synchronous_commit = remote_apply`);
      store = await openTestStore(database);
      await note('organisations');
      await newOrganisation(store);
      expect(await database.sql('select distinct setting from seen')).toEqual([{ setting: 'remote_apply' }]);
    });

    test('undoes one of two that wait for each other, and both are done in the end', async () => {
      store = await openTestStore(database);
      const organisation = await newOrganisation(store);
      const [a, b] = [await addUser(store, organisation), await addUser(store, organisation)];
      let tries = 0;
      let arrived = 0;
      let bothHere = () => {};
      const both = new Promise<void>((resolve) => {
        bothHere = resolve;
      });
      const lock = (first: string, second: string) =>
        store.identity.transaction(async (tx) => {
          tries += 1;
          await tx.findUserForChange(first);
          arrived += 1;
          if (arrived === 2) bothHere();
          await both;
          await tx.findUserForChange(second);
          await tx.appendAudit(event());
        });
      await Promise.all([lock(a.id, b.id), lock(b.id, a.id)]);
      expect(tries).toBe(3);
      expect((await store.audit.list({}, { limit: 10 })).items).toHaveLength(2);
    });

    test('may end a connection in the middle of a transaction: it fails, and the next one is served', async () => {
      store = await openTestStore(database);
      const organisation = await newOrganisation(store);
      const user = newUser(organisation.id);
      const endOthers = () =>
        database.sql(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'latchkey' and datname = '${database.name}'`,
        );
      const failed = store.identity.transaction(async (tx) => {
        await tx.insertUser(user, null);
        await endOthers();
        await new Promise((resolve) => setTimeout(resolve, 100));
        await tx.appendAudit(event());
      });
      expect(await failed.catch(codeOf)).toBe('store.unavailable');
      expect(await store.identity.findProfile(user.id)).toBeNull();
      await expect(addUser(store, organisation)).resolves.toBeDefined();
      await endOthers();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await expect(addUser(store, organisation)).resolves.toBeDefined();
      expect(await store.isReady()).toBe(true);
    });

    test('ends a statement that takes too long', async () => {
      store = await openTestStore(database, { postgres: { statementTimeoutMs: 1_000 } });
      const organisation = await newOrganisation(store);
      const user = await addUser(store, organisation);
      await slowDown('update on users');
      const slow = store.identity.transaction((tx) => tx.updateUser({ ...user, firstName: 'late' }));
      expect(await slow.catch(codeOf)).toBe('store.unavailable');
      expect((await store.identity.findProfile(user.id))?.user.firstName).toBeNull();
      await expect(addUser(store, organisation)).resolves.toBeDefined();
    });

    test('is not asked by more than may wait', async () => {
      store = await openTestStore(database, { postgres: { maxWaiting: 5, writers: 2, readers: 1 } });
      const organisation = await newOrganisation(store);
      const made = await Promise.all(
        Array.from({ length: 30 }, () => addUser(store, organisation).then(() => 'made', codeOf)),
      );
      expect(new Set(made)).toEqual(new Set(['made', 'store.overloaded']));
      const found = await Promise.all(
        Array.from({ length: 30 }, () => store.identity.findUserByName('x').then(() => 'answered', codeOf)),
      );
      expect(new Set(found)).toEqual(new Set(['answered', 'store.overloaded']));
    });

    test('serves look-ups from inside more transactions than there are connections', async () => {
      store = await openTestStore(database);
      const organisation = await newOrganisation(store);
      await Promise.all(
        Array.from({ length: 40 }, () =>
          store.identity.transaction(async (tx) => {
            await store.identity.findUserByName('x');
            await tx.insertUser(newUser(organisation.id), null);
          }),
        ),
      );
      expect((await store.identity.listUsers({}, { limit: 100 })).items).toHaveLength(40);
    });

    describe('an event that is written with nothing else', () => {
      const verify = () => auditOf(store).verify();

      test.each([
        ['off', 'on'],
        ['local', 'on'],
        ['on', 'on'],
        ['remote_apply', 'remote_apply'],
      ])('is one statement, and its commit is synced: where the server says %s, %s', async (own, wanted) => {
        await database.sql(`alter database ${database.name} set synchronous_commit = ${own}`);
        store = await openTestStore(database);
        await note('audit_events');
        for (let time = 0; time < 4; time += 1) await append(store, 1);
        const seen = await database.sql(
          `select setting, query like '%returning number%' as "isAlone", count(*)::int from seen group by 1, 2 order by 2`,
        );
        // The first one has no end to link on to.
        expect(seen).toEqual([
          { setting: wanted, isAlone: false, count: 1 },
          { setting: wanted, isAlone: true, count: 3 },
        ]);
        expect(store.statistics().commits).toBeGreaterThanOrEqual(4);
      });

      test('is linked on to what others wrote meanwhile, in transactions and on other nodes', async () => {
        store = await openTestStore(database);
        const organisation = await newOrganisation(store);
        const other = await openTestStore(database);
        try {
          for (let time = 0; time < 8; time += 1) {
            await Promise.all([
              ...[append(store, 6), append(other, 6), addUser(store, organisation), addUser(other, organisation)],
              store.identity.transaction((tx) => tx.appendAudit(event())),
              other.identity.transaction((tx) => tx.appendAudit(event())),
            ]);
            await append(time % 2 === 0 ? store : other, 1);
          }
          expect(await verify()).toMatchObject({ ok: true, records: 8 * 15 });
        } finally {
          await other.close();
        }
      });

      test('does not wait for somebody who holds the end of its chain', async () => {
        store = await openTestStore(database);
        await append(store, 1);
        const held = database.sql(
          'select pg_sleep(3) from (select * from audit_chains where seq = 1 for update) as held',
        );
        await expect
          .poll(() => database.sql(`select 1 from pg_locks where relation = 'audit_chains'::regclass`))
          .not.toEqual([]);
        const began = performance.now();
        await append(store, 2);
        expect(performance.now() - began).toBeLessThan(2_000);
        await held;
        expect(await verify()).toMatchObject({ ok: true, records: 3 });
      });

      test.each(['default_transaction_read_only = on', "default_transaction_isolation = 'serializable'"])(
        'is written where the server’s own setting is %s',
        async (setting) => {
          await database.sql(`alter database ${database.name} set ${setting}`);
          store = await openTestStore(database);
          for (let time = 0; time < 3; time += 1) await append(store, 20);
          expect(await verify()).toMatchObject({ ok: true, records: 60 });
        },
      );

      test.each(["proof = 'forged'", "mac = 'forged'", 'seq = seq + 1', 'chains = 9'])(
        'is not linked on to an end that was changed from outside: %s',
        async (change) => {
          store = await openTestStore(database);
          await append(store, 20);
          await append(store, 1);
          await database.sql(`update audit_chains set ${change}`);
          expect(await store.audit.append([event()]).catch(codeOf)).toBe('store.audit_untrusted');
          expect(await store.audit.append([event()]).catch(codeOf)).toBe('store.audit_untrusted');
        },
      );

      test('fails with its connection, and the next one is written', async () => {
        store = await openTestStore(database);
        await append(store, 1);
        await slowDown('insert on audit_events');
        const failed = store.audit.append([event()]).catch(codeOf);
        const found = () =>
          database.sql(`select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = '${database.name}' and wait_event = 'PgSleep'`);
        await expect.poll(found).not.toEqual([]);
        expect(await failed).toBe('store.unavailable');
        await database.sql('drop trigger sleep on audit_events');
        await append(store, 2);
        expect(await verify()).toMatchObject({ ok: true, records: 3 });
      });
    });
  });

  describe('TLS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    test('means what our own table says, against servers with right and wrong certificates', async () => {
      const { authority, strangeAuthority, good, wrongName, expired } = await createTestCertificates();
      writeFileSync(join(folder, 'ca.pem'), authority.cert);
      writeFileSync(join(folder, 'other.pem'), strangeAuthority.cert);
      const outcome = async (server: RunningPostgres, parameters: string) => {
        const url = `${postgresUrl(server, 'postgres')}?${parameters}`;
        const store = await openTestStore({ ...stub, url }).catch(codeOf);
        if (typeof store === 'string') return store;
        await (store as Store).close();
        return 'open';
      };
      const stub = {
        dataDir: folder,
        sql: async () => [],
        bytesAtRest: async () => Buffer.alloc(0),
        remove: async () => {},
      };
      const trust = (sslmode: string, file = 'ca.pem') => `sslmode=${sslmode}&sslrootcert=${join(folder, file)}`;
      const running: RunningPostgres[] = [];
      const start = async (tls?: { cert: string; key: string }) => {
        const server = await startPostgres(tls === undefined ? {} : { tls });
        running.push(server);
        return server;
      };
      try {
        const right = await start(good);
        expect(await outcome(right, trust('verify-full'))).toBe('open');
        expect(await outcome(right, trust('require'))).toBe('open');
        expect(await outcome(right, trust('verify-ca'))).toBe('open');
        expect(await outcome(right, 'sslmode=require')).toBe('store.unavailable');
        expect(await outcome(right, trust('verify-full', 'other.pem'))).toBe('store.unavailable');
        expect(await outcome(right, trust('verify-ca', 'other.pem'))).toBe('store.unavailable');
        expect(await outcome(right, trust('verify-full', 'missing.pem'))).toBe('store.url_invalid');
        const misnamed = await start(wrongName);
        expect(await outcome(misnamed, trust('verify-full'))).toBe('store.unavailable');
        expect(await outcome(misnamed, trust('require'))).toBe('store.unavailable');
        expect(await outcome(misnamed, trust('verify-ca'))).toBe('open');
        const late = await start(expired);
        expect(await outcome(late, trust('verify-ca'))).toBe('store.unavailable');
        const plain = await start();
        expect(await outcome(plain, trust('verify-full'))).toBe('store.unavailable');
        expect(await outcome(plain, 'sslmode=disable')).toBe('open');
      } finally {
        for (const server of running) await server.stop();
      }
    }, 60_000);
  });

  test('what cannot be reached or let in is unavailable, and says nothing of the password', async () => {
    const server = shared('postgres');
    const database = await createDatabase();
    const password = `canary-${randomBytes(8).toString('hex')}`;
    const urls = [
      postgresUrl(server, database.name, { user: server.superuser, password }),
      postgresUrl(server, 'no_such_database'),
      `postgres://jo:${password}@127.0.0.1:1/db`,
    ];
    for (const url of urls) {
      const error: unknown = await openTestStore({ ...database, url }).catch((fault: unknown) => fault);
      expect(codeOf(error)).toBe('store.unavailable');
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(password);
    }
    const store = await openTestStore(database, { url: new Secret(database.url) });
    expect(store.engine).toBe('postgres');
    await store.close();
    await database.remove();
  });
});

describeWith(['postgres', 'pgbouncer'], 'store on PostgreSQL behind a pooler', () => {
  test('that shares connections and knows of no prepared statements writes every event', async () => {
    const server = shared('postgres');
    const database = await createDatabase();
    const { superuser: user, password } = server;
    const bouncer = await startPgbouncer({
      upstream: server,
      users: { [user]: password },
      databases: { '*': 'pool_size=3' },
    });
    const url = `postgres://${user}:${password}@${bouncer.host}:${bouncer.port}/${database.name}?sslmode=disable`;
    const stores = [await openTestStore({ ...database, url }), await openTestStore({ ...database, url })];
    try {
      for (let time = 0; time < 20; time += 1) {
        for (const store of stores) await append(store, 1);
        await Promise.all(stores.map((store) => append(store, 10)));
      }
      expect(await auditOf(stores[0]!).verify()).toMatchObject({ ok: true, records: 20 * 22 });
    } finally {
      for (const store of stores) await store.close();
      await bouncer.stop();
      await database.remove();
    }
  });
});
