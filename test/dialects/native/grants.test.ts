/** `/admin/v1/roles`, `/admin/v1/datasets`, `/admin/v1/grants` and `/data/v1/explain` over a real database. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';
import { administratorKey } from '../support/sign-in.js';

let folder: string;
let world: DataWorld;
let keeper: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-grants-'));
  const database = new DatabaseSync(join(folder, 'hr.db'));
  database.exec(`
    CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, salary INTEGER, hired TEXT, department INTEGER) STRICT;
    CREATE TABLE order_items (id INTEGER PRIMARY KEY, item TEXT) STRICT;
    INSERT INTO employees VALUES (1, 'Ada', 300, '2026-01-31', 7), (2, 'Bilal', 200, '2026-02-01', 8);
  `);
  database.close();
  world = await openDataWorld();
  await world.addSource({ name: 'hr', engine: 'sqlite', database: join(folder, 'hr.db') });
  await world.identity.organisations.add({ ...world.operator, principal: null }, { uid: 'other', name: 'Other' });
  await world.addSource({ name: 'foreign', engine: 'sqlite', database: join(folder, 'hr.db'), organisation: 'other' });
  keeper = `Bearer ${await administratorKey(world)}`;
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (method: string, path: string, body?: unknown, authorization = keeper): Promise<Received> =>
  send(world, { method, path, body, headers: { authorization } });
const told = (received: Received) => received.body as Record<string, unknown>;

describe('roles, datasets and grants', () => {
  test('are made, shown, changed and removed, and decide what the data API answers', async () => {
    const role = await ask('POST', '/admin/v1/roles', { name: 'clerk', organisation: 'acme', allowed: ['data.use'] });
    expect([role.status, told(role)]).toMatchObject([201, { name: 'clerk', organisation: 'acme', users: 0 }]);
    const roleId = told(role)['id'];
    await world.identity.users.set({ ...world.operator, principal: null }, 'nobody', { addRoles: ['clerk'] });
    const clerk = (await world.as('nobody')).authorization;
    expect((await ask('GET', '/data/v1/hr/Employees', undefined, clerk)).status).toBe(403);

    const terms = {
      ...{ operations: ['query', 'update'], readable: ['name', 'salary'], writable: ['name'] },
      ...{ filter: { department: { eq: 7 } }, masks: { salary: 'null', name: 'hash' } },
    };
    const place = { role: 'clerk', source: 'hr', schema: 'main', table: 'employees' };
    const made = await ask('POST', '/admin/v1/grants', { ...place, ...terms });
    expect([made.status, told(made)]).toMatchObject([201, { dataset: 'Employees', source: 'hr', ...terms }]);
    expect(made.text).not.toContain('salt');
    const grant = `/admin/v1/grants/${told(made)['id']}`;
    const rows = async () => told(await ask('GET', '/data/v1/hr/Employees', undefined, clerk))['data'];
    expect(await rows()).toEqual([{ name: expect.stringMatching(/^[0-9a-f]{32}$/), salary: null }]);
    const pseudonym = JSON.stringify(await rows());

    const changed = await ask('PATCH', grant, { filter: null });
    expect([changed.status, told(changed)]).toMatchObject([200, { ...terms, filter: null }]);
    const [first, ...more] = (await rows()) as unknown[];
    expect(JSON.stringify([first])).toBe(pseudonym);
    expect(more).toHaveLength(1);
    expect(told(await ask('PATCH', grant, { masks: {} }))).toMatchObject({ masks: {} });
    expect(await rows()).toEqual([
      { name: 'Ada', salary: 300 },
      { name: 'Bilal', salary: 200 },
    ]);

    const listed = told(await ask('GET', '/admin/v1/grants?role=clerk&organisation=acme&limit=1'));
    expect(listed).toMatchObject({ items: [{ role: 'clerk' }], nextCursor: null });
    expect(told(await ask('GET', '/admin/v1/grants?role=unknown'))).toEqual({ items: [], nextCursor: null });
    expect((await ask('PATCH', '/admin/v1/datasets/Employees', { name: 'Staff' })).status).toBe(200);
    expect((await ask('GET', '/data/v1/hr/Staff', undefined, clerk)).status).toBe(200);
    expect((await ask('DELETE', grant)).status).toBe(204);
    expect((await ask('GET', '/data/v1/hr/Staff', undefined, clerk)).status).toBe(403);
    expect(told(await ask('PATCH', `/admin/v1/roles/${roleId}`, { allowed: [] }))).toMatchObject({ allowed: [] });
    expect((await ask('DELETE', `/admin/v1/roles/${roleId}`)).status).toBe(204);
    expect((await ask('GET', `/admin/v1/roles/${roleId}`)).status).toBe(404);
    expect((await ask('DELETE', '/admin/v1/datasets/Staff')).status).toBe(204);
    expect((await ask('GET', '/admin/v1/datasets/Staff')).status).toBe(404);
  });

  test('are judged against the table, and refused with the field that makes no sense', async () => {
    const place = { role: 'member', source: 'hr', schema: 'main', table: 'employees' };
    const wrong: [object, string, string][] = [
      [{ ...place, readable: ['nothing'] }, 'data.grant_invalid', 'readable'],
      [{ ...place, writable: ['name', 'name'] }, 'data.grant_invalid', 'writable'],
      [{ ...place, operations: [] }, 'data.grant_invalid', 'operations'],
      [{ ...place, operations: ['truncate'] }, 'http.field_invalid', 'operations'],
      [{ ...place, filter: { nothing: { eq: 1 } } }, 'data.grant_invalid', 'filter'],
      [{ ...place, filter: { salary: { eq: 'x' } } }, 'data.grant_invalid', 'filter'],
      [{ ...place, filter: { salary: { like: 'x' } } }, 'query.filter_invalid', 'filter'],
      [{ ...place, masks: { salary: 'keep-left:2' } }, 'data.grant_invalid', 'masks'],
      [{ ...place, masks: { salary: 'everything' } }, 'http.field_invalid', 'masks'],
      [{ ...place, role: 'unknown' }, 'data.role_not_found', 'role'],
      [{ ...place, table: 'unknown' }, 'data.relation_not_found', 'table'],
      [{ ...place, source: 'unknown' }, 'sources.not_found', 'source'],
      [{ ...place, dataset: 'both' }, 'http.field_invalid', 'dataset'],
      [{ role: 'member', source: 'hr', table: 'employees' }, 'http.field_missing', 'schema'],
    ];
    for (const [body, code, field] of wrong) {
      expect([body, told(await ask('POST', '/admin/v1/grants', body))]).toMatchObject([body, { code, field }]);
    }
    expect(told(await ask('GET', '/admin/v1/datasets?source=hr'))).toMatchObject({ items: [] });
  });

  test('of tables are datasets once, named after the table; of text, one SELECT', async () => {
    const table = { source: 'hr', schema: 'main', table: 'order_items' };
    const made = await ask('POST', '/admin/v1/datasets', table);
    expect([made.status, told(made)]).toMatchObject([201, { name: 'OrderItems', kind: 'table', query: null }]);
    expect(told(await ask('POST', '/admin/v1/datasets', table))).toMatchObject({ code: 'data.place_taken' });
    const query = 'select department, sum(salary) as total from employees group by department';
    const named = await ask('POST', '/admin/v1/datasets', { source: 'hr', query, name: 'Payroll' });
    expect([named.status, told(named)]).toMatchObject([201, { name: 'Payroll', kind: 'query', query }]);
    expect((await ask('POST', '/admin/v1/grants', { role: 'member', dataset: 'Payroll' })).status).toBe(201);
    const rows = await ask(
      'GET',
      '/data/v1/hr/Payroll?order=department',
      undefined,
      (await world.as('ada')).authorization,
    );
    // What an expression is has no name in SQLite: it comes as text.
    expect([rows.status, told(rows)['data']]).toEqual([
      200,
      [
        { department: 7, total: '300' },
        { department: 8, total: '200' },
      ],
    ]);
    const wrong: [object, string][] = [
      [{ source: 'hr', query }, 'data.name_invalid'],
      [{ source: 'hr', query: 'delete from employees', name: 'X' }, 'data.query_invalid'],
      [{ source: 'hr', query: 'select 1 as a; select 2', name: 'X' }, 'data.query_invalid'],
      [{ source: 'hr', query: 'select 1 as a) union select (2', name: 'X' }, 'data.query_invalid'],
      [{ source: 'hr', query: 'select 1 as a, 2 as a', name: 'X' }, 'data.query_invalid'],
      [{ source: 'hr', query: 'select * from nowhere', name: 'X' }, 'data.query_invalid'],
      [{ source: 'hr', query: '  ', name: 'X' }, 'data.query_invalid'],
      [{ source: 'hr', query, name: 'a b' }, 'data.name_invalid'],
      [{ source: 'hr', query, name: 'Payroll' }, 'data.name_taken'],
      [{ source: 'hr', query, table: 'employees', name: 'X' }, 'http.field_invalid'],
    ];
    for (const [body, code] of wrong) {
      expect([body, told(await ask('POST', '/admin/v1/datasets', body))]).toMatchObject([body, { code }]);
    }
    const update = { role: 'member', dataset: 'Payroll', operations: ['update'] };
    expect(told(await ask('POST', '/admin/v1/grants', update))).toMatchObject({ code: 'data.grant_invalid' });
  });

  test('are for who manages them, in their own organisation', async () => {
    const operator = { ...world.operator, principal: null };
    await world.identity.roles.add(operator, {
      organisationUid: 'acme',
      name: 'source-keeper',
      allowed: ['sources.manage', 'sources.inspect'],
    });
    await world.identity.users.set(operator, 'nobody', { addRoles: ['source-keeper'] });
    const sourceKeeper = (await world.as('nobody')).authorization;
    const member = (await world.as('ada')).authorization;
    const place = { schema: 'main', table: 'employees' };
    const as = async (authorization: string, method: string, path: string, body?: unknown) => {
      const received = await ask(method, path, body, authorization);
      return received.status < 300 ? received.status : told(received)['code'];
    };
    for (const path of ['/admin/v1/grants', '/admin/v1/datasets', '/admin/v1/roles', '/admin/v1/grants/x']) {
      expect(await as(member, 'GET', path)).toBe('access.denied');
    }
    const grant = { role: 'member', source: 'hr', ...place };
    expect(await as(member, 'POST', '/admin/v1/grants', grant)).toBe('access.denied');
    expect(await as(sourceKeeper, 'POST', '/admin/v1/grants', grant)).toBe(201);
    expect(await as(sourceKeeper, 'POST', '/admin/v1/grants', { ...grant, source: 'foreign' })).toBe(
      'sources.not_found',
    );
    expect(await as(sourceKeeper, 'GET', '/admin/v1/roles')).toBe('access.denied');
    const foreign = { role: 'member', source: 'foreign', ...place };
    const made = told(await ask('POST', '/admin/v1/grants', foreign));
    expect(made).toMatchObject({ organisation: 'other', dataset: 'Employees' });
    expect(await as(sourceKeeper, 'GET', `/admin/v1/grants/${made['id']}`)).toBe('data.grant_not_found');
    expect(await as(sourceKeeper, 'DELETE', `/admin/v1/grants/${made['id']}`)).toBe('data.grant_not_found');
    const visible = told(await ask('GET', '/admin/v1/grants?organisation=other', undefined, sourceKeeper));
    expect(visible).toEqual({ items: [], nextCursor: null });
    const sources = told(await ask('GET', '/admin/v1/datasets', undefined, sourceKeeper))['items'] as {
      source: string;
    }[];
    expect(new Set(sources.map(({ source }) => source))).toEqual(new Set(['hr']));
  });

  test('explain themselves to whoever asks about themselves, and about others to who manages them', async () => {
    const ada = (await world.as('ada')).authorization;
    const why = async (question: string, authorization = ada) =>
      told(await ask('GET', `/data/v1/explain?${question}`, undefined, authorization));
    expect(await why('source=hr&object=Employees&operation=query&columns=name')).toMatchObject({
      ...{ isAllowed: true, rule: 'granted', dataset: 'Employees', source: 'hr', remedy: null },
      grants: [{ operations: ['query'], readable: null, filter: null, masks: {} }],
    });
    expect(await why('source=hr&object=Employees&operation=delete')).toMatchObject({
      ...{ isAllowed: false, rule: 'operation_not_granted' },
    });
    expect(await why('source=hr&object=Employees&operation=query&columns=unknown')).toMatchObject({
      rule: 'column_not_readable',
    });
    // What is there and what is not look alike to who may use neither.
    const there = await why('source=hr&object=OrderItems&operation=query');
    const not = await why('source=hr&object=NothingHere&operation=query');
    expect(there['rule']).toBe('no_grant');
    expect(JSON.stringify(there).replaceAll('OrderItems', '?')).toBe(
      JSON.stringify(not).replaceAll('NothingHere', '?'),
    );
    expect(await why('user=bob&dataset=Employees&operation=query')).toMatchObject({ code: 'access.denied' });
    expect(await why('user=ada&dataset=OrderItems&operation=query', keeper)).toMatchObject({
      ...{ isAllowed: false, rule: 'no_grant', dataset: 'OrderItems' },
      remedy: 'latchkey grant add --role member --dataset OrderItems --operations query',
    });
    expect(await why('user=nobody&dataset=Employees&operation=query', keeper)).toMatchObject({
      rule: 'action_missing',
    });
    expect(await why('operation=query')).toMatchObject({ code: 'http.field_invalid', field: 'dataset' });
    expect(await why('dataset=Employees&operation=drop')).toMatchObject({ code: 'http.field_invalid' });
  });

  test('say what would allow more: more of the grant that is there, of the role that has it', async () => {
    const operator = { ...world.operator, principal: null };
    await world.identity.roles.add(operator, { organisationUid: 'acme', name: 'packer', allowed: ['data.use'] });
    await world.identity.users.set(operator, 'ada', { addRoles: ['packer'] });
    const terms = { operations: ['query'], readable: ['id'], writable: [], filter: { id: { lt: 9 } } };
    const place = { role: 'packer', source: 'hr', schema: 'main', table: 'order_items' };
    const { id } = told(await ask('POST', '/admin/v1/grants', { ...place, ...terms }));
    const why = async (question: string) =>
      told(await ask('GET', `/data/v1/explain?user=ada&dataset=OrderItems&${question}`));
    const set = `latchkey grant set ${id}`;
    expect(await why('operation=delete')).toMatchObject({
      ...{ rule: 'operation_not_granted', remedy: `${set} --operations query,delete` },
    });
    expect(await why('operation=update&columns=item')).toMatchObject({
      remedy: `${set} --operations query,update --writable item`,
    });
    expect(await why('operation=query&columns=item')).toMatchObject({
      ...{ rule: 'column_not_readable', remedy: `${set} --readable id,item` },
    });
    const changed = await ask('PATCH', `/admin/v1/grants/${id}`, { readable: ['id', 'item'] });
    expect(changed.status).toBe(200);
    expect(await why('operation=query&columns=item')).toMatchObject({ isAllowed: true, remedy: null });
    await ask('PATCH', `/admin/v1/grants/${id}`, { readable: null });
    // Every column is open: this is none.
    expect(await why('operation=query&columns=nothing')).toMatchObject({ rule: 'column_not_readable', remedy: null });
  });
});
