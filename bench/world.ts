/**
 * The shipped server with everything the jobs ask of it: an account that may do all, accounts that sign in, a source of
 * each kind with granted tables, and a role that sees them masked.
 *
 * @module
 */
import { dirname, join } from 'node:path';
import { Secret } from '../src/kernel/secret.js';
import { parseFilter, parseMask } from '../src/query/index.js';
import type { Installation } from '../test/e2e/support/program.js';
import type { BenchContext } from './context.js';
import { type House, organisation } from './house.js';
import { makePostgresPeople, makeSqlitePeople, region } from './people.js';
import type { MeasuredServer } from './processes.js';
import { asJson, bearer, type Credential, type Headers, signInEverywhere, signInToCloudio } from './sign-in.js';

/** A source, and what its datasets are called. */
export interface Place {
  readonly source: 'pg' | 'lite';
  readonly people: string;
  readonly entries: string;
  /** Of the same tables, for who reads them past us. */
  readonly database: string;
}

export interface World {
  readonly installation: Installation;
  readonly server: MeasuredServer;
  /** Of `caller`, who may do everything. */
  readonly credentials: readonly Credential[];
  readonly key: string;
  /** Of an account that sees masks. */
  readonly maskedKey: string;
  readonly cloudio: { readonly caller: CloudioSession; readonly masked: CloudioSession };
  /** Accounts that do nothing but sign in. */
  readonly logins: readonly string[];
  readonly places: readonly Place[];
}

export interface CloudioSession {
  readonly headers: Headers;
  readonly csrf: string;
}

/** Connections of a source, and of the pools that are compared with it. */
export const sourceConnections = 8;

/** Worlds of a run that only shows that the jobs work: they do without one each. */
const kept = new WeakMap<BenchContext, Promise<World>>();

/** @param settings  Of the server, where a job needs others than those it is shipped with. */
export function openWorld(context: BenchContext, settings: Readonly<Record<string, string>> = {}): Promise<World> {
  const world = kept.get(context) ?? makeWorld(context, async () => {}, settings);
  if (context.isSmoke) kept.set(context, world);
  return world;
}

/** @param prepare  Done with the installation before the server is started. */
export async function makeWorld(
  context: BenchContext,
  prepare: (installation: Installation) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<World> {
  const installation = await context.install(settings);
  const rows = context.size(10_000, 300);
  const file = join(dirname(installation.dataDir), 'people.db');
  makeSqlitePeople(file, rows);
  const database = await makePostgresPeople(await context.postgres(), rows);
  const places: readonly Place[] = [
    { source: 'pg', people: 'PgPeople', entries: 'PgEntries', database },
    { source: 'lite', people: 'LitePeople', entries: 'LiteEntries', database: file },
  ];
  const logins = Array.from({ length: context.size(64, 2) }, (_, at) => `login-${at}`);
  const made = await context.house(installation, async (house) => {
    await house.app.identity.roles.add(house.operator, {
      ...{ organisationUid: organisation, name: 'masked', allowed: ['data.use'] },
    });
    await house.addAccount('caller', ['member', 'administrator']);
    await house.addAccount('masked', ['masked']);
    for (const name of logins) await house.addAccount(name);
    for (const place of places) await addPlace(context, house, place);
    return { key: await house.addKey('caller'), maskedKey: await house.addKey('masked') };
  });
  await prepare(installation);
  const server = await context.start(installation);
  const tokens = await signInEverywhere(server.url, 'caller');
  return {
    ...{ installation, server, logins, places, ...made },
    credentials: [...tokens, { name: 'API key', headers: { 'x-authorization': made.key } }],
    cloudio: {
      caller: await signInToCloudio(server.url, 'caller'),
      masked: await signInToCloudio(server.url, 'masked'),
    },
  };
}

async function addPlace(context: BenchContext, house: House, place: Place): Promise<void> {
  const { app, operator } = house;
  const postgres = await context.postgres();
  const target =
    place.source === 'pg'
      ? { engine: 'postgres', host: postgres.host, port: postgres.port, username: postgres.superuser }
      : { engine: 'sqlite', host: undefined, port: undefined, username: undefined };
  await app.sources.registry.add(operator, {
    ...{ name: place.source, organisation, purpose: 'read_write', limits: { connections: sourceConnections } },
    target: {
      ...{ ...target, authType: 'basic', database: place.database, strict: false },
      password: place.source === 'pg' ? new Secret(postgres.password) : null,
      extra: place.source === 'pg' ? { ssl_mode: 'disable' } : undefined,
    },
  });
  const schema = place.source === 'pg' ? 'public' : 'main';
  const plain = { readable: null, writable: null, filter: null, masks: [] };
  const onlyRegion = { ...plain, filter: parseFilter({ region: { eq: region } }) };
  const masks = [...[['name', 'hash'] as const, ['email', 'keep-left:2'] as const, ['salary', 'null'] as const]].map(
    ([column, spelling]) => ({ column, mask: maskNamed(spelling) }),
  );
  const { datasets, grants } = app.data;
  for (const [name, table] of [[place.people, 'people'] as const, [place.entries, 'entries'] as const]) {
    await datasets.add(operator, { source: place.source, of: { kind: 'table', schema, name: table }, name });
  }
  const people = { reference: place.people };
  const query = ['query'] as const;
  await grants.add(operator, { role: 'member', dataset: people, operations: query, ...onlyRegion });
  await grants.add(operator, { role: 'masked', dataset: people, operations: query, ...onlyRegion, masks });
  await grants.add(operator, {
    ...{ role: 'member', dataset: { reference: place.entries }, operations: ['query', 'insert'], ...plain },
  });
}

function maskNamed(spelling: string) {
  const mask = parseMask(spelling);
  if (mask === null) throw new TypeError(`${spelling} is no mask`);
  return mask;
}

/** A PostgreSQL database more that the running server is told of. */
export async function addDatabase(
  context: BenchContext,
  { server, key }: World,
  source: { readonly name: string; readonly database: string },
): Promise<void> {
  const { host, port, superuser: username, password } = await context.postgres();
  await postJson(`${server.url}/admin/v1/sources`, key, {
    ...{ ...source, engine: 'postgres', host, port, username, password, authType: 'basic' },
    ...{ purpose: 'read', tls: { mode: 'disable' } },
  });
}

/** @throws when it is not made. */
export async function postJson(url: string, key: string, body: object): Promise<void> {
  const headers = { ...asJson, ...bearer(key) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
}
