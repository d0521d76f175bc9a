/** Signing in at each family over the wire, and the headers that go with what it gave. @module */
import type { Action } from '../../../src/access/index.js';
import { Secret } from '../../../src/kernel/secret.js';
import { send } from './client.js';
import { passwords, type World } from './world.js';

export type Name = 'ada' | 'bob' | 'nightly' | 'api' | 'nobody';

const usernames: Readonly<Record<Name, string>> = {
  ada: 'ada',
  bob: 'bob',
  nightly: 'nightly',
  api: 'vault',
  nobody: 'nobody',
};

export function loginToken(name: Name): string {
  return `Token ${Buffer.from(`${usernames[name]}:${passwords[name]}`).toString('base64')}`;
}

async function granted(world: World, sent: Parameters<typeof send>[1]): Promise<Record<string, unknown>> {
  // Ties in time would leave it open which of a user's sessions is the oldest, and that one ends at the fifty-first.
  world.clock.advance(1);
  const received = await send(world, { method: 'POST', ...sent });
  if (received.status !== 200) throw new Error(`sign-in answered ${received.status}: ${received.text}`);
  return received.body as Record<string, unknown>;
}

export async function precrimeToken(world: World, name: Name = 'ada'): Promise<string> {
  const body = { username: usernames[name], password: passwords[name] };
  return String((await granted(world, { path: '/user/login', body }))['Token']);
}

export async function cloudioSession(world: World, name: Name = 'nightly'): Promise<{ jwt: string; csrf: string }> {
  const body = await granted(world, { path: '/v1/auth', headers: { authorization: loginToken(name) }, body: {} });
  return { jwt: String(body['jwt']), csrf: String(body['csrf']) };
}

export async function onedbToken(world: World, name: Name = 'api'): Promise<string> {
  const body = { username: usernames[name], password: passwords[name] };
  return String((await granted(world, { path: '/api/authenticate', body }))['token']);
}

/** Issued on a session of precrime, for everything its user may do. */
export async function nativeToken(world: World, name: Name = 'ada', scopes: readonly Action[] | null = null) {
  const origin = { door: 'native', requestId: null, address: null };
  const principal = await world.identity.authenticate({
    presented: { shape: 'jwt', value: new Secret(await precrimeToken(world, name)), csrf: null },
    accepts: ['precrime_token'],
    origin,
  });
  const { token } = await world.identity.nativeTokens.issue(principal, { scopes }, origin);
  return token.reveal();
}

export async function apiKey(world: World, name: Name = 'ada'): Promise<string> {
  const authorization = await precrimeToken(world, name);
  const body = await granted(world, { path: '/authheader/add', headers: { authorization }, body: { name: 'test' } });
  return String(body['token']);
}

/** A key of somebody who may do everything. */
export async function administratorKey(world: World): Promise<string> {
  const origin = { door: 'cli', requestId: null, address: null };
  await world.identity.users.set({ principal: null, origin }, 'bob', { addRoles: ['administrator'] });
  return apiKey(world, 'bob');
}

/** @returns the value of the cookie, without its name. */
export async function consoleSession(world: World, name: Name = 'ada'): Promise<{ cookie: string; csrf: string }> {
  world.clock.advance(1);
  const body = { username: usernames[name], password: passwords[name] };
  const received = await send(world, { method: 'POST', path: '/admin/v1/session', body });
  const cookie = /^__Host-latchkey=([A-Za-z0-9_-]{43});/.exec(received.headers['set-cookie'] ?? '')?.[1];
  if (cookie === undefined) throw new Error(`sign-in answered ${received.status}: ${received.text}`);
  return { cookie, csrf: (received.body as { csrf: string }).csrf };
}
