/** The edge of HTTP itself: framing, limits, smuggling; every refusal closes the connection and no second request is seen. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../support/client.js';
import { sendRaw } from '../support/raw.js';
import { precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const body = '{"username":"ada","password":"x"}';
const head = (lines: readonly string[], path = '/user/login') =>
  `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
const json = ['Host: localhost', 'Content-Type: application/json'];
/** A complete request that must never be answered when it hides behind a broken one. */
const smuggled = 'GET /test/unsecure HTTP/1.1\r\nHost: localhost\r\n\r\n';
const length = (text: string) => `Content-Length: ${Buffer.byteLength(text)}`;

describe('requests that are not well framed', () => {
  const broken: readonly (readonly [string, string])[] = [
    [
      'Content-Length and Transfer-Encoding',
      `${head([...json, length(body), 'Transfer-Encoding: chunked'])}0\r\n\r\n${smuggled}`,
    ],
    [
      'Transfer-Encoding and Content-Length',
      `${head([...json, 'Transfer-Encoding: chunked', length(body)])}0\r\n\r\n${smuggled}`,
    ],
    ['two Content-Lengths', `${head([...json, 'Content-Length: 5', length(body)])}${body}${smuggled}`],
    ['two equal Content-Lengths', `${head([...json, length(body), length(body)])}${body}${smuggled}`],
    ['a list of Content-Lengths', `${head([...json, 'Content-Length: 5, 5'])}${body}${smuggled}`],
    ['a negative Content-Length', `${head([...json, 'Content-Length: -1'])}${smuggled}`],
    ['a signed Content-Length', `${head([...json, 'Content-Length: +5'])}abcde${smuggled}`],
    ['a hexadecimal Content-Length', `${head([...json, 'Content-Length: 0x5'])}abcde${smuggled}`],
    ['an overflowing Content-Length', `${head([...json, 'Content-Length: 99999999999999999999999'])}${smuggled}`],
    ['chunked twice', `${head([...json, 'Transfer-Encoding: chunked, chunked'])}0\r\n\r\n${smuggled}`],
    ['chunked not last', `${head([...json, 'Transfer-Encoding: chunked, identity'])}0\r\n\r\n${smuggled}`],
    ['an unknown transfer coding', `${head([...json, 'Transfer-Encoding: xchunked'])}0\r\n\r\n${smuggled}`],
    ['a chunk size that is none', `${head([...json, 'Transfer-Encoding: chunked'])}zz\r\n${smuggled}`],
    [
      'a chunk longer than it says',
      `${head([...json, 'Transfer-Encoding: chunked'])}2\r\nabcdef\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a chunk size with a sign', `${head([...json, 'Transfer-Encoding: chunked'])}+2\r\nab\r\n0\r\n\r\n${smuggled}`],
    ['an overflowing chunk size', `${head([...json, 'Transfer-Encoding: chunked'])}ffffffffffffffffff\r\n${smuggled}`],
    ['a blank before the colon', `${head([...json, 'Content-Length : 5'])}abcde${smuggled}`],
    ['a tab before the colon', `${head([...json, 'Transfer-Encoding\t: chunked'])}0\r\n\r\n${smuggled}`],
    ['a folded header', `${head([...json, 'X-A: b\r\n c', length(body)])}${body}${smuggled}`],
    ['a folded framing header', `${head([...json, 'Transfer-Encoding:\r\n chunked'])}0\r\n\r\n${smuggled}`],
    [
      'a bare CR in a header',
      `${head([...json, 'X-A: b\rTransfer-Encoding: chunked', length(body)])}${body}${smuggled}`,
    ],
    ['a NUL in a header', `${head([...json, 'X-A: b\u0000c', length(body)])}${body}${smuggled}`],
    ['a NUL in a header name', `${head([...json, 'X-\u0000A: b', length(body)])}${body}${smuggled}`],
    ['a header without a colon', `${head([...json, 'nonsense'])}${smuggled}`],
    ['a header without a name', `${head([...json, ': x'])}${smuggled}`],
    ['two request lines', `POST /user/login HTTP/1.1\r\nPOST /user/login HTTP/1.1\r\n\r\n${smuggled}`],
    ['a method nobody has', `HACK /user/login HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`],
    ['a method in small letters', `post /user/login HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`],
    ['a blank in the path', `GET /user /login HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`],
    ['no version', `GET /user/login\r\nHost: localhost\r\n\r\n${smuggled}`],
    ['a version that does not exist', `GET /user/login HTTP/9.9\r\nHost: localhost\r\n\r\n${smuggled}`],
    ['two content types', `${head([...json, 'Content-Type: text/plain', length(body)])}${body}${smuggled}`],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['noise', '\u0000\u0001\u0002\u0003\r\n\r\n'],
  ];

  test.each(broken)('%s: 400, closed, nothing after it is answered', async (_name, text) => {
    const answer = await sendRaw(world, [Buffer.from(text, 'latin1')]);
    expect({ statuses: answer.statuses, isClosed: answer.isClosed }).toEqual({ statuses: [400], isClosed: true });
    expect(answer.text).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer.text).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/i);
    expect(answer.text).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(answer.text).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/i);
    expect(answer.text).not.toContain('Hi anonymous');
  });

  test('are answered in the shape of the family whose path was asked for', async () => {
    const shapes: Record<string, string> = {
      '/user/login': '{"message":"The request is not valid HTTP."}',
      '/v1/api': '{"code":400,"status":"ERROR","title":"Invalid Request","message":"The request is not valid HTTP."}',
      '/api/authenticate': '{"id":12,"message":"The request is not valid HTTP.","success":false}',
      '/workflows/v1/auth':
        '{"success":false,"message":"The request is not valid HTTP.","error":"invalid_request","detail":"The request is not valid HTTP."}',
      '/nothing': '"code":"http.request_malformed"',
    };
    for (const [path, shape] of Object.entries(shapes)) {
      const early = await sendRaw(world, [head([...json, 'Content-Length : 5'], path)]);
      expect(early.text).toContain(shape);
      const late = await sendRaw(world, [head([...json, 'Transfer-Encoding: chunked'], path), 'zz\r\n']);
      expect([late.statuses.length, late.isClosed]).toEqual([1, true]);
    }
  });

  test('never hide an answer that was owed before', async () => {
    const answer = await sendRaw(world, [`${smuggled}${head([...json, 'Content-Length : 5'])}`]);
    expect(answer.statuses).toEqual([200, 400]);
    expect(answer.isClosed).toBe(true);
  });
});

describe('limits', () => {
  test('17 KiB of headers are 431 and closed', async () => {
    for (const lines of [
      [`X-A: ${'a'.repeat(17 * 1024)}`],
      Array.from({ length: 600 }, (_, at) => `X-${at}: ${'a'.repeat(22)}`),
      [`Cookie: ${'a'.repeat(1_000_000)}`],
    ]) {
      const answer = await sendRaw(world, [head([...json, ...lines, 'Content-Length: 0'])]);
      expect({ statuses: answer.statuses, isClosed: answer.isClosed }).toEqual({ statuses: [431], isClosed: true });
    }
  });

  test('15 KiB of headers are taken, however many lines they are', async () => {
    const lines = Array.from({ length: 1_500 }, (_, at) => `X: ${at}`);
    const answer = await sendRaw(world, [
      head([...json, ...lines, 'Authorization: Bearer a.b.c', 'Content-Length: 0']),
    ]);
    expect(answer.statuses).toEqual([400]);
    expect(answer.text).toContain('The body is malformed.');
  });

  test('credentials are found behind two thousand other headers', async () => {
    const lines = Array.from({ length: 3_000 }, () => 'X:');
    const request = `GET /test/secure HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\nAuthorization: Bearer a.b.c\r\nX-Authorization: lk_0123456789012345\r\n\r\n`;
    expect((await sendRaw(world, [request])).statuses).toEqual([400]);
  });

  test('a mebibyte is taken, one byte more is 413: declared, chunked, and told to a client that sends all of it', async () => {
    const exact = `"${'a'.repeat(1_048_574)}"`;
    expect(
      (
        await send(world, {
          method: 'POST',
          path: '/user/login',
          headers: { 'content-type': 'application/json' },
          body: exact,
        })
      ).status,
    ).toBe(400);
    const over = `${exact} `;
    const declared = await sendRaw(world, [`${head([...json, length(over)])}${over}`]);
    expect({ statuses: declared.statuses, isClosed: declared.isClosed }).toEqual({ statuses: [413], isClosed: true });
    const chunked = await sendRaw(world, [
      `${head([...json, 'Transfer-Encoding: chunked'])}${over.length.toString(16)}\r\n${over}\r\n0\r\n\r\n${smuggled}`,
    ]);
    expect(chunked.statuses).toEqual([413]);
    expect(chunked.isClosed).toBe(true);
    const promised = await sendRaw(world, [head([...json, 'Content-Length: 99999999999'])], 2_000);
    expect({ statuses: promised.statuses, isClosed: promised.isClosed }).toEqual({ statuses: [413], isClosed: true });
  });

  test('an oversize body is refused before anybody is asked who they are', async () => {
    const answer = await sendRaw(world, [head([...json, 'Content-Length: 1048577'], '/v1/api')], 2_000);
    expect(answer.statuses).toEqual([413]);
  });

  test('no byte of a body is read for somebody unknown', async () => {
    const answer = await sendRaw(world, [head([...json, 'Content-Length: 1000'], '/v1/api')]);
    expect(answer.statuses).toEqual([401]);
  });
});

describe('the Host header', () => {
  test.each([
    ['none', [], 400],
    ['two', ['Host: localhost', 'Host: localhost'], 400],
    ['an empty one', ['Host:'], 400],
    ['one with a path', ['Host: localhost/x'], 400],
    ['one with user information', ['Host: a@localhost'], 400],
    ['any name', ['Host: anything.example:81'], 200],
    ['IPv6', ['Host: [::1]:8000'], 200],
  ])('%s', async (_name, hosts, status) => {
    const answer = await sendRaw(world, [
      `GET /test/unsecure HTTP/1.1\r\n${hosts.map((line) => `${line}\r\n`).join('')}\r\n`,
    ]);
    expect(answer.statuses).toEqual([status]);
    expect(answer.text).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
  });

  test('HTTP/1.0 needs none', async () => {
    expect((await sendRaw(world, ['GET /test/unsecure HTTP/1.0\r\n\r\n'])).statuses).toEqual([200]);
  });
});

describe('other corners', () => {
  test('an expectation we do not know is 417 and closed', async () => {
    const answer = await sendRaw(world, [`${head([...json, 'Expect: the-impossible', length(body)])}${body}`]);
    expect({ statuses: answer.statuses, isClosed: answer.isClosed }).toEqual({ statuses: [417], isClosed: true });
    expect(answer.text).toContain('"message"');
  });

  test('CONNECT is 405 and closed', async () => {
    const answer = await sendRaw(world, ['CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n']);
    expect({ statuses: answer.statuses, isClosed: answer.isClosed }).toEqual({ statuses: [405], isClosed: true });
  });

  test('an upgrade is not made', async () => {
    const answer = await sendRaw(world, [
      'GET /test/unsecure HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ]);
    expect(answer.statuses).toEqual([200]);
  });

  test('the asterisk form is no path of ours', async () => {
    expect((await sendRaw(world, ['OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n'])).statuses).toEqual([404]);
  });

  test('the absolute form finds the same route and the same shape', async () => {
    const found = await sendRaw(world, ['GET http://localhost/test/unsecure HTTP/1.1\r\nHost: localhost\r\n\r\n']);
    expect(found.text).toContain('Hi anonymous');
    const spelled = await sendRaw(world, ['GET http://localhost/test/unsecure HTTP/1.1\r\nHost: LOCALHOST:80\r\n\r\n']);
    expect(spelled.text).toContain('Hi anonymous');
    const missing = await sendRaw(world, ['GET http://localhost/user/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n']);
    expect(missing.text).toContain('{"message":"Not found"}');
  });

  test('an absolute target that names another host than Host is 400', async () => {
    for (const target of ['http://attacker.example/test/unsecure', 'https://localhost:1/test/unsecure', 'x']) {
      const refused = await sendRaw(world, [`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`]);
      expect(refused.statuses).toEqual([400]);
    }
  });

  test('what was revoked while the body was on its way is refused when it is there', async () => {
    const token = await precrimeToken(world, 'bob');
    const sent = '{"name":"late"}';
    const lines = [...json, `Authorization: ${token}`, length(sent)];
    const slow = sendRaw(world, [head(lines, '/authheader/add'), ...Array.from({ length: 40 }, () => ''), sent], 600);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const out = await send(world, { method: 'POST', path: '/user/logout', headers: { authorization: token } });
    expect(out.status).toBe(200);
    expect((await slow).statuses).toEqual([401]);
  });

  test('a method override is not heard', async () => {
    const received = await send(world, { path: '/user/login', headers: { 'x-http-method-override': 'POST' } });
    expect(received.status).toBe(405);
  });

  test('a request in small pieces is one request', async () => {
    const whole = `${head([...json, length(body)])}${body}`;
    const pieces = whole.match(/[\s\S]{1,20}/g) ?? [];
    expect((await sendRaw(world, pieces)).statuses).toEqual([401]);
  });

  test('pipelined requests are answered in order', async () => {
    const answer = await sendRaw(world, [
      `${smuggled}GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /user/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ]);
    expect(answer.statuses).toEqual([200, 200, 404]);
  });
});
