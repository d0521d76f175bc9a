/** What roles may read of the sample database, and what is remembered of it. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor, DatasetReference } from '../../src/data/index.js';
import type { Select } from '../../src/query/index.js';
import { codeOf } from '../identity/house.js';
import { type DataHouse, openDataHouse, rowsOf } from './data-house.js';

const all: Select = {
  ...{ kind: 'select', columns: null, filter: null, groupBy: [], aggregates: [], isDistinct: false },
  ...{ orderBy: [], limit: null, offset: 0, after: null },
};
const employees: DatasetReference = { by: 'name', name: 'Employees' };

describe('reading under grants', () => {
  let world: DataHouse;
  beforeAll(async () => {
    world = await openDataHouse();
    await world.addRole('clerk');
    await world.addRole('regional');
    await world.addRole('bare');
    await world.grant('clerk', 'employees', {
      readable: ['emp_id', 'name', 'salary', 'department_id'],
      filter: { kind: 'compare', column: 'department_id', operator: 'eq', value: 3 },
      masks: [{ column: 'salary', mask: { kind: 'null' } }],
    });
    await world.grant('regional', 'departments', {
      filter: { kind: 'compare', column: 'location', operator: 'eq', value: '$claims.city' },
    });
  });
  afterAll(() => world.close());

  const read = async (actor: Actor, dataset: DatasetReference, query: Partial<Select> = {}) =>
    world.data.read(actor, {
      dataset,
      query: { ...all, ...query },
      maxRows: 20_000,
      signal: new AbortController().signal,
    });

  test('shows the rows, the columns and the masks of the grant, and remembers which', async () => {
    const clerk = await world.person(['clerk']);
    await world.takeEvents();
    const reading = await read(clerk, employees, {
      columns: ['name', 'salary'],
      orderBy: [{ by: 'name', direction: 'asc' }],
    });
    expect(reading.output).toEqual([
      { name: 'name', type: 'text', isMasked: false },
      { name: 'salary', type: 'float64', isMasked: true },
    ]);
    const rows = await rowsOf(reading);
    const [{ count, name } = {}] = world.sql(
      'select count(*) as count, min(name) as name from employees where department_id = 3',
    );
    expect(rows).toHaveLength(Number(count));
    expect(rows[0]).toEqual([name, null]);
    const [event, ...more] = await world.takeEvents();
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      name: 'data.read',
      actorId: clerk.principal.userId,
      outcome: 'ok',
      facts: {
        ...{ dataset: 'Employees', source: 'sample', requests: 1, rows: Number(count) },
        ...{ columns: '["name","salary"]', conditions: '["name"]', masked: '["salary"]' },
      },
    });
    expect(event?.facts['filtering']).toBe(event?.facts['grants']);
  });

  test('knows no column that the grant does not show, wherever it stands', async () => {
    const clerk = await world.person(['clerk']);
    const hidden: Partial<Select>[] = [
      { columns: ['gender'] },
      { filter: { kind: 'null', column: 'gender', isNegated: false } },
      { orderBy: [{ by: 'gender', direction: 'asc' }] },
      { columns: [], groupBy: ['gender'], aggregates: [{ function: 'count', column: null, alias: 'n' }] },
      { columns: [], aggregates: [{ function: 'max', column: 'gender', alias: 'n' }] },
      { columns: ['no_such_column'] },
    ];
    for (const query of hidden) expect(await codeOf(read(clerk, employees, query))).toBe('query.unknown_column');
  });

  test('goes by what is known of the user, and by nothing where it is not', async () => {
    const departments: DatasetReference = { by: 'place', source: 'sample', object: 'main.departments' };
    const lisbon = await world.person(['regional'], { claims: new Map([['city', 'Lisbon']]) });
    expect(await rowsOf(await read(lisbon, departments, { columns: ['name'] }))).toEqual([['Operations']]);
    const nowhere = await world.person(['regional']);
    expect(await rowsOf(await read(nowhere, departments, { columns: ['name'] }))).toEqual([]);
  });

  test('refuses what is unknown, foreign and not granted in the same words', async () => {
    await world.data.datasets.add(world.operator, {
      source: 'foreign',
      of: { kind: 'table', schema: 'main', name: 'employees' },
      name: 'Foreigners',
    });
    const bare = await world.person(['bare']);
    const clerk = await world.person(['clerk']);
    await world.takeEvents();
    const refusals = [
      [bare, employees],
      [bare, { by: 'name', name: 'Nothing' }],
      [clerk, { by: 'name', name: 'Foreigners' }],
      [clerk, { by: 'place', source: 'foreign', object: 'employees' }],
      [clerk, { by: 'place', source: 'sample', object: 'departments' }],
      [clerk, { by: 'place', source: 'nowhere', object: "x' or 1=1" }],
    ] as const;
    for (const [actor, dataset] of refusals) {
      expect(await codeOf(read(actor, dataset))).toBe('data.dataset_denied');
      expect(await codeOf(world.data.view(actor, dataset))).toBe('data.dataset_denied');
    }
    const narrowed = { ...clerk, principal: { ...clerk.principal, sources: ['00000000-0000-4000-8000-000000000000'] } };
    expect(await codeOf(read(narrowed, employees))).toBe('data.dataset_denied');
    const without = await world.person([]);
    expect(await codeOf(read(without, employees))).toBe('access.denied');
    const events = (await world.takeEvents()).filter(({ name }) => name === 'data.read');
    const told = events.map(({ outcome, reason, facts }) => [outcome, reason, facts['requests']]);
    expect(told).toEqual([
      ['refused', 'data.dataset_denied', 4],
      ['refused', 'data.dataset_denied', 9],
      ['refused', 'access.denied', 1],
    ]);
  });

  test('counts rows in reach, and guesses only where nothing is narrowed', async () => {
    const clerk = await world.person(['clerk']);
    const order = { dataset: employees, filter: null, isEstimate: true, signal: new AbortController().signal };
    const [{ count } = {}] = world.sql('select count(*) as count from employees where department_id = 3');
    expect(await world.data.count(clerk, order)).toEqual({ count: Number(count), isEstimate: false });
    expect((await world.data.count(world.operator, { ...order, isEstimate: false })).count).toBe(10_000);
  });

  test('adds up who reads what, and says nothing of values', async () => {
    const clerk = await world.person(['clerk']);
    await world.takeEvents();
    const filter = { kind: 'compare', column: 'name', operator: 'eq', value: 'Ada Needle' } as const;
    for (let round = 0; round < 5; round += 1)
      await rowsOf(await read(clerk, employees, { columns: ['emp_id'], filter }));
    const events = await world.takeEvents();
    expect(events).toHaveLength(1);
    expect(events[0]?.facts).toMatchObject({ requests: 5, columns: '["emp_id"]', conditions: '["name"]' });
    expect(events[0]?.origin.requestId).toBeNull();
    expect(JSON.stringify(events)).not.toContain('Needle');
  });

  test('gives its session back when it is closed, broken off or left', async () => {
    const clerk = await world.person(['clerk']);
    for (let round = 0; round < 12; round += 1) {
      const reading = await read(clerk, employees);
      if (round % 3 === 0) await reading.close();
      else if (round % 3 === 1) for await (const _batch of reading.batches) break;
      else {
        const leaving = new AbortController();
        const left = await world.data.read(clerk, {
          ...{ dataset: employees, query: all, maxRows: 20_000, signal: leaving.signal },
        });
        leaving.abort();
        await reading.close();
        await left.close();
      }
    }
    expect(await rowsOf(await read(clerk, employees, { columns: ['name'], limit: 1 }))).toHaveLength(1);
  });

  test('takes a table as it is when it changed since the catalogue was read', async () => {
    await world.grant('clerk', 'projects');
    const clerk = await world.person(['clerk']);
    const projects: DatasetReference = { by: 'name', name: 'Projects' };
    const first = await read(clerk, projects, { limit: 1 });
    const before = first.output.map(({ name }) => name);
    await first.close();
    expect(before).toContain('budget');
    world.sql('alter table projects rename column budget to money');
    const reading = await read(clerk, projects, { limit: 1 });
    await rowsOf(reading);
    expect(reading.output.map(({ name }) => name)).toContain('money');
    world.sql('alter table projects rename column money to budget');
    world.sources.data.forget((await world.data.datasets.show(world.operator, 'Projects')).sourceId);
  });

  test('lists for everybody what is granted to them', async () => {
    const names = async (actor: Actor) =>
      (await world.data.list(actor, {}, { limit: 100 })).items.map(({ name }) => name);
    expect(await names(await world.person(['regional']))).toEqual(['Departments']);
    expect(await names(await world.person(['clerk', 'regional']))).toEqual(['Departments', 'Employees', 'Projects']);
    expect(await names(await world.person(['bare']))).toEqual([]);
    expect(await names(world.operator)).toEqual(['Departments', 'Employees', 'Foreigners', 'Projects']);
    const other = await world.data.list(await world.person(['clerk']), { source: 'spare' }, { limit: 9 });
    expect(other.items).toEqual([]);
  });

  test('views what may be done, column by column', async () => {
    const view = await world.data.view(await world.person(['clerk']), employees);
    expect(view.operations).toEqual(['query']);
    expect(
      view.columns.map(({ name, isReadable, isMasked, isUpdatable }) => [name, isReadable, isMasked, isUpdatable]),
    ).toEqual([
      ['emp_id', true, false, false],
      ['name', true, false, false],
      ['salary', true, true, false],
      ['department_id', true, false, false],
    ]);
    expect(view.primaryKey).toEqual(['emp_id']);
    expect(view.rowEstimate).toBeNull();
  });
});
