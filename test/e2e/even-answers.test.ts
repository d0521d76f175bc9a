/**
 * A connection test is no port scanner, on the shipped program: a plain caller learns the same, byte by byte and at the
 * same time, of a database that refuses the password, of a closed port, of one that is filtered, of another service, of
 * one that says nothing and of a name nobody has. Who may diagnose learns what it is.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith, shared } from '../servers/index.js';
import { freePort } from '../servers/processes.js';
import { createInstallation, type RunningProgram } from './support/program.js';

const password = 'tangerine orbit cactus violet';
const routes = ['/workflows/v1/auth', '/workflows/v1/check', '/workflows/v1/metadata'] as const;
/** The grid on which answers are told, milliseconds. */
const stepMs = 250;
const apart = new Set(['date', 'x-request-id']);

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
  readonly ms: number;
}

describeWith('postgres', 'a connection test', () => {
  const installation = createInstallation({
    LATCHKEY_WORKFLOWS_ACCESS: 'authenticated',
    LATCHKEY_CONNECTIONS_TESTS_PER_MINUTE: '1000',
    LATCHKEY_CONNECTIONS_TARGETS_PER_HOUR: '1000',
  });
  let server: RunningProgram;
  let key: string;
  let full: ChildProcess;
  let fillers: Socket[] = [];
  const listeners: Server[] = [];
  let places: ReadonlyMap<string, { readonly host: string; readonly port: number; readonly reason: RegExp }>;

  async function listen(play: (socket: Socket) => void): Promise<number> {
    const listener = createServer((socket) => {
      socket.on('error', () => undefined);
      play(socket);
    }).listen(0, '127.0.0.1');
    listeners.push(listener);
    await once(listener, 'listening');
    const address = listener.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** A listener whose queue is full: the packets of whoever comes now are dropped. */
  async function filtered(): Promise<number> {
    const code =
      "const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
    full = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (full.stdout === null) throw new Error('no output');
    const [line] = (await once(full.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    full.kill('SIGSTOP');
    fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await new Promise((resolve) => setTimeout(resolve, 200));
    return port;
  }

  beforeAll(async () => {
    for (const name of ['one', 'two']) {
      const made = await installation.run(['user', 'add', name, '--password-stdin'], { stdin: password });
      expect(made.code).toBe(0);
    }
    await installation.run(['user', 'add', 'ops', '--role', 'administrator', '--password-stdin'], { stdin: password });
    const added = await installation.run(['api-key', 'add', 'ops', 'e2e', '--json']);
    key = String((JSON.parse(added.stdout) as { token: string }).token);
    server = await installation.start();
    const http = await listen((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const silent = await listen(() => undefined);
    const host = '127.0.0.1';
    places = new Map([
      ['a database', { host, port: shared('postgres').port, reason: /^AUTH_INVALID_CREDENTIALS$/ }],
      ['a closed port', { host, port: await freePort(), reason: /^TCP_REFUSED$/ }],
      ['a filtered port', { host, port: await filtered(), reason: /^(TCP_TIMEOUT|STAGE_TIMEOUT)$/ }],
      ['another service', { host, port: http, reason: /^PROTOCOL_MISMATCH$/ }],
      ['a silent listener', { host, port: silent, reason: /^STAGE_TIMEOUT$/ }],
      ['a name nobody has', { host: 'nobody.invalid', port: 5_433, reason: /^DNS_NOT_FOUND$/ }],
    ]);
  });

  afterAll(async () => {
    await server?.stop();
    installation.remove();
    for (const filler of fillers) filler.destroy();
    for (const listener of listeners) listener.close();
    full?.kill('SIGKILL');
  });

  async function ask(route: string, place: string, authorization: string, engine?: string): Promise<Answer> {
    const where = places.get(place);
    if (where === undefined) throw new Error('no such place');
    const startedMs = performance.now();
    const response = await fetch(`${server.http}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({
        credentials: {
          host: where.host,
          port: where.port,
          authType: 'basic',
          username: 'postgres',
          password: 'not the password',
          extra: { database: 'postgres', ssl_mode: 'prefer', ...(engine === undefined ? {} : { engine }) },
        },
        timeout_seconds: 5,
      }),
    });
    const body = await response.text();
    const ms = performance.now() - startedMs;
    const headers = [...response.headers].filter(([name]) => !apart.has(name));
    return { status: response.status, headers: JSON.stringify(headers), body, ms };
  }

  async function signIn(username: string): Promise<string> {
    const response = await fetch(`${server.http}/user/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    return String(((await response.json()) as { Token: string }).Token);
  }

  test('tells who may diagnose what it is', async () => {
    const names = [...places.keys()];
    const answers = await Promise.all(names.map((name) => ask(routes[0], name, `Bearer ${key}`, 'postgres')));
    for (const [index, name] of names.entries()) {
      const { reason } = JSON.parse(answers[index]?.body ?? '{}') as { reason?: string };
      expect([name, reason]).toEqual([name, expect.stringMatching(places.get(name)?.reason ?? /^$/)]);
    }
    // So that what follows is not told apart for want of a difference.
    expect(new Set(answers.map(({ body }) => body.replace(/\d+/g, ''))).size).toBeGreaterThanOrEqual(5);
  });

  test.each([undefined, 'postgres'])('tells a plain caller the same of all of them (engine: %s)', async (engine) => {
    // More at once than one caller may.
    const tokens = await Promise.all(['one', 'two', 'one'].map(signIn));
    const names = [...places.keys()];
    const byRoute = await Promise.all(
      routes.map((route, index) => Promise.all(names.map((name) => ask(route, name, tokens[index] ?? '', engine)))),
    );
    for (const [index, answers] of byRoute.entries()) {
      const route = routes[index];
      const seen = answers.map(({ status, headers, body }) => JSON.stringify({ status, headers, body }));
      expect([route, new Set(seen).size, seen]).toEqual([route, 1, seen]);
      const times = answers.map(({ ms }) => ms);
      const spreadMs = Math.max(...times) - Math.min(...times);
      expect(spreadMs, `${route}: ${times.map(Math.round).join(' ')}`).toBeLessThan(stepMs);
      expect(Math.min(...times)).toBeGreaterThan(4_000);
    }
  });

  test('is refused to who presents nothing', async () => {
    expect((await ask(routes[0], 'a closed port', '')).status).toBe(401);
  });
});
