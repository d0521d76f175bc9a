/**
 * Twin tenants: two organisations with the same tables and the same rows but for a mark. A session of one is recorded;
 * then every name in it is replaced by the twin's. Nothing crosses, and what is the twin's is answered like what does
 * not exist, to the byte.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/kernel/secret.js';
import { type Received, send } from '../support/client.js';
import { createRealSources } from '../support/real-sources.js';
import { openWorld, passwords, type World } from '../support/world.js';
import { makeDatabase, operator, type TestDatabase } from './data-house.js';

interface Tenant {
  readonly uid: string;
  readonly username: string;
  /** Stands in every row of its database. */
  readonly mark: string;
  /** Names nobody else has. */
  readonly source: string;
  readonly table: string;
  readonly dataSource: string;
  readonly database: TestDatabase;
  readonly datasetIds: readonly string[];
  readonly session: { readonly jwt: string; readonly csrf: string };
}

let world: World;
let one: Tenant;
let twin: Tenant;

const tables = ['EMPLOYEES', 'ACME_PAYROLL', 'TWIN_PAYROLL'] as const;

async function openTenant(uid: string, username: string, payroll: string): Promise<Tenant> {
  const mark = `mark-of-${uid}`;
  const database = await makeDatabase('sqlite');
  for (const table of tables) {
    await database.sql(`
      create table ${table} (ID integer primary key, NAME varchar(100), LAST_UPDATE_DATE timestamp not null);
      insert into ${table} values (1, '${mark}', '2020-01-01 00:00:00'), (2, '${mark}', '2020-01-01 00:00:00');`);
  }
  const actor = { principal: world.identity.localPrincipal('cli'), ...operator };
  const source = `hr-${uid}`;
  await world.core.sources.registry.add(actor, {
    ...{ name: source, organisation: uid, purpose: 'read_write' },
    target: database.target as unknown as Parameters<World['core']['sources']['registry']['add']>[1]['target'],
  });
  const datasetIds: string[] = [];
  for (const table of ['EMPLOYEES', payroll]) {
    const { grant } = await world.core.data.grants.add(actor, {
      ...{ role: 'member', dataset: { source, schema: 'main', table } },
      ...{ operations: ['query', 'insert', 'update', 'delete'], readable: null, writable: null },
      ...{ filter: null, masks: [] },
    });
    datasetIds.push(grant.datasetId, grant.id);
  }
  const token = `Token ${Buffer.from(`${username}:${passwords.nightly}`).toString('base64')}`;
  const signedIn = await send(world, {
    ...{ method: 'POST', path: '/v1/auth' },
    ...{ headers: { authorization: token, 'content-type': 'application/json' }, body: {} },
  });
  const { jwt, csrf } = signedIn.body as { jwt: string; csrf: string };
  const dataSource = payroll === 'ACME_PAYROLL' ? 'AcmePayroll' : 'TwinPayroll';
  return { uid, username, mark, source, table: payroll, dataSource, database, datasetIds, session: { jwt, csrf } };
}

beforeAll(async () => {
  world = await openWorld({ sources: createRealSources });
  await world.identity.organisations.add({ principal: null, ...operator }, { uid: 'twin', name: 'Twin Corp' });
  await world.identity.users.add(
    { principal: null, ...operator },
    { kind: 'service', username: 'twin-nightly', organisationUid: 'twin', password: new Secret(passwords.nightly) },
  );
  one = await openTenant('acme', 'nightly', 'ACME_PAYROLL');
  twin = await openTenant('twin', 'twin-nightly', 'TWIN_PAYROLL');
});
afterAll(async () => {
  await world?.close();
  await one?.database.drop();
  await twin?.database.drop();
});

function api(tenant: Tenant, body: unknown, session = tenant.session): Promise<Received> {
  return send(world, {
    ...{ method: 'POST', path: `/v1/api?csrf=${session.csrf}` },
    headers: { authorization: `Bearer ${session.jwt}`, 'content-type': 'application/json' },
    body,
  });
}

/** What a session asks, each alone; the name of the data source is put in. */
const recorded: readonly ((ds: string) => Record<string, { ds: string } & Record<string, unknown>>)[] = [
  (ds) => ({ A: { ds, query: {} } }),
  (ds) => ({ A: { ds, query: { filter: [{ id: { is: 1 } }], projection: { name: 1 }, sort: { id: 1 }, limit: 5 } } }),
  (ds) => ({ A: { ds, query: { aggregateList: [{ COUNT: '*' }] } } }),
  (ds) => ({ A: { ds, query: { groupByAttributeCodeList: ['name'], aggregateList: [{ MAX: 'id' }] } } }),
  (ds) => ({ A: { ds, query: { fetchDistinct: true, selectAttributeCodeList: ['name'] } } }),
  (ds) => ({ A: { ds, query: { limit: 0 } } }),
  (ds) => ({ A: { ds, data: [] } }),
  (ds) => ({ A: { ds, data: [{ _rs: 'I', name: 'posted' }] } }),
  (ds) => ({ A: { ds, data: [{ _rs: 'U', id: 2, name: 'changed', lastUpdateDate: '2020-01-01T00:00:00.000Z' }] } }),
  (ds) => ({ A: { ds, data: [{ _rs: 'D', id: 1, lastUpdateDate: '2020-01-01T00:00:00.000Z' }] } }),
  (ds) => ({ A: { ds: 'Employees', query: {} }, B: { ds, query: {} } }),
  (ds) => ({ A: { ds: 'Employees', data: [{ _rs: 'I', name: 'both' }] }, B: { ds, query: {} } }),
  // What is wrong with these is said only to who may use the data source.
  (ds) => ({ A: { ds, query: { projection: { nothing: 1 } } } }),
  (ds) => ({ A: { ds, query: { filter: [{ name: { gt: 1 } }] } } }),
  (ds) => ({ A: { ds, data: [{ _rs: 'U', nothing: 1 }] } }),
];

const contents = async ({ database }: Tenant) => {
  const rows: unknown[] = [];
  for (const table of tables) rows.push(await database.sql(`select * from ${table} order by ID`));
  return rows;
};

describe('a session', () => {
  test('that names what is the twin’s is answered like one that names what does not exist', async () => {
    const before = [await contents(one), await contents(twin)];
    const foreign = [
      ...['TwinPayroll', 'TWIN_PAYROLL', 'twin_payroll', 'main.TWIN_PAYROLL', 'hr-twin', 'hr-twin.TwinPayroll'],
      ...[`hr-twin/EMPLOYEES`, 'twin.Employees', 'twin/Employees', ...twin.datasetIds],
    ];
    let compared = 0;
    for (const make of recorded) {
      const absent = await api(one, make('NoSuchThing'));
      expect(absent.status).toBe(403);
      for (const name of foreign) {
        const received = await api(one, make(name));
        expect(received.text).toBe(absent.text);
        expect(received.status).toBe(absent.status);
        const { 'x-request-id': _, date: __, ...headers } = received.headers;
        const { 'x-request-id': ___, date: ____, ...others } = absent.headers;
        expect(headers).toEqual(others);
        compared += 1;
      }
    }
    expect(compared).toBe(recorded.length * foreign.length);
    expect([await contents(one), await contents(twin)]).toEqual(before);
  });

  test('meets its own data under the name that both have', async () => {
    const before = await contents(twin);
    for (const [at, make] of recorded.entries()) {
      const received = await api(one, make('Employees'));
      expect({ at, status: received.status }).toEqual({ at, status: at < recorded.length - 3 ? 200 : 400 });
      expect(received.text).not.toContain(twin.mark);
    }
    expect((await api(one, recorded[1]?.('AcmePayroll'))).text).toContain(one.mark);
    expect(await contents(twin)).toEqual(before);
    expect(JSON.stringify(await contents(one))).not.toContain(twin.mark);
  });

  test('of the twin, recorded the same way, meets only its own', async () => {
    const before = await contents(one);
    for (const make of recorded) expect((await api(twin, make('Employees'))).text).not.toContain(one.mark);
    for (const make of recorded) expect((await api(twin, make('AcmePayroll'))).status).toBe(403);
    expect(await contents(one)).toEqual(before);
  });

  test('is not made of halves: the twin’s csrf opens nothing, whichever way round', async () => {
    for (const [jwt, csrf] of [
      [one.session.jwt, twin.session.csrf],
      [twin.session.jwt, one.session.csrf],
    ] as const) {
      const received = await api(one, recorded[0]?.('Employees'), { jwt, csrf });
      expect(received).toMatchObject({ status: 403, body: { message: 'Access Denied - Invalid csrf!' } });
    }
  });
});
