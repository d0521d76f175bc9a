/**
 * Two organisations that are alike but for their names, with everything that a route can name; callers of every right;
 * and one request of one of them about one thing.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { CredentialKind } from '../../../src/access/index.js';
import type { TokenFamily } from '../../../src/identity/index.js';
import { Secret } from '../../../src/kernel/secret.js';
import { openDataWorld } from '../support/data-world.js';
import type { World } from '../support/world.js';
import { type Ask, allowedTo, type Caller, callers, type Named, type Verdict, type Whose } from './tenant-rights.js';

export interface Told {
  readonly verdict: string;
  /** Status, headers and body, without what is new with every request and without what was named. */
  readonly bytes: string;
}

export interface Tenants {
  readonly routes: World['http']['routes'];
  /** Whether the route takes a credential that the caller can have. */
  takes(route: string, caller: Caller): boolean;
  /** @param expected  What is over after it, and so is made again, depends on it. */
  ask(route: string, ask: Ask, caller: Caller, whose: Whose, expected: Verdict): Promise<Told>;
  close(): Promise<void>;
}

interface Credential {
  readonly headers: Readonly<Record<string, string>>;
  /** Id of the session or key, and who has it. */
  readonly id: string;
  readonly value: string;
}

const password = 'tangerine orbit cactus lamp';
const nowhere = '00000000-0000-4000-8000-000000000000';
const origin = { door: 'native', requestId: null, address: null };
const organisations = ['acme', 'twin'] as const;
type Organisation = (typeof organisations)[number];

export async function openTenants(): Promise<Tenants> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-tenants-'));
  const world = await openDataWorld();
  const operator = { ...world.operator, principal: null };
  const { identity, core } = world;
  let made = 0;
  const unique = () => {
    made += 1;
    return `n${made}`;
  };

  const userOf = ({ name, organisation, scopes }: Caller) =>
    scopes === undefined ? `${organisation}-${name}`.replaceAll(/[^a-z-]/g, '-') : 'acme-manager';
  const addUser = (username: string, organisationUid: string, roles: readonly string[]) =>
    identity.users.add(operator, {
      ...{ kind: 'person', username, organisationUid, roles, password: new Secret(password) },
    });

  const signedIn = callers.filter(({ scopes }) => scopes === undefined);
  await identity.organisations.add(operator, { uid: 'twin', name: 'twin' });
  const sourceIds = new Map<Organisation, string>();
  for (const organisation of organisations) {
    for (const { name, allowed } of signedIn.filter((one) => one.organisation === organisation)) {
      if (allowed !== null) await identity.roles.add(operator, { organisationUid: organisation, name, allowed });
    }
    await addUser(`user-${organisation}`, organisation, []);
    sourceIds.set(organisation, await addSource(organisation));
  }
  for (const caller of signedIn) {
    await addUser(userOf(caller), caller.organisation, caller.allowed === null ? [] : [caller.name]);
  }
  for (const organisation of organisations) {
    for (const { name, allowed } of signedIn.filter((one) => one.organisation === organisation)) {
      const place = { source: sourceIds.get(organisation) ?? '', schema: 'main', table: 'orders' };
      if (allowed !== null) await world.grant({ ...place, role: name });
    }
    await core.data.datasets.rename(world.operator, await datasetOf(organisation, 'orders'), `${organisation}_orders`);
    await core.sources.takeSnapshot({
      ...{ principal: world.operator.principal, origin, source: sourceIds.get(organisation) ?? '' },
      signal: new AbortController().signal,
    });
    // Ends soon, so that a list of what does has something of each.
    await identity.apiKeys.addFor(operator, `user-${organisation}`, { name: organisation, lifetimeMs: 86_400_000 });
  }
  const elsewhere = await addSource('acme');

  async function addSource(organisation: Organisation): Promise<string> {
    const name = `${organisation}-${unique()}`;
    const file = join(folder, `${name}.db`);
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT);
      INSERT INTO orders VALUES (1, 'of ${organisation}');
    `);
    database.close();
    await world.addSource({ name, engine: 'sqlite', organisation, database: file });
    return (await core.sources.registry.show(world.operator, name)).id;
  }

  async function datasetOf(organisation: Organisation, table: string): Promise<string> {
    const source = sourceIds.get(organisation) ?? '';
    const { items } = await core.data.datasets.list(world.operator, { source }, { limit: 100 });
    return items.find(({ of }) => of.kind === 'table' && of.name === table)?.id ?? '';
  }

  async function addDataset(organisation: Organisation): Promise<string> {
    const of = { kind: 'query', text: 'select 1 as one' } as const;
    const source = sourceIds.get(organisation) ?? '';
    const name = `${organisation}_${unique()}`;
    return (await core.data.datasets.add(world.operator, { source, name, of })).id;
  }

  async function addGrant(organisation: Organisation): Promise<string> {
    const terms = { operations: ['query'], readable: null, writable: null, filter: null, masks: [] } as const;
    const dataset = { reference: await datasetOf(organisation, 'orders') };
    return (await core.data.grants.add(world.operator, { role: 'member', dataset, ...terms })).grant.id;
  }

  async function addRole(organisationUid: Organisation): Promise<string> {
    return (await identity.roles.add(operator, { organisationUid, name: unique(), allowed: [] })).id;
  }

  async function addEndingUser(organisation: Organisation): Promise<string> {
    const name = `${organisation}-${unique()}`;
    await addUser(name, organisation, []);
    return name;
  }

  async function signIn(username: string, family: TokenFamily): Promise<Credential> {
    // Ties in time would leave it open which session is the oldest.
    world.clock.advance(1);
    const { token, csrf } = await identity.login({ family, username, password: new Secret(password), origin });
    const accepts = `${family}_${family === 'cloudio' ? 'session' : 'token'}` as CredentialKind;
    const presented = { shape: 'jwt', value: token, csrf: csrf ?? null } as const;
    const principal = await identity.authenticate({ presented, accepts: [accepts], origin });
    const more = csrf === null || csrf === undefined ? {} : { 'x-csrf-token': csrf.reveal() };
    const headers = { authorization: `Bearer ${token.reveal()}`, ...more };
    return { headers, id: principal.credential.id ?? '', value: token.reveal() };
  }

  async function addKey(username: string): Promise<{ readonly id: string; readonly value: string }> {
    const { id, value } = await identity.apiKeys.addFor(operator, username, { name: 'x' });
    return { id, value: value?.reveal() ?? '' };
  }

  async function noKeyValue(): Promise<string> {
    const { id, value } = await addKey('user-acme');
    await identity.apiKeys.removeById(operator, id);
    return value;
  }

  const objects = new Map<string, Promise<string>>();
  const credentials = new Map<string, Promise<Credential>>();

  function objectOf({ ends }: Ask, names: Named, caller: Caller, whose: Whose): Promise<string> {
    const isEnding = ends === 'object';
    const isPersonal = ['session', 'api_key', 'api_key_value', 'token'].includes(names);
    const place = `${names} ${isEnding} ${whose} ${isPersonal && whose === 'own' ? userOf(caller) : caller.organisation}`;
    const known = objects.get(place) ?? makeObject(names, caller, whose, isEnding);
    objects.set(place, known);
    return known;
  }

  async function makeObject(names: Named, caller: Caller, whose: Whose, isEnding: boolean): Promise<string> {
    const other = caller.organisation === 'acme' ? 'twin' : 'acme';
    const place = whose === 'twin' ? other : caller.organisation;
    const owner = whose === 'own' ? userOf(caller) : `user-${place}`;
    const isNone = whose === 'none';
    switch (names) {
      case 'organisation':
        return isNone ? 'void' : place;
      case 'user':
        return isEnding && !isNone ? addEndingUser(place) : `user-${isNone ? 'void' : place}`;
      case 'role':
        return isNone ? nowhere : addRole(place);
      case 'source':
        return isNone ? nowhere : isEnding ? addSource(place) : (sourceIds.get(place) ?? '');
      case 'dataset':
        return isNone ? nowhere : addDataset(place);
      case 'dataset_name':
        return `${isNone ? 'void' : place}_orders`;
      case 'grant':
        return isNone ? nowhere : addGrant(place);
      case 'session':
        return isNone ? nowhere : (await signIn(owner, 'precrime')).id;
      case 'token':
        return isNone ? 'void' : (await signIn(owner, 'precrime')).value;
      case 'api_key':
        return isNone ? nowhere : (await addKey(owner)).id;
      case 'api_key_value':
        return isNone ? noKeyValue() : (await addKey(owner)).value;
    }
  }

  const kinds = ['precrime_token', 'cloudio_session', 'onedb_token', 'native_token'] as const;

  /** The kind the caller comes with; `null`: the route takes none of theirs. */
  function kindFor(route: string, caller: Caller): CredentialKind | null {
    const declared = world.http.routes.find(({ method, path }) => `${method} ${path}` === route);
    const accepts: readonly CredentialKind[] =
      declared === undefined || declared.accepts === 'anyone' ? [] : declared.accepts;
    if (caller.scopes !== undefined) return accepts.includes('api_key') ? 'api_key' : null;
    // No token of our own API is issued for nothing at all.
    const usual = kinds.filter((kind) => kind !== 'native_token' || allowedTo(caller).length > 0);
    return [...usual, 'api_key' as const].find((kind) => accepts.includes(kind)) ?? null;
  }

  async function makeCredential(caller: Caller, kind: CredentialKind): Promise<Credential> {
    if (kind === 'api_key') {
      const scopes = caller.scopes ?? null;
      const sources = caller.isElsewhere === true ? [elsewhere] : null;
      const key = await identity.apiKeys.addFor(operator, userOf(caller), { name: 'x', scopes, sources });
      const value = key.value?.reveal() ?? '';
      return { headers: { 'x-authorization': value }, id: key.id, value };
    }
    if (kind !== 'native_token') return signIn(userOf(caller), kind.split('_')[0] as TokenFamily);
    const session = await signIn(userOf(caller), 'precrime');
    const presented = { shape: 'jwt', value: new Secret(session.value), csrf: null } as const;
    const principal = await identity.authenticate({ presented, accepts: ['precrime_token'], origin });
    const { token } = await identity.nativeTokens.issue(principal, { scopes: null }, origin);
    return { headers: { authorization: `Bearer ${token.reveal()}` }, id: '', value: token.reveal() };
  }

  return {
    routes: world.http.routes,
    takes: (route, caller) => kindFor(route, caller) !== null,
    async ask(route, ask, caller, whose, expected) {
      const kind = kindFor(route, caller) ?? 'api_key';
      const own = `${caller.name} ${kind}`;
      const object = ask.names === undefined ? '' : await objectOf(ask, ask.names, caller, whose);
      const credential = credentials.get(own) ?? makeCredential(caller, kind);
      credentials.set(own, credential);
      const [method = 'GET', path = ''] = route.split(' ');
      const query = ask.query === undefined ? '' : `?${ask.query(object)}`;
      const isData = path.startsWith('/data/');
      const url = path.replace(/:(\w+)/g, (_, name: string) =>
        isData && name !== 'source' ? (name === 'key' ? '1' : 'main.orders') : object === '' ? 'x' : object,
      );
      const payload =
        ask.form?.(object) ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body(object, unique())));
      const type = ask.form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
      const { headers } = await credential;
      const isKeySlot = !route.endsWith('/test/secure') && headers['x-authorization'] !== undefined;
      const sent = isKeySlot ? { authorization: `Bearer ${headers['x-authorization']}` } : headers;
      const received = await world.http.inject({
        ...{ method: method as 'GET', url: `${url}${query}`, remoteAddress: '192.0.2.7' },
        headers: { ...sent, ...(payload === undefined ? {} : { 'content-type': type }) },
        ...(payload === undefined ? {} : { payload }),
      });
      if (expected === 'allowed' && ask.ends !== undefined) forget(ask.ends, own);
      const text = scrub(received.body, String(received.headers['x-request-id'] ?? ''), object);
      const told = { ...received.headers, 'x-request-id': '', date: '' };
      const verdict = verdictFrom(ask, received.statusCode, received.body, whose);
      return { verdict, bytes: `${received.statusCode} ${scrub(JSON.stringify(told), '', object)} ${text}` };
    },
    async close() {
      await world.close();
      await rm(folder, { recursive: true, force: true });
    },
  };

  /** What is over is made again when it is next asked for. */
  function forget(ends: NonNullable<Ask['ends']>, own: string): void {
    if (ends === 'everything') {
      credentials.clear();
      objects.clear();
    } else if (ends === 'caller') credentials.delete(own);
    else objects.clear();
  }
}

function scrub(text: string, requestId: string, object: string): string {
  const anonymous = requestId === '' ? text : text.replaceAll(requestId, '');
  return object === '' ? anonymous : anonymous.replaceAll(object, '?');
}

function verdictFrom(ask: Ask, status: number, body: string, whose: Whose): string {
  if (ask.names === 'token' && body === '{"active":false}') return 'not_found';
  if (status === (ask.status ?? 200)) return 'allowed';
  if (status === ask.missingStatus && whose !== 'own') return ask.missing ?? 'not_found';
  return status === 403 ? 'denied' : status === 404 ? 'not_found' : `${status} ${body}`;
}
