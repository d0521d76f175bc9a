/**
 * Who may dial what, on the shipped program: every spelling of a forbidden host through every route that connects. Two
 * witnesses say whether a packet went out: a listener on every address of this machine, and, where system calls can be
 * traced, every `connect` the program made. For each route a host that is allowed shows that the witnesses see.
 *
 * @module
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { routes as atlan } from '../../src/http/dialects/atlan/routes.js';
import { routes as cloudio } from '../../src/http/dialects/cloudio/routes.js';
import { routes as onedb } from '../../src/http/dialects/onedb/routes.js';
import { routes as precrime } from '../../src/http/dialects/precrime/routes.js';
import { routes as native } from '../../src/http/native/routes.js';
import { routes as oauth } from '../../src/http/oauth/routes.js';
import type { Clock } from '../../src/kernel/clock.js';
import {
  createDialler,
  createPoster,
  createTargetPolicy,
  parseTargetsAllow,
  targetSyntax,
} from '../../src/network/index.js';
import { answerDns } from '../servers/name-server.js';
import { connectingRoutes, otherRoutes, withoutControl } from './support/connecting-routes.js';
import { createInstallation, type RunningProgram } from './support/program.js';
import { namesOfTest, otherSpellings, rebinding, spellingsOfIpv4, spellingsOfIpv6 } from './support/spellings.js';

const allowed = '127.0.0.77';
const password = 'tangerine orbit cactus violet';
const folder = mkdtempSync(join(tmpdir(), 'latchkey-dialling-'));
const trace = join(folder, 'trace');
const strace = inject('servers').strace;

/** Address of this machine → connections that ended there. */
const arrivals = new Map<string, number>();
const questions = new Map<string, number>();
let witness: Server;
let port: number;
let nameServer: UdpSocket;
let installation: ReturnType<typeof createInstallation>;
let server: RunningProgram;
let key: string;
let spellings: readonly string[];
let names = 0;

const arrived = (address: string) => arrivals.get(address) ?? 0;
const breaches = () => [...arrivals.keys()].filter((address) => address !== allowed);

beforeAll(async () => {
  witness = createServer((socket) => {
    const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
    arrivals.set(address, arrived(address) + 1);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.destroy());
    setTimeout(() => socket.destroy(), 50);
  });
  // On every address of both kinds.
  witness.listen(0, '::');
  await once(witness, 'listening');
  const address = witness.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  nameServer = createSocket('udp4');
  nameServer.on('message', (question, from) => {
    const answer = answerDns(question, (name, kind) => {
      const asked = questions.get(`${kind} ${name}`) ?? 0;
      questions.set(`${kind} ${name}`, asked + 1);
      const answers = rebinding.test(name) ? [[allowed], ['127.0.0.2']] : namesOfTest[name];
      const now = answers?.[Math.min(asked, answers.length - 1)];
      return now?.filter((one) => one.includes(':') === (kind === 'AAAA'));
    });
    if (answer !== null) nameServer.send(answer, from.port, from.address);
  });
  nameServer.bind(0, '127.0.0.1');
  await once(nameServer, 'listening');
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const outer = own.filter(({ internal, scopeid }) => !internal && !scopeid).map((entry) => entry.address);
  spellings = [
    ...['127.0.0.1', '127.0.0.2', '169.254.169.254'].flatMap((one) => spellingsOfIpv4(one, port, allowed)),
    ...spellingsOfIpv6('::1', port),
    ...outer,
    ...otherSpellings,
    ...Object.keys(namesOfTest).filter((name) => name !== 'allowed.test'),
  ];
  installation = createInstallation({
    LATCHKEY_TARGETS_ALLOW: `${allowed}:${port}`,
    TEST_NAME_SERVER: `127.0.0.1:${nameServer.address().port}`,
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('./support/ask-name-server.mjs', import.meta.url))}`,
  });
  await installation.run(['user', 'add', 'ops', '--role', 'administrator', '--password-stdin'], { stdin: password });
  const added = await installation.run(['api-key', 'add', 'ops', 'dialling', '--json']);
  key = String((JSON.parse(added.stdout) as { token: string }).token);
  const options = ['-f', '--seccomp-bpf', '-qq', '-e', 'trace=connect', '-e', 'signal=none', '-o', trace];
  server = await installation.start(strace.available ? { under: ['strace', ...options] } : {});
});

afterAll(async () => {
  await server?.stop();
  installation?.remove();
  witness?.close();
  nameServer?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  for (;;) {
    const response = await fetch(`${server.http}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 429) return { status: response.status, text };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ask = (route: string, host: string) => {
  names += 1;
  const asking = connectingRoutes[route];
  if (asking === undefined) throw new Error(`no entry for ${route}`);
  return asking({ host, port, name: `spelled-${names}`, call });
};

async function askAll(route: string, hosts: readonly string[]): Promise<void> {
  const left = [...hosts];
  const worker = async () => {
    for (let host = left.pop(); host !== undefined; host = left.pop()) await ask(route, host);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

/** Places the program connected to by TCP, from the trace; our own listeners and the name server aside. */
function connectedTo(): readonly string[] {
  const text = readFileSync(trace, 'latin1');
  const found = new Set<string>();
  const v4 = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/g;
  const v6 = /sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"/g;
  for (const [, to, address] of [...text.matchAll(v4), ...text.matchAll(v6)]) {
    if (Number(to) === port) found.add(address ?? '');
  }
  return [...found];
}

test('every route stands in one of the two tables', () => {
  const all = [...native, ...oauth, ...atlan, ...cloudio, ...onedb, ...precrime].map(
    ({ method, path }) => `${method} ${path}`,
  );
  expect([...Object.keys(connectingRoutes), ...otherRoutes].sort()).toEqual([...new Set(all)].sort());
});

test('there are at least two hundred spellings', () => {
  expect(new Set(spellings).size).toBeGreaterThanOrEqual(200);
});

describe.each(Object.keys(connectingRoutes))('%s', (route) => {
  const name = 'reaches what is allowed, by address and by name';
  const why = ' (skipped: it asks nothing before there is a snapshot, which no listener can give)';
  const hasControl = !withoutControl.includes(route);
  test.skipIf(!hasControl)(hasControl ? name : name + why, async () => {
    for (const host of [allowed, 'allowed.test']) {
      const before = arrived(allowed);
      await ask(route, host);
      await expect.poll(() => arrived(allowed)).toBeGreaterThan(before);
    }
    if (strace.available) await expect.poll(connectedTo).toContain(allowed);
  });

  test('sends nothing to what is not, by any spelling', { timeout: 60_000 }, async () => {
    // What cannot be kept is not asked for again: that it cannot is shown once, with `test`.
    const isLater = route.includes(':source/') && !route.endsWith('/test');
    const hosts = isLater ? spellings.filter((host) => targetSyntax.canonicalHost(host) !== null) : spellings;
    await askAll(route, hosts);
    expect(breaches()).toEqual([]);
  });

  test('nor to where a name leads the second time it is asked for', async () => {
    const host = `rebind-${names}.test`;
    await ask(route, host);
    await ask(route, host);
    expect(breaches()).toEqual([]);
  });
});

describe('the terminal', () => {
  test('reaches what is allowed and nothing else', { timeout: 60_000 }, async () => {
    const run = (host: string) =>
      installation.run(
        ['source', 'test', '--engine', 'postgres', '--host', host, '--port', String(port), '--user', 'app'].concat([
          ...['--database', 'app', '--ssl-mode', 'disable', '--password-stdin'],
        ]),
        { stdin: 'secret' },
      );
    const before = arrived(allowed);
    await run('allowed.test');
    expect(arrived(allowed)).toBeGreaterThan(before);
    // A process for each, so a few: they share the grammar and the dialler with the routes.
    const hosts = ['::ffff:127.0.0.2', `${allowed},127.0.0.2`, 'localhost', 'mixed.test', 'mapped.test'];
    await Promise.all([...hosts, 'rebind-9999.test'].map(run));
    expect(breaches()).toEqual([]);
  });
});

describe('a webhook', () => {
  const clock: Clock = { nowMs: () => Date.now() };
  const rules = () => {
    const parsed = parseTargetsAllow(`${allowed}:${port}`);
    if (!parsed.ok) throw new Error('rules');
    return parsed.rules;
  };
  const limits = () => ({ totalMs: 500, signal: new AbortController().signal });

  test('goes where it may and nowhere else, however the URL is spelled', { timeout: 60_000 }, async () => {
    const policy = createTargetPolicy({ allow: rules(), isBoundToLoopback: () => true, ownEndpoints: () => [] });
    const poster = createPoster({ dialler: createDialler({ policy }), clock });
    const before = arrived(allowed);
    await poster.post(`http://${allowed}:${port}/`, {}, '{}', limits());
    expect(arrived(allowed)).toBeGreaterThan(before);
    const hosts = spellings.filter((host) => !Object.hasOwn(namesOfTest, host));
    const urls = hosts.flatMap((host) => [`http://${host}:${port}/`, `http://[${host}]:${port}/`]);
    for (const url of urls) await poster.post(url, {}, '{}', limits());
    expect(breaches()).toEqual([]);
  });

  test('is not kept when its URL is no plain one', async () => {
    const place = { engine: 'postgres', host: allowed, port, username: 'app', password: 'x', database: 'app' };
    const urls = [
      'http://user:pass@127.0.0.1/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://[::1%25lo]/',
      'ftp://x/',
    ];
    for (const webhookUrl of [...urls, 'file:///etc/passwd', 'http://127.1/', 'javascript:1', '//x', 'http://a,b/']) {
      const made = await call('POST', '/admin/v1/sources', { name: `hooked-${++names}`, ...place, webhookUrl });
      expect([webhookUrl, made.status]).toEqual([webhookUrl, 400]);
    }
  });
});

describe('in the end', () => {
  test.skipIf(!strace.available)('the program connected to nothing else, judged by its system calls', () => {
    expect(connectedTo()).toEqual([allowed]);
  });

  test('and was there all the time', async () => {
    expect((await call('GET', '/livez')).status).toBe(200);
  });
});

describe('our own listeners and Valkey', () => {
  test.skipIf(!strace.available)('are out of reach where all of loopback is allowed', { timeout: 60_000 }, async () => {
    const ownTrace = join(folder, 'own-trace');
    const options = ['-f', '--seccomp-bpf', '-qq', '-e', 'trace=connect', '-e', 'signal=none', '-o', ownTrace];
    const other = createInstallation({
      LATCHKEY_TARGETS_ALLOW: '127.0.0.0/8,::1/128',
      // An address of its own, so that our own way to it can be told from a caller's.
      LATCHKEY_VALKEY_URL: 'redis://127.0.0.3:6399',
    });
    const program = await other.start({ under: ['strace', ...options] });
    try {
      const own = [...[program.http, program.https].map((url) => Number(new URL(url).port)), 6_399];
      const bodies = [...own, port].flatMap((to) =>
        [...spellingsOfIpv4('127.0.0.1', to, '127.0.0.2'), '127.0.0.2', ...spellingsOfIpv6('::1', to), 'localhost'].map(
          (host) => ({
            host,
            port: to,
            authType: 'basic',
            database: 'app',
            username: 'a',
            password: 'b',
            extra: { ssl_mode: 'disable' },
          }),
        ),
      );
      const left = [...bodies];
      const worker = async () => {
        for (let body = left.pop(); body !== undefined; body = left.pop()) {
          await fetch(`${program.http}/workflows/v1/auth`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }).then((response) => response.text());
        }
      };
      await Promise.all(Array.from({ length: 6 }, worker));
      const connects = readFileSync(ownTrace, 'latin1').matchAll(/sin6?_port=htons\((\d+)\)[^"]*"([^"]+)"/g);
      const ports = [...connects].filter(([, , host]) => host !== '127.0.0.3').map(([, to]) => Number(to));
      expect(ports).toContain(port);
      expect(ports.filter((to) => own.includes(to))).toEqual([]);
    } finally {
      await program.stop();
      other.remove();
      arrivals.clear();
    }
  });
});
