/** Connection tests told stage by stage: what arrives before the end, what the lines add up to, and who gets none. */
import { once } from 'node:events';
import { request as startRequest } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith, postgresSql, shared } from '../../servers/index.js';
import { send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';
import { administratorKey, apiKey } from '../support/sign-in.js';

type Row = Readonly<Record<string, unknown>>;
type Line = { readonly stage?: Row; readonly check?: Row; readonly report?: Row };

const username = 'stage_reader';
const password = 'st4ge-pa55word';
const testPath = '/admin/v1/connections/test';
const ndjson = { accept: 'application/x-ndjson' };

describeWith('postgres', 'a connection test that is told as it goes on', () => {
  let world: DataWorld;
  let administrator: string;
  let plain: string;
  /** Before the real server: keeps the question of a walk until it is let through. */
  let gate: Server;
  let letThrough: () => void;
  let held: Promise<void>;
  /** Takes connections and says nothing. */
  let silent: Server;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    const { host, port } = shared('postgres');
    await postgresSql(shared('postgres'), `CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
    gate = await listen((socket) => {
      const server = connect({ host, port });
      track(server);
      const opened = new Promise<void>((resolve) => {
        letThrough = resolve;
      });
      let isHeld: () => void = () => undefined;
      held = new Promise((resolve) => {
        isHeld = resolve;
      });
      server.pipe(socket);
      socket.on('close', () => server.destroy());
      socket.on('data', (bytes) => {
        // 'Q': the first thing that is asked after the login.
        if (bytes[0] !== 0x51) return void server.write(bytes);
        isHeld();
        void opened.then(() => server.write(bytes));
      });
    });
    silent = await listen(() => undefined);
    world = await openDataWorld();
    administrator = `Bearer ${await administratorKey(world)}`;
    plain = `Bearer ${await apiKey(world, 'ada')}`;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    gate.close();
    silent.close();
    await world.close();
    await postgresSql(shared('postgres'), `DROP ROLE ${username}`);
  });

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
  }

  async function listen(play: (socket: Socket) => void): Promise<Server> {
    const server = createServer((socket) => {
      track(socket);
      play(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  function targetAt(server: Server | { readonly port: number }, more: Row = {}): Row {
    const port = 'port' in server ? server.port : (server.address() as AddressInfo).port;
    const tls = { mode: 'disable' };
    return { engine: 'postgres', host: '127.0.0.1', port, username, password, database: 'postgres', tls, ...more };
  }

  /** Lines as they arrive, and the request, to be broken off. */
  async function open(path: string, body: unknown, authorization = administrator) {
    const startedMs = performance.now();
    const { hostname, port } = new URL(world.plainUrl);
    const headers = { ...ndjson, authorization, 'content-type': 'application/json' };
    const request = startRequest({ hostname, port, method: 'POST', path, headers }).end(JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    const headMs = performance.now() - startedMs;
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    const next = async () => {
      const { done, value } = await lines.next();
      return done === true ? null : (JSON.parse(value) as Line);
    };
    const rest = async () => {
      const all: Line[] = [];
      for (let line = await next(); line !== null; line = await next()) all.push(line);
      return all;
    };
    return { request, response, headMs, next, rest };
  }

  const jsonAnswer = (body: unknown, authorization: string) =>
    send(world, { method: 'POST', path: testPath, headers: { authorization }, body });

  /** What was told last of each. */
  const lastOf = (lines: readonly Line[], kind: 'stage' | 'check', name: string) =>
    new Map(lines.flatMap((line) => (line[kind] === undefined ? [] : [[line[kind][name], line[kind]] as const])));

  test('tells each stage before the next has ended, and last the report they add up to', async () => {
    const stream = await open(testPath, targetAt(gate));
    expect(stream.response.statusCode).toBe(200);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      vary: 'Accept',
    });
    const early: Line[] = [];
    // The question stands at the gate while these arrive.
    while (early.at(-1)?.stage?.['stage'] !== 'database') early.push((await stream.next()) as Line);
    await held;
    expect(early.map(({ stage }) => `${String(stage?.['stage'])}:${String(stage?.['status'])}`)).toEqual([
      ...['input:pass', 'policy:pass', 'resolve:pass', 'tcp:pass', 'handshake:pass', 'authenticate:pass'],
      'database:pass',
    ]);
    letThrough();
    const late = await stream.rest();
    const report = late.at(-1)?.report;
    expect(report).toMatchObject({ outcome: 'passed', engine: 'postgres', reason: null });
    const told = [...early, ...late.slice(0, -1)];
    const stages = report?.['stages'] as readonly Row[];
    expect(lastOf(told, 'stage', 'stage')).toEqual(new Map(stages.map((row) => [row['stage'], row])));
    expect(told).toHaveLength(stages.length);
    const { body } = await jsonAnswer(targetAt(shared('postgres')), administrator);
    expect(Object.keys(report ?? {})).toEqual(Object.keys(body as Row));
  });

  test('a server that says nothing: what was reached is told at once, what failed when it is recorded', async () => {
    await world.takeEvents();
    const stream = await open(testPath, targetAt(silent, { timeoutMs: 1_000 }));
    for (const stage of ['input', 'policy', 'resolve', 'tcp']) {
      expect((await stream.next())?.stage).toMatchObject({ stage, status: 'pass' });
    }
    expect(await world.takeEvents()).toEqual([]);
    const rest = await stream.rest();
    expect(await world.takeEvents()).toEqual(['connection.tested']);
    const failed = rest.find(({ stage }) => stage?.['status'] === 'fail')?.stage;
    expect(failed).toMatchObject({ stage: 'handshake', audience: expect.any(String), fix: expect.any(String) });
    expect(rest.at(-1)?.report).toMatchObject({ outcome: 'failed', stage: 'handshake', reason: failed?.['reason'] });
  });

  test('who leaves on the way ends the test, which is recorded', async () => {
    await world.takeEvents();
    const stream = await open(testPath, targetAt(gate, { timeoutMs: 30_000 }));
    await stream.next();
    await held;
    stream.request.destroy();
    await expect.poll(() => world.takeEvents(), { timeout: 5_000 }).toEqual(['connection.tested']);
    await expect.poll(() => world.faults).toEqual([]);
  });

  test('who may not see stages gets the report alone, the same and no sooner than as JSON', async () => {
    const refused = targetAt(shared('postgres'), { password: 'wrong', timeoutMs: 1_000 });
    const closed = targetAt({ port: 1 }, { timeoutMs: 1_000 });
    const nobody = targetAt(silent, { timeoutMs: 1_000 });
    const asked = [refused, closed, nobody, targetAt(shared('postgres'))].map((target) =>
      Promise.all([open(testPath, target, plain), jsonAnswer(target, plain)]),
    );
    for (const [stream, json] of await Promise.all(asked)) {
      const isPassed = (json.body as Row)['outcome'] === 'passed';
      expect(await stream.rest()).toEqual([{ report: json.body }]);
      expect(json.body).toMatchObject({ stages: null });
      // Not even the head of the answer comes before its moment.
      expect(stream.headMs).toBeGreaterThan(isPassed ? 245 : 995);
    }
  });

  test('what is refused before the first stage is a refusal like any other', async () => {
    const ask = (path: string, body: unknown, authorization: string) =>
      send(world, { method: 'POST', path, headers: { authorization, ...ndjson }, body });
    for (const [answer, status, code] of [
      [await ask(testPath, targetAt(silent, { port: 'x' }), administrator), 400, 'sources.field_invalid'],
      [await ask(testPath, targetAt(silent), 'Bearer nobody'), 401, 'identity.unauthenticated'],
      [await ask('/admin/v1/sources/none/test', {}, administrator), 404, 'sources.not_found'],
      [await ask('/admin/v1/sources/none/test', {}, plain), 403, 'access.denied'],
    ] as const) {
      expect(answer).toMatchObject({
        status,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
        body: { code },
      });
    }
  });

  test('of a stored source as well, and a preflight tells its checks', async () => {
    const { host, port } = shared('postgres');
    const place = { host, port, username, password, database: 'postgres' };
    await world.addSource({ name: 'staged', engine: 'postgres', ...place });
    const tested = await (await open('/admin/v1/sources/staged/test', {})).rest();
    expect(tested.at(-1)?.report).toMatchObject({ outcome: 'passed' });
    expect(tested[0]).toEqual({ stage: expect.objectContaining({ stage: 'input', status: 'pass' }) });
    const made = await (await open('/admin/v1/sources/staged/preflight', {})).rest();
    const report = made.at(-1)?.report as { checks: Row[]; connection: { stages: Row[] } };
    expect(lastOf(made, 'stage', 'stage')).toEqual(new Map(report.connection.stages.map((row) => [row['stage'], row])));
    expect(lastOf(made, 'check', 'name').size).toBe(24);
    expect(lastOf(made, 'check', 'name')).toEqual(new Map(report.checks.map((row) => [row['name'], row])));
  });
});
