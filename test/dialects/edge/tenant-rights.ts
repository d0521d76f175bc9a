/**
 * What each guarded route asks of its caller: which action opens it, what it names, and who reaches that beyond their
 * own. A route has one row for each thing that can be asked of it. The verdict of every cell follows from the row.
 *
 * @module
 */
import { type Action, actions } from '../../../src/access/index.js';

export type Verdict = 'allowed' | 'denied' | 'not_found' | 'not_applicable';

/** What a request can name. */
export type Named =
  | 'organisation'
  | 'user'
  | 'role'
  | 'source'
  | 'dataset'
  | 'dataset_name'
  | 'grant'
  | 'session'
  | 'api_key'
  | 'api_key_value'
  | 'token';

/** Whose it is; `none`: there is no such thing. */
export type Whose = 'own' | 'colleague' | 'twin' | 'none';

/** One thing that is asked of a route. `object` is the name or id of what the cell is about. */
export interface Ask {
  /** Any of them opens it; absent: every credential does that the route takes. */
  readonly needs?: readonly Action[];
  /** Any of them, besides, reaches what is not the caller's own. */
  readonly beyond?: readonly Action[];
  readonly names?: Named;
  /** What is told of what is not there. */
  readonly missing?: Verdict;
  /** What is told of what is another's, where that differs. */
  readonly foreign?: Verdict;
  /** `mine`: the owner's only; absent: whatever is of the caller's organisation. */
  readonly belongs?: 'mine';
  /** API keys are refused unless they may manage the directory. */
  readonly refusesKeys?: true;
  readonly body?: (object: string, unique: string) => unknown;
  readonly form?: (object: string) => string;
  readonly query?: (object: string) => string;
  /** Of the caller who got in. */
  readonly status?: number;
  /** Where {@link missing} is told by another status than its own. */
  readonly missingStatus?: number;
  /** What a key is told that is narrowed to other sources, where it is not told that there is nothing. */
  readonly elsewhere?: Verdict;
  /** What is over once it was done. */
  readonly ends?: 'object' | 'caller' | 'everything';
}

const directory = ['directory.manage'] as const;
const granters = ['directory.manage', 'sources.manage'] as const;
const ownKeys = { needs: ['api_keys.manage_own', 'directory.manage'], beyond: directory, belongs: 'mine' } as const;
const oneKey = { ...ownKeys, names: 'api_key' } as const;
const inspect = { needs: ['sources.inspect'], beyond: directory, names: 'source' } as const;
const manage = { needs: ['sources.manage'], beyond: directory, names: 'source' } as const;
const oneUser = { needs: directory, beyond: directory, names: 'user' } as const;
const oneRole = { needs: directory, beyond: directory, names: 'role' } as const;
const oneDataset = { needs: granters, beyond: directory, names: 'dataset' } as const;
const oneGrant = { needs: granters, beyond: directory, names: 'grant' } as const;
/** Nobody reaches data of another organisation, and what is denied and what is not there are one answer. */
const data = { needs: ['data.use'], names: 'source', missing: 'denied' } as const;
const noFilter = encodeURIComponent('{"id":{"eq":999}}');

export const rights: Readonly<Record<string, readonly Ask[]>> = {
  'GET /user/renew': [{ ends: 'caller' }],
  'GET /user/logout': [{ ends: 'caller' }],
  'POST /user/logout': [{ ends: 'caller' }],
  'POST /authheader/add': [{ needs: ['api_keys.manage_own'], body: () => ({ name: 'x' }) }],
  'GET /authheader/list': [{ needs: ['api_keys.manage_own'] }],
  'POST /authheader/delete': [
    {
      ...{ needs: ['api_keys.manage_own'], names: 'api_key_value', belongs: 'mine', ends: 'object' },
      body: (text) => ({ text }),
    },
  ],
  'GET /test/secure': [{}],
  'POST /v1/signout': [{ ends: 'caller' }],
  'POST /v1/api': [
    { ...data, names: 'dataset_name', missingStatus: 400, body: (ds) => ({ A: { ds, query: { limit: 1 } } }) },
  ],
  'POST /api/v1/tokenize': [{ needs: ['vault.use'], body: () => [] }],
  'POST /api/v1/detokenize': [{ needs: ['vault.use'], body: () => [] }],
  // Past the law, what was sent is no target.
  'POST /workflows/v1/auth': [{ needs: ['connections.test'], body: () => ({}), status: 400 }],
  'POST /workflows/v1/metadata': [{ needs: ['connections.test'], body: () => ({}), status: 400 }],
  'POST /workflows/v1/check': [{ needs: ['connections.test'], body: () => ({}), status: 400 }],
  'POST /admin/v1/connections/test': [{ needs: ['connections.test'], body: () => ({}), status: 400 }],
  'POST /admin/v1/connections/preflight': [{ needs: ['connections.test'], body: () => ({}), status: 400 }],
  'GET /metrics': [{ needs: ['metrics.read'] }],
  'GET /verify': [{}, { needs: ['vault.use'], query: () => 'action=vault.use' }],
  'POST /oauth/introspect': [
    {
      ...{ needs: ['tokens.introspect'], beyond: directory, names: 'token' },
      form: (token) => `token=${encodeURIComponent(token)}`,
    },
  ],
  // What is no credential of ours is revoked already; who holds another's could try it (RFC 7009 §2.1).
  'POST /oauth/revoke': [
    {
      ...{ names: 'token', belongs: 'mine', beyond: directory, missing: 'allowed', foreign: 'denied', ends: 'object' },
      form: (token) => `token=${encodeURIComponent(token)}`,
    },
  ],
  'GET /admin/v1/expiring': [{ needs: ['audit.read'] }],
  'GET /admin/v1/api-keys': [
    { needs: ['api_keys.manage_own'] },
    { needs: directory, beyond: directory, names: 'user', query: (user) => `user=${user}` },
  ],
  'POST /admin/v1/api-keys': [
    { needs: ['api_keys.manage_own'], body: () => ({ name: 'x' }), status: 201 },
    {
      ...{ needs: directory, beyond: directory, names: 'user', status: 201 },
      ...{ query: (user) => `user=${user}`, body: () => ({ name: 'x' }) },
    },
  ],
  'GET /admin/v1/api-keys/:key': [oneKey],
  'PATCH /admin/v1/api-keys/:key': [{ ...oneKey, body: () => ({}) }],
  'DELETE /admin/v1/api-keys/:key': [{ ...oneKey, status: 204, ends: 'object' }],
  'POST /admin/v1/api-keys/:key/rotate': [{ ...oneKey, status: 201, ends: 'object' }],
  'GET /admin/v1/session': [{}],
  'DELETE /admin/v1/session': [{ ends: 'caller', status: 204 }],
  'GET /admin/v1/sessions': [
    { refusesKeys: true },
    { needs: directory, query: () => 'everybody=true' },
    { needs: directory, beyond: directory, names: 'user', query: (user) => `user=${user}` },
    { needs: directory, beyond: directory, names: 'organisation', query: (uid) => `organisation=${uid}` },
  ],
  'DELETE /admin/v1/sessions/:session': [
    { names: 'session', belongs: 'mine', beyond: directory, refusesKeys: true, status: 204, ends: 'object' },
  ],
  'POST /admin/v1/revocations': [
    { refusesKeys: true, body: () => ({ scope: 'self' }), ends: 'everything' },
    { needs: directory, beyond: directory, names: 'user', body: (user) => ({ scope: 'user', user }) },
    {
      ...{ needs: directory, beyond: directory, names: 'organisation', ends: 'everything' },
      body: (organisation) => ({ scope: 'organisation', organisation }),
    },
    { needs: directory, body: () => ({ scope: 'install' }), ends: 'everything' },
  ],
  'GET /admin/v1/users': [
    { needs: directory },
    { needs: directory, beyond: directory, names: 'organisation', query: (uid) => `organisation=${uid}` },
  ],
  'POST /admin/v1/users': [
    {
      ...{ needs: directory, beyond: directory, names: 'organisation', status: 201 },
      body: (organisation, username) => ({ kind: 'person', organisation, username }),
    },
  ],
  'GET /admin/v1/users/:user': [oneUser],
  'PATCH /admin/v1/users/:user': [{ ...oneUser, body: () => ({ displayName: 'x' }) }],
  'DELETE /admin/v1/users/:user': [{ ...oneUser, status: 204, ends: 'object' }],
  'POST /admin/v1/users/:user/password': [{ ...oneUser, body: () => ({ generate: true }) }],
  'POST /admin/v1/users/:user/disable': [oneUser],
  'POST /admin/v1/users/:user/enable': [oneUser],
  'GET /admin/v1/organisations': [{ needs: directory }],
  'POST /admin/v1/organisations': [{ needs: directory, status: 201, body: (_, uid) => ({ uid, name: uid }) }],
  'GET /admin/v1/organisations/:organisation': [{ needs: directory, beyond: directory, names: 'organisation' }],
  // Those that could be removed own sources.
  'DELETE /admin/v1/organisations/:organisation': [
    { needs: directory, beyond: directory, names: 'organisation', status: 409 },
  ],
  'GET /admin/v1/overview': [{ needs: ['audit.read'] }],
  'GET /admin/v1/audit': [
    { needs: ['audit.read'] },
    {
      ...{ needs: ['audit.read'], beyond: directory, names: 'organisation' },
      query: (uid) => `organisation=${uid}&limit=5`,
    },
  ],
  'POST /admin/v1/audit/verify': [{ needs: ['audit.read'] }],
  'GET /admin/v1/audit/export': [
    { needs: ['audit.read'], beyond: directory, names: 'organisation', query: (uid) => `organisation=${uid}` },
  ],
  'GET /admin/v1/settings': [{ needs: directory }],
  'GET /admin/v1/signing-keys': [{ needs: directory }],
  // There is no family of that name.
  'POST /admin/v1/signing-keys/:family/rotate': [{ needs: directory, status: 404 }],
  'GET /admin/v1/roles': [
    { needs: directory },
    { needs: directory, beyond: directory, names: 'organisation', query: (uid) => `organisation=${uid}` },
  ],
  'POST /admin/v1/roles': [
    {
      ...{ needs: directory, beyond: directory, names: 'organisation', status: 201 },
      body: (organisation, name) => ({ organisation, name }),
    },
  ],
  'GET /admin/v1/roles/:role': [oneRole],
  'PATCH /admin/v1/roles/:role': [{ ...oneRole, body: () => ({ allowed: ['data.use'] }) }],
  'DELETE /admin/v1/roles/:role': [{ ...oneRole, status: 204, ends: 'object' }],
  'GET /admin/v1/sources': [{ needs: ['sources.inspect'] }],
  'POST /admin/v1/sources': [
    {
      ...{ needs: ['sources.manage'], beyond: directory, names: 'organisation', status: 201 },
      ...{ missingStatus: 400, elsewhere: 'denied' },
      body: (organisation, name) => ({ organisation, name, engine: 'sqlite', database: '/nowhere.db' }),
    },
  ],
  'GET /admin/v1/sources/:source': [inspect],
  'PATCH /admin/v1/sources/:source': [{ ...manage, body: () => ({ description: 'x' }) }],
  'DELETE /admin/v1/sources/:source': [{ ...manage, status: 204, ends: 'object' }],
  'POST /admin/v1/sources/:source/test': [inspect],
  'POST /admin/v1/sources/:source/preflight': [inspect],
  'GET /admin/v1/sources/:source/metadata': [inspect],
  'POST /admin/v1/sources/:source/snapshot': [{ ...manage, status: 201 }],
  'GET /admin/v1/sources/:source/diff': [inspect],
  'GET /admin/v1/datasets': [{ needs: granters }],
  // The table is a dataset already.
  'POST /admin/v1/datasets': [
    {
      ...{ needs: granters, beyond: directory, names: 'source', status: 409 },
      body: (source) => ({ source, schema: 'main', table: 'orders' }),
    },
  ],
  'GET /admin/v1/datasets/:dataset': [oneDataset],
  'PATCH /admin/v1/datasets/:dataset': [{ ...oneDataset, body: (_, name) => ({ name }) }],
  'DELETE /admin/v1/datasets/:dataset': [{ ...oneDataset, status: 204, ends: 'object' }],
  'GET /admin/v1/grants': [{ needs: granters }],
  'POST /admin/v1/grants': [{ ...oneDataset, status: 201, body: (dataset) => ({ role: 'member', dataset }) }],
  'GET /admin/v1/grants/:grant': [oneGrant],
  'PATCH /admin/v1/grants/:grant': [{ ...oneGrant, body: () => ({ operations: ['query'] }) }],
  'DELETE /admin/v1/grants/:grant': [{ ...oneGrant, status: 204, ends: 'object' }],
  // Everybody may ask about themselves, and of what is another's is told what is of what is not there.
  'GET /data/v1/explain': [
    { names: 'source', missing: 'allowed', query: (source) => `source=${source}&object=main.orders&operation=query` },
    {
      ...{ needs: directory, beyond: directory, names: 'user' },
      query: (user) => `user=${user}&dataset=acme_orders&operation=query`,
    },
  ],
  'GET /data/v1': [{ needs: ['data.use'] }],
  'GET /data/v1/:source/:object': [data],
  'POST /data/v1/:source/:object': [{ ...data, body: () => ({ item: 'x' }), status: 201 }],
  'PATCH /data/v1/:source/:object': [{ ...data, query: () => `filter=${noFilter}`, body: () => ({ item: 'y' }) }],
  'DELETE /data/v1/:source/:object': [{ ...data, query: () => `filter=${noFilter}` }],
  'GET /data/v1/:source/:object/describe': [data],
  'GET /data/v1/:source/:object/count': [data],
  'GET /data/v1/:source/:object/:key': [data],
  'PUT /data/v1/:source/:object/:key': [{ ...data, body: () => ({ item: 'z' }) }],
  'PATCH /data/v1/:source/:object/:key': [{ ...data, body: () => ({ item: 'z' }) }],
  'DELETE /data/v1/:source/:object/:key': [{ ...data, query: () => 'dryRun=true' }],
};

export interface Caller {
  readonly name: string;
  readonly organisation: 'acme' | 'twin';
  /** What the caller's only role allows; `null`: there is no role. */
  readonly allowed: readonly Action[] | null;
  /** Comes with an API key that is narrowed to these; `null`: to none. Absent: signed in. */
  readonly scopes?: readonly Action[] | null;
  /** The key is narrowed to a source of its own, which no cell names. */
  readonly isElsewhere?: true;
}

const everything = actions;
/** Of an organisation: everything but what reaches beyond it. */
const ofOrganisation = actions.filter((action) => action !== 'directory.manage');

export const callers: readonly Caller[] = [
  { name: 'nobody', organisation: 'acme', allowed: null },
  { name: 'idle', organisation: 'acme', allowed: [] },
  ...actions.map((action): Caller => ({ name: `only-${action}`, organisation: 'acme', allowed: [action] })),
  { name: 'keeper', organisation: 'acme', allowed: ofOrganisation },
  { name: 'manager', organisation: 'acme', allowed: everything },
  { name: 'twin-keeper', organisation: 'twin', allowed: ofOrganisation },
  { name: 'twin-manager', organisation: 'twin', allowed: everything },
  ...[null, [], ...actions.map((action) => [action] as const)].map(
    (scopes): Caller => ({
      ...{ name: `key ${scopes?.join() ?? 'whole'}`, organisation: 'acme', allowed: everything, scopes },
    }),
  ),
  { name: 'key elsewhere', organisation: 'acme', allowed: everything, scopes: null, isElsewhere: true },
];

/** What the caller may do with what it came with. What is narrowed to sources manages nobody (decision 0021). */
export function allowedTo({ allowed, scopes, isElsewhere }: Caller): readonly Action[] {
  return (allowed ?? [])
    .filter((action) => scopes === undefined || scopes === null || scopes.includes(action))
    .filter((action) => isElsewhere !== true || action !== 'directory.manage');
}

/** Whose things a cell of this request can be about; one cell where it names nothing. */
export function whoseOf({ names }: Ask): readonly Whose[] {
  if (names === undefined) return ['own'];
  return ['session', 'api_key', 'api_key_value', 'token'].includes(names)
    ? ['own', 'colleague', 'twin', 'none']
    : ['own', 'twin', 'none'];
}

const ofSources: ReadonlySet<Named | undefined> = new Set(['source', 'dataset', 'dataset_name', 'grant'] as const);

export function verdictOf(ask: Ask, caller: Caller, whose: Whose): Verdict {
  const may = allowedTo(caller);
  const mayAny = (some: readonly Action[] = []) => some.some((action) => may.includes(action));
  if (ask.needs !== undefined && !mayAny(ask.needs)) return 'denied';
  if (ask.refusesKeys === true && caller.scopes !== undefined && !mayAny(directory)) return 'denied';
  if (caller.isElsewhere === true && ask.elsewhere !== undefined) return ask.elsewhere;
  if (ask.names === undefined) return 'allowed';
  const missing = ask.missing ?? 'not_found';
  if (whose === 'none') return missing;
  if (caller.isElsewhere === true && ofSources.has(ask.names)) return missing;
  const isOwn = whose === 'own' || (whose === 'colleague' && ask.belongs === undefined);
  return isOwn || mayAny(ask.beyond) ? 'allowed' : (ask.foreign ?? missing);
}
