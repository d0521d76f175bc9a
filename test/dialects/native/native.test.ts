/** Our own API on the wire: health, problem details, and the one-time page of the first administrator. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, send } from '../support/client.js';
import { checkScenario, checkStandardHeaders, type Scenario } from '../support/scenario.js';
import { marker, openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const problem = (status: number, title: string, code: string, detail: string) => ({
  type: 'about:blank',
  title,
  status,
  detail,
  code,
  requestId: expect.stringMatching(uuid),
});
const notFound = {
  status: 404,
  body: problem(404, 'Not Found', 'http.not_found', 'There is nothing here.'),
  events: [],
};

describe('problem details', () => {
  const scenarios: Scenario[] = [
    ...['/', '/nothing', '/admin/v1/nothing', '/userx', '/User/login', '//user/login', '/v1x', '/healthz', '/..'].map(
      (path): Scenario => ({ name: `${path} is nobody's`, request: () => ({ path }), ...notFound }),
    ),
    {
      name: 'a wrong method',
      request: () => ({ method: 'POST', path: '/livez' }),
      status: 405,
      body: problem(405, 'Method Not Allowed', 'http.method_not_allowed', 'This path does not take this method.'),
      headers: { allow: 'GET, HEAD', 'content-type': 'application/problem+json; charset=utf-8' },
      events: [],
    },
    {
      name: 'TRACE echoes nothing',
      request: () => ({ method: 'TRACE', path: '/livez', headers: { 'x-secret': 'echoed' } }),
      status: 405,
      hides: ['echoed'],
      events: [],
    },
    {
      name: 'a malformed URL',
      request: () => ({ path: '/setup/%zz' }),
      status: 400,
      body: problem(400, 'Bad Request', 'http.url_malformed', 'The URL is malformed.'),
      events: [],
    },
    {
      name: 'a credential in the URL is not repeated',
      request: () => ({ path: `/livez?password=${marker}` }),
      status: 400,
      body: problem(400, 'Bad Request', 'http.credential_in_url', 'Credentials do not belong in the URL.'),
      events: [],
    },
    {
      name: 'a method nobody knows',
      request: () => ({ method: 'PROPFIND', path: '/nothing' }),
      ...notFound,
    },
  ];
  for (const scenario of scenarios) test(scenario.name, () => checkScenario(world, scenario));

  test('the id of the body is the one of the header', async () => {
    const { headers, body } = await send(world, { path: '/nothing' });
    expect((body as { requestId: string }).requestId).toBe(headers['x-request-id']);
  });

  test('a fault of ours says nothing of itself', async () => {
    world.faults.splice(0);
    world.sabotage(new Error(`SELECT ${marker}`));
    const received = await send(world, { path: '/setup/x' });
    world.sabotage(null);
    expect(received).toMatchObject({
      status: 500,
      body: problem(500, 'Internal Server Error', 'http.fault', 'Something went wrong on our side.'),
    });
    expect(received.text).not.toContain(marker);
    expect(world.faults).toHaveLength(1);
  });
});

describe('health', () => {
  test('/livez and /readyz answer anyone, HEAD too', async () => {
    expect(await send(world, { path: '/livez' })).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await send(world, { path: '/readyz' })).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await send(world, { method: 'HEAD', path: '/readyz' })).toMatchObject({ status: 200, text: '' });
  });

  test('/readyz is 503 while the store does not answer, /livez is not', async () => {
    const without = await openWorld();
    await without.closeStore();
    const received = await send(without, { path: '/readyz' });
    expect(received).toMatchObject({
      status: 503,
      body: problem(503, 'Service Unavailable', 'http.not_ready', 'The service is not ready.'),
    });
    expect(received.headers['retry-after']).toBe('1');
    expect((await send(without, { path: '/livez' })).status).toBe(200);
    await without.close();
  });
});

describe('/setup/<code>', () => {
  const origin = { door: 'cli', requestId: null, address: null };
  const password = `${marker} harbour violet tin`;

  const post = (code: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    send(world, {
      method: 'POST',
      path: `/setup/${code}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });

  function checkPage({ headers, text }: Received): void {
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(text).not.toMatch(/<script|\son\w+=|javascript:|https?:\/\//i);
    expect(text).not.toContain(marker);
    checkStandardHeaders({ headers, text, status: 200, body: undefined });
  }

  test('shows a form, says what is wrong, makes the administrator once, and is used up', async () => {
    const code = (await world.identity.setup.issueCode(origin)).code.reveal();
    await world.takeEvents();
    for (let opened = 0; opened < 3; opened++) {
      const form = await send(world, { path: `/setup/${code}` });
      expect(form.status).toBe(200);
      expect(form.text).toContain('name="password" type="password"');
      expect(form.text).toContain('autocomplete="new-password"');
      expect(form.text).not.toContain(code);
      checkPage(form);
    }

    const name = 'root<b>"&\'';
    for (const [fields, reason] of [
      [{ username: name, password: '', confirm: '' }, 'Both fields are needed.'],
      [{ username: name, password, confirm: 'x' }, 'The two passwords are not the same.'],
      [{ username: 'root', password: 'short', confirm: 'short' }, 'The new password does not meet'],
      [{ username: 'a b\u0000', password, confirm: password }, 'The user name is not a valid name.'],
    ] as const) {
      const again = await post(code, fields);
      expect(again.status).toBe(400);
      expect(again.text).toContain(reason);
      if (fields.username === name) expect(again.text).toContain('value="root&lt;b&gt;&quot;&amp;&#39;"');
      if (fields.username === 'root') expect(again.text).toContain('value="root"');
      checkPage(again);
    }
    expect(await world.takeEvents()).toEqual([]);

    const done = await post(code, { username: 'root', password, confirm: password });
    expect(done.status).toBe(200);
    expect(done.text).toContain('<strong>root</strong> is the administrator');
    checkPage(done);
    expect(await world.takeEvents()).toEqual(expect.arrayContaining(['setup.completed']));

    for (const again of [
      await send(world, { path: `/setup/${code}` }),
      await post(code, { username: 'second', password, confirm: password }),
    ]) {
      expect(again.status).toBe(404);
      expect(again.text).toContain('This link does not work');
      checkPage(again);
    }
    const login = await send(world, { method: 'POST', path: '/user/login', body: { username: 'root', password } });
    expect(login.status).toBe(200);
  });

  test('needs the right code', async () => {
    const fresh = await openWorld();
    try {
      await fresh.identity.setup.issueCode(origin);
      const received = await send(fresh, {
        method: 'POST',
        path: '/setup/0123456789012345678901234567890123456789012',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ username: 'root', password, confirm: password }).toString(),
      });
      expect(received.status).toBe(404);
    } finally {
      await fresh.close();
    }
  });

  test('fifty at once make one administrator', async () => {
    const fresh = await openWorld();
    try {
      const code = (await fresh.identity.setup.issueCode(origin)).code.reveal();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          send(fresh, {
            method: 'POST',
            path: `/setup/${code}`,
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({ username: `root${at}`, password, confirm: password }).toString(),
          }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 404 || status === 503)).toHaveLength(49);
    } finally {
      await fresh.close();
    }
  });

  test('takes a form and nothing else, each field once', async () => {
    const asJson = await send(world, { method: 'POST', path: '/setup/x', body: { username: 'root' } });
    expect(asJson).toMatchObject({ status: 415, body: { code: 'http.media_type_unsupported' } });
    const twice = await send(world, {
      method: 'POST',
      path: '/setup/x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'username=a&username=b',
    });
    expect(twice).toMatchObject({ status: 400, body: { code: 'http.body_malformed' } });
    const large = await send(world, {
      method: 'POST',
      path: '/setup/x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `a=${'x'.repeat(1_048_575)}`,
    });
    expect(large).toMatchObject({ status: 413, body: { code: 'http.body_too_large' } });
    expect((await send(world, { path: `/setup/${'x'.repeat(500)}` })).status).toBe(404);
  });
});
