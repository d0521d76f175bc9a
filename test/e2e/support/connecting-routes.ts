/**
 * Which routes of the program open a connection to a place that the caller names, and how they are asked to. Every
 * route stands in one of the two tables here; one that stands in neither fails the test that reads them.
 *
 * @module
 */

/** What is asked: a host as somebody spells it, and how to call. */
export interface Asking {
  readonly host: string;
  readonly port: number;
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>;
  /** A name nobody else uses. */
  readonly name: string;
}

const family = (asking: Asking, more: object = {}) => ({
  host: asking.host,
  port: asking.port,
  authType: 'basic',
  username: 'app',
  password: 'secret',
  database: 'app',
  extra: { ssl_mode: 'disable' },
  ...more,
});
const native = ({ host, port }: Asking) => ({
  engine: 'postgres',
  host,
  port,
  authType: 'basic',
  username: 'app',
  password: 'secret',
  database: 'app',
  tls: { mode: 'disable' },
});

/** A source that is kept, asked by the route, and thrown away. */
async function kept(asking: Asking, method: string, question: string): Promise<void> {
  const made = await asking.call('POST', '/admin/v1/sources', { name: asking.name, ...native(asking) });
  if (made.status !== 201) return;
  await asking.call(method, `/admin/v1/sources/${asking.name}${question}`);
  await asking.call('DELETE', `/admin/v1/sources/${asking.name}`);
}

export const connectingRoutes: Readonly<Record<string, (asking: Asking) => Promise<unknown>>> = {
  'POST /workflows/v1/auth': (asking) => asking.call('POST', '/workflows/v1/auth', family(asking)),
  'POST /workflows/v1/check': (asking) => asking.call('POST', '/workflows/v1/check', family(asking)),
  'POST /workflows/v1/metadata': (asking) =>
    asking.call('POST', '/workflows/v1/metadata', family(asking, { type: 'all' })),
  'POST /admin/v1/connections/test': (asking) => asking.call('POST', '/admin/v1/connections/test', native(asking)),
  'POST /admin/v1/connections/preflight': (asking) =>
    asking.call('POST', '/admin/v1/connections/preflight', native(asking)),
  'POST /admin/v1/sources/:source/test': (asking) => kept(asking, 'POST', '/test'),
  'POST /admin/v1/sources/:source/preflight': (asking) => kept(asking, 'POST', '/preflight'),
  'POST /admin/v1/sources/:source/snapshot': (asking) => kept(asking, 'POST', '/snapshot'),
  'GET /admin/v1/sources/:source/metadata': (asking) => kept(asking, 'GET', '/metadata'),
  'GET /admin/v1/sources/:source/diff': (asking) => kept(asking, 'GET', '/diff'),
  'PATCH /admin/v1/sources/:source': async (asking) => {
    // Kept for an allowed place, moved, and asked there.
    const made = { name: asking.name, ...native(asking), host: 'allowed.test' };
    await asking.call('POST', '/admin/v1/sources', made);
    const change = { host: asking.host, password: 'secret' };
    const moved = await asking.call('PATCH', `/admin/v1/sources/${asking.name}`, change);
    if (moved.status === 200) await asking.call('POST', `/admin/v1/sources/${asking.name}/test`);
    await asking.call('DELETE', `/admin/v1/sources/${asking.name}`);
  },
};

/** Connects only once there is a snapshot, which no listener of a test can give: asked like the others, has no control. */
export const withoutControl: readonly string[] = ['GET /admin/v1/sources/:source/diff'];

/** Routes that dial nothing a caller names: each was looked at. A host that is kept is dialled by the routes above. */
export const otherRoutes: readonly string[] = [
  ...['GET /openapi.json', 'GET /docs', 'GET /docs/:file', 'GET /console', 'GET /console/*'],
  ...['GET /livez', 'GET /readyz', 'GET /setup/:code', 'POST /setup/:code', 'GET /metrics'],
  ...['GET /admin/v1/sources', 'POST /admin/v1/sources', 'GET /admin/v1/sources/:source'],
  ...['DELETE /admin/v1/sources/:source', 'GET /server/health', 'GET /health', 'GET /server/ready', 'GET /ready'],
  ...['POST /v1/auth', 'GET /v1/status', 'POST /v1/status', 'POST /v1/signout', 'POST /v1/api'],
  ...['POST /api/authenticate', 'POST /api/v1/tokenize', 'POST /api/v1/detokenize'],
  ...['POST /user/login', 'GET /user/renew', 'GET /user/logout', 'POST /user/logout', 'POST /user/password'],
  ...['POST /authheader/add', 'GET /authheader/list', 'POST /authheader/delete'],
  ...['GET /test/secure', 'GET /test/unsecure'],
  ...['GET /admin/v1/api-keys', 'POST /admin/v1/api-keys', 'GET /admin/v1/api-keys/:key'],
  ...['PATCH /admin/v1/api-keys/:key', 'DELETE /admin/v1/api-keys/:key', 'POST /admin/v1/api-keys/:key/rotate'],
  ...['GET', 'POST', 'DELETE'].map((method) => `${method} /admin/v1/session`),
  'POST /admin/v1/session/password',
  ...['GET /admin/v1/sessions', 'DELETE /admin/v1/sessions/:session', 'POST /admin/v1/revocations'],
  ...['GET /admin/v1/expiring', 'GET /.well-known/jwks.json', 'GET /verify'],
  ...['POST /oauth/token', 'POST /oauth/introspect', 'POST /oauth/revoke'],
  'GET /.well-known/oauth-authorization-server',
  // Tables are looked up in sources that are kept; nothing here names a host.
  ...['users/:user', 'roles/:role', 'datasets/:dataset', 'grants/:grant'].flatMap((one) => [
    ...['GET', 'POST'].map((method) => `${method} /admin/v1/${one.split('/')[0]}`),
    ...['GET', 'PATCH', 'DELETE'].map((method) => `${method} /admin/v1/${one}`),
  ]),
  'GET /data/v1/explain',
  ...['password', 'disable', 'enable'].map((verb) => `POST /admin/v1/users/:user/${verb}`),
  ...['GET /admin/v1/overview', 'GET /admin/v1/settings', 'GET /admin/v1/audit', 'GET /admin/v1/audit/export'],
  ...['POST /admin/v1/audit/verify', 'GET /admin/v1/signing-keys', 'POST /admin/v1/signing-keys/:family/rotate'],
  ...['GET /admin/v1/organisations', 'POST /admin/v1/organisations'],
  ...['GET', 'DELETE'].map((method) => `${method} /admin/v1/organisations/:organisation`),
  // Data comes out of sources that are kept, and their hosts are dialled as the routes above dial them.
  ...[
    'GET /data/v1',
    'GET /data/v1/:source/:object',
    'POST /data/v1/:source/:object',
    'PATCH /data/v1/:source/:object',
  ],
  ...['DELETE /data/v1/:source/:object', 'GET /data/v1/:source/:object/describe', 'GET /data/v1/:source/:object/count'],
  ...['GET /data/v1/:source/:object/:key', 'PUT /data/v1/:source/:object/:key', 'PATCH /data/v1/:source/:object/:key'],
  'DELETE /data/v1/:source/:object/:key',
];
