/** Sessions and relations of sources: on connectors that play a part, and on a real PostgreSQL whose sessions are counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { poolTimes } from '../../src/sources/data/session-pool.js';
import {
  type CatalogColumn,
  type CatalogTable,
  type DataSession,
  type Source,
  type SourceConnector,
  sourcesErrors,
} from '../../src/sources/index.js';
import { canary, clock, localDialler } from '../contract/connector-bench.js';
import { codeOf, limits, operator, talk } from '../contract/data-bench.js';
import { createWorld, failedWalk, readingOf, source, type WorldOptions } from '../contract/sources-world.js';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresSql, shared } from '../servers/index.js';

const signal = new AbortController().signal;

interface Played extends DataSession {
  isClosed: boolean;
}

function worldOf(options: WorldOptions = {}, sources: Source[] = [source]) {
  const sessions: Played[] = [];
  const world = createWorld({
    sources,
    session: async () => {
      const session = {
        isClosed: false,
        isUsable: () => !session.isClosed,
        close() {
          session.isClosed = true;
        },
      } as unknown as Played;
      sessions.push(session);
      return session;
    },
    ...options,
  });
  return { ...world, sessions, list: sources };
}

const table = (name: string, more: Partial<CatalogTable> = {}): CatalogTable => ({
  kind: 'table',
  schema: 'public',
  name,
  comment: null,
  rowEstimate: 10,
  isPartitioned: false,
  hasRowSecurity: false,
  columns: [column('id', 1, { isNullable: false, identity: 'by_default' }), column('a', 2), column('b', 3)],
  primaryKey: { name: 'pk', columns: ['id'] },
  uniqueKeys: [{ name: null, columns: ['a'] }],
  foreignKeys: [],
  ...more,
});
const column = (name: string, ordinal: number, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  ...{ name, ordinal, nativeType: 'text', canonicalType: 'text', length: null, precision: null, scale: null },
  ...{ isNullable: true, default: null, generated: null, identity: null, collation: null, comment: null },
  ...more,
});
const item = (one: CatalogTable) => ({ section: 'table', table: one }) as const;

describe('a session', () => {
  test('is opened with the credential of this moment and told what the source is for', async () => {
    const { sources, calls, targets, limitsGiven } = worldOf();
    const lease = await sources.data.lease(source.id, signal);
    expect(calls).toEqual(['secrets', 'open data']);
    expect(targets[0]?.password.reveal()).toContain('CANARY');
    expect(limitsGiven[0]).toMatchObject({ totalMs: expect.any(Number), purpose: 'read_write', statementMs: 30_000 });
    lease.release();
    (await sources.data.lease(source.id, signal)).release();
    expect(calls).toEqual(['secrets', 'open data']);
  });

  test('that cannot be opened is told and recorded, once a minute', async () => {
    const { sources, events, observed } = worldOf({
      probe: async () => failedWalk('authenticate', 'AUTH_INVALID_CREDENTIALS'),
    });
    for (let round = 0; round < 3; round += 1) {
      expect(await codeOf(sources.data.lease(source.id, signal))).toBe(sourcesErrors.unreachable.code);
    }
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      name: 'connection.tested',
      subject: `source:${source.id}`,
      outcome: 'failed',
      reason: 'AUTH_INVALID_CREDENTIALS',
      facts: { stage: 'authenticate', engine: 'postgres' },
    });
    expect(JSON.stringify(events)).not.toContain('CANARY');
    expect(observed.filter((one) => one['kind'] === 'data')).toHaveLength(3);
  });

  test('is not to be had of what is no source, nor of an engine that is not queried', async () => {
    expect(await codeOf(worldOf().sources.data.lease('00000000-0000-4000-8000-00000000dead', signal))).toBe(
      sourcesErrors.not_found.code,
    );
    // By its id alone: names are for people.
    expect(await codeOf(worldOf().sources.data.lease('sales', signal))).toBe(sourcesErrors.not_found.code);
    const plain = createWorld({ sources: [source] });
    expect(await codeOf(plain.sources.data.lease(source.id, signal))).toBe(sourcesErrors.not_queryable.code);
    const place = { schema: 'public', name: 'orders' };
    expect(await codeOf(plain.sources.data.findRelation(source.id, place))).toBe(sourcesErrors.not_queryable.code);
  });

  test('of a source that changed or went is closed', async () => {
    const world = worldOf();
    const { sources, sessions, list } = world;
    const busy = await sources.data.lease(source.id, signal);
    (await sources.data.lease(source.id, signal)).release();
    list[0] = { ...source, revision: 2 };
    const fresh = await sources.data.lease(source.id, signal);
    expect(sessions.map((one) => one.isClosed)).toEqual([false, true, false]);
    busy.release();
    expect(sessions.map((one) => one.isClosed)).toEqual([true, true, false]);
    fresh.release();
    list.splice(0);
    expect(await codeOf(sources.data.lease(source.id, signal))).toBe(sourcesErrors.not_found.code);
    expect(sessions.every((one) => one.isClosed)).toBe(true);
  });

  test('is let go when the room closes', async () => {
    const { sources, sessions } = worldOf();
    const busy = await sources.data.lease(source.id, signal);
    (await sources.data.lease(source.id, signal)).release();
    sources.close();
    expect(sessions.map((one) => one.isClosed)).toEqual([false, true]);
    busy.release();
    expect(sessions.every((one) => one.isClosed)).toBe(true);
  });

  test('is given up by a test of the connection that needs its place', async () => {
    const { sources, sessions } = worldOf({}, [{ ...source, limits: { ...source.limits, connections: 1 } }]);
    (await sources.data.lease(source.id, signal)).release();
    const lookup = await sources.data.findRelation(source.id, { schema: 'public', name: 'none' });
    expect(lookup).toBeNull();
    expect(sessions.map((one) => one.isClosed)).toEqual([true]);
    (await sources.data.lease(source.id, signal)).release();
  });
});

describe('a relation', () => {
  const place = { schema: 'public', name: 'orders' };

  test('is what the catalogue says, with keys that are never null', async () => {
    const { sources } = worldOf({ reading: () => readingOf([item(table('orders'))]) });
    expect(await sources.data.findRelation(source.id, place)).toMatchObject({
      origin: { kind: 'table', schema: 'public', name: 'orders', isView: false },
      primaryKey: ['id'],
      uniqueKeys: [['id']],
      rowEstimate: 10,
      columns: [
        { name: 'id', type: 'text', hasDefault: true, isComputed: false, isNullable: false },
        { name: 'a', hasDefault: false },
        { name: 'b' },
      ],
    });
  });

  test('is one table of exactly that name', async () => {
    const requests: unknown[] = [];
    const { sources } = worldOf({
      reading: (request) => {
        requests.push(request);
        return readingOf([item(table('orders*')), item(table('orders2')), item(table('ORDERS'))]);
      },
    });
    expect(await sources.data.findRelation(source.id, { schema: 'public', name: 'orders*' })).toMatchObject({
      origin: { name: 'orders*' },
    });
    expect(await sources.data.findRelation(source.id, place)).toBeNull();
    expect(requests[0]).toMatchObject({
      schemas: ['public'],
      names: ['orders*'],
      groups: new Set(['columns', 'keys']),
    });
  });

  test('is read once by all who ask at once, and remembered', async () => {
    const { sources, calls } = worldOf({ reading: () => readingOf([item(table('orders'))]) });
    const read = () => calls.filter((one) => one === 'open postgres').length;
    const found = await Promise.all(Array.from({ length: 20 }, () => sources.data.findRelation(source.id, place)));
    expect(new Set(found).size).toBe(1);
    await sources.data.findRelation(source.id, place);
    expect(read()).toBe(1);
    sources.data.forget(source.id);
    await sources.data.findRelation(source.id, place);
    expect(read()).toBe(2);
  });

  test('that changed is another when it is asked for after forgetting, also when that was in the middle of reading', async () => {
    let name = 'a';
    let pass = () => {};
    const gate = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const { sources } = worldOf({
      reading: () => {
        const now = name;
        return readingOf(async function* () {
          if (now === 'a') await gate;
          yield item(table('orders', { columns: [column(now, 1)], primaryKey: null, uniqueKeys: [] }));
        });
      },
    });
    const first = sources.data.findRelation(source.id, place);
    await sleep(5);
    name = 'b';
    sources.data.forget(source.id);
    const second = await sources.data.findRelation(source.id, place);
    pass();
    expect((await first)?.columns.map((one) => one.name)).toEqual(['a']);
    expect(second?.columns.map((one) => one.name)).toEqual(['b']);
    expect((await sources.data.findRelation(source.id, place))?.columns.map((one) => one.name)).toEqual(['b']);
  });

  test('that cannot be read is told, and read again the next time', async () => {
    let isBroken = true;
    const { sources, calls } = worldOf({
      reading: () =>
        isBroken
          ? readingOf([
              {
                section: 'fault',
                fault: { schema: 'public', name: 'orders', group: 'columns', reason: 'CATALOG_PARTIAL' },
              },
            ])
          : readingOf([item(table('orders'))]),
    });
    expect(await codeOf(sources.data.findRelation(source.id, place))).toBe(sourcesErrors.reading_failed.code);
    isBroken = false;
    expect(await sources.data.findRelation(source.id, place)).not.toBeNull();
    expect(calls.filter((one) => one === 'open postgres')).toHaveLength(2);
  });
});

describeWith('postgres', 'sessions with a real PostgreSQL', () => {
  const password = canary();
  let database: string;
  let role: string;
  let list: Source[];
  let world: ReturnType<typeof createWorld>;

  const sql = (text: string) => postgresSql(shared('postgres'), text, { database });
  const count = async () => {
    const [row] = await sql(`select count(*)::int as n from pg_stat_activity where usename = '${role}'`);
    return Number(row?.['n']);
  };
  const until = async (wanted: number) => {
    for (let tries = 0; tries < 100 && (await count()) !== wanted; tries += 1) await sleep(20);
    return count();
  };

  beforeAll(async () => {
    const server = shared('postgres');
    database = await createPostgresDatabase(server, 'pool');
    role = `${database}_role`;
    await sql(`create role ${role} login password '${password}'`);
    await sql(`create table public.orders (id integer primary key, note text)`);
    await sql(`insert into public.orders select n, 'note ' || n from generate_series(1, 1000) n`);
    await sql(`grant select, insert on public.orders to ${role}`);
    list = [
      {
        ...source,
        ...{ host: server.host, port: server.port, database, username: role, tls: { ...source.tls, mode: 'disable' } },
        limits: { ...source.limits, connections: 3, connectMs: 2_000 },
      },
    ];
    const connector: SourceConnector = createPostgresConnector({ dialler: localDialler(), clock });
    world = createWorld({
      sources: list,
      secrets: { password: new Secret(password), clientKey: null, webhookKey: null },
      connectors: [connector],
    });
  });

  afterAll(async () => {
    world?.sources.close();
    const server = shared('postgres');
    await dropPostgresDatabase(server, database);
    await postgresSql(server, `drop role if exists ${role}`);
  });

  test('are never more than the source allows, and none is left over', async () => {
    const { data } = world.sources;
    const relation = await data.findRelation(source.id, { schema: 'public', name: 'orders' });
    if (relation === null) throw new Error('the table is there');
    let most = 0;
    const asked = Array.from({ length: 24 }, async (_, index) => {
      const lease = await data.lease(source.id, signal);
      try {
        const { select } = talk(lease.session, relation, operator);
        // Every third caller leaves in the middle, every fourth asks for what is refused.
        if (index % 3 === 0) {
          const { scope } = talk(lease.session, relation, operator);
          for await (const _batch of lease.session.select(scope.select({}), limits())) break;
        } else if (index % 4 === 1) await codeOf(select({}, { maxRows: 1 }));
        else await select({ columns: ['id'], limit: 3 });
        most = Math.max(most, await count());
      } finally {
        lease.release();
      }
    });
    await Promise.all(asked);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3);
    expect(await count()).toBeLessThanOrEqual(3);
    list[0] = { ...(list[0] as Source), revision: 2 };
    (await data.lease(source.id, signal)).release();
    expect(await until(1)).toBe(1);
    world.sources.close();
    expect(await until(0)).toBe(0);
  });

  test('that the server ended are replaced without anybody noticing', async () => {
    const { data } = world.sources;
    const relation = await data.findRelation(source.id, { schema: 'public', name: 'orders' });
    if (relation === null) throw new Error('the table is there');
    (await data.lease(source.id, signal)).release();
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    await sleep(poolTimes.staleMs + 100);
    const lease = await data.lease(source.id, signal);
    expect(await talk(lease.session, relation, operator).count(null)).toBe(1_000);
    lease.release();
    world.sources.close();
    expect(await until(0)).toBe(0);
  });

  test('with a transaction in the middle are not lent again', async () => {
    const { data } = world.sources;
    const relation = await data.findRelation(source.id, { schema: 'public', name: 'orders' });
    if (relation === null) throw new Error('the table is there');
    const lease = await data.lease(source.id, signal);
    await lease.session.begin(limits());
    await talk(lease.session, relation, operator).insert([{ id: 5_000, note: 'x' }]);
    lease.release();
    const next = await data.lease(source.id, signal);
    expect(await talk(next.session, relation, operator).count(null)).toBe(1_000);
    next.release();
    world.sources.close();
    expect(await until(0)).toBe(0);
  });
});
