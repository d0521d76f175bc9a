/** Signing in at each family over the wire, and the headers that go with what it gave. @module */
import { password } from './house.js';

export type Headers = Readonly<Record<string, string>>;

export const asJson: Headers = { 'content-type': 'application/json' };

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

async function granted(url: string, headers: Headers, body: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', headers, body });
  if (response.status !== 200) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

export interface Credential {
  readonly name: string;
  readonly headers: Headers;
}

/** A token of each family and one of our own API, of one account. */
export async function signInEverywhere(url: string, username: string): Promise<readonly Credential[]> {
  const form = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const native = await granted(
    `${url}/oauth/token`,
    { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${base64(form)}` },
    'grant_type=client_credentials',
  );
  const login = JSON.stringify({ username, password });
  const onedb = await granted(`${url}/api/authenticate`, asJson, login);
  const { headers: cloudio } = await signInToCloudio(url, username);
  return [
    { name: 'precrime token', headers: await signInToPrecrime(url, username) },
    { name: 'cloudio token', headers: cloudio },
    { name: 'onedb token', headers: bearer(String(onedb['token'])) },
    { name: 'native token', headers: bearer(String(native['access_token'])) },
  ];
}

export async function signInToPrecrime(url: string, username: string): Promise<Headers> {
  const { Token: token } = await granted(`${url}/user/login`, asJson, JSON.stringify({ username, password }));
  return { authorization: String(token) };
}

/** The csrf value goes by header here, and by query where `/v1/api` wants it. */
export async function signInToCloudio(
  url: string,
  username: string,
): Promise<{ readonly headers: Headers; readonly csrf: string }> {
  const authorization = `Token ${base64(`${username}:${password}`)}`;
  const { jwt, csrf } = await granted(`${url}/v1/auth`, { ...asJson, authorization }, '{}');
  return { headers: { ...bearer(String(jwt)), 'x-csrf-token': String(csrf) }, csrf: String(csrf) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
