import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestCertificates, type TestCertificates } from '../../test/servers/certificates.js';
import { createTargetPolicy, type OwnEndpoint } from './address-policy.js';
import { createDialler } from './dial.js';
import { createPoster } from './post.js';

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createTestCertificates();
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const actor = (play: (socket: Socket) => void) => listen(createServer(play));

function poster(more: { ca?: string; own?: OwnEndpoint[]; isBoundToLoopback?: boolean } = {}) {
  const policy = createTargetPolicy({
    allow: [],
    isBoundToLoopback: () => more.isBoundToLoopback ?? true,
    ownEndpoints: () => more.own ?? [],
  });
  const options = { dialler: createDialler({ policy }), clock: { nowMs: () => Date.now() } };
  return createPoster(more.ca === undefined ? options : { ...options, ca: more.ca });
}

async function post(url: string, more: Parameters<typeof poster>[0] & { totalMs?: number; body?: string } = {}) {
  const startedMs = performance.now();
  const signal = new AbortController().signal;
  const answer = await poster(more).post(url, { 'content-type': 'application/json' }, more.body ?? '{"ä":1}', {
    totalMs: more.totalMs ?? 3_000,
    signal,
  });
  return { status: answer?.status ?? null, ms: performance.now() - startedMs };
}

test.each([
  ['https://hooks.example.test/services/T0?x=1', true],
  ['http://127.0.0.1:8080/', true],
  ['https://[2001:db8::1]:8443/hook', true],
  ['HTTPS://Hooks.Example.Test', true],
  ['https://hooks.example.test?x', true],
  ['ftp://hooks.example.test/', false],
  ['//hooks.example.test/', false],
  ['https:hooks.example.test/', false],
  ['https://user@hooks.example.test/', false],
  ['https://user:password@hooks.example.test/', false],
  ['https://hooks.example.test/#part', false],
  ['https://2130706433/', false],
  ['https://0x7f.1/', false],
  ['https://0177.0.0.1/', false],
  ['https://127.1/', false],
  ['https://①②⑦.⓪.⓪.①/', false],
  ['https://hooks.example.test./', false],
  ['https://a,b/', false],
  ['https://%6c%6fcalhost/', false],
  ['https://hooks.example.test:0/', false],
  ['https://hooks.example.test:65536/', false],
  ['https://hooks.example.test:/', false],
  ['https://hooks.example.test\\@evil.test/', false],
  ['https://hooks.\texample.test/', false],
  ['https://hooks.example.test/\nx', false],
  ['https://[fe80::1%25eth0]/', false],
  ['https://', false],
  ['', false],
])('%j is a URL to post to: %j', (text, isOne) => {
  expect(poster().isUrl(text)).toBe(isOne);
});

describe('a request', () => {
  test('arrives whole, with its length and host', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const port = await listen(
      createHttpServer(async (request, response) => {
        const parts = await request.toArray();
        seen.push({ request, body: Buffer.concat(parts).toString('utf8') });
        response.writeHead(204).end();
      }),
    );
    expect((await post(`http://localhost:${port}/a/b?c=d`)).status).toBe(204);
    expect(seen).toHaveLength(1);
    const [{ request, body } = { request: undefined, body: '' }] = seen;
    expect(body).toBe('{"ä":1}');
    expect(request).toMatchObject({ method: 'POST', url: '/a/b?c=d' });
    expect(request?.headers).toMatchObject({
      host: `localhost:${port}`,
      'content-length': '8',
      'content-type': 'application/json',
    });
  });

  test('does not follow where it is sent on to', async () => {
    let visits = 0;
    const elsewhere = await listen(
      createHttpServer((_, response) => {
        visits += 1;
        response.writeHead(200).end();
      }),
    );
    const here = await listen(
      createHttpServer((_, response) => response.writeHead(307, { location: `http://127.0.0.1:${elsewhere}/` }).end()),
    );
    expect((await post(`http://127.0.0.1:${here}/`)).status).toBe(307);
    expect(visits).toBe(0);
    // The control: the place it was sent on to does answer.
    expect((await post(`http://127.0.0.1:${elsewhere}/`)).status).toBe(200);
    expect(visits).toBe(1);
  });

  test('over TLS goes to nobody but who the name is made out to', async () => {
    const serve = (pair: { cert: string; key: string }) =>
      listen(createHttpsServer(pair, (_, response) => response.writeHead(200).end('ok')));
    const { good, wrongName, expired, selfSigned, authority, strangeAuthority } = certificates;
    const ca = authority.cert;
    const port = await serve(good);
    expect((await post(`https://localhost:${port}/`, { ca })).status).toBe(200);
    expect((await post(`https://localhost:${port}/`, { ca: strangeAuthority.cert })).status).toBeNull();
    expect((await post(`https://localhost:${port}/`)).status).toBeNull();
    for (const pair of [wrongName, expired, selfSigned]) {
      expect((await post(`https://localhost:${await serve(pair)}/`, { ca })).status).toBeNull();
    }
    expect((await post(`http://localhost:${port}/`)).status).not.toBe(200);
  });

  test('is not sent where the policy forbids: no connection is seen', async () => {
    let connections = 0;
    const port = await listen(
      createHttpServer((_, response) => response.end()).on('connection', () => {
        connections += 1;
      }),
    );
    const own = [{ host: '127.0.0.1', port }];
    expect((await post(`http://127.0.0.1:${port}/`, { own })).status).toBeNull();
    expect((await post(`http://localhost:${port}/`, { own })).status).toBeNull();
    expect((await post(`http://127.0.0.1:${port}/`, { isBoundToLoopback: false })).status).toBeNull();
    expect((await post('http://169.254.169.254/latest/meta-data')).status).toBeNull();
    expect(connections).toBe(0);
    expect((await post(`http://127.0.0.1:${port}/`)).status).toBe(200);
    expect(connections).toBe(1);
  });

  test('to a text that is no URL goes nowhere', async () => {
    expect((await post('http://0x7f.1:80/')).status).toBeNull();
  });
});

describe('a receiver that does not behave', () => {
  test.each<[string, (socket: Socket) => void, number | null]>([
    ['says nothing', () => undefined, null],
    ['hangs up', (socket) => socket.destroy(), null],
    ['speaks another protocol', (socket) => socket.write('220 mail.example.test ESMTP\r\n'), null],
    ['sends a head without end', (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'), null],
    ['sends a long line without end', (socket) => pour(socket, 'HTTP/1.1 200 OK\r\nx: ', 'yyyyyyyy'), null],
    ['sends interim answers without end', (socket) => pour(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'), null],
    [
      'sends a body without end',
      (socket) => pour(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n', 'z'.repeat(4_096)),
      200,
    ],
    ['never ends its body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'), 200],
    [
      'switches protocols',
      (socket) => socket.write('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      null,
    ],
  ])('%s: the answer comes in time', async (_, play, status) => {
    const port = await actor((socket) => socket.once('data', () => play(socket)));
    const { status: told, ms } = await post(`http://127.0.0.1:${port}/`, { totalMs: 1_500 });
    expect(told).toBe(status);
    expect(ms).toBeLessThan(2_500);
  });

  test('is left at once when the caller goes away', async () => {
    const port = await actor(() => undefined);
    const controller = new AbortController();
    const startedMs = performance.now();
    setTimeout(() => controller.abort(), 100);
    const limits = { totalMs: 10_000, signal: controller.signal };
    expect(await poster().post(`http://127.0.0.1:${port}/`, {}, '{}', limits)).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

/** Writes for as long as the other side takes it. */
function pour(socket: Socket, first: string, then: string): void {
  socket.write(first);
  const more = () => {
    while (!socket.destroyed && socket.write(then.repeat(64)));
  };
  socket.on('drain', more);
  more();
}
