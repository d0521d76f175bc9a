/**
 * What every store of sources must do, whichever database is under it. Run by `source-store.sqlite.test.ts` and
 * `source-store.postgres.test.ts` against real databases.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/kernel/secret.js';
import type {
  Notice,
  SnapshotEntry,
  Source,
  SourceHealth,
  SourceSecrets,
  SourceTransaction,
} from '../../src/sources/index.js';
import { standardLimits } from '../../src/sources/index.js';
import { type Migration, migrations } from '../../src/store/migrations/index.js';
import type { Store } from '../../src/store/open-store.js';
import { event, newOrganisation, openTestStore, startMs, type TestDatabase } from './store.contract.js';

export const newName = () => `s${randomBytes(6).toString('hex')}`;

export function newSource(
  organisation: { readonly id: string; readonly uid: string },
  more: Partial<Source> = {},
): Source {
  return {
    id: randomUUID(),
    name: newName(),
    description: null,
    organisationId: organisation.id,
    organisationUid: organisation.uid,
    engine: 'postgres',
    host: 'db.example.test',
    port: 5432,
    database: 'app',
    username: 'reader',
    authType: 'basic',
    tls: { mode: 'verify-full', ca: null, clientCertificate: null, hasClientKey: false },
    credential: { kind: 'stored' },
    credentialSetAtMs: startMs,
    purpose: 'read',
    limits: standardLimits,
    checkEveryMinutes: null,
    nextCheckAtMs: null,
    webhookUrl: null,
    health: {
      state: 'unknown',
      sinceMs: startMs,
      checkedAtMs: null,
      stage: null,
      reason: null,
      failuresInRow: 0,
      passesInRow: 0,
    },
    createdAtMs: startMs,
    updatedAtMs: startMs,
    revision: 1,
    ...more,
  };
}

export const noSecrets: SourceSecrets = { password: null, clientKey: null, webhookKey: null };

export async function addTo(store: Store, source: Source, secrets: Partial<SourceSecrets> = {}): Promise<Source> {
  const isAdded = await store.sources.transaction((tx) => tx.insertSource(source, { ...noSecrets, ...secrets }));
  expect(isAdded).toBe(true);
  return source;
}

function newNotice(sourceId: string, more: Partial<Notice> = {}): Notice {
  return {
    id: randomUUID(),
    sourceId,
    type: 'source.health_changed',
    body: '{"type":"source.health_changed"}',
    createdAtMs: startMs,
    attempts: 0,
    nextAttemptAtMs: startMs,
    ...more,
  };
}

export async function* entriesOf(count: number, body = '{"columns":[]}'): AsyncIterable<SnapshotEntry> {
  for (let index = 0; index < count; index += 1) {
    const name = `t${String(index).padStart(6, '0')}`;
    yield { schema: 'public', section: 'table', name, arguments: '', body };
  }
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );

const taken = (sourceId: string) => () =>
  event({
    name: 'source.snapshot_taken',
    subject: `source:${sourceId}`,
    origin: { door: 'cli', requestId: null, address: null },
  });

export function describeSourceStore(createDatabase: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  let store: Store;
  let organisation: { readonly id: string; readonly uid: string };
  const write = <T>(work: (tx: SourceTransaction) => Promise<T>): Promise<T> => store.sources.transaction(work);

  beforeAll(async () => {
    database = await createDatabase();
    store = await openTestStore(database);
    organisation = await newOrganisation(store);
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  const auditOf = async (sourceId: string) =>
    (await store.audit.list({ subject: `source:${sourceId}` }, { limit: 100 })).items.map(({ name }) => name);

  describe('sources', () => {
    test('a source is found by id and by name, whole, with its secrets apart', async () => {
      const source = newSource(organisation, {
        description: 'Orders\nand more 🦊',
        host: '2001:db8::7',
        tls: { mode: 'verify-ca', ca: 'PEM', clientCertificate: 'CERT', hasClientKey: true },
        limits: { connections: 2, connectMs: 2_000, statementMs: 3_000, catalogTables: 7 },
        purpose: 'read_write',
        checkEveryMinutes: 10_080,
        nextCheckAtMs: startMs + 9_000_000,
        webhookUrl: 'https://hooks.example.test/T0/secret-path',
      });
      const secrets = {
        password: new Secret('pässword-canary'),
        clientKey: new Secret('key-canary'),
        webhookKey: null,
      };
      await addTo(store, source, secrets);
      expect(await store.sources.findSource(source.id)).toEqual(source);
      expect(await store.sources.findSource(source.name)).toEqual(source);
      expect(await write((tx) => tx.findSource(source.name))).toEqual(source);
      const opened = await store.sources.findSourceSecrets(source.id);
      expect(opened?.password?.reveal()).toBe('pässword-canary');
      expect(opened?.clientKey?.reveal()).toBe('key-canary');
      expect(opened?.webhookKey).toBeNull();
      expect(await store.sources.findSourceSecrets(source.id, 1)).not.toBeNull();
      expect(await store.sources.findSourceSecrets(source.id, 2)).toBeNull();
    });

    test.each([{ kind: 'env', name: 'PG_PASS' } as const, { kind: 'file', path: '/run/secrets/pg pass' } as const])(
      'a credential kept elsewhere comes back as it was named: $kind',
      async (credential) => {
        const source = await addTo(store, newSource(organisation, { credential }));
        expect((await store.sources.findSource(source.id))?.credential).toEqual(credential);
      },
    );

    test('nothing is found by what is no reference', async () => {
      for (const reference of ['', 'Nobody', `nobody\0`, "' or 1=1 --", 'x'.repeat(5_000), randomUUID()]) {
        expect(await store.sources.findSource(reference)).toBeNull();
        expect(await store.sources.findSourceSecrets(reference)).toBeNull();
        expect(await store.sources.findOrganisationId(reference)).toBeNull();
      }
      expect(await store.sources.findOrganisationId(organisation.uid)).toBe(organisation.id);
    });

    test('no secret and no path of a webhook stands at rest', async () => {
      const webhookUrl = 'https://hooks.example.test/canary-of-the-path';
      const canaries = ['canary-of-password', 'canary-of-client-key', 'canary-of-webhook-key'];
      const [password, clientKey, webhookKey] = canaries.map((text) => new Secret(text));
      await addTo(store, newSource(organisation, { webhookUrl, username: 'visible-control' }), {
        password: password!,
        clientKey: clientKey!,
        webhookKey: webhookKey!,
      });
      const bytes = await database.bytesAtRest();
      expect(bytes.includes('visible-control')).toBe(true);
      for (const canary of [...canaries, 'canary-of-the-path']) expect(bytes.includes(canary)).toBe(false);
    });

    test.each([
      ['host', `'evil.example.test'`],
      ['port', '1'],
      ['engine', `'mysql'`],
      ['auth_type', `'token'`],
      ['tls_mode', `'disable'`],
      ['tls_ca', `'another authority'`],
      ['tls_client_certificate', `'another certificate'`],
      ['id', `'${randomUUID()}'`],
    ])('a password is not opened for a row that was changed behind our back: %s', async (column, value) => {
      const source = await addTo(store, newSource(organisation), { password: new Secret('for one target only') });
      expect((await store.sources.findSourceSecrets(source.id))?.password?.reveal()).toBe('for one target only');
      await database.sql(`update sources set ${column} = ${value} where id = '${source.id}'`);
      const id = column === 'id' ? value.slice(1, -1) : source.id;
      expect(await codeOf(store.sources.findSourceSecrets(id))).toBe('secrets.envelope_invalid');
    });

    test('a sealed value moved to another source opens nowhere', async () => {
      const [one, two] = [await addTo(store, newSource(organisation)), await addTo(store, newSource(organisation))];
      for (const column of ['password', 'client_key', 'webhook_key'] as const) {
        const key = { password: 'password', client_key: 'clientKey', webhook_key: 'webhookKey' }[column];
        await write((tx) => tx.updateSource({ ...one, revision: 2 }, { [key]: new Secret('moved') }));
        await database.sql(
          `update sources set ${column} = (select ${column} from sources where id = '${one.id}') where id = '${two.id}'`,
        );
        expect(await codeOf(store.sources.findSourceSecrets(two.id))).toBe('secrets.envelope_invalid');
        await database.sql(`update sources set ${column} = null, revision = 1 where id in ('${one.id}', '${two.id}')`);
      }
    });

    test('a name is given once, also to many at once, and the transaction can go on', async () => {
      const name = newName();
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () =>
          write(async (tx) => {
            const isFirst = await tx.insertSource(newSource(organisation, { name }), noSecrets);
            if (!isFirst) await tx.insertSource(newSource(organisation), noSecrets);
            return isFirst;
          }),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
    });

    test('of many that take a name at once by change, one gets it', async () => {
      const sources = await Promise.all(Array.from({ length: 8 }, () => addTo(store, newSource(organisation))));
      const name = newName();
      const outcomes = await Promise.all(
        sources.map((source) => write((tx) => tx.updateSource({ ...source, name, revision: 2 }, {}))),
      );
      expect(outcomes.sort()).toEqual(['ok', ...Array.from({ length: 7 }, () => 'taken')]);
    });

    test('of changes made from one revision at once, one is written', async () => {
      const source = await addTo(store, newSource(organisation));
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          write((tx) => tx.updateSource({ ...source, description: `${index}`, revision: 2 }, {})),
        ),
      );
      expect(outcomes.sort()).toEqual(['ok', ...Array.from({ length: 7 }, () => 'stale')]);
      expect((await store.sources.findSource(source.id))?.revision).toBe(2);
    });

    test('a change writes what is named of secrets, leaves the others, and says when the source is gone', async () => {
      const source = await addTo(store, newSource(organisation), {
        password: new Secret('p'),
        clientKey: new Secret('k'),
        webhookKey: new Secret('w'),
      });
      const changed = { ...source, username: 'other', revision: 2 };
      expect(await write((tx) => tx.updateSource(changed, { clientKey: null }))).toBe('ok');
      const secrets = await store.sources.findSourceSecrets(source.id);
      expect([secrets?.password?.reveal(), secrets?.clientKey, secrets?.webhookKey?.reveal()]).toEqual([
        'p',
        null,
        'w',
      ]);
      expect(await store.sources.findSource(source.id)).toEqual(changed);
      expect(await write((tx) => tx.updateSource(newSource(organisation, { revision: 2 }), {}))).toBe('gone');
    });

    test('a change does not touch health, and health is written only at the revision it was found at', async () => {
      const source = await addTo(store, newSource(organisation, { checkEveryMinutes: 1 }));
      const health: SourceHealth = {
        ...({
          state: 'failing',
          sinceMs: startMs + 1,
          checkedAtMs: startMs + 2,
          stage: 'tcp',
          reason: 'TCP_REFUSED',
        } as const),
        ...{ failuresInRow: 3, passesInRow: 0 },
      };
      expect(await write((tx) => tx.writeHealth(source.id, 1, health, startMs + 60_000))).toBe(true);
      await write((tx) => tx.updateSource({ ...source, description: 'x', revision: 2 }, {}));
      expect((await store.sources.findSource(source.id))?.health).toEqual(health);
      expect(await write((tx) => tx.writeHealth(source.id, 1, source.health, null))).toBe(false);
      expect((await store.sources.findSource(source.id))?.health).toEqual(health);
      expect(await write((tx) => tx.writeHealth(randomUUID(), 1, health, null))).toBe(false);
    });

    test('state, audit and notice are written together or not at all', async () => {
      const source = newSource(organisation);
      const failed = write(async (tx) => {
        await tx.insertSource(source, noSecrets);
        await tx.insertNotice(newNotice(source.id));
        await tx.appendAudit(event({ name: 'source.created', subject: `source:${source.id}` }));
        throw new TypeError('stop');
      });
      await expect(failed).rejects.toThrow('stop');
      expect(await store.sources.findSource(source.id)).toBeNull();
      expect(await auditOf(source.id)).toEqual([]);
      await write(async (tx) => {
        await tx.insertSource(source, noSecrets);
        await tx.appendAudit(event({ name: 'source.created', subject: `source:${source.id}` }));
      });
      expect(await auditOf(source.id)).toEqual(['source.created']);
    });

    test('sources are listed by name in pages, of one organisation and engine or of all', async () => {
      const other = await newOrganisation(store);
      const names = ['b-1', 'a_2', 'a', 'zz', 'b0'].map((part) => `${part}${newName()}`);
      for (const [index, name] of names.entries()) {
        await addTo(store, newSource(other, { name, engine: index % 2 === 0 ? 'mysql' : 'sqlite' }));
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.sources.listSources(
          { organisationId: other.id },
          { limit: 2, ...(cursor === undefined ? {} : { cursor }) },
        );
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(seen).toEqual([...names].sort());
      const mysql = await store.sources.listSources({ organisationId: other.id, engine: 'mysql' }, { limit: 10 });
      expect(mysql.items).toHaveLength(3);
      expect((await store.sources.listSources({}, { limit: 1_000 })).items.length).toBeGreaterThan(5);
      expect(await codeOf(store.sources.listSources({}, { limit: 1, cursor: 'AAAA' }))).toBe('store.page_invalid');
    });

    test('sources are counted by health', async () => {
      const before = await store.sources.countByHealth();
      await addTo(store, newSource(organisation, { health: { ...newSource(organisation).health, state: 'degraded' } }));
      expect(await store.sources.countByHealth()).toEqual({ ...before, degraded: before.degraded + 1 });
      expect((await store.sources.countByHealth(organisation.id)).degraded).toBe(1);
      expect((await store.sources.countByHealth('another')).degraded).toBe(0);
    });

    test('removing takes snapshot and notices with it, at rest too', async () => {
      const source = await addTo(store, newSource(organisation));
      await store.sources.writeSnapshot(source.id, startMs, entriesOf(3, '"canary-of-removal"'), taken(source.id));
      await write((tx) => tx.insertNotice(newNotice(source.id)));
      expect(await write((tx) => tx.deleteSource(source.id))).toBe(true);
      expect(await write((tx) => tx.deleteSource(source.id))).toBe(false);
      expect(await store.sources.findSource(source.id)).toBeNull();
      expect(await store.sources.findSnapshot(source.id)).toBeNull();
      expect(await database.sql('select * from source_snapshot_parts')).toEqual([]);
      expect(await database.sql('select * from source_snapshots')).toEqual([]);
      expect(await database.sql('select * from source_notices')).toEqual([]);
    });
  });

  describe('claims', () => {
    test('a due check is claimed once and comes again when its lease is over', async () => {
      const dueAtMs = startMs + 1_000_000;
      const source = await addTo(store, newSource(organisation, { checkEveryMinutes: 5, nextCheckAtMs: dueAtMs }));
      const claim = async (nowMs: number) =>
        (await store.sources.claimDueChecks(nowMs, 60_000, 10)).map(({ id }) => id);
      expect(await claim(dueAtMs - 1)).not.toContain(source.id);
      const claimed = await store.sources.claimDueChecks(dueAtMs, 60_000, 10);
      expect(claimed).toEqual([{ ...source, nextCheckAtMs: dueAtMs + 60_000 }]);
      expect(await claim(dueAtMs + 59_999)).toEqual([]);
      expect(await claim(dueAtMs + 60_000)).toEqual([source.id]);
      await write((tx) => tx.deleteSource(source.id));
    });

    test('what was planned while the clock was far ahead is due', async () => {
      const yearMs = 365 * 86_400_000;
      const nowMs = startMs + 1_500_000;
      const ahead = newSource(organisation, { checkEveryMinutes: 5, nextCheckAtMs: nowMs + yearMs });
      const right = newSource(organisation, { checkEveryMinutes: 10_080, nextCheckAtMs: nowMs + 10_080 * 60_000 });
      for (const source of [ahead, right]) await addTo(store, source);
      const notice = newNotice(right.id, { nextAttemptAtMs: nowMs + yearMs });
      await write((tx) => tx.insertNotice(notice));
      expect((await store.sources.claimDueChecks(nowMs, 60_000, 10)).map(({ id }) => id)).toEqual([ahead.id]);
      expect(await store.sources.claimDueChecks(nowMs, 60_000, 10)).toEqual([]);
      expect((await store.sources.claimDueNotices(nowMs, 60_000, 10)).map(({ id }) => id)).toEqual([notice.id]);
      expect(await store.sources.claimDueNotices(nowMs, 60_000, 10)).toEqual([]);
      await write(async (tx) => {
        for (const { id } of [ahead, right]) await tx.deleteSource(id);
      });
    });

    test('no check and no notice is claimed by two at once, and none is forgotten', async () => {
      const other = await openTestStore(database);
      try {
        const dueAtMs = startMs + 2_000_000;
        const sources: Source[] = [];
        for (let count = 0; count < 40; count += 1) {
          sources.push(await addTo(store, newSource(organisation, { checkEveryMinutes: 1, nextCheckAtMs: dueAtMs })));
        }
        const wanted = new Set(sources.map(({ id }) => id));
        await write(async (tx) => {
          for (const { id } of sources) await tx.insertNotice(newNotice(id, { nextAttemptAtMs: dueAtMs }));
        });
        const checks: string[] = [];
        const notices: string[] = [];
        const claimer = async (node: Store) => {
          for (let round = 0; round < 8; round += 1) {
            checks.push(...(await node.sources.claimDueChecks(dueAtMs, 60_000, 3)).map(({ id }) => id));
            notices.push(...(await node.sources.claimDueNotices(dueAtMs, 60_000, 3)).map(({ sourceId }) => sourceId));
          }
        };
        await Promise.all([claimer(store), claimer(other), claimer(store), claimer(other), claimer(other)]);
        for (const claimed of [checks, notices]) {
          expect(claimed).toHaveLength(40);
          expect(new Set(claimed)).toEqual(wanted);
        }
        await write(async (tx) => {
          for (const { id } of sources) await tx.deleteSource(id);
        });
      } finally {
        await other.close();
      }
    });

    test('notices of one source wait for each other; those of another do not', async () => {
      const [one, two] = [await addTo(store, newSource(organisation)), await addTo(store, newSource(organisation))];
      const dueAtMs = startMs + 3_000_000;
      const notices = [one, one, two].map(({ id }, index) => newNotice(id, { nextAttemptAtMs: dueAtMs - index }));
      await write(async (tx) => {
        for (const notice of notices) await tx.insertNotice(notice);
      });
      const claim = async (nowMs: number) =>
        (await store.sources.claimDueNotices(nowMs, 1_000, 10)).map(({ id }) => id).sort();
      const [first, second, foreign] = notices.map(({ id }) => id);
      expect(await claim(dueAtMs)).toEqual([first, foreign].sort());
      expect(await claim(dueAtMs)).toEqual([]);
      // Put off, it still stands before the second.
      await write((tx) => tx.settleNotice(first!, { attempts: 1, nextAttemptAtMs: dueAtMs + 5_000 }));
      await write((tx) => tx.settleNotice(foreign!, null));
      expect(await claim(dueAtMs + 4_000)).toEqual([]);
      expect(await store.sources.claimDueNotices(dueAtMs + 5_000, 1_000, 10)).toEqual([
        { ...notices[0], attempts: 1, nextAttemptAtMs: dueAtMs + 6_000 },
      ]);
      await write((tx) => tx.settleNotice(first!, null));
      expect(await claim(dueAtMs + 5_000)).toEqual([second]);
      await write((tx) => tx.settleNotice(second!, null));
    });
  });

  describe('snapshots', () => {
    test('a snapshot comes back entry by entry as it was written', async () => {
      const source = await addTo(store, newSource(organisation));
      const entries: SnapshotEntry[] = [
        { schema: '__proto__', section: 'table', name: 'nul\0 in it', arguments: '', body: '{"a":"\\u0000"}' },
        { schema: 'public', section: 'routine', name: 'f', arguments: 'a integer, b "x"', body: '{}' },
        { schema: 'übung', section: 'type', name: '🦊', arguments: '', body: '[]' },
      ];
      async function* all() {
        yield* entries;
      }
      const snapshot = await store.sources.writeSnapshot(source.id, startMs, all(), taken(source.id));
      expect(snapshot).toMatchObject({ sourceId: source.id, takenAtMs: startMs, objects: 3 });
      expect(await store.sources.findSnapshot(source.id)).toEqual(snapshot);
      expect(await listOf(store.sources.readSnapshot(snapshot!.id))).toEqual(entries);
      expect(await auditOf(source.id)).toEqual(['source.snapshot_taken']);
    });

    test('an empty catalogue makes a snapshot, too', async () => {
      const source = await addTo(store, newSource(organisation));
      const snapshot = await store.sources.writeSnapshot(source.id, startMs, entriesOf(0), taken(source.id));
      expect(snapshot?.objects).toBe(0);
      expect(await listOf(store.sources.readSnapshot(snapshot!.id))).toEqual([]);
    });

    test('the next one takes its place, and nothing of the one before is left', async () => {
      const source = await addTo(store, newSource(organisation));
      const first = await store.sources.writeSnapshot(source.id, startMs, entriesOf(2_500), taken(source.id));
      const second = await store.sources.writeSnapshot(source.id, startMs + 1, entriesOf(2), taken(source.id));
      expect(await store.sources.findSnapshot(source.id)).toEqual(second);
      expect(await codeOf(listOf(store.sources.readSnapshot(first!.id)))).toBe('sources.no_snapshot');
      const left = await database.sql(`select id from source_snapshots where source_id = '${source.id}'`);
      expect(left).toEqual([{ id: second!.id }]);
      expect(await database.sql(`select part from source_snapshot_parts where snapshot_id = '${first!.id}'`)).toEqual(
        [],
      );
    });

    test('a reading that is overtaken by another snapshot breaks off instead of passing for the whole', async () => {
      const source = await addTo(store, newSource(organisation));
      const first = await store.sources.writeSnapshot(source.id, startMs, entriesOf(2_500), taken(source.id));
      const reading = store.sources.readSnapshot(first!.id)[Symbol.asyncIterator]();
      await reading.next();
      await store.sources.writeSnapshot(source.id, startMs + 1, entriesOf(1), taken(source.id));
      const rest = (async () => {
        while (!(await reading.next()).done);
      })();
      expect(await codeOf(rest)).toBe('sources.changed_meanwhile');
    });

    test('a writing that breaks off leaves the old one, no remains and no record', async () => {
      const source = await addTo(store, newSource(organisation));
      const first = await store.sources.writeSnapshot(source.id, startMs, entriesOf(2), taken(source.id));
      async function* broken() {
        yield* entriesOf(2_500);
        throw new TypeError('the server went away');
      }
      const failed = store.sources.writeSnapshot(source.id, startMs + 1, broken(), taken(source.id));
      await expect(failed).rejects.toThrow('the server went away');
      expect(await store.sources.findSnapshot(source.id)).toEqual(first);
      const left = await database.sql(`select id from source_snapshots where source_id = '${source.id}'`);
      expect(left).toEqual([{ id: first!.id }]);
      expect(await auditOf(source.id)).toEqual(['source.snapshot_taken']);
    });

    test('what a crash left goes with a later writing', async () => {
      const source = await addTo(store, newSource(organisation));
      const dead = randomUUID();
      await database.sql(
        `insert into source_snapshots (id, source_id, taken_at_ms, objects, parts, state) values ('${dead}', '${source.id}', ${startMs}, 0, 0, 'writing')`,
      );
      await database.sql(`insert into source_snapshot_parts (snapshot_id, part, entries) values ('${dead}', 0, '[]')`);
      await store.sources.writeSnapshot(source.id, startMs + 7 * 3_600_000, entriesOf(1), taken(source.id));
      expect(await database.sql(`select id from source_snapshots where id = '${dead}'`)).toEqual([]);
    });

    test('a source that goes away while it is written down has no snapshot', async () => {
      const source = await addTo(store, newSource(organisation));
      async function* slow() {
        yield* entriesOf(1_500);
        await write((tx) => tx.deleteSource(source.id));
        yield* entriesOf(1_500);
      }
      expect(await store.sources.writeSnapshot(source.id, startMs, slow(), taken(source.id))).toBeNull();
      expect(await store.sources.writeSnapshot(source.id, startMs, entriesOf(1), taken(source.id))).toBeNull();
      expect(await database.sql(`select id from source_snapshots where source_id = '${source.id}'`)).toEqual([]);
      expect(await auditOf(source.id)).toEqual([]);
    });

    test('two writings at once both end, and one of them is the snapshot', async () => {
      const source = await addTo(store, newSource(organisation));
      const made = await Promise.all(
        [1_200, 2_400].map((count) =>
          store.sources.writeSnapshot(source.id, startMs, entriesOf(count), taken(source.id)),
        ),
      );
      const kept = await store.sources.findSnapshot(source.id);
      expect(made).toContainEqual(kept);
      expect(await listOf(store.sources.readSnapshot(kept!.id))).toHaveLength(kept!.objects);
    });

    test('50,000 objects are written and read without holding up other writers or growing memory', async () => {
      const source = await addTo(store, newSource(organisation));
      const body = JSON.stringify({
        columns: Array.from({ length: 32 }, (_, at) => ({
          name: `column_${at}`,
          nativeType: 'character varying(120)',
          isNullable: true,
          comment: 'what it is for',
        })),
      });
      const beforeBytes = process.memoryUsage().rss;
      let peakBytes = 0;
      let slowestMs = 0;
      let isDone = false;
      const bystander = (async () => {
        while (!isDone) {
          const startedMs = performance.now();
          await newOrganisation(store);
          slowestMs = Math.max(slowestMs, performance.now() - startedMs);
          peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      const startedMs = performance.now();
      const snapshot = await store.sources.writeSnapshot(source.id, startMs, entriesOf(50_000, body), taken(source.id));
      const wroteMs = performance.now() - startedMs;
      let count = 0;
      for await (const entry of store.sources.readSnapshot(snapshot!.id)) {
        if (entry.body.length === body.length) count += 1;
      }
      const removedAtMs = performance.now();
      await write((tx) => tx.deleteSource(source.id));
      const removedMs = performance.now() - removedAtMs;
      isDone = true;
      await bystander;
      expect(count).toBe(50_000);
      const grownMib = (peakBytes - beforeBytes) / 1_048_576;
      process.stderr.write(
        `50,000 objects of ${body.length} B: written ${wroteMs.toFixed(0)} ms, removed ${removedMs.toFixed(0)} ms, slowest bystander ${slowestMs.toFixed(0)} ms, memory +${grownMib.toFixed(0)} MiB\n`,
      );
      expect(slowestMs).toBeLessThan(1_000);
      // What is written is 160 MiB; buffers that are not collected at once make up most of what is seen here.
      expect(grownMib).toBeLessThan(160);
    }, 120_000);
  });

  describe('an install of before', () => {
    test('gets the tables, and its administrators what is new; a narrowed role stays as it is', async () => {
      const old = await createDatabase();
      try {
        const later = (migrations as Migration[]).splice(1);
        const first = await openTestStore(old);
        const own = await newOrganisation(first);
        const roles = [
          { name: 'administrator', allowed: ['connections.test', 'directory.manage', 'audit.read'] as const },
          { name: 'member', allowed: ['connections.test'] as const },
        ];
        for (const role of roles) {
          await first.identity.transaction((tx) =>
            tx.insertRole({ id: randomUUID(), organisationId: own.id, createdAtMs: startMs, ...role }),
          );
        }
        const narrowed = await newOrganisation(first);
        await first.identity.transaction((tx) =>
          tx.insertRole({
            ...{ id: randomUUID(), organisationId: narrowed.id, createdAtMs: startMs },
            ...{ name: 'administrator', allowed: ['audit.read'] },
          }),
        );
        await first.close();
        (migrations as Migration[]).push(...later);
        const second = await openTestStore(old);
        expect(second.migrations.applied).toEqual(later.map(({ name }) => name));
        expect((await second.identity.findRole(own.id, 'administrator'))?.allowed).toEqual([
          ...['connections.test', 'directory.manage', 'audit.read'],
          ...['sources.inspect', 'sources.manage', 'metrics.read', 'tokens.introspect'],
        ]);
        expect((await second.identity.findRole(own.id, 'member'))?.allowed).toEqual(['connections.test']);
        expect((await second.identity.findRole(narrowed.id, 'administrator'))?.allowed).toEqual(['audit.read']);
        await addTo(second, newSource(own));
        await second.close();
      } finally {
        await old.remove();
      }
    });
  });
}
