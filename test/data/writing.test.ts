/** What roles may write to the sample database, what is kept, and what stands in the trail before it is. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/index.js';
import type { Actor, DatasetReference, WriteOrder } from '../../src/data/index.js';
import type { Write } from '../../src/query/index.js';
import { codeOf } from '../identity/house.js';
import { type DataHouse, openDataHouse } from './data-house.js';

const projects: DatasetReference = { by: 'name', name: 'Projects' };
const given = (values: Readonly<Record<string, unknown>>) => new Map(Object.entries(values));
const named = (name: string) => ({ kind: 'compare', column: 'name', operator: 'eq', value: name }) as const;
const stamps = given({
  ...{ created_by: 'x', creation_date: '2026-01-31T00:00:00' },
  ...{ last_updated_by: 'x', last_update_date: '2026-01-31T00:00:00' },
});
const insert = (...rows: Readonly<Record<string, unknown>>[]): Write => ({
  kind: 'insert',
  rows: rows.map(given),
  stamps,
});
const rename = (from: string, to: string): Write => ({
  ...{ kind: 'update', set: given({ name: to }), stamps: given({}), filter: named(from) },
});

describe('writing under grants', () => {
  let world: DataHouse;
  let clerk: Actor;
  beforeAll(async () => {
    world = await openDataHouse();
    await world.addRole('clerk');
    await world.grant('clerk', 'projects', {
      operations: ['query', 'insert', 'update', 'delete'],
      writable: ['name', 'department_id', 'budget'],
      filter: { kind: 'compare', column: 'department_id', operator: 'eq', value: 1 },
    });
    clerk = await world.person(['clerk']);
    await world.takeEvents();
  });
  afterAll(() => world.close());

  const write = (statements: WriteOrder['statements'], isRehearsal = false, actor = clerk) =>
    world.data.write(actor, { statements, isRehearsal, signal: new AbortController().signal });
  const one = (statement: Write, expect?: { affected: number }) => [
    { dataset: projects, write: statement, ...(expect === undefined ? {} : { expect }) },
  ];
  const countOf = (name: string) =>
    world.sql(`select count(*) as count from projects where name = '${name}'`)[0]?.['count'];

  test('does all statements or none, and tells what it did', async () => {
    const added = { name: 'First', department_id: 1, budget: 5 };
    const [inserted, renamed, removed] = await write([
      { dataset: projects, write: insert(added, { ...added, name: 'Second' }) },
      { dataset: projects, write: rename('First', 'Third'), expect: { affected: 1 } },
      { dataset: projects, write: { kind: 'delete', filter: named('Second') }, expect: { affected: 1 } },
    ]);
    expect([inserted?.affected, renamed?.affected, removed?.affected]).toEqual([2, 1, 1]);
    expect(inserted?.output.map(({ name }) => name)).toContain('project_id');
    expect(inserted?.rows).toHaveLength(2);
    expect([countOf('First'), countOf('Second'), countOf('Third')]).toEqual([0, 0, 1]);
    const [event, ...more] = await world.takeEvents();
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      ...{ name: 'data.written', outcome: 'ok', actorId: clerk.principal.userId },
      facts: {
        ...{ dataset: 'Projects', source: 'sample', inserted: 2, updated: 1, deleted: 1, statements: 3 },
        ...{ columns: '["budget","department_id","name"]', conditions: '["name"]' },
      },
    });
    expect(JSON.stringify(event)).not.toContain('Third');
  });

  test('keeps nothing when another number of rows was expected, or a row would be out of reach', async () => {
    const added = { name: 'Kept not', department_id: 1, budget: 5 };
    const wrong: [WriteOrder['statements'], string][] = [
      [[...one(insert(added)), ...one(rename('No such', 'x'), { affected: 1 })], 'data.row_changed'],
      [one(insert(added, { ...added, department_id: 2 })), 'sources.row_out_of_reach'],
      [[...one(insert(added)), ...one(insert({ ...added, department_id: 99_999 }))], 'sources.constraint_violated'],
      [[...one(insert(added)), ...one(insert({ ...added, project_id: 77 }))], 'query.column_not_writable'],
      [[...one(insert(added)), ...one(insert({ ...added, budget: 'much' }))], 'query.value_invalid'],
      [[], 'query.rows_invalid'],
    ];
    for (const [statements, code] of wrong) expect(await codeOf(write(statements))).toBe(code);
    expect(countOf('Kept not')).toBe(0);
    const names = (await world.takeEvents()).map(({ name, outcome }) => [name, outcome]);
    expect(names.every(([, outcome]) => outcome === 'refused')).toBe(true);
  });

  test('rehearses: everything is told and nothing kept', async () => {
    const [before] = world.sql('select count(*) as count from projects');
    const [rehearsed] = await write(one(insert({ name: 'Tried', department_id: 1, budget: 1 })), true);
    expect(rehearsed).toMatchObject({ affected: 1 });
    expect(rehearsed?.rows[0]).toContain('Tried');
    expect(world.sql('select count(*) as count from projects')[0]).toEqual(before);
    expect((await world.takeEvents())[0]).toMatchObject({ facts: { rehearsal: true, inserted: 1 } });
  });

  test('is of one source, which is told only to who may use all of them', async () => {
    await world.data.grants.add(world.operator, {
      ...{ role: 'clerk', dataset: { source: 'spare', schema: 'main', table: 'projects' } },
      ...{ operations: ['insert'], readable: null, writable: null, filter: null, masks: [] },
    });
    const statement = insert({ name: 'Two', department_id: 1, budget: 1 });
    const spare: DatasetReference = { by: 'place', source: 'spare', object: 'projects' };
    expect(await codeOf(write([...one(statement), { dataset: spare, write: statement }]))).toBe('data.several_sources');
    const unknown: DatasetReference = { by: 'place', source: 'spare', object: 'departments' };
    expect(await codeOf(write([...one(statement), { dataset: unknown, write: statement }]))).toBe(
      'data.dataset_denied',
    );
    await world.takeEvents();
  });

  test('keeps nothing that cannot be written down', async () => {
    const asked: AuditEvent[] = [];
    const data = world.another({
      audit: {
        append: async (events) => {
          asked.push(...events);
          throw new Error('the disk is full');
        },
      },
    });
    const order = { isRehearsal: false, signal: new AbortController().signal };
    const statement = insert({ name: 'Unwritten', department_id: 1, budget: 1 });
    await expect(data.write(clerk, { ...order, statements: one(statement) })).rejects.toThrow('the disk is full');
    expect(asked.map(({ name }) => name)).toEqual(['data.written']);
    expect(countOf('Unwritten')).toBe(0);
    await write(one(insert({ name: 'Written', department_id: 1, budget: 1 })));
    expect(countOf('Written')).toBe(1);
    await world.takeEvents();
  });

  test('says that it is not known when the end of a commit is not, and writes that down', async () => {
    const data = world.another({
      sources: {
        ...world.sources.data,
        findRelation: (id, place) => world.sources.data.findRelation(id, place),
        forget: (id) => world.sources.data.forget(id),
        async lease(sourceId, signal) {
          const lease = await world.sources.data.lease(sourceId, signal);
          const session = new Proxy(lease.session, {
            get: (target, verb) =>
              verb === 'commit'
                ? () => Promise.reject(new Error('the line is dead'))
                : (Reflect.get(target, verb) as () => unknown).bind(target),
          });
          return { session, release: () => lease.release() };
        },
      },
    });
    const statements = one(insert({ name: 'Who knows', department_id: 1, budget: 1 }));
    const order = { statements, isRehearsal: false, signal: new AbortController().signal };
    const twice = { key: 'k-unknown', content: 'same' };
    const work = async () => {
      await data.write(clerk, order);
      return { status: 200, body: '' };
    };
    expect(await codeOf(data.once(clerk, twice, work))).toBe('data.commit_unknown');
    // What nobody knows is not done again.
    expect(await codeOf(world.data.once(clerk, twice, work))).toBe('data.outcome_unknown');
    const told = (await world.takeEvents()).map(({ outcome, reason }) => [outcome, reason]);
    expect(told).toEqual([
      ['ok', null],
      ['failed', 'internal'],
    ]);
  });

  test('is done once by its name, however often it is sent', async () => {
    const statements = one(insert({ name: 'Once', department_id: 1, budget: 1 }));
    const work = async () => {
      const [written] = await write(statements);
      return { status: 201, body: JSON.stringify({ affected: written?.affected }) };
    };
    const first = { key: 'k-1', content: 'body' };
    expect(await world.data.once(clerk, first, work)).toEqual({
      status: 201,
      body: '{"affected":1}',
      isRepeated: false,
    });
    expect(await world.data.once(clerk, first, work)).toEqual({
      status: 201,
      body: '{"affected":1}',
      isRepeated: true,
    });
    expect(await codeOf(world.data.once(clerk, { ...first, content: 'other' }, work))).toBe(
      'data.idempotency_key_reused',
    );
    expect(countOf('Once')).toBe(1);
    // Another's key of the same name is another request.
    const other = await world.person(['clerk']);
    expect(await world.data.once(other, first, work)).toMatchObject({ isRepeated: false });
    // What was refused was not done, and may be sent again.
    const refusedFirst = { key: 'k-2', content: 'body' };
    const refused = async () => {
      await write(one(rename('Nobody', 'x'), { affected: 1 }));
      return { status: 200, body: '' };
    };
    expect(await codeOf(world.data.once(clerk, refusedFirst, refused))).toBe('data.row_changed');
    expect(await world.data.once(clerk, refusedFirst, work)).toMatchObject({ isRepeated: false });
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () =>
        world.data.once(clerk, { key: 'k-3', content: 'x' }, work).then(() => 'done', codeOfError),
      ),
    );
    expect(countOf('Once')).toBe(4);
    expect(new Set(outcomes)).toEqual(new Set(['done', 'data.outcome_unknown']));
  });
});

const codeOfError = (error: unknown) => (error as { code?: unknown }).code;
