/**
 * What every store of datasets and grants must do, whichever database is under it. Run by `data-store.sqlite.test.ts`
 * and `data-store.postgres.test.ts` against real databases.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Grant } from '../../src/access/index.js';
import type { Dataset, DataTransaction, WriteReceipt } from '../../src/data/index.js';
import type { Organisation, Role } from '../../src/identity/index.js';
import type { Source } from '../../src/sources/index.js';
import type { Store } from '../../src/store/open-store.js';
import { addTo, newSource } from './source-store.contract.js';
import { event, newOrganisation, openTestStore, startMs, type TestDatabase } from './store.contract.js';

export function newDataset(source: Source, more: Partial<Dataset> = {}): Dataset {
  const table = `t${randomBytes(6).toString('hex')}`;
  return {
    id: randomUUID(),
    name: `D${randomBytes(6).toString('hex')}`,
    sourceId: source.id,
    sourceName: source.name,
    organisationId: source.organisationId,
    of: { kind: 'table', schema: 'public', name: table },
    createdAtMs: startMs,
    ...more,
  };
}

export function newGrant(role: Role, dataset: Dataset, more: Partial<Grant> = {}): Grant {
  return {
    id: randomUUID(),
    roleId: role.id,
    datasetId: dataset.id,
    operations: ['query'],
    readable: null,
    writable: null,
    filter: null,
    masks: [],
    ...more,
  };
}

function addRole(store: Store, organisation: Organisation): Promise<Role> {
  const name = `role-${randomBytes(6).toString('hex')}`;
  const role = { id: randomUUID(), organisationId: organisation.id, name, allowed: [], createdAtMs: startMs };
  return store.identity.transaction((tx) => tx.insertRole(role));
}

export function describeDataStore(createDatabase: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  let store: Store;
  let organisation: Organisation;
  let source: Source;
  let role: Role;
  beforeAll(async () => {
    database = await createDatabase();
    store = await openTestStore(database);
    organisation = await newOrganisation(store);
    source = await addTo(store, newSource(organisation));
    role = await addRole(store, organisation);
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  const within = <T>(work: (tx: DataTransaction) => Promise<T>) => store.data.transaction(work);
  const add = async (dataset: Dataset) => {
    expect(await within((tx) => tx.insertDataset(dataset))).toBe('ok');
    return dataset;
  };
  const grant = async (one: Grant) => {
    expect(await within((tx) => tx.insertGrant(one, startMs))).toBe(true);
    return one;
  };
  const byName = (name: string, roleIds: readonly string[] | null, organisationId: string | null = organisation.id) =>
    store.data.findDatasets({ by: 'name', organisationId, name }, roleIds);

  describe('datasets', () => {
    test('are found by id, by name in their organisation, and by their place in a source', async () => {
      const dataset = await add(newDataset(source));
      const query = await add(newDataset(source, { of: { kind: 'query', text: 'select 1 as one' } }));
      const found = [{ dataset, grants: [], statementMs: 30_000 }];
      const table = dataset.of.kind === 'table' ? dataset.of.name : '';
      expect(await store.data.findDatasets({ by: 'id', id: dataset.id }, null)).toEqual(found);
      expect(await byName(dataset.name, null)).toEqual(found);
      expect(await byName(dataset.name, null, null)).toEqual(found);
      for (const object of [dataset.name, table, `public.${table}`]) {
        for (const reference of [source.name, source.id]) {
          expect(await store.data.findDatasets({ by: 'place', source: reference, object }, null)).toEqual(found);
        }
      }
      expect(await byName(query.name, null)).toEqual([{ dataset: query, grants: [], statementMs: 30_000 }]);
      expect(await byName(dataset.name, null, (await newOrganisation(store)).id)).toEqual([]);
      expect(await store.data.findDatasets({ by: 'place', source: 'other', object: dataset.name }, null)).toEqual([]);
      expect(await byName(dataset.name.toLowerCase(), null)).toEqual([]);
    });

    test('have a name of their own in their organisation, and a table is one of them only', async () => {
      const one = await add(newDataset(source));
      const insert = (dataset: Dataset) => within((tx) => tx.insertDataset(dataset));
      expect(await insert(newDataset(source, { name: one.name }))).toBe('taken');
      expect(await insert(newDataset(source, { of: one.of }))).toBe('place_taken');
      const elsewhere = await addTo(store, newSource(await newOrganisation(store)));
      expect(await insert(newDataset(elsewhere, { name: one.name, of: one.of }))).toBe('ok');
      expect(await insert(newDataset({ ...source, id: randomUUID() }))).toBe('gone');
    });

    test('of one name that are made at once are one', async () => {
      const name = `D${randomBytes(6).toString('hex')}`;
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () => within((tx) => tx.insertDataset(newDataset(source, { name })))),
      );
      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
      expect(new Set(outcomes)).toEqual(new Set(['ok', 'taken']));
    });

    test('are renamed while the name is free', async () => {
      const one = await add(newDataset(source));
      const other = await add(newDataset(source));
      const rename = (dataset: Dataset, name: string) => within((tx) => tx.updateDataset({ ...dataset, name }));
      expect(await rename(one, other.name)).toBe('taken');
      expect(await rename(one, `${one.name}_x`)).toBe('ok');
      expect(await byName(one.name, null)).toEqual([]);
      expect(await rename(newDataset(source), 'Nobody')).toBe('gone');
      const name = `R${randomBytes(6).toString('hex')}`;
      const outcomes = await Promise.all([one, other].map((dataset) => rename(dataset, name)));
      expect(outcomes.sort()).toEqual(['ok', 'taken']);
    });

    test('go with their source, and their grants with them', async () => {
      const doomed = await addTo(store, newSource(organisation));
      const dataset = await add(newDataset(doomed));
      const { id } = await grant(newGrant(role, dataset));
      await store.sources.transaction((tx) => tx.deleteSource(doomed.id));
      expect(await store.data.findDatasets({ by: 'id', id: dataset.id }, null)).toEqual([]);
      expect(await store.data.findGrant(id)).toBeNull();
    });

    test('are listed by name, page by page, for who has a grant on them', async () => {
      const own = await addTo(store, newSource(organisation));
      const other = await addTo(store, newSource(organisation));
      const datasets = [await add(newDataset(own)), await add(newDataset(own)), await add(newDataset(other))];
      const [first, second, third] = datasets as [Dataset, Dataset, Dataset];
      await grant(newGrant(role, first));
      await grant(newGrant(role, first, { operations: ['insert'] }));
      await grant(newGrant(role, third));
      const names = async (filter: Parameters<Store['data']['listDatasets']>[0]) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.data.listDatasets(filter, { limit: 1, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.items.map(({ name }) => name));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        return seen;
      };
      const sorted = (...some: Dataset[]) => some.map(({ name }) => name).sort();
      expect(await names({ sourceId: own.id })).toEqual(sorted(first, second));
      expect(await names({ sourceIds: [own.id, other.id] })).toEqual(sorted(first, second, third));
      expect(await names({ sourceIds: [] })).toEqual([]);
      expect(await names({ sourceIds: [own.id, other.id], grantedToRoleIds: [role.id] })).toEqual(sorted(first, third));
      expect(await names({ grantedToRoleIds: [] })).toEqual([]);
      expect(await names({ organisationId: randomUUID() })).toEqual([]);
    });
  });

  describe('grants', () => {
    const whole: Partial<Grant> = {
      operations: ['query', 'update'],
      readable: ['name', 'salary', '__proto__'],
      writable: [],
      filter: {
        kind: 'or',
        filters: [
          { kind: 'compare', column: 'department', operator: 'eq', value: 7 },
          { kind: 'not', filter: { kind: 'text', column: 'name', match: 'starts', isNegated: false, text: '$user' } },
        ],
      },
      masks: [
        { column: 'salary', mask: { kind: 'null' } },
        { column: 'name', mask: { kind: 'hash', salt: '0123456789abcdef' } },
      ],
    };

    test('come back as they were written, with the names of what they join', async () => {
      const dataset = await add(newDataset(source));
      const one = await grant(newGrant(role, dataset, whole));
      const detail = {
        ...{ grant: one, role: role.name, dataset: dataset.name, source: source.name, sourceId: source.id },
        ...{ organisation: organisation.uid, organisationId: organisation.id, createdAtMs: startMs },
      };
      expect(await store.data.findGrant(one.id)).toEqual(detail);
      expect((await store.data.listGrants({ datasetId: dataset.id }, { limit: 10 })).items).toEqual([detail]);
      expect((await byName(dataset.name, [role.id]))[0]?.grants).toEqual([one]);
    });

    test('of the asked roles come with their dataset in the order of their ids, and of no other', async () => {
      const dataset = await add(newDataset(source));
      const other = await addRole(store, organisation);
      const stranger = await addRole(store, organisation);
      const granted = [
        await grant(newGrant(role, dataset)),
        await grant(newGrant(other, dataset)),
        await grant(newGrant(role, dataset, { operations: ['delete'] })),
      ];
      await grant(newGrant(stranger, dataset));
      const ids = granted.map(({ id }) => id).sort();
      const [found] = await byName(dataset.name, [role.id, other.id]);
      expect(found?.grants.map(({ id }) => id)).toEqual(ids);
      expect((await byName(dataset.name, []))[0]?.grants).toEqual([]);
      expect((await byName(dataset.name, null))[0]?.grants).toEqual([]);
    });

    test('are changed but for whose they are, and removed', async () => {
      const dataset = await add(newDataset(source));
      const one = await grant(newGrant(role, dataset));
      const changed = { ...one, ...whole };
      expect(await within((tx) => tx.updateGrant(changed))).toBe(true);
      expect(await within((tx) => tx.findGrant(one.id))).toEqual(changed);
      const moved = { ...one, datasetId: (await add(newDataset(source))).id };
      expect(await within((tx) => tx.updateGrant(moved))).toBe(false);
      expect(await within((tx) => tx.deleteGrant(one.id))).toBe(true);
      expect(await within((tx) => tx.deleteGrant(one.id))).toBe(false);
      expect(await within((tx) => tx.findGrant(one.id))).toBeNull();
    });

    test('need a role and a dataset that are there', async () => {
      const dataset = await add(newDataset(source));
      const insert = (one: Grant) => within((tx) => tx.insertGrant(one, startMs));
      expect(await insert(newGrant({ ...role, id: randomUUID() }, dataset))).toBe(false);
      expect(await insert(newGrant(role, newDataset(source)))).toBe(false);
    });

    test('that cannot be read whole grant nothing', async () => {
      const dataset = await add(newDataset(source));
      const broken = ['filter', 'masks', 'operations'] as const;
      for (const column of broken) {
        const { id } = await grant(newGrant(role, dataset, whole));
        await database.sql(`update grants set ${column} = '{"a":{"unheard_of":1}}' where id = '${id}'`);
      }
      const [found] = await byName(dataset.name, [role.id]);
      expect(found?.grants.flatMap(({ operations }) => operations)).toEqual([]);
    });

    test('are listed oldest first, by role, dataset, source and organisation', async () => {
      const own = await addTo(store, newSource(organisation));
      const dataset = await add(newDataset(own));
      const other = await addRole(store, organisation);
      const ids: string[] = [];
      for (let place = 0; place < 3; place += 1) {
        const one = newGrant(place === 1 ? other : role, dataset);
        await within((tx) => tx.insertGrant(one, startMs + place));
        ids.push(one.id);
      }
      const list = async (filter: Parameters<Store['data']['listGrants']>[0], cursor?: string) => {
        const page = await store.data.listGrants(filter, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        return { ids: page.items.map(({ grant: { id } }) => id), nextCursor: page.nextCursor };
      };
      const first = await list({ datasetId: dataset.id });
      expect(first.ids).toEqual(ids.slice(0, 2));
      expect((await list({ datasetId: dataset.id }, first.nextCursor)).ids).toEqual(ids.slice(2));
      expect((await list({ sourceId: own.id, roleId: other.id })).ids).toEqual([ids[1]]);
      expect((await list({ sourceIds: [own.id], organisationId: organisation.id })).ids).toEqual(ids.slice(0, 2));
      expect((await list({ sourceIds: [] })).ids).toEqual([]);
      expect((await list({ organisationId: randomUUID() })).ids).toEqual([]);
    });

    test('on ten thousand other datasets and of ten thousand others cost a look-up nothing', async () => {
      const dataset = await add(newDataset(source));
      await grant(newGrant(role, dataset));
      const measure = async () => {
        const times: number[] = [];
        for (let round = 0; round < 60; round += 1) {
          const startedMs = performance.now();
          const [found] = await byName(dataset.name, [role.id]);
          times.push(performance.now() - startedMs);
          expect(found?.grants).toHaveLength(1);
        }
        return times.sort((a, b) => a - b)[30] ?? 0;
      };
      await measure();
      const few = await measure();
      const crowd = await addRole(store, organisation);
      await within(async (tx) => {
        for (let place = 0; place < 100; place += 1) {
          const other = newDataset(source);
          await tx.insertDataset(other);
          for (let more = 0; more < 50; more += 1) await tx.insertGrant(newGrant(role, other), startMs);
        }
        for (let place = 0; place < 5_000; place += 1) await tx.insertGrant(newGrant(crowd, dataset), startMs);
      });
      const many = await measure();
      // Not a number to be proud of but one that a scan of the table could not keep.
      expect(many).toBeLessThan(3 * few + 2);
    }, 120_000);
  });

  describe('look-ups that are held', () => {
    test('are of before no longer than until a change is acknowledged, here and in another process', async () => {
      const there = await openTestStore(database);
      const asked = { by: 'id', id: (await add(newDataset(source))).id } as const;
      const first = await grant(newGrant(role, { ...newDataset(source), id: asked.id }));
      const idsOf = (one: Store) => async () =>
        (await one.data.findDatasets(asked, [role.id])).flatMap(({ grants }) => grants.map(({ id }) => id));
      const [here, elsewhere] = [idsOf(store), idsOf(there)];
      // Until what is found is found again: the same object, as long as nothing changes.
      const until = performance.now() + 10_000;
      for (const one of [store, there]) {
        for (let isHeld = false; !isHeld && performance.now() < until; ) {
          const found = await one.data.findDatasets(asked, [role.id]);
          await new Promise((resolve) => setTimeout(resolve, 5));
          isHeld = found === (await one.data.findDatasets(asked, [role.id]));
        }
      }
      const found = await store.data.findDatasets(asked, [role.id]);
      expect(found).toBe(await store.data.findDatasets(asked, [role.id]));
      for (let round = 0; round < 3; round += 1) {
        const second = newGrant(role, { ...newDataset(source), id: asked.id });
        const changing = round % 2 === 0 ? there : store;
        await changing.data.transaction((tx) => tx.insertGrant(second, startMs));
        const both = [first.id, second.id].sort();
        expect([await here(), await elsewhere()]).toEqual([both, both]);
        await changing.data.transaction((tx) => tx.deleteGrant(second.id));
        expect([await here(), await elsewhere()]).toEqual([[first.id], [first.id]]);
      }
      const known = await store.sources.findKnownSource(source.id);
      expect(known?.id).toBe(source.id);
      const changed = { ...source, revision: source.revision + 1, limits: { ...source.limits, statementMs: 12_345 } };
      expect(await there.sources.transaction((tx) => tx.updateSource(changed, {}))).toBe('ok');
      expect((await store.sources.findKnownSource(source.id))?.revision).toBe(changed.revision);
      expect((await store.data.findDatasets(asked, null))[0]?.statementMs).toBe(12_345);
      const restored = { ...source, revision: changed.revision + 1 };
      await store.sources.transaction((tx) => tx.updateSource(restored, {}));
      source = restored;
      await there.close();
    });
  });

  describe('receipts of writes', () => {
    const newReceipt = (more: Partial<WriteReceipt> = {}): WriteReceipt => ({
      keyDigest: randomBytes(32).toString('hex'),
      contentDigest: randomBytes(32).toString('hex'),
      ...{ state: 'pending', status: null, body: null, atMs: startMs },
      ...more,
    });
    const insert = (receipt: WriteReceipt, forgetBeforeMs = 0) =>
      within((tx) => tx.insertWriteReceipt(receipt, forgetBeforeMs));

    test('are kept once, finished, and found while they are fresh', async () => {
      const receipt = newReceipt();
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => insert(receipt)));
      expect(outcomes.filter((isKept) => isKept)).toHaveLength(1);
      expect(await store.data.findWriteReceipt(receipt.keyDigest, startMs)).toEqual(receipt);
      await within((tx) => tx.finishWriteReceipt(receipt.keyDigest, 201, '{"name":"Ada"}'));
      const done = { ...receipt, state: 'done', status: 201, body: '{"name":"Ada"}' };
      expect(await store.data.findWriteReceipt(receipt.keyDigest, startMs)).toEqual(done);
      expect(await store.data.findWriteReceipt(receipt.keyDigest, startMs + 1)).toBeNull();
      await within((tx) => tx.deleteWriteReceipt(receipt.keyDigest));
      expect(await store.data.findWriteReceipt(receipt.keyDigest, 0)).toBeNull();
    });

    test('that are old make room for the same key', async () => {
      const receipt = newReceipt();
      await insert(receipt);
      const again = { ...receipt, atMs: startMs + 10 };
      expect(await insert(again, startMs)).toBe(false);
      expect(await insert(again, startMs + 1)).toBe(true);
    });

    test('hold no row in plain text', async () => {
      const word = `word-${randomBytes(12).toString('hex')}`;
      const receipt = newReceipt();
      await insert(receipt);
      await within((tx) => tx.finishWriteReceipt(receipt.keyDigest, 200, word));
      expect((await database.bytesAtRest()).includes(word)).toBe(false);
      expect((await store.data.findWriteReceipt(receipt.keyDigest, 0))?.body).toBe(word);
    });
  });

  test('a change and its event are kept together or not at all', async () => {
    const dataset = newDataset(source);
    const before = (await store.audit.list({}, { limit: 1 })).items[0]?.seq ?? 0;
    await within(async (tx) => {
      await tx.insertDataset(dataset);
      await tx.appendAudit(event({ name: 'dataset.created' }));
      throw new Error('no');
    }).catch(() => undefined);
    expect(await store.data.findDatasets({ by: 'id', id: dataset.id }, null)).toEqual([]);
    expect((await store.audit.list({}, { limit: 1 })).items[0]?.seq ?? 0).toBe(before);
  });
}
