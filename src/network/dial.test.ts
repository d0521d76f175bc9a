import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTargetPolicy, type OwnEndpoint } from './address-policy.js';
import { createDialler, type DialOutcome } from './dial.js';
import { createResolver } from './resolve.js';
import { parseTargetsAllow } from './targets-allow.js';

/** Listens on all of loopback, so that it would see what must not come. */
let witness: Server;
let port: number;
let seen: number;

beforeEach(async () => {
  seen = 0;
  witness = createServer((socket) => {
    seen += 1;
    socket.on('error', () => undefined);
  });
  witness.listen(0, '0.0.0.0');
  await once(witness, 'listening');
  const address = witness.address();
  port = address === null || typeof address === 'string' ? 0 : address.port;
});

afterEach(async () => {
  witness.close();
  await once(witness, 'close');
});

interface World {
  readonly names?: Record<string, readonly string[] | Error>;
  readonly allow?: string;
  readonly isBoundToLoopback?: boolean;
  readonly own?: () => readonly OwnEndpoint[];
}

function diallerIn({ names = {}, allow = '', isBoundToLoopback = true, own = () => [] }: World) {
  const rules = parseTargetsAllow(allow);
  if (!rules.ok) throw new Error('rules');
  const asked: string[] = [];
  const resolver = createResolver(async (name) => {
    asked.push(name);
    const found = names[name];
    if (found instanceof Error) throw found;
    if (found === undefined) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    return found;
  });
  const policy = createTargetPolicy({
    allow: rules.rules,
    isBoundToLoopback: () => isBoundToLoopback,
    ownEndpoints: own,
  });
  return { asked, dialler: createDialler({ policy, resolver }) };
}

async function dial(world: World, host: string, toPort = port, stageMs = 1_000) {
  const { dialler, asked } = diallerIn(world);
  const outcome = await dialler.dial({ host, port: toPort }, { stageMs, signal: new AbortController().signal });
  if (outcome.ok) outcome.socket.destroy();
  return { outcome, asked, verdict: verdictOf(outcome) };
}

function verdictOf(outcome: DialOutcome): string {
  const last = outcome.steps.at(-1);
  return outcome.ok ? 'connected' : `${last?.stage}:${last?.reason}`;
}

const withCode = (code: string) => Object.assign(new Error('dns'), { code });

describe('the dialler', () => {
  test('reaches what it may (the control: the witness sees it)', async () => {
    for (const host of ['127.0.0.1', 'localhost', 'db.example', '::ffff:127.0.0.1']) {
      const { outcome } = await dial({ names: { 'db.example': ['127.0.0.1'] } }, host);
      expect(outcome.ok).toBe(true);
      expect(outcome.steps.map((step) => `${step.stage}:${step.status}`)).toEqual([
        'policy:pass',
        'resolve:pass',
        'tcp:pass',
      ]);
    }
    await expect.poll(() => seen).toBe(4);
  });

  test('sends nothing at all to what it may not, by any spelling', async () => {
    const hosts = [
      ...['2130706433', '0x7f000001', '0x7f.1', '127.1', '0177.0.0.1', '127.0.0.1.', 'localhost.', '①②⑦.⓪.⓪.①'],
      ...[
        '127.0.0.1\0.example.com',
        '[::1]',
        '::1%lo',
        '127.0.0.1:80',
        '127.0.0.1,127.0.0.2',
        '/tmp/x',
        '0.0.0.0',
        '::',
      ],
      ...[
        '::127.0.0.1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
        'fe80::1',
        '169.254.169.254',
        '',
        ' 127.0.0.1',
        'LOCALHOST\n',
      ],
    ];
    for (const host of hosts) {
      const { verdict } = await dial({}, host);
      expect([host, verdict]).toEqual([host, 'policy:TARGET_NOT_ALLOWED']);
    }
    expect(seen).toBe(0);
  });

  test('and nothing to loopback while we serve the outside', async () => {
    const world = { isBoundToLoopback: false, names: { 'db.example': ['127.0.0.1'], 'six.example': ['::1'] } };
    for (const host of [
      '127.0.0.1',
      'localhost',
      'db.localhost',
      'db.example',
      'six.example',
      '::1',
      '::ffff:127.0.0.1',
    ]) {
      expect((await dial(world, host)).verdict).toBe('policy:TARGET_NOT_ALLOWED');
    }
    expect(seen).toBe(0);
  });

  test('a name with one bad address is refused whole, whatever the order', async () => {
    for (const bad of ['169.254.169.254', '0.0.0.0', '::', 'fe80::1', '::ffff:169.254.169.254', 'fe80::1%eth0']) {
      for (const addresses of [
        ['127.0.0.1', bad],
        [bad, '127.0.0.1'],
      ]) {
        const { outcome } = await dial({ names: { 'db.example': addresses } }, 'db.example');
        expect(outcome.ok).toBe(false);
      }
    }
    expect(seen).toBe(0);
  });

  test('the name is resolved once, and connected to what was judged', async () => {
    let round = 0;
    const resolver = createResolver(async () => {
      round += 1;
      return round === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    });
    const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => [] });
    const outcome = await createDialler({ policy, resolver }).dial(
      { host: 'rebind.example', port },
      { stageMs: 1_000, signal: new AbortController().signal },
    );
    expect(round).toBe(1);
    expect(outcome.ok && outcome.socket.remoteAddress).toBe('127.0.0.1');
    if (outcome.ok) outcome.socket.destroy();
  });

  test('a peer that breaks off before anybody listens ends its own connection only', async () => {
    const { dialler } = diallerIn({});
    const outcome = await dialler.dial(
      { host: '127.0.0.1', port },
      { stageMs: 1_000, signal: new AbortController().signal, isEveryAddressTried: true },
    );
    if (!outcome.ok) throw new Error('not reached');
    // Nobody listens; without the dialler this would be thrown at the process.
    outcome.socket.destroy(new Error('reset'));
    await new Promise((resolve) => outcome.socket.once('close', resolve));
    expect(outcome.socket.destroyed).toBe(true);
  });

  test('what is not listed is not even resolved', async () => {
    const { asked, verdict } = await dial({ allow: 'db.example', names: { 'x.example': ['127.0.0.1'] } }, 'x.example');
    expect(verdict).toBe('policy:TARGET_NOT_ALLOWED');
    expect(asked).toEqual([]);
  });

  test('our own listener is refused as it is now, by every address of this machine', async () => {
    let own: OwnEndpoint[] = [];
    const world = { own: () => own, names: { 'us.example': ['127.0.0.1'] } };
    expect((await dial(world, '127.0.0.1')).verdict).toBe('connected');
    own = [{ host: '0.0.0.0', port }];
    await expect.poll(() => seen).toBe(1);
    for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', 'us.example', '::ffff:127.0.0.1']) {
      expect((await dial(world, host)).verdict).toBe('policy:TARGET_NOT_ALLOWED');
    }
    expect(seen).toBe(1);
  });

  test('our own store is refused by its name, its address, and while its name does not resolve', async () => {
    const own = () => [{ host: 'store.example', port }];
    const known = { own, names: { 'store.example': ['127.0.0.1'], 'alias.example': ['127.0.0.1'] } };
    for (const host of ['store.example', 'alias.example', '127.0.0.1']) {
      expect((await dial(known, host)).verdict).toBe('policy:TARGET_NOT_ALLOWED');
    }
    const lost = { own, names: { 'store.example': withCode('EAI_AGAIN') } };
    expect((await dial(lost, '127.0.0.1')).verdict).toBe('policy:TARGET_NOT_ALLOWED');
    expect(seen).toBe(0);
  });

  test('special names never leave the process', async () => {
    const names = { localhost: ['8.8.8.8'], 'a.localhost': ['8.8.8.8'], 'x.invalid': ['127.0.0.1'] };
    for (const host of ['localhost', 'a.localhost']) {
      const { asked, verdict } = await dial({ names }, host);
      expect([verdict, asked]).toEqual(['connected', []]);
    }
    const { asked, verdict } = await dial({ names }, 'x.invalid');
    expect([verdict, asked]).toEqual(['resolve:DNS_NOT_FOUND', []]);
  });

  test.each([
    ['ENOTFOUND', 'DNS_NOT_FOUND'],
    ['ENODATA', 'DNS_NOT_FOUND'],
    ['EAI_AGAIN', 'DNS_TEMPORARY'],
    ['EAI_FAIL', 'DNS_TEMPORARY'],
  ])('a resolver that says %s means %s', async (code, reason) => {
    expect((await dial({ names: { 'db.example': withCode(code) } }, 'db.example')).verdict).toBe(`resolve:${reason}`);
  });

  test('a resolver that says nothing is left in time, and so are those behind it', async () => {
    const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => [] });
    const resolver = createResolver(() => new Promise(() => undefined));
    const dialler = createDialler({ policy, resolver });
    const startedMs = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        dialler.dial({ host: `slow${n}.example`, port }, { stageMs: 200, signal: new AbortController().signal }),
      ),
    );
    expect(outcomes.map(verdictOf)).toEqual(Array(5).fill('resolve:DNS_TEMPORARY'));
    expect(performance.now() - startedMs).toBeLessThan(600);
  });

  test('a closed port is refused, and the next address is tried', async () => {
    const closed = createServer();
    closed.listen(0, '127.0.0.3');
    await once(closed, 'listening');
    const address = closed.address();
    const closedPort = address === null || typeof address === 'string' ? 0 : address.port;
    closed.close();
    await once(closed, 'close');
    expect((await dial({}, '127.0.0.1', closedPort)).verdict).toBe('tcp:TCP_REFUSED');

    const second = createServer();
    second.listen(closedPort, '127.0.0.4');
    await once(second, 'listening');
    const { outcome } = await dial({ names: { 'db.example': ['127.0.0.3', '127.0.0.4'] } }, 'db.example', closedPort);
    expect(outcome.ok).toBe(true);
    expect(outcome.steps.at(-1)?.evidence).toEqual({
      attempts: 2,
      reached: 1,
      refused: 1,
      timedOut: 0,
      unreachable: 0,
    });
    const { dialler } = diallerIn({ names: { 'db.example': ['127.0.0.4', '127.0.0.3', '127.0.0.5'] } });
    const limits = { stageMs: 1_000, signal: new AbortController().signal, isEveryAddressTried: true };
    const every = await dialler.dial({ host: 'db.example', port: closedPort }, limits);
    if (every.ok) every.socket.destroy();
    expect(every.steps.map((step) => step.evidence)).toEqual([
      {},
      { addresses: 3, ipv4: 3, ipv6: 0 },
      { attempts: 3, reached: 1, refused: 2, timedOut: 0, unreachable: 0 },
    ]);
    second.close();
    await once(second, 'close');
  });

  test('a host that takes no more connections runs out of time', async () => {
    const code =
      "const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const fullPort = Number(line.toString());
    child.kill('SIGSTOP');
    const fillers = Array.from({ length: 4 }, () => connect(fullPort, '127.0.0.1').on('error', () => undefined));
    await new Promise((resolve) => setTimeout(resolve, 100));
    try {
      const startedMs = performance.now();
      expect((await dial({}, '127.0.0.1', fullPort, 400)).verdict).toBe('tcp:TCP_TIMEOUT');
      expect(performance.now() - startedMs).toBeLessThan(700);
    } finally {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
    }
  });

  test('a caller that has left gets nothing dialled', async () => {
    const { dialler } = diallerIn({});
    const outcome = await dialler.dial({ host: '127.0.0.1', port }, { stageMs: 1_000, signal: AbortSignal.abort() });
    expect(verdictOf(outcome)).toBe('tcp:TCP_TIMEOUT');
    expect(seen).toBe(0);
  });

  test.each([0, 65_536, -1, 1.5, Number.NaN])('port %s is none', async (bad) => {
    expect((await dial({}, '127.0.0.1', bad)).verdict).toBe('policy:TARGET_NOT_ALLOWED');
  });

  test('nothing it tells names an address', async () => {
    const { outcome } = await dial({ names: { 'db.example': ['127.0.0.1'] } }, 'db.example');
    expect(JSON.stringify(outcome.steps)).not.toContain('127.0.0.1');
  });
});
