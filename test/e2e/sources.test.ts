/**
 * A database's whole life with the shipped program: kept by CLI and by API, a wrong password and the right one, tested,
 * checked, described, written down, changed, compared, watched on a schedule, told to a webhook.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createPostgresDatabase, describeWith, postgresSql, shared } from '../servers/index.js';
import { createInstallation, type Finished, type RunningProgram } from './support/program.js';

// A command is a process of its own, and there are many.
vi.setConfig({ testTimeout: 120_000 });

const canary = 'cAnArY-database-secret';
const role = `keeper_${process.pid}`;

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describeWith('postgres', 'a source', () => {
  const one = createInstallation();
  const told: Told[] = [];
  let database: string;
  let server: RunningProgram;
  let key: string;
  let receiver: Server;
  let webhookKey: string;

  const sql = (text: string) => postgresSql(shared('postgres'), text, { database });
  const json = ({ stdout }: Finished) => JSON.parse(stdout) as Record<string, unknown>;

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${server.http}/admin/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(text).not.toContain(canary);
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: /^application\/(problem\+)?json/.test(type) ? JSON.parse(text) : null,
    };
  }

  beforeAll(async () => {
    database = await createPostgresDatabase(shared('postgres'));
    await sql(`
      create role ${role} login password '${canary}';
      create schema audit;
      create table customers (id bigint generated always as identity primary key, email text not null unique);
      create table orders (id bigint primary key, customer_id bigint not null references customers, total numeric(10,2));
      comment on table orders is 'what was bought';
      create view big as select * from orders where total > 100;
      create type mood as enum ('sad', 'ok');
      create table audit.log (at timestamptz not null);
      grant usage on schema public, audit to ${role};
      grant select on all tables in schema public, audit to ${role};
    `);
    receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        told.push({ headers: request.headers, body });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await one.run(['user', 'add', 'ops', '--role', 'administrator', '--password-stdin'], {
      stdin: 'tangerine orbit cactus violet',
    });
    key = String(json(await one.run(['api-key', 'add', 'ops', 'e2e', '--json']))['token']);
    server = await one.start();
  });
  afterAll(async () => {
    await server?.stop();
    one.remove();
    receiver?.close();
    await sql(`drop owned by ${role}; drop role ${role}`);
  });

  const place = () => {
    const { port } = shared('postgres');
    return { engine: 'postgres', host: '127.0.0.1', port, username: role, database };
  };

  it('is kept by CLI with a wrong password, which its test says, and mended', async () => {
    const { port } = shared('postgres');
    const added = await one.run(
      ['source', 'add', 'shop', '--engine', 'postgres', '--host', '127.0.0.1', '--port', String(port)].concat([
        '--user',
        role,
        '--database',
        database,
        '--ssl-mode',
        'prefer',
        '--password-stdin',
        '--json',
      ]),
      { stdin: 'wrong' },
    );
    expect(added.stderr).toBe('');
    expect(json(added)).toMatchObject({ name: 'shop', organisation: 'main', credential: 'stored', host: '127.0.0.1' });
    const failed = await one.run(['source', 'test', 'shop']);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('The test failed at authenticate: AUTH_INVALID_CREDENTIALS.');
    const moved = await one.run(['source', 'set', 'shop', '--port', '1']);
    expect(moved.code).toBe(2);
    expect(moved.stderr).toContain('password');
    const mended = await one.run(['source', 'set', 'shop', '--password-stdin', '--json'], { stdin: canary });
    expect(json(mended)).toMatchObject({ revision: 2 });
    const passed = await one.run(['source', 'test', 'shop']);
    expect([passed.code, passed.stderr]).toEqual([0, '']);
    expect(passed.stdout).toContain('The test passed: PostgreSQL');
    const shown = await one.run(['source', 'show', 'shop']);
    expect(shown.stdout).toContain(`127.0.0.1:${port}`);
    for (const { stdout, stderr } of [added, failed, mended, passed, shown])
      expect(stdout + stderr).not.toContain(canary);
  });

  it('is kept by API with a wrong password, which its test says, and mended', async () => {
    const made = await call('POST', 'sources', { name: 'crm', ...place(), password: 'wrong' });
    expect(made).toMatchObject({ status: 201, body: { name: 'crm', organisation: 'main' } });
    expect(await call('POST', 'sources/crm/test')).toMatchObject({
      status: 200,
      body: { outcome: 'failed', stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS', field: 'password' },
    });
    expect(await call('PATCH', 'sources/crm', { port: 1 })).toMatchObject({
      status: 400,
      body: { code: 'sources.password_required' },
    });
    expect((await call('PATCH', 'sources/crm', { password: canary })).status).toBe(200);
    expect(await call('POST', 'sources/crm/test')).toMatchObject({ status: 200, body: { outcome: 'passed' } });
    expect((await call('PATCH', 'sources/crm', { description: 'x', revision: 1 })).status).toBe(409);
    expect((await call('GET', 'sources')).body).toMatchObject({
      items: [{ name: 'crm' }, { name: 'shop' }],
      nextCursor: null,
    });
    expect((await call('DELETE', `sources/${(made.body as { id: string }).id}`)).status).toBe(204);
    expect((await call('GET', 'sources/crm')).status).toBe(404);
  });

  it('is tested without being kept, at three doors', async () => {
    const target = { ...place(), password: canary };
    expect((await call('POST', 'connections/test', target)).body).toMatchObject({ outcome: 'passed' });
    expect((await call('POST', 'connections/preflight', target)).body).toMatchObject({
      connection: { outcome: 'passed' },
      status: expect.stringMatching(/^(ready|partial)$/),
    });
    const flat = { ...target, authType: 'basic' };
    for (const [path, expected] of [
      ['auth', { success: true, message: 'Authentication successful' }],
      [
        'metadata',
        { success: true, data: ['audit', 'public'].map((name) => ({ TABLE_CATALOG: database, TABLE_SCHEMA: name })) },
      ],
      [
        'check',
        { success: true, data: { tablesCheck: { success: true, message: expect.stringContaining('Table count: ') } } },
      ],
    ] as const) {
      const response = await fetch(`${server.http}/workflows/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...flat, engine: undefined }),
      });
      const body = (await response.json()) as object;
      expect({ path, status: response.status, body }).toMatchObject({ path, status: 200, body: expected });
    }
  });

  it('is checked: twenty-four rows, and the statements to run', async () => {
    const ready = await one.run(['source', 'preflight', 'shop']);
    expect([ready.code, ready.stderr]).toEqual([0, '']);
    expect(ready.stdout.split('\n').filter((line) => /^\d+ /.test(line))).toHaveLength(24);
    await sql(`revoke select on audit.log from ${role}`);
    const missing = await one.run(['source', 'preflight', 'shop', '--schema', 'audit,public', '--json']);
    expect(missing.code).toBe(1);
    const { preflight } = json(missing) as { preflight: { status: string; statements: string[] } };
    expect(preflight.status).toBe('not_ready');
    expect(preflight.statements.join('\n')).toMatch(/GRANT SELECT ON .*audit/);
    for (const statement of preflight.statements) await sql(statement);
    expect((await one.run(['source', 'preflight', 'shop', '--schema', 'audit,public'])).code).toBe(0);
  });

  it('is changed only by what is said: nothing is wrong use, and a password that lies about is not taken', async () => {
    const nothing = await one.run(['source', 'set', 'shop']);
    expect([nothing.code, nothing.stdout]).toEqual([2, '']);
    expect(nothing.stderr).toMatch(/nothing to change.*--new-password.*--host.*--check-every/);
    const environment = { LATCHKEY_PASSWORD: 'not for this source' };
    const meant = await one.run(['source', 'set', 'shop'], { environment });
    expect([meant.code, meant.stderr]).toEqual([2, expect.stringContaining('stored with --new-password')]);
    const beside = await one.run(['source', 'set', 'shop', '--description', 'orders'], { environment });
    expect([beside.code, beside.stderr]).toEqual([0, expect.stringContaining('was left alone')]);
    expect((await one.run(['source', 'test', 'shop'])).code).toBe(0);
  });

  it('has nothing to be compared with before a snapshot, which looks unlike a change', async () => {
    const early = await one.run(['source', 'diff', 'shop']);
    expect([early.code, early.stdout]).toEqual([3, '']);
    expect(early.stderr).toContain('latchkey source snapshot shop');
    expect(await call('GET', 'sources/shop/diff')).toMatchObject({
      status: 409,
      body: { title: 'Conflict', code: 'sources.no_snapshot', fix: expect.any(String) },
    });
    const cursor = await call('GET', 'sources?cursor=never-given-out');
    expect(cursor).toMatchObject({
      status: 400,
      body: { code: 'store.page_invalid', field: 'cursor', detail: 'The page limit or cursor is not valid.' },
    });
  });

  it('is described: a tree, a document, a diagram, lines', async () => {
    const tree = await one.run(['source', 'metadata', 'shop']);
    expect([tree.code, tree.stderr]).toEqual([0, '']);
    expect(tree.stdout).toContain(`${database}  postgres 1`);
    expect(tree.stdout).toMatch(/^ {4}table {2}orders.*-- what was bought$/m);
    expect(tree.stdout).toMatch(/^ {6}customer_id {2}bigint {2}not null {2}→ customers\(id\)$/m);
    expect(tree.stdout).toMatch(/^ {4}view {2}big/m);
    const document = json(await one.run(['source', 'metadata', 'shop', '--json', '--schema', 'public']));
    expect(document).toMatchObject({ source: { engine: 'postgres', catalog: database }, faults: [] });
    const names = (document['items'] as { kind: string; table?: { name: string } }[]).flatMap(
      ({ table }) => table?.name ?? [],
    );
    expect(names).toEqual(['big', 'customers', 'orders']);
    const diagram = await one.run(['source', 'metadata', 'shop', '--format', 'mermaid', '--schema', 'public']);
    expect(diagram.stdout).toMatch(/^erDiagram\n/);
    expect(diagram.stdout).toContain('  "customers" ||--o{ "orders" : "orders_customer_id_fkey"\n');
    expect(diagram.stdout).toContain('    bigint customer_id FK\n');
    const lines = (await call('GET', 'sources/shop/metadata', undefined, { accept: 'application/x-ndjson' })).text;
    const objects = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(objects[0]).toMatchObject({ kind: 'source' });
    expect(objects.at(-1)).toEqual({ kind: 'end', objects: objects.length - 4, faults: 0 });
    const page = (await call('GET', 'sources/shop/metadata?limit=1')).body as { items: object[]; nextCursor: string };
    expect(page.items).toHaveLength(1);
    const next = await call('GET', `sources/shop/metadata?limit=1&cursor=${page.nextCursor}`);
    expect((next.body as { items: object[] }).items).not.toEqual(page.items);
  });

  it('is compared with what it was, and a schema that did not change is not sent again', async () => {
    const before = await call('GET', 'sources/shop/metadata?schema=public');
    const known = { 'if-none-match': before.headers.get('etag') ?? '' };
    expect(known['if-none-match']).toMatch(/^W\/"/);
    const same = await call('GET', 'sources/shop/metadata?schema=public', undefined, known);
    expect([same.status, same.text]).toEqual([304, '']);

    expect(await call('GET', 'sources/shop/diff')).toMatchObject({
      status: 409,
      body: { code: 'sources.no_snapshot' },
    });
    const snapshot = await one.run(['source', 'snapshot', 'shop']);
    expect(snapshot.stdout).toMatch(/^Snapshot of shop: \d+ objects\.\n$/);
    const unchanged = await one.run(['source', 'diff', 'shop']);
    expect([unchanged.code, unchanged.stdout]).toEqual([0, '']);

    await sql('drop view big; alter table orders add note text; alter table orders alter total type numeric(12,2)');
    const changed = await one.run(['source', 'diff', 'shop']);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^\+ column added {2}public\.orders\.note/m);
    expect(changed.stdout).toMatch(
      /^~ column type changed {2}public\.orders\.total {2}numeric\(10,2\) → numeric\(12,2\)/m,
    );
    expect(changed.stdout).toMatch(/^- table removed {2}public\.big.*\(breaking\)$/m);
    const diff = (await call('GET', 'sources/shop/diff')).body as { changes: { kind: string }[] };
    expect(diff.changes.map(({ kind }) => kind).sort()).toEqual([
      'column_added',
      'column_type_changed',
      'table_removed',
    ]);
    const other = await call('GET', 'sources/shop/metadata?schema=public', undefined, known);
    expect(other.status).toBe(200);
    expect(other.headers.get('etag')).not.toBe(known['if-none-match']);
    expect((await call('POST', 'sources/shop/snapshot')).status).toBe(201);
    expect((await one.run(['source', 'diff', 'shop'])).code).toBe(0);
  });

  it('is watched: what became of it is told to a webhook, signed, and counted', async () => {
    const { port } = receiver.address() as AddressInfo;
    const watched = await call('PATCH', 'sources/shop', {
      checkEveryMinutes: 1,
      webhookUrl: `http://127.0.0.1:${port}/hook`,
    });
    expect(watched.status).toBe(200);
    webhookKey = String((watched.body as { webhookKey: string }).webhookKey);
    expect(webhookKey).toMatch(/^whsec_/);
    const options = { timeout: 30_000, interval: 250 };
    await expect.poll(() => told.length, options).toBe(1);
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({ data: { name: 'shop', from: 'unknown', to: 'healthy' } });

    await sql(`alter role ${role} password 'another'`);
    // A change of the schedule brings the next check forward.
    await call('PATCH', 'sources/shop', { checkEveryMinutes: 2 });
    await expect.poll(() => told.length, options).toBe(2);
    const { headers, body } = told[1] ?? { headers: {}, body: '' };
    expect(JSON.parse(body)).toMatchObject({
      type: 'source.health_changed',
      data: { name: 'shop', to: 'failing', stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' },
    });
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const mac = createHmac('sha256', Buffer.from(webhookKey.slice('whsec_'.length), 'base64'))
      .update(signed)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
    expect((await call('GET', 'sources/shop')).body).toMatchObject({ health: { state: 'failing' } });
    expect((await one.run(['source', 'list'])).stdout).toMatch(/shop .*failing/);
    const doctor = await one.run(['doctor']);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(
      /^sources +fail +1 of \d+ failing, 0 degraded: shop \(failing: AUTH_INVALID_CREDENTIALS at authenticate\)/m,
    );

    const figures = await (await fetch(`${server.http}/metrics`)).text();
    expect(figures).toContain('latchkey_sources{state="failing"} 1');
    expect(figures).toContain('latchkey_webhook_attempts_total{outcome="delivered"} 2');
    expect(figures).toMatch(
      /latchkey_connection_tests_total\{kind="scheduled",engine="postgres",outcome="failed",stage="authenticate",reason="AUTH_INVALID_CREDENTIALS"\} 1/,
    );
    expect(figures).toMatch(
      /latchkey_http_requests_total\{family="native",route="\/admin\/v1\/sources\/:source\/metadata",status="3xx"\} 1/,
    );
    expect(figures).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(figures).not.toContain('shop');
  });

  it('leaves the right trail, is removed, and no secret was written anywhere', async () => {
    expect((await one.run(['source', 'remove', 'shop'])).code).toBe(0);
    expect((await one.run(['source', 'show', 'shop'])).code).toBe(1);
    const trail = await one.run(['audit', 'list', '--limit', '500', '--json']);
    const names = new Set((json(trail)['events'] as { name: string }[]).map(({ name }) => name));
    for (const name of [
      ...['source.created', 'source.changed', 'source.removed', 'source.snapshot_taken', 'source.health_changed'],
      ...['connection.tested', 'connection.preflighted', 'catalog.read'],
    ]) {
      expect(names, name).toContain(name);
    }
    expect((await one.run(['audit', 'verify'])).code).toBe(0);
    const written = trail.stdout + server.stdout() + server.stderr();
    for (const secret of [canary, key, webhookKey]) expect(written).not.toContain(secret);
    expect(server.stdout()).not.toMatch(/"level":"(error|fatal)"/);
  });
});
