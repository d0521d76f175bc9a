/**
 * A person's way through all of it, on the shipped program: accounts made at the terminal, everything else over HTTP.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type RunningProgram } from './support/program.js';

const installation = createInstallation();
let server: RunningProgram;

const password = 'quiet river stone bridge lantern';
const renewed = 'staple battery horse correct';

beforeAll(async () => {
  const made = await installation.run(['user', 'add', 'ada', '--password-stdin', '--json'], { stdin: password });
  expect(made).toMatchObject({ code: 0 });
  const account = await installation.run(['service-account', 'add', 'nightly', '--password-stdin'], {
    stdin: password,
  });
  expect(account).toMatchObject({ code: 0 });
  server = await installation.start();
});

afterAll(async () => {
  expect(await server?.stop()).toBe(0);
  installation.remove();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer> {
  const response = await fetch(`${server.http}${path}`, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const login = (secret = password) => call('POST', '/user/login', {}, { username: 'ada', password: secret });

async function signInService(): Promise<{ jwt: string; csrf: string }> {
  const authorization = `Token ${Buffer.from(`nightly:${password}`).toString('base64')}`;
  const answer = await call('POST', '/v1/auth', { authorization }, {});
  expect(answer.status).toBe(200);
  return answer.body as unknown as { jwt: string; csrf: string };
}

describe('a person with an API key', () => {
  it('logs in, adds a key, uses it, lists it, deletes it, and the key is refused at once', async () => {
    const authorization = String((await login()).body['Token']);
    const key = await call('POST', '/authheader/add', { authorization }, { name: 'production-api-key' });
    const token = String(key.body['token']);
    expect(await call('GET', '/test/secure', { 'x-authorization': token })).toEqual({
      status: 200,
      body: { message: 'Hi ada' },
    });
    expect((await call('GET', '/authheader/list', { authorization })).body).toEqual([key.body]);
    const removed = await call('POST', '/authheader/delete', { authorization }, { text: token });
    expect(removed).toEqual({ status: 200, body: { message: 'Success' } });
    const refused = { status: 401, body: { message: 'Unauthorized' } };
    expect(await call('GET', '/test/secure', { 'x-authorization': token })).toEqual(refused);
  });

  it('is told of an expired password only after it was verified, and gets in with a new one', async () => {
    const before = String((await login()).body['Token']);
    const set = await installation.run(['user', 'set', 'ada', '--password-expires', 'now']);
    expect(set.code).toBe(0);
    expect(await login('not the password')).toEqual({ status: 401, body: { message: 'Incorrect credentials' } });
    expect(await login()).toEqual({ status: 403, body: { message: 'Password expired' } });
    const changed = await call(
      'POST',
      '/user/password',
      {},
      { username: 'ada', old: password, new: renewed, confirm: renewed },
    );
    expect(changed).toEqual({ status: 200, body: { message: 'Success' } });
    expect((await login(renewed)).status).toBe(200);
    expect((await login()).status).toBe(401);
    expect((await call('GET', '/test/secure', { authorization: before })).status).toBe(401);
  });

  it('is refused everywhere as soon as the terminal says disabled', async () => {
    const authorization = String((await login(renewed)).body['Token']);
    const key = await call('POST', '/authheader/add', { authorization }, { name: 'second' });
    expect((await installation.run(['user', 'disable', 'ada'])).code).toBe(0);
    expect((await call('GET', '/test/secure', { authorization })).status).toBe(401);
    expect((await call('GET', '/test/secure', { 'x-authorization': String(key.body['token']) })).status).toBe(401);
    expect(await login(renewed)).toEqual({ status: 401, body: { message: 'Incorrect credentials' } });
    expect((await installation.run(['user', 'enable', 'ada'])).code).toBe(0);
    expect((await login(renewed)).status).toBe(200);
  });
});

describe('a service account', () => {
  it('passes the gate only with its own csrf, and not after signing out', async () => {
    const mine = await signInService();
    const other = await signInService();
    const authorization = `Bearer ${mine.jwt}`;
    const query = { EmployeesAlias: { ds: 'Employees', query: { limit: 1 } } };
    const without = await call('POST', '/v1/api', { authorization }, query);
    const foreign = await call('POST', `/v1/api?csrf=${other.csrf}`, { authorization }, query);
    const own = await call('POST', `/v1/api?csrf=${mine.csrf}`, { authorization }, query);
    expect([without.status, foreign.status, own.status]).toEqual([403, 403, 403]);
    // Past the gate it is the data source that is refused, because no grant exists.
    expect(foreign.body).toEqual(without.body);
    expect(own.body).not.toEqual(without.body);
    expect(await call('POST', `/v1/signout?csrf=${mine.csrf}`, { authorization }, {})).toEqual({
      status: 200,
      body: { status: 'OK' },
    });
    const after = await call('POST', `/v1/api?csrf=${mine.csrf}`, { authorization }, query);
    expect(after).toMatchObject({ status: 401, body: { code: 401, status: 'ERROR' } });
    expect(
      (await call('POST', `/v1/api?csrf=${other.csrf}`, { authorization: `Bearer ${other.jwt}` }, query)).status,
    ).toBe(403);
  });
});

describe('the gate', () => {
  it("refuses one family's token at another's routes, in that family's shape", async () => {
    const precrime = String((await login(renewed)).body['Token']);
    const cloudio = await signInService();
    const bearer = await call('POST', '/api/authenticate', {}, { username: 'ada', password: renewed });
    const onedb = String(bearer.body['token']);
    const item = { trxId: 1, templateName: 'x', data: 'y' };
    for (const foreign of [precrime, cloudio.jwt]) {
      const answer = await call('POST', '/api/v1/tokenize?single', { authorization: `Bearer ${foreign}` }, item);
      expect(answer).toEqual({ status: 401, body: { success: false, message: 'Unauthorized' } });
    }
    for (const foreign of [cloudio.jwt, onedb]) {
      const answer = await call('GET', '/test/secure', { authorization: `Bearer ${foreign}` });
      expect(answer).toEqual({ status: 401, body: { message: 'Unauthorized' } });
    }
    for (const foreign of [precrime, onedb]) {
      const answer = await call('POST', `/v1/api?csrf=${cloudio.csrf}`, { authorization: `Bearer ${foreign}` }, {});
      expect(answer).toMatchObject({ status: 401, body: { code: 401, status: 'ERROR', title: 'Unauthorized' } });
    }
  });

  it('refuses two different credentials in one request with 400, and takes the same one twice', async () => {
    const authorization = String((await login(renewed)).body['Token']);
    const key = await call('POST', '/authheader/add', { authorization }, { name: 'third' });
    const both = await call('GET', '/test/secure', { authorization, 'x-authorization': String(key.body['token']) });
    expect(both.status).toBe(400);
    expect(Object.keys(both.body)).toEqual(['message']);
  });
});

describe('the terminal', () => {
  it('proves the trail, with every event of this run in it', async () => {
    const verified = await installation.run(['audit', 'verify', '--json']);
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, findings: [] });
    const listed = await installation.run(['audit', 'list', '--json', '--limit', '500']);
    const names = (JSON.parse(listed.stdout) as { events: { name: string }[] }).events.map((event) => event.name);
    for (const name of [
      'user.created',
      'login.succeeded',
      'login.refused',
      'api_key.created',
      'api_key.deleted',
      'password.changed',
      'session.ended',
      'user.disabled',
      'user.enabled',
    ]) {
      expect(names).toContain(name);
    }
  });

  it('says with exit code 2 and one line per fault when a setting is wrong', async () => {
    const environment = { LATCHKEY_HTP_PORT: '1', LATCHKEY_LOG_LEVEL: 'loud' };
    const refused = await installation.run(['serve'], { environment });
    expect(refused.code).toBe(2);
    expect(refused.stderr.match(/^ {2}- /gm)).toHaveLength(2);
  });

  it('finds nothing that has to be mended but the missing administrator', async () => {
    const before = await installation.run(['doctor', '--json']);
    expect(before.code).toBe(1);
    const failing = (JSON.parse(before.stdout) as { findings: { check: string; state: string }[] }).findings.filter(
      (finding) => finding.state === 'fail',
    );
    expect(failing).toMatchObject([{ check: 'administrator' }]);
    const made = await installation.run(['admin', 'create', 'root', '--password-stdin'], {
      stdin: 'a long administrators phrase',
    });
    expect(made.code).toBe(0);
    expect((await installation.run(['doctor'])).code).toBe(0);
  });
});
