/**
 * Two organisations that are alike to the byte but for their names, ids and rows: a session of the one is recorded, every
 * name and id in it is replaced by the other's, and nothing of the other's comes; nor is it told apart from what does not
 * exist at all.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../../src/kernel/secret.js';
import { type Received, send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';
import { passwords } from '../support/world.js';

const twins = ['left', 'right'] as const;
type Twin = (typeof twins)[number];

/** Rows of the two differ in every value, so that one value of the other's is enough to know it by. */
const tables = (twin: Twin) => `
  CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, team_id INTEGER REFERENCES teams (id));
  CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO teams VALUES (1, 'MARK-${twin}-team-1'), (2, 'MARK-${twin}-team-2');
  INSERT INTO people VALUES
    (1, 'MARK-${twin}-person-1', 'user-${twin}', 1), (2, 'MARK-${twin}-person-2', 'user-${twin}', 2),
    (3, 'MARK-${twin}-person-3', 'someone', 2);
  INSERT INTO kept VALUES (1, 'MARK-${twin}-kept');
`;

let folder: string;
let world: DataWorld;
const headers = new Map<Twin, Record<string, string>>();
/** Everything by which the one is named, and what the other is named by in its place. */
const names = new Map<Twin, Map<string, string>>(twins.map((twin) => [twin, new Map()]));
const databases = new Map<Twin, InstanceType<typeof DatabaseSync>>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-twins-'));
  world = await openDataWorld();
  for (const twin of twins) {
    const database = new DatabaseSync(join(folder, `${twin}.db`));
    database.exec(tables(twin));
    databases.set(twin, database);
    await world.identity.organisations.add(world.operator, { uid: `org-${twin}`, name: twin });
    await world.identity.users.add(world.operator, {
      ...{ kind: 'person', username: `user-${twin}`, organisationUid: `org-${twin}` },
      password: new Secret(passwords.ada),
    });
    await world.addSource({
      ...{ name: `source-${twin}`, engine: 'sqlite', organisation: `org-${twin}` },
      database: join(folder, `${twin}.db`),
    });
    for (const table of ['teams', 'people']) {
      await world.grant({
        ...{ source: `source-${twin}`, schema: 'main', table },
        filter: table === 'people' ? { kind: 'compare', column: 'owner', operator: 'eq', value: '$user' } : null,
      });
    }
    await world.core.data.datasets.add(world.operator, {
      ...{ source: `source-${twin}`, name: `Kept_${twin}` },
      of: { kind: 'table', schema: 'main', name: 'kept' },
    });
    const { items: sources } = await world.core.sources.registry.list(world.operator, {}, { limit: 100 });
    const { items: datasets } = await world.core.data.datasets.list(world.operator, {}, { limit: 100 });
    const own = names.get(twin);
    own?.set('source', `source-${twin}`);
    own?.set('sourceId', sources.find(({ name }) => name === `source-${twin}`)?.id ?? '');
    for (const { id, name, sourceName } of datasets)
      if (sourceName === `source-${twin}`) own?.set(`dataset ${name.replace(`_${twin}`, '')}`, id);
    headers.set(twin, { authorization: await tokenOf(`user-${twin}`) });
  }
});
afterAll(async () => {
  for (const database of databases.values()) database.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

async function tokenOf(username: string): Promise<string> {
  const body = { username, password: passwords.ada };
  const login = await send(world, { method: 'POST', path: '/user/login', body });
  const origin = { door: 'native', requestId: null, address: null };
  const presented = {
    shape: 'jwt',
    value: new Secret(String((login.body as { Token: string }).Token)),
    csrf: null,
  } as const;
  const principal = await world.identity.authenticate({ presented, accepts: ['precrime_token'], origin });
  const { token } = await world.identity.nativeTokens.issue(principal, { scopes: null }, origin);
  return `Bearer ${token.reveal()}`;
}

const filter = (value: unknown) => `filter=${encodeURIComponent(JSON.stringify(value))}`;

/** A session: everything that can be asked, in the names of one of the two. */
const session = (twin: Twin): readonly { method: string; path: string; body?: unknown }[] => {
  const own = names.get(twin) ?? new Map<string, string>();
  const places = [own.get('source'), own.get('sourceId')];
  return places.flatMap((source) =>
    ['people', 'main.people', 'People', 'teams', 'Teams', own.get('dataset People'), 'kept', `Kept_${twin}`].flatMap(
      (object) => [
        { method: 'GET', path: `/data/v1/${source}/${object}` },
        { method: 'GET', path: `/data/v1/${source}/${object}?select=name&order=-name&limit=1&count=exact` },
        { method: 'GET', path: `/data/v1/${source}/${object}?${filter({ name: { starts: 'MARK' } })}` },
        { method: 'GET', path: `/data/v1/${source}/${object}?aggregate=n:count(),top:max(name)` },
        { method: 'GET', path: `/data/v1/${source}/${object}?embed=teams(name)` },
        { method: 'GET', path: `/data/v1/${source}/${object}?embed=people(name)` },
        { method: 'GET', path: `/data/v1/${source}/${object}/count` },
        { method: 'GET', path: `/data/v1/${source}/${object}/describe` },
        { method: 'GET', path: `/data/v1/${source}/${object}/1` },
        { method: 'GET', path: `/data/v1/${source}/${object}/3` },
        {
          method: 'POST',
          path: `/data/v1/${source}/${object}?dryRun=true`,
          body: { name: 'x', owner: `user-${twin}` },
        },
        { method: 'PATCH', path: `/data/v1/${source}/${object}/1`, body: { name: 'CROSSED' } },
        { method: 'PATCH', path: `/data/v1/${source}/${object}?confirm=all&dryRun=true`, body: { name: 'CROSSED' } },
        { method: 'PUT', path: `/data/v1/${source}/${object}/9`, body: { name: 'CROSSED', owner: `user-${twin}` } },
        { method: 'DELETE', path: `/data/v1/${source}/${object}/2?dryRun=true` },
      ],
    ),
  );
};

function ask(as: Twin, asked: { method: string; path: string; body?: unknown }): Promise<Received> {
  return send(world, { ...asked, headers: headers.get(as) ?? {} });
}

/** An answer without what is of the request itself. */
function told({ status, text, headers }: Received): string {
  const { date: _date, 'x-request-id': id = '', ...rest } = headers;
  return JSON.stringify([status, text.replaceAll(id, '<id>'), rest]);
}

const marksOf = (twin: Twin) =>
  JSON.stringify(
    ['teams', 'people', 'kept'].map((table) => databases.get(twin)?.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()),
  );

test.each([
  ['left', 'right'],
  ['right', 'left'],
] as const)('%s in the names of %s reaches nothing, and learns nothing', async (one, other) => {
  const otherBefore = marksOf(other);
  const mine = await Promise.all(
    session(other).map((asked) => ask(other, { ...asked, method: 'GET', body: undefined })),
  );
  // The session does find something for whom it is of.
  expect(mine.filter(({ text }) => text.includes(`MARK-${other}`)).length).toBeGreaterThan(50);

  const answers = new Set<string>();
  let crossings = 0;
  for (const asked of session(other)) {
    const received = await ask(one, asked);
    if (received.text.includes(`MARK-${other}`) || received.status < 400) crossings += 1;
    answers.add(told(received));
    const nothing = asked.path.replace(/^\/data\/v1\/[^/]+\//, '/data/v1/no-such-source/');
    expect(told(await ask(one, { ...asked, path: nothing }))).toBe(told(received));
  }
  expect(crossings).toBe(0);
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toContain('data.dataset_denied');
  expect(marksOf(other)).toBe(otherBefore);
});

test('rows of a key, pages of a cursor and receipts of a name are of one organisation too', async () => {
  const path = (twin: Twin) => `/data/v1/source-${twin}/people`;
  const page = (await ask('left', { method: 'GET', path: `${path('left')}?limit=1` })).body as { nextCursor: string };
  expect(page.nextCursor).not.toBeNull();
  const crossed = await ask('right', { method: 'GET', path: `${path('right')}?limit=1&cursor=${page.nextCursor}` });
  expect(crossed).toMatchObject({ status: 400, body: { code: 'query.page_invalid' } });

  const name = { 'idempotency-key': 'the-same' };
  const row = { name: 'MARK-left-new', owner: 'user-left' };
  const first = await send(world, {
    method: 'POST',
    path: path('left'),
    body: row,
    headers: { ...headers.get('left'), ...name },
  });
  expect(first.status).toBe(201);
  const foreign = await send(world, {
    method: 'POST',
    path: path('left'),
    body: row,
    headers: { ...headers.get('right'), ...name },
  });
  expect(foreign).toMatchObject({ status: 403, body: { code: 'data.dataset_denied' } });
});

test('lists name one’s own datasets alone', async () => {
  for (const [one, other] of [twins, [...twins].reverse()] as readonly (readonly [Twin, Twin])[]) {
    const { text } = await ask(one, { method: 'GET', path: '/data/v1' });
    expect(text).toContain(`source-${one}`);
    expect(text).not.toContain(other);
    const narrowed = await ask(one, { method: 'GET', path: `/data/v1?source=source-${other}` });
    expect(narrowed.text).toBe((await ask(one, { method: 'GET', path: '/data/v1?source=no-such' })).text);
  }
});
