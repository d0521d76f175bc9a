/** The client against a scripted service: what is sent again and what is not, who renews, and that nothing is printed. @module */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLatchkey, LatchkeyError, type LatchkeyOptions } from './index.js';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}
type Reply = Response | Error | ((sent: Sent, signal: AbortSignal) => Response | Promise<Response>);

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const problem = (status: number, code: string, headers: Record<string, string> = { 'retry-after': '0' }) =>
  json(status, { type: 'about:blank', title: 'T', status, detail: 'A sentence.', code, requestId: 'r-1' }, headers);

/** A client of a service that answers as scripted, the last reply for ever. */
function withReplies(replies: readonly Reply[], options: Partial<LatchkeyOptions> = {}) {
  const sent: Sent[] = [];
  const latchkey = createLatchkey({
    baseUrl: 'http://latchkey.test/',
    fetch: async (input, init) => {
      const one = {
        method: init?.method ?? 'GET',
        path: String(input).slice('http://latchkey.test'.length),
        headers: new Headers(init?.headers),
        body: String(init?.body ?? ''),
      };
      const reply = replies[Math.min(sent.length, replies.length - 1)] as Reply;
      sent.push(one);
      if (reply instanceof Error) throw reply;
      return reply instanceof Response ? reply.clone() : reply(one, init?.signal as AbortSignal);
    },
    ...options,
  });
  return { latchkey, sent };
}

const failureOf = (work: Promise<unknown>): Promise<LatchkeyError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as LatchkeyError,
  );

const apiKey = 'lk_Smm4QX80rjs7okRvQP10hUOx8AjqiKOxmlZl4D59hgl12nHSp';
const key = { credential: { apiKey } };
const client = { credential: { clientId: 'nightly', clientSecret: 'quiet river stone bridge lantern' } };
const grant = (token: string, seconds = 900) => json(200, { access_token: token, expires_in: seconds });

describe('sending again', () => {
  test('a read that finds nobody, or a service that is busy, as often as allowed', async () => {
    const { latchkey, sent } = withReplies([
      new TypeError('refused'),
      problem(503, 'http.not_ready'),
      json(200, { status: 'ready' }),
    ]);
    expect(await latchkey.request('GET', '/readyz')).toEqual({ status: 'ready' });
    expect(sent).toHaveLength(3);
    const never = withReplies([problem(503, 'http.not_ready')], { retries: 1 });
    expect(await failureOf(never.latchkey.request('GET', '/readyz'))).toMatchObject({ status: 503, requestId: 'r-1' });
    expect(never.sent).toHaveLength(2);
  });

  test('never another request that changes something, unless it was refused for being too many', async () => {
    const lost = withReplies([new TypeError('reset')]);
    const failure = await failureOf(lost.latchkey.request('POST', '/admin/v1/roles', { body: {} }));
    expect(failure).toMatchObject({ status: null, code: 'client.unreachable' });
    expect(lost.sent).toHaveLength(1);
    const busy = withReplies([problem(503, 'http.not_ready')]);
    expect(await failureOf(busy.latchkey.request('DELETE', '/admin/v1/roles/x'))).toMatchObject({ status: 503 });
    expect(busy.sent).toHaveLength(1);
    const many = withReplies([problem(429, 'sources.probe_rate_limited'), json(200, {})]);
    await many.latchkey.request('POST', '/admin/v1/connections/test', { body: {} });
    expect(many.sent).toHaveLength(2);
  });

  test('a write of rows under the one name it has, also while its first try is still being done', async () => {
    const { latchkey, sent } = withReplies([
      new TypeError('reset'),
      problem(409, 'data.outcome_unknown'),
      json(201, { id: 1 }, { etag: '"a"' }),
    ]);
    const written = await latchkey.data('hr', 'Employees').insert({ id: 1n });
    expect(written).toEqual({ row: { id: 1 }, etag: '"a"', isAdded: true, isRehearsal: false });
    const names = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(names[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(names).size).toBe(1);
    expect(sent[0]?.body).toBe('{"id":"1"}');
    const unknown = withReplies([problem(409, 'data.outcome_unknown')]);
    await failureOf(unknown.latchkey.data('hr', 'Employees').delete(7));
    expect(unknown.sent).toHaveLength(1);
  });

  test('not when the wait that is asked for is longer than allowed; the wait is told', async () => {
    const { latchkey, sent } = withReplies([problem(429, 'identity.guess_budget_spent', { 'retry-after': '60' })]);
    expect(await failureOf(latchkey.request('GET', '/data/v1'))).toMatchObject({ retryAfterSeconds: 60 });
    expect(sent).toHaveLength(1);
  });

  test('no sign-in that is told to slow down', async () => {
    const { latchkey, sent } = withReplies([json(429, { message: 'Slow.' }, { 'retry-after': '0' })]);
    const failure = await failureOf(latchkey.precrime.login({ username: 'ada', password: 'wrong' }));
    expect(failure).toMatchObject({ status: 429, message: 'Slow.' });
    expect(sent).toHaveLength(1);
  });
});

describe('time', () => {
  const hanging: Reply = (_sent, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  test('a try that takes too long is given up', async () => {
    const { latchkey, sent } = withReplies([hanging], { timeoutMs: 5 });
    expect(await failureOf(latchkey.request('GET', '/livez'))).toMatchObject({ status: null, code: 'client.timeout' });
    expect(sent).toHaveLength(1);
  });

  test('a caller who gives up hears their own reason, in a try and in a wait', async () => {
    const reason = new Error('never mind');
    for (const reply of [hanging, problem(503, 'http.not_ready', { 'retry-after': '9' })]) {
      const { latchkey } = withReplies([reply]);
      const abort = new AbortController();
      const asked = failureOf(latchkey.request('GET', '/livez', { signal: abort.signal }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort(reason);
      expect(await asked).toBe(reason);
    }
  });
});

describe('a token', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is fetched once for fifty calls, kept, and renewed before its end', async () => {
    let granted = 0;
    const { latchkey, sent } = withReplies(
      [({ path }) => (path === '/oauth/token' ? grant(`t${++granted}`) : json(200, {}))],
      client,
    );
    await Promise.all(Array.from({ length: 50 }, () => latchkey.request('GET', '/data/v1')));
    expect(granted).toBe(1);
    vi.advanceTimersByTime(839_000);
    await latchkey.request('GET', '/data/v1');
    expect(granted).toBe(1);
    vi.advanceTimersByTime(2_000);
    await Promise.all(Array.from({ length: 50 }, () => latchkey.request('GET', '/data/v1')));
    expect(granted).toBe(2);
    expect(sent.at(-1)?.headers.get('authorization')).toBe('Bearer t2');
  });

  test('that is refused is renewed once, for all who were refused with it, whatever they asked', async () => {
    let granted = 0;
    const { latchkey, sent } = withReplies(
      [
        ({ path, headers }) => {
          if (path === '/oauth/token') return grant(`t${++granted}`);
          return headers.get('authorization') === 'Bearer t1'
            ? problem(401, 'identity.unauthenticated')
            : json(200, { ok: true });
        },
      ],
      client,
    );
    const work = Array.from({ length: 20 }, () => latchkey.request('POST', '/admin/v1/roles', { body: {} }));
    expect(await Promise.all(work)).toEqual(work.map(() => ({ ok: true })));
    expect(granted).toBe(2);
    expect(sent.filter(({ path }) => path !== '/oauth/token')).toHaveLength(40);
  });

  test('that is refused again is the caller’s to know', async () => {
    let granted = 0;
    const replies: Reply[] = [
      ({ path }) => (path === '/oauth/token' ? grant(`t${++granted}`) : problem(401, 'identity.unauthenticated')),
    ];
    const { latchkey } = withReplies(replies, client);
    expect(await failureOf(latchkey.request('GET', '/data/v1'))).toMatchObject({ status: 401 });
    expect(granted).toBe(2);
    const withKey = withReplies([problem(401, 'identity.unauthenticated')], key);
    await failureOf(withKey.latchkey.request('GET', '/data/v1'));
    expect(withKey.sent).toHaveLength(1);
  });

  test('that cannot be renewed just now is used to its end, and no longer', async () => {
    let granted = 0;
    const { latchkey, sent } = withReplies(
      [
        ({ path }) => {
          if (path !== '/oauth/token') return json(200, {});
          granted += 1;
          return granted === 1 ? grant('t1') : json(503, { error: 'temporarily_unavailable' }, { 'retry-after': '99' });
        },
      ],
      client,
    );
    await latchkey.request('GET', '/data/v1');
    vi.advanceTimersByTime(890_000);
    await latchkey.request('GET', '/data/v1');
    expect(sent.at(-1)?.headers.get('authorization')).toBe('Bearer t1');
    vi.advanceTimersByTime(11_000);
    expect(await failureOf(latchkey.request('GET', '/data/v1'))).toMatchObject({ code: 'temporarily_unavailable' });
  });

  test('of precrime is renewed while it is good, else there is another sign-in; none after signing out', async () => {
    const { latchkey, sent } = withReplies([
      ({ path }) =>
        path === '/test/secure' ? json(200, { message: 'Hi ada' }) : json(200, { Id: 'x', Token: `of ${path}` }),
    ]);
    const session = await latchkey.precrime.login({ username: 'ada', password: 'p' });
    vi.advanceTimersByTime(59.5 * 60_000);
    await session.greet();
    vi.advanceTimersByTime(61 * 60_000);
    await session.greet();
    expect(sent.map(({ path }) => path)).toEqual([
      ...['/user/login', '/user/renew', '/test/secure'],
      ...['/user/login', '/test/secure'],
    ]);
    await session.logout();
    expect(await failureOf(session.greet())).toMatchObject({ code: 'client.signed_out' });
  });
});

describe('the console’s cookie', () => {
  test('goes with its proof where something changes, which is asked for once and again when it is refused', async () => {
    let proof = 0;
    const { latchkey, sent } = withReplies(
      [
        ({ method, path, headers }) => {
          if (path === '/admin/v1/session' && method === 'GET') return json(200, { csrf: `p${++proof}` });
          return headers.get('x-csrf-token') === 'p2' ? json(200, {}) : problem(403, 'identity.csrf_mismatch');
        },
      ],
      { credential: { cookie: true } },
    );
    await latchkey.request('PATCH', '/admin/v1/roles/x', { body: {} });
    await latchkey.request('DELETE', '/admin/v1/roles/x');
    expect(sent.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET', 'PATCH', 'DELETE']);
  });
});

describe('refusals', () => {
  test.each([
    [
      'our own API',
      400,
      { detail: 'A field is not valid.', code: 'http.field_invalid', requestId: 'r-9', field: 'limit', fix: 'Send 1.' },
      {
        message: 'A field is not valid.',
        code: 'http.field_invalid',
        field: 'limit',
        fix: 'Send 1.',
        requestId: 'r-9',
      },
    ],
    ['precrime', 403, { message: 'Password expired' }, { message: 'Password expired', code: null }],
    [
      'cloudio',
      409,
      { code: 409, status: 'ERROR', title: 'Conflict', message: 'Changed.' },
      { message: 'Changed.', code: 'Conflict' },
    ],
    [
      'onedb',
      401,
      { id: 11, message: 'Invalid username or password', success: false },
      { message: 'Invalid username or password', code: '11' },
    ],
    [
      'atlan',
      500,
      {
        ...{ success: false, message: 'No.', error: 'connection_failed', detail: 'Look at the port.' },
        ...{ reason: 'TCP_REFUSED', data: { field: 'port', fix: 'Look at the port.' } },
      },
      { message: 'No.', code: 'TCP_REFUSED', field: 'port', fix: 'Look at the port.' },
    ],
    [
      'oauth',
      400,
      { error: 'invalid_scope', error_description: 'A scope is not known.' },
      { message: 'A scope is not known.', code: 'invalid_scope' },
    ],
    ['something in between', 405, 'plain', { message: 'The answer was 405.', code: null, requestId: 'header' }],
  ])('of %s are one kind of error', async (_name, status, body, expected) => {
    const { latchkey } = withReplies([json(status, body, { 'x-request-id': 'header' })]);
    const error = await failureOf(latchkey.request('POST', '/x'));
    expect(error).toBeInstanceOf(LatchkeyError);
    const { message, code, field, fix, requestId } = error;
    expect({ message, code, field, fix, requestId, status: error.status }).toEqual({
      ...{ field: null, fix: null, requestId: 'header', status },
      ...expected,
    });
  });
});

describe('lines', () => {
  const cut = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"id":1}\n{"id'));
          controller.enqueue(new TextEncoder().encode('":2}\n'));
        },
        pull(controller) {
          controller.error(new TypeError('terminated'));
        },
      }),
    );

  test('come as they are read; an answer that breaks off says so', async () => {
    const { latchkey } = withReplies([cut]);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const row of latchkey.data('hr', 'Employees').stream()) seen.push(row);
    })();
    expect(await failureOf(reading)).toMatchObject({ code: 'client.answer_cut' });
    expect(seen).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('of a reader who stops early are let go of', async () => {
    const cancel = vi.fn();
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('{"id":1}\n'));
      },
      cancel,
    });
    const { latchkey } = withReplies([() => new Response(endless)]);
    for await (const _row of latchkey.data('hr', 'Employees').stream()) break;
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});

test('a database that refuses is an answer; a session of another family is presented where it is named', async () => {
  const verdict = {
    success: false,
    message: 'No.',
    error: 'connection_failed',
    detail: 'x',
    data: { status: 'failed' },
  };
  const { latchkey, sent } = withReplies([
    json(200, { csrf: 'c', jwt: 'j' }),
    json(500, verdict),
    json(500, { detail: 'x' }),
  ]);
  const session = await latchkey.cloudio.auth({ username: 'a', password: 'b' });
  const target = { authType: 'basic', host: 'db', port: 5432 } as const;
  expect(await latchkey.atlan.test(target, { as: session })).toEqual(verdict);
  expect(Object.fromEntries(sent[1]?.headers ?? [])).toMatchObject({ authorization: 'Bearer j', 'x-csrf-token': 'c' });
  expect(await failureOf(latchkey.atlan.test(target))).toMatchObject({ status: 500, message: 'x' });
  expect(sent[2]?.headers.has('authorization')).toBe(false);
});

test('keys are written so that every value is one', async () => {
  const { latchkey, sent } = withReplies([json(200, {})]);
  const employees = latchkey.data('hr', 'a b/c');
  for (const one of [7, 'abc', 'count', '1,2', '..', ['7', 'EUR']]) await employees.row(one);
  expect(sent.map(({ path }) => decodeURIComponent(path.slice('/data/v1/hr/a%20b%2Fc/'.length)))).toEqual([
    ...['7', 'abc', '["count"]', '["1,2"]', '[".."]', '["7","EUR"]'],
  ]);
});

test('nothing that is secret is printed, of the client, of sessions, of keys or of errors', async () => {
  const secret = 'very-secret-value';
  const { latchkey } = withReplies(
    [
      ({ path }) => {
        if (path === '/oauth/token') return grant(secret);
        if (path === '/authheader/add') return json(200, { id: '1', name: 'n', token: secret, created: 'c' });
        if (path === '/admin/v1/roles') return problem(403, 'access.denied');
        if (path === '/user/login') return json(200, { Username: 'ada', Token: secret });
        if (path === '/v1/auth') return json(200, { userName: 'steve', csrf: secret, jwt: secret, status: 'OK' });
        return json(200, path === '/api/authenticate' ? { id: 10, token: secret } : { allowed: [], csrf: secret });
      },
    ],
    { credential: { clientId: 'nightly', clientSecret: secret } },
  );
  const login = { username: 'ada', password: secret };
  const person = await latchkey.precrime.login(login);
  const key = await person.addKey('n');
  const view = await latchkey.whoami();
  expect([key.token, view.csrf]).toEqual([secret, secret]);
  const values = [
    ...[latchkey, person, key, view, await latchkey.cloudio.auth(login), await latchkey.onedb.authenticate(login)],
    await failureOf(latchkey.request('GET', '/admin/v1/roles')),
  ];
  for (const value of values) {
    const printed = `${inspect(value, { depth: 9 })}${JSON.stringify(value)}${JSON.stringify({ ...value })}${String(value)}`;
    expect(printed).not.toContain(secret);
  }
});
