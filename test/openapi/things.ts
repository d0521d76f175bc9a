/**
 * What the examples are about, where it has to be there first: parts of paths that stand for something made for one
 * example alone, and what has to be so before an operation can do what it says.
 *
 * @module
 */

export type Ask = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

let count = 0;
/** A name nobody else has. */
function fresh(word: string): string {
  count += 1;
  return `${word}${count}`;
}

const makers: Readonly<Record<string, (ask: Ask) => Promise<unknown>>> = {
  role: async (ask) => (await ask('POST', '/admin/v1/roles', { name: fresh('role'), organisation: 'cloudio' }))['id'],
  grant: async (ask) => {
    const role = fresh('role');
    await ask('POST', '/admin/v1/roles', { name: role, organisation: 'cloudio' });
    return (await ask('POST', '/admin/v1/grants', { role, dataset: 'Employees' }))['id'];
  },
  dataset: async (ask) => {
    const query = 'SELECT name FROM departments';
    return (await ask('POST', '/admin/v1/datasets', { source: 'sample', name: fresh('Dataset'), query }))['name'];
  },
  source: async (ask) => {
    const place = { engine: 'postgres', host: 'localhost', port: 1, database: 'a', username: 'a', password: 'a' };
    return (await ask('POST', '/admin/v1/sources', { name: fresh('source'), ...place }))['name'];
  },
  user: async (ask) => {
    const user = { kind: 'person', username: fresh('user'), organisation: 'acme', generatePassword: true };
    return (await ask('POST', '/admin/v1/users', user))['username'];
  },
  organisation: async (ask) => {
    const uid = fresh('organisation');
    return (await ask('POST', '/admin/v1/organisations', { uid, name: uid }))['uid'];
  },
  apiKey: async (ask) => (await ask('POST', '/admin/v1/api-keys', { name: fresh('key') }))['id'],
  session: async (ask) => {
    const { items } = await ask('GET', '/admin/v1/sessions?user=steve');
    return (items as readonly { readonly id: string }[])[0]?.id;
  },
  file: async (ask) => {
    const page = String((await ask('GET', '/docs'))['text']);
    return /\/docs\/(api-reference-[0-9a-f]+\.js)/.exec(page)?.[1];
  },
};

/** The maker for a part of a path; `null`: its example is there already. */
export function makerOf(route: string, method: string, part: string): ((ask: Ask) => Promise<unknown>) | null {
  const name = route.startsWith('/admin/v1/api-keys') && part === 'key' ? 'apiKey' : part;
  const isThere = ['dataset', 'source', 'user', 'organisation'].includes(name) && method === 'GET';
  const isOnlyAsked = /\/(?:test|preflight|snapshot)$/.test(route);
  if (isThere || isOnlyAsked || route.startsWith('/data/v1/')) return null;
  return makers[name] ?? null;
}

/** By the name of the operation. */
export const before: Readonly<Record<string, (ask: Ask) => Promise<unknown>>> = {
  diffSource: (ask) => ask('POST', '/admin/v1/sources/sample/snapshot'),
  // The sample's tables are datasets already.
  addDataset: (ask) => ask('DELETE', '/admin/v1/datasets/Projects').catch(() => null),
  revokeAll: (ask) =>
    ask('POST', '/admin/v1/users', { kind: 'person', username: 'bob', organisation: 'acme', generatePassword: true }),
};

/**
 * Where an installation with an administrator answers something else than the success that is documented first: by
 * operation, or by operation and example.
 */
export const expected: Readonly<Record<string, number>> = {
  'deleteAuthHeader unknownText': 404,
  'changeOwnPassword wrong': 401,
  // Callers on the machine itself need no token.
  'testAuthentication withoutToken': 200,
  'fetchMetadata withoutToken': 200,
  'checkDatabase withoutToken': 200,
  showSetup: 404,
  'completeSetup usedUp': 404,
  'completeSetup notTheSame': 400,
};
