/**
 * A real nginx with the example configuration, in front of an application that believes whatever its headers say, and
 * the shipped program behind `/verify`. Judged by what the application received.
 *
 * @module
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWith, type RunningServer, startNginx } from '../servers/index.js';
import { freePort } from '../servers/processes.js';
import { createInstallation, type Installation, type RunningProgram } from './support/program.js';

const exampleFile = fileURLToPath(new URL('../../examples/nginx/latchkey.conf', import.meta.url));
const phrase = 'tangerine orbit cactus meadow';

/** One request as the application saw it. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

let one: Installation;
let program: RunningProgram;
let nginx: RunningServer;
let application: Server;
const seen: Seen[] = [];

/** Header names as a lax application has them: without case, and with `_` for `-`. */
const laxName = (name: string) => name.toLowerCase().replaceAll('_', '-');

function headersOf({ headers }: Seen): Record<string, string[]> {
  const grouped: Record<string, string[]> = Object.create(null);
  for (const [name, value] of headers) grouped[laxName(name)] = [...(grouped[laxName(name)] ?? []), value];
  return grouped;
}

function identityIn(request: Seen): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headersOf(request)).filter(([name]) => name.startsWith('x-latchkey')));
}

/** Sends these very lines to nginx and reads what comes until it closes. */
async function raw(
  lines: readonly string[],
  body = '',
  at: RunningServer = nginx,
): Promise<{ status: number; text: string }> {
  const socket = connect(at.port, at.host);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  // Not ended: to nginx a client that has said all it had to say is one that went away.
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`, 'latin1');
  const givenUp = setTimeout(() => socket.destroy(), 5_000);
  await once(socket, 'close');
  clearTimeout(givenUp);
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

const get = (headers: readonly string[], path = '/', method = 'GET', at: RunningServer = nginx) =>
  raw([`${method} ${path} HTTP/1.1`, 'Host: application.example', ...headers], '', at);

async function user(name: string, ...roles: string[]): Promise<void> {
  const added = await one.run(['user', 'add', name, '--password-stdin', ...roles.flatMap((role) => ['--role', role])], {
    stdin: phrase,
  });
  if (added.code !== 0) throw new Error(added.stderr);
}

async function post(path: string, authorization: string | null, body: unknown): Promise<Record<string, string>> {
  const answer = await fetch(`${program.http}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return (await answer.json()) as Record<string, string>;
}

async function signIn(username: string): Promise<string> {
  return (await post('/user/login', null, { username, password: phrase }))['Token'] ?? '';
}

async function makeKey(username: string): Promise<string> {
  return (await post('/authheader/add', await signIn(username), { name: 'proxy' }))['token'] ?? '';
}

/** The example with the ports of this run, and nothing else changed. */
function exampleWith(ports: { latchkey: string; application: number; listen: number }): string {
  const replace = (text: string, from: string, to: string) => {
    if (text.split(from).length !== 2) throw new Error(`the example has no single "${from}"`);
    return text.replace(from, to);
  };
  let text = readFileSync(exampleFile, 'utf8');
  text = replace(text, 'server 127.0.0.1:8000;', `server ${new URL(ports.latchkey).host};`);
  text = replace(text, 'server 127.0.0.1:3000;', `server 127.0.0.1:${ports.application};`);
  return replace(text, 'listen 127.0.0.1:8081;', `listen 127.0.0.1:${ports.listen};`);
}

describeWith('nginx', 'nginx in front of an application without a sign-in', () => {
  beforeAll(async () => {
    one = createInstallation({ LATCHKEY_HTTPS_PORT: 'off' });
    await user('root', 'administrator');
    await user('ada');
    program = await one.start();
    application = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { rawHeaders, method = '', url = '' } = request;
        const headers = rawHeaders.flatMap((name, at) =>
          at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
        );
        seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        response.end('the application');
      });
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const port = await freePort();
    const { port: applicationPort } = application.address() as AddressInfo;
    const http = exampleWith({ latchkey: program.http, application: applicationPort, listen: port });
    nginx = await startNginx({ http, port });
  });
  afterAll(async () => {
    await nginx?.stop();
    application?.closeAllConnections();
    application?.close();
    await program?.stop();
    one?.remove();
  });
  beforeEach(() => void seen.splice(0));

  test('lets a valid credential through, and tells the application who it is', async () => {
    const key = await makeKey('ada');
    for (const credential of [
      `Authorization: Bearer ${key}`,
      `Authorization: ${await signIn('ada')}`,
      `X-Authorization: ${key}`,
    ]) {
      seen.splice(0);
      const answer = await get([credential], '/a/path?with=query');
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('the application');
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatchObject({ method: 'GET', url: '/a/path?with=query' });
      expect(identityIn(seen[0]!)).toEqual({
        'x-latchkey-user': ['ada'],
        'x-latchkey-user-id': [expect.stringMatching(/^[0-9a-f-]{36}$/)],
        'x-latchkey-organisation': ['main'],
        'x-latchkey-roles': ['member'],
        'x-latchkey-credential': [expect.stringMatching(/^(?:api_key|precrime_token)$/)],
      });
      const received = JSON.stringify(seen[0]);
      expect(received).not.toContain(credential.split(' ').at(-1));
    }
  });

  test('carries bodies past the question to the application', async () => {
    const key = await makeKey('ada');
    const body = 'x'.repeat(100_000);
    const answer = await raw(
      ['POST /form HTTP/1.1', 'Host: a', `Authorization: Bearer ${key}`, `Content-Length: ${body.length}`],
      body,
    );
    expect(answer.status).toBe(200);
    expect(seen[0]).toMatchObject({ method: 'POST', body });
  });

  test('refuses everybody else, with a challenge, and the application hears nothing', async () => {
    const token = await signIn('ada');
    const bad = [
      [],
      ['Authorization: Bearer nothing'],
      [`Authorization: Basic ${Buffer.from(`ada:${phrase}`).toString('base64')}`],
      [`Authorization: Bearer ${token.slice(0, -2)}AA`],
      ['Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.AAAA'],
      [`Cookie: session=${token}`],
      ['X-Latchkey-User: root', 'X-Latchkey-Roles: administrator'],
    ];
    for (const headers of bad) {
      const answer = await get(headers);
      expect(answer.status).toBe(401);
      expect(answer.text).toMatch(/\r\nwww-authenticate: Bearer\r\n/i);
    }
    // Two different credentials are no answer to who it is; nothing gets through.
    const two = await get([`Authorization: ${token}`, `X-Authorization: ${await makeKey('root')}`]);
    expect(two.status).toBe(403);
    expect(
      (
        await get([
          `Authorization: ${token}`,
          `X-Large: ${'x'.repeat(7_000)}`,
          `X-Larger: ${'x'.repeat(7_900)}`,
          `X-Largest: ${'x'.repeat(3_000)}`,
        ])
      ).status,
    ).toBe(403);
    expect((await get([], '/?access_token=x')).status).toBe(401);
    expect(seen).toEqual([]);
  });

  test('asks for the role a place requires', async () => {
    const ada = `Authorization: Bearer ${await makeKey('ada')}`;
    const root = `Authorization: Bearer ${await makeKey('root')}`;
    expect((await get([ada], '/admin/')).status).toBe(403);
    expect((await get([ada], '/admin/../admin/x')).status).toBe(403);
    expect((await get([ada], '//admin/x')).status).toBe(403);
    expect((await get([ada], '/%61dmin/x')).status).toBe(403);
    expect((await get([], '/admin/')).status).toBe(401);
    expect(seen).toEqual([]);
    expect((await get([root], '/admin/')).status).toBe(200);
    expect(identityIn(seen[0]!)).toMatchObject({ 'x-latchkey-user': ['root'], 'x-latchkey-roles': ['administrator'] });
  });

  test('keeps the questions to itself', async () => {
    const root = `Authorization: Bearer ${await makeKey('root')}`;
    for (const path of [
      '/_latchkey/',
      '/_latchkey/anybody',
      '/_latchkey/administrator',
      '/_latchkey/refused',
      '/_latchkey/x',
    ]) {
      expect((await get([root], path)).status).toBe(404);
    }
    expect(seen).toEqual([]);
  });

  test('stops what was revoked with the next request', async () => {
    const session = await signIn('ada');
    const key = await makeKey('ada');
    const other = await signIn('ada');
    expect((await get([`Authorization: ${session}`])).status).toBe(200);
    expect((await get([`Authorization: ${key}`])).status).toBe(200);
    await post('/authheader/delete', other, { text: key });
    expect((await get([`Authorization: ${key}`])).status).toBe(401);
    expect((await get([`Authorization: ${session}`])).status).toBe(200);
    await fetch(`${program.http}/user/logout`, { headers: { authorization: session } });
    expect((await get([`Authorization: ${session}`])).status).toBe(401);
    expect((await get([`Authorization: ${other}`])).status).toBe(200);
    expect((await one.run(['user', 'disable', 'ada'])).code).toBe(0);
    expect((await get([`Authorization: ${other}`])).status).toBe(401);
    expect((await one.run(['user', 'enable', 'ada'])).code).toBe(0);
    expect(seen).toHaveLength(4);
  });

  test('closes when Latchkey does not answer', async () => {
    const key = await makeKey('ada');
    process.kill(program.pid, 'SIGSTOP');
    const answer = get([`Authorization: ${key}`]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen).toEqual([]);
    process.kill(program.pid, 'SIGCONT');
    expect((await answer).status).toBe(200);
  });

  const forged = ['root', 'ada, root', 'ada%0d%0aX-Latchkey-User:%20root', ''];
  const spellings = [
    'X-Latchkey-User',
    'x-latchkey-user',
    'X-LATCHKEY-USER',
    'x-LaTcHkEy-UsEr',
    'X_Latchkey_User',
    'X-Latchkey_User',
    'x_latchkey-user',
    'X-Latchkey-User ',
    ' X-Latchkey-User',
    'X-Latchkey-User\t',
    'X-Latchkey-Roles',
    'X-Latchkey-Roles-Omitted',
    'X_Latchkey_Roles',
    'X-Latchkey-User-Id',
    'X-Latchkey-Organisation',
    'X-Latchkey-Credential',
  ];

  test('gives the application no identity but the one that was proved, whatever the client says', async () => {
    const key = await makeKey('ada');
    const authorization = `Authorization: Bearer ${key}`;
    await get([authorization]);
    const proved = { ...identityIn(seen[0]!) };
    seen.splice(0);
    const requests: (readonly string[])[] = [];
    for (const name of spellings) {
      for (const value of forged) {
        const line = `${name}: ${value}`;
        requests.push([line, authorization], [authorization, line], [line, authorization, line]);
        requests.push([authorization, line, `Connection: ${name.trim()}`, `Connection: close, ${name.trim()}`]);
        requests.push([authorization, line, `Trailer: ${name.trim()}`, `TE: trailers`]);
      }
    }
    for (const value of [
      'ada\r',
      'ada\n X: y',
      'ada\nX-Latchkey-User: root',
      'ada\r\n\tX-Latchkey-User: root',
      'ada\u0000root',
    ]) {
      requests.push([authorization, `X-Whatever: ${value}`], [authorization, `X-Latchkey-User: ${value}`]);
    }
    // A name of ours in the place of others', and the other way round.
    requests.push([authorization, 'X-Original-URI: /verify?role=administrator', 'X-Latchkey: root']);
    requests.push([authorization, 'Connection: Authorization', 'X-Latchkey-User: root']);
    requests.push([authorization, 'Connection: X-Original-Method, Host, X-Forwarded-For', 'X-Latchkey-User: root']);
    let passed = 0;
    for (const lines of requests) {
      seen.splice(0);
      const { status } = await get(lines);
      if (status === 200) passed += 1;
      else expect([400, 401]).toContain(status);
      for (const request of seen) {
        const { 'x-latchkey': _, ...told } = identityIn(request);
        expect([lines, told]).toEqual([lines, proved]);
      }
    }
    // Most of them are fine requests, so what was looked at was there to be seen.
    expect(passed).toBeGreaterThan(requests.length / 2);
  });

  test('would be caught lying: without the lines that replace them, forged headers arrive', async () => {
    const port = await freePort();
    const { port: applicationPort } = application.address() as AddressInfo;
    const http = exampleWith({ latchkey: program.http, application: applicationPort, listen: port });
    const careless = await startNginx({ http: http.replaceAll(/^ *proxy_set_header X-Latchkey-.*$/gm, ''), port });
    try {
      const authorization = `Authorization: Bearer ${await makeKey('ada')}`;
      for (const name of ['X-Latchkey-User', 'x-latchkey-roles']) {
        seen.splice(0);
        expect((await get([authorization, `${name}: root`], '/', 'GET', careless)).status).toBe(200);
        expect(identityIn(seen[0]!)).toEqual({ [name.toLowerCase()]: ['root'] });
      }
    } finally {
      await careless.stop();
    }
  });

  test('hides no second request in a body or a name', async () => {
    const key = await makeKey('ada');
    const authorization = `Authorization: Bearer ${key}`;
    const smuggled = 'GET /admin/ HTTP/1.1\r\nHost: a\r\nX-Latchkey-User: root\r\n\r\n';
    await raw(
      ['POST / HTTP/1.1', 'Host: a', authorization, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      `0\r\n\r\n${smuggled}`,
    );
    await raw(['GET / HTTP/1.1', 'Host: a', authorization, `Content-Length: ${smuggled.length}`], smuggled);
    await raw(
      ['POST / HTTP/1.1', 'Host: a', authorization, 'Transfer-Encoding: chunked'],
      `0\r\nX-Latchkey-User: root\r\n\r\n`,
    );
    for (const request of seen) {
      expect(request.url).toBe('/');
      expect(identityIn(request)['x-latchkey-user']).toEqual(['ada']);
    }
  });
});

test('the example is the file that the documentation shows', () => {
  const page = readFileSync(join(exampleFile, '../../../docs/integrations/nginx.md'), 'utf8');
  expect(page).toContain('examples/nginx/latchkey.conf');
});
