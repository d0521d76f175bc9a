/** The room as a whole on real servers and a real store: a source's life, and what a plain caller can tell apart. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '../../src/access/index.js';
import { createEngineDetector } from '../../src/connectors/detect.js';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createTargetPolicy, targetSyntax } from '../../src/network/index.js';
import { createSources, type RawTarget, type Sources } from '../../src/sources/index.js';
import type { Store } from '../../src/store/open-store.js';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresSql, shared } from '../servers/index.js';
import { type Actor, canary, clock, startActor } from './connector-bench.js';
import { principalWith } from './sources-world.js';
import { newOrganisation, openTestStore, type TestDatabase } from './store.contract.js';
import { createSqliteDatabase } from './store-databases.js';

describeWith(['postgres', 'redis'], 'sources on real servers', () => {
  const password = canary();
  let kept: TestDatabase;
  let store: Store;
  let sources: Sources;
  let database: string;
  let role: string;
  let silent: Actor;
  let closedPort: number;
  let manager: Principal;
  const origin = { door: 'native', requestId: 'r-1', address: '127.0.0.1' };
  const signal = new AbortController().signal;

  beforeAll(async () => {
    kept = await createSqliteDatabase();
    store = await openTestStore(kept);
    const organisation = await newOrganisation(store);
    manager = {
      ...principalWith('connections.test', 'connections.diagnose', 'sources.inspect', 'sources.manage'),
      organisationId: organisation.id,
      organisationUid: organisation.uid,
    } as Principal;
    silent = await startActor(() => undefined);
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    closedPort = address === null || typeof address === 'string' ? 0 : address.port;
    closed.close();
    database = await createPostgresDatabase(shared('postgres'), 'whole');
    role = `${database}_role`;
    await sql(`create role ${role} login password '${password}'`);
    await sql(`create table public.orders (id integer primary key, note varchar(10) not null, total numeric(10,2))`);
    await sql(`create type public.mood as enum ('sad', 'ok')`);
    await sql(`create table public.gone (id integer)`);
    await sql(`grant usage on schema public to ${role}; grant select on all tables in schema public to ${role}`);
    const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => [] });
    const dialler = createDialler({ policy });
    sources = createSources({
      connectors: [
        createPostgresConnector({ dialler, clock }),
        createMysqlConnector({ dialler, clock }),
        createSqliteConnector({ roots: [], isBoundToLoopback: () => true, ownFolders: [], ownFiles: [] }),
      ],
      detector: createEngineDetector({ dialler }),
      syntax: targetSyntax,
      audit: store.audit,
      clock,
      ids: { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) },
      store: store.sources,
      credentials: { find: async () => ({ ok: false, reason: 'CREDENTIAL_REF_UNRESOLVED' }), isAllowed: () => true },
      poster: { post: async () => null, isUrl: () => true },
    });
  });

  afterAll(async () => {
    await silent.close();
    await store.close();
    await kept.remove();
    await dropPostgresDatabase(shared('postgres'), database);
    await postgresSql(shared('postgres'), `drop role ${role}`);
  });

  const sql = (text: string) => postgresSql(shared('postgres'), text, { database });
  const raw = (more: Omit<Partial<RawTarget>, 'password'> & { password?: string } = {}): RawTarget => ({
    authType: 'basic',
    host: 'localhost',
    port: shared('postgres').port,
    username: role,
    database,
    engine: 'postgres',
    strict: true,
    ...more,
    password: new Secret(more.password ?? password),
  });
  const targetOf = (more: Parameters<typeof raw>[0] = {}) => {
    const parsed = sources.parseTarget(raw(more));
    if (!parsed.ok) throw new Error('no target');
    return parsed.target;
  };

  test('a source is added, tested, checked, read, written down, and what changes is told', async () => {
    const actor = { principal: manager, origin };
    const { source } = await sources.registry.add(actor, { name: 'sales', target: raw(), purpose: 'read' });
    const subject = { source: 'sales' };
    const told = await sources.testConnection({ ...actor, subject, signal });
    expect(told).toMatchObject({ detail: 'full', report: { outcome: 'passed', engine: 'postgres' } });

    const { preflight } = await sources.preflight({ ...actor, subject, signal });
    expect(preflight?.checks.filter((row) => row.status === 'fail')).toEqual([]);
    expect(preflight?.checks.filter((row) => row.evidence['skipped'] === 'not_made')).toEqual([]);
    expect(preflight?.checks.find((row) => row.check === 'schemaDrift')).toMatchObject({ status: 'skip' });

    const groups = new Set(['columns', 'keys'] as const);
    const answer = await sources.metadata({
      ...actor,
      subject,
      signal,
      request: { schemas: null, names: [], groups, after: null, limit: null },
    });
    if (answer.outcome !== 'read') throw new Error('not opened');
    const tag = await answer.etag('public');
    const tables: string[] = [];
    for await (const item of answer.items()) if (item.section === 'table') tables.push(item.table.name);
    expect(tables).toEqual(['gone', 'orders']);

    const snapshot = await sources.takeSnapshot({ ...actor, source: 'sales', signal });
    expect(snapshot).toMatchObject({ sourceId: source.id, objects: 3 });
    const same = await sources.diff({ ...actor, source: 'sales', signal });
    for await (const change of same.changes()) throw new Error(`nothing changed, but ${change.kind}`);

    await sql(`alter table public.orders alter column note type varchar(20), alter column note drop not null`);
    await sql(`alter table public.orders add column "__proto__" integer, drop column total`);
    await sql(`alter type public.mood add value 'happy'`);
    await sql(`drop table public.gone; create table public.arrived (id integer)`);
    const { changes } = await sources.diff({ ...actor, source: 'sales', signal });
    const said: (string | boolean | null)[][] = [];
    for await (const one of changes()) said.push([one.kind, one.object, one.member, one.isBreaking]);
    expect(said.sort()).toEqual([
      ['column_added', 'orders', '__proto__', false],
      ['column_nullability_changed', 'orders', 'note', true],
      ['column_removed', 'orders', 'total', true],
      ['column_type_changed', 'orders', 'note', false],
      ['table_added', 'arrived', null, false],
      ['table_removed', 'gone', null, true],
      ['type_changed', 'mood', null, true],
    ]);
    const after = await sources.preflight({ ...actor, subject, signal });
    expect(after.preflight?.checks.find((row) => row.check === 'schemaDrift')).toMatchObject({
      status: 'warn',
      reason: 'CATALOG_DRIFTED',
      evidence: { changes: 7, breaking: 4 },
    });
    const again = await sources.metadata({
      ...actor,
      subject,
      signal,
      request: { schemas: ['public'], names: [], groups, after: null, limit: 1 },
    });
    if (again.outcome !== 'read') throw new Error('not opened');
    expect(await again.etag('public')).not.toBe(tag);
    await again.close();

    const { items } = await store.audit.list({ subject: `source:${source.id}` }, { limit: 100 });
    const names = items.map((event) => event.name).reverse();
    expect(names).toEqual([
      'source.created',
      'connection.tested',
      'connection.preflighted',
      'catalog.read',
      'catalog.read',
      'source.snapshot_taken',
      'catalog.read',
      'catalog.read',
      'connection.preflighted',
      'catalog.read',
    ]);
    expect(JSON.stringify(items)).not.toContain(password);
    await sources.registry.remove(actor, 'sales');
    await expect(sources.testConnection({ ...actor, subject, signal })).rejects.toMatchObject({
      code: 'sources.not_found',
    });
  });

  test('the family’s checks on the same server', async () => {
    const filter = {
      include: JSON.stringify({ [`^${database}$`]: ['^public$'] }),
      exclude: '{}',
      temporaryTables: '^arr',
    };
    const subject = { target: targetOf() };
    const answer = await sources.familyCheck({ principal: manager, origin, subject, signal, filter });
    expect(answer).toMatchObject({
      outcome: 'checked',
      databaseSchemaCheck: { success: true },
      tablesCheck: { message: 'Tables check successful. Table count: 1' },
      versionCheck: {
        message: expect.stringMatching(/^Client version: 1\d(\.\d+)+ \(no minimum version requirement\)$/),
      },
    });
  });

  test('a plain caller cannot tell open from closed from filtered from not a database, nor when', async () => {
    const plain = principalWith('connections.test');
    const targets = {
      'wrong password': targetOf({ password: canary() }),
      'no such database': targetOf({ database: 'nowhere' }),
      closed: targetOf({ port: closedPort }),
      'open and silent': targetOf({ port: silent.port }),
      'not a database': targetOf({ port: shared('redis').port }),
      'no such name': targetOf({ host: 'no-such.invalid' }),
      'no route': targetOf({ host: '192.0.2.1' }),
    };
    const told = await Promise.all(
      Object.values(targets).map(async (target, index) => {
        const startedMs = performance.now();
        const principal = { ...plain, userId: `plain-${index}` } as Principal;
        const subject = { target };
        const report = await sources.testConnection({ principal, origin, subject, signal, timeoutMs: 3_000 });
        return { text: JSON.stringify(report), ms: performance.now() - startedMs };
      }),
    );
    expect(new Set(told.map((one) => one.text))).toEqual(
      new Set(['{"detail":"outcome","outcome":"failed","engine":"postgres"}']),
    );
    const times = told.map((one) => one.ms);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2_995);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(100);
    // The control: whoever may diagnose can tell them apart.
    const full = await Promise.all(
      Object.values(targets).map((target) =>
        sources.testConnection({ principal: manager, origin, subject: { target }, signal, timeoutMs: 3_000 }),
      ),
    );
    const reasons = full.map((one) => (one.detail === 'full' ? one.report.failure?.reason : null));
    expect(new Set(reasons).size).toBeGreaterThanOrEqual(6);
  });
});
