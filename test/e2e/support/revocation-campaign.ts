/**
 * The revocation matrix on the shipped program: credentials are used over sockets all the time, another process or a
 * route brings the event about, and whatever begins after its acknowledgement is counted.
 *
 * @module
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type App, openApp } from '../../../src/app.js';
import { loadConfig } from '../../../src/config/index.js';
import { Secret } from '../../../src/kernel/secret.js';
import {
  type RevocableKind,
  type RevocationEvent,
  revocationEvents,
  revocationMatrix,
} from '../../identity/revocation-cells.js';
import { createInstallation, type Installation, type RunningProgram } from './program.js';

const password = 'tangerine orbit cactus lamp';
const nextPassword = 'velvet lantern walnut harbour';

export const events = Object.keys(revocationEvents) as RevocationEvent[];

/** Who brings it about: a process of its own at the terminal, a route, or another process that works on the store. */
export const actors: Readonly<Record<RevocationEvent, 'terminal' | 'route' | 'process'>> = {
  logout: 'route',
  logout_all: 'route',
  admin_revoke: 'terminal',
  password_change: 'route',
  reset: 'process',
  disable: 'process',
  delete: 'process',
  role_change: 'process',
  tenant_removal: 'process',
  key_delete: 'process',
  epoch_bump: 'route',
  restore: 'terminal',
};

export interface Cell {
  readonly event: RevocationEvent;
  readonly kind: RevocableKind;
  /** `restarted`: the same after the program was killed and started again. */
  readonly when: 'acknowledged' | 'restarted';
  readonly accepted: number;
  /** Let in, and not to what was taken away. */
  readonly narrowed: number;
  readonly refused: number;
}

/** In the words of the matrix. */
export function verdictOf({ accepted, narrowed, refused }: Cell): string {
  const all = accepted + narrowed + refused;
  if (all > 0 && refused === all) return 'dies';
  if (all > 0 && accepted === all) return 'lives';
  if (all > 0 && narrowed === all) return 'narrows';
  return `mixed: ${accepted} accepted, ${narrowed} narrowed, ${refused} refused`;
}

interface Credential {
  readonly kind: RevocableKind;
  readonly headers: Readonly<Record<string, string>>;
}

interface Subject {
  readonly username: string;
  readonly organisation: string;
  readonly keyId: string;
  readonly credentials: readonly Credential[];
}

interface Bench {
  readonly installation: Installation;
  server: RunningProgram;
  app: App;
  /** Of somebody who may do everything. */
  administrator: string;
}

/**
 * @param uses  Of each credential, begun after the event was acknowledged.
 * @param tell  Told of every cell as it is done.
 */
export async function runRevocationCampaign(uses: number, tell: (cell: Cell) => void): Promise<void> {
  const installation = createInstallation({
    LATCHKEY_HTTPS_PORT: 'off',
    LATCHKEY_LOG_LEVEL: 'fatal',
    LATCHKEY_PUBLIC_URL: 'https://latchkey.example',
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const app = await openBeside(installation);
  try {
    const bench: Bench = { installation, app, server: await installation.start(), administrator: '' };
    const over: [RevocationEvent, Subject][] = [];
    for (const event of events.filter((one) => one !== 'restore')) {
      // Whatever is of everybody ended the administrator's key, too.
      bench.administrator = await administratorKey(bench.app, event);
      const subject = await prepare(bench, agent, event);
      await useThrough(bench, agent, event, subject, uses, tell);
      over.push([event, subject]);
    }
    await bench.server.kill();
    bench.server = await installation.start();
    for (const [event, subject] of over) {
      // An epoch of the install was raised since.
      const isOfNow = event === 'epoch_bump';
      for (const credential of subject.credentials) {
        if (isOfNow || revocationMatrix[event][credential.kind].verdict === 'dies') {
          tell({ event, ...(await count(bench.server, agent, credential, 10)), when: 'restarted' });
        }
      }
    }
    const subject = await prepare(bench, agent, 'restore');
    await restore(bench);
    for (const credential of subject.credentials) {
      const times = timesOf('restore', credential.kind, uses);
      tell({ event: 'restore', ...(await count(bench.server, agent, credential, times)), when: 'acknowledged' });
    }
    await bench.server.stop();
  } finally {
    agent.destroy();
    // Closed already where a backup was put back.
    await app.close();
    installation.remove();
  }
}

/** Another process of the same installation: this one. */
async function openBeside({ environment, dataDir }: Installation): Promise<App> {
  const { PATH: _, HOME: __, ...settings } = environment;
  return openApp(loadConfig({ environment: settings, folder: dataDir }).config, { log: 'errors-only' });
}

async function administratorKey(app: App, name: string): Promise<string> {
  const operator = app.operator();
  const username = `root-${name}`;
  await app.identity.organisations.add(operator, { uid: `of-${username.replaceAll('_', '-')}`, name: 'Root' });
  await app.identity.users.add(operator, {
    ...{ kind: 'service', username, organisationUid: `of-${username.replaceAll('_', '-')}`, password: null },
    roles: ['administrator'],
  });
  const { value } = await app.identity.apiKeys.addFor(operator, username, { name: 'campaign' });
  return value?.reveal() ?? '';
}

/** A service account with one credential of each kind. */
async function prepare({ app, server }: Bench, agent: Agent, event: RevocationEvent): Promise<Subject> {
  const operator = app.operator();
  const username = `subject-${event}`;
  const organisation = `tenant-${event.replaceAll('_', '-')}`;
  await app.identity.organisations.add(operator, { uid: organisation, name: organisation });
  await app.identity.users.add(operator, {
    ...{ kind: 'service', username, organisationUid: organisation, password: new Secret(password) },
    roles: ['member', 'administrator'],
  });
  const key = await app.identity.apiKeys.addFor(operator, username, { name: 'k' });

  const ask = async (path: string, headers: Record<string, string>, body: string): Promise<Record<string, unknown>> => {
    const { status, text, cookie } = await send(server, agent, 'POST', path, headers, body);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
    return { ...(JSON.parse(text) as Record<string, unknown>), cookie };
  };
  const login = JSON.stringify({ username, password });
  const userAndPassword = Buffer.from(`${username}:${password}`).toString('base64');
  const formEncoded = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const basic = `Basic ${Buffer.from(formEncoded).toString('base64')}`;

  const precrime = await ask('/user/login', asJson, login);
  const cloudio = await ask('/v1/auth', { ...asJson, authorization: `Token ${userAndPassword}` }, '{}');
  const onedb = await ask('/api/authenticate', asJson, login);
  const native = await ask('/oauth/token', { ...asForm, authorization: basic }, 'grant_type=client_credentials');
  const console = await ask('/admin/v1/session', asJson, login);
  const bearer = (value: unknown) => ({ authorization: `Bearer ${String(value)}` });
  return {
    username,
    organisation,
    keyId: key.id,
    credentials: [
      { kind: 'precrime_token', headers: bearer(precrime['Token']) },
      { kind: 'cloudio_session', headers: { ...bearer(cloudio['jwt']), 'x-csrf-token': String(cloudio['csrf']) } },
      { kind: 'onedb_token', headers: bearer(onedb['token']) },
      { kind: 'native_token', headers: bearer(native['access_token']) },
      {
        kind: 'console_session',
        headers: { cookie: String(console['cookie']), 'x-csrf-token': String(console['csrf']) },
      },
      { kind: 'api_key', headers: bearer(key.value?.reveal()) },
      { kind: 'client_secret', headers: { authorization: basic } },
    ],
  };
}

const asJson = { 'content-type': 'application/json' };
const asForm = { 'content-type': 'application/x-www-form-urlencoded' };

/** Resolves with the acknowledgement. */
async function bringAbout(bench: Bench, agent: Agent, event: RevocationEvent, subject: Subject): Promise<void> {
  const { app, server, installation, administrator } = bench;
  const { username, organisation, keyId, credentials } = subject;
  const { users, organisations, apiKeys } = app.identity;
  const operator = app.operator();
  const headersOf = (kind: RevocableKind) => credentials.find((one) => one.kind === kind)?.headers ?? {};
  const ask = async (method: string, path: string, headers: Record<string, string>, body = '') => {
    const { status, text } = await send(server, agent, method, path, headers, body);
    if (status !== 200 && status !== 204) throw new Error(`${path} answered ${status}: ${text}`);
  };
  const revoke = (body: object, headers: Record<string, string>) =>
    ask('POST', '/admin/v1/revocations', { ...asJson, ...headers }, JSON.stringify(body));
  const byAdministrator = { authorization: `Bearer ${administrator}` };
  const forget = (kind: RevocableKind) => {
    const token = headersOf(kind)['authorization']?.slice('Bearer '.length) ?? '';
    return ask('POST', '/oauth/revoke', { ...asForm, ...byAdministrator }, `token=${token}`);
  };

  switch (event) {
    case 'logout':
      await ask('POST', '/user/logout', { ...headersOf('precrime_token') });
      await ask('POST', '/v1/signout', { ...asJson, ...headersOf('cloudio_session') }, '{}');
      await ask('DELETE', '/admin/v1/session', { ...headersOf('console_session') });
      // These have no such route of their own.
      await forget('onedb_token');
      return forget('native_token');
    case 'logout_all':
      return revoke({ scope: 'self' }, headersOf('precrime_token'));
    case 'admin_revoke':
      return finished(await installation.run(['session', 'revoke', '--user', username, '--include-api-keys']));
    case 'password_change': {
      const body = JSON.stringify({ username, old: password, new: nextPassword, confirm: nextPassword });
      return ask('POST', '/user/password', asJson, body);
    }
    case 'reset':
      return users.resetPassword(operator, username, { password: new Secret(nextPassword), mustChange: true });
    case 'disable':
      return users.disable(operator, username);
    case 'delete':
      return users.remove(operator, username);
    case 'role_change':
      await users.set(operator, username, { removeRoles: ['administrator'] });
      return;
    case 'tenant_removal':
      await organisations.remove(operator, organisation);
      return;
    case 'key_delete':
      return apiKeys.removeById(operator, keyId);
    case 'epoch_bump':
      return revoke({ scope: 'install', apiKeys: true }, byAdministrator);
    case 'restore':
      throw new TypeError('a restore is of a program that does not run');
  }
}

async function restore(bench: Bench): Promise<void> {
  const { installation } = bench;
  const to = join(installation.dataDir, '..', 'campaign.backup');
  await bench.app.backUp({ to, replace: false });
  await bench.app.close();
  await bench.server.stop();
  finished(await installation.run(['restore', '--from', to]));
  bench.server = await installation.start();
}

function finished({ code, stderr }: { readonly code: number | null; readonly stderr: string }): void {
  if (code !== 0) throw new Error(`the command ended with ${code}: ${stderr}`);
}

function timesOf(event: RevocationEvent, kind: RevocableKind, uses: number): number {
  const isDear = kind === 'client_secret' && revocationMatrix[event][kind].verdict !== 'dies';
  return isDear ? Math.min(uses, usesOfRightPassword) : uses;
}

export const usesOfRightPassword = 10;
const connectionsEach = 3;
/** A right password is worth a hash each time: of those one at a time, and no more than are needed. */
const connectionsOf = (kind: RevocableKind) => (kind === 'client_secret' ? 1 : connectionsEach);

/** Uses every credential before, while and after; counts what began after the acknowledgement. */
async function useThrough(
  bench: Bench,
  agent: Agent,
  event: RevocationEvent,
  subject: Subject,
  uses: number,
  tell: (cell: Cell) => void,
): Promise<void> {
  let isAcknowledged = false;
  let isGivenUp = false;
  const cells = subject.credentials.map((credential) => {
    const { kind } = credential;
    const seen = { event, kind, when: 'acknowledged' as const, accepted: 0, narrowed: 0, refused: 0 };
    return { credential, seen, left: timesOf(event, kind, uses), before: 0 };
  });
  const using = Promise.all(
    cells.flatMap((cell) =>
      Array.from({ length: connectionsOf(cell.credential.kind) }, async () => {
        while (cell.left > 0 && !isGivenUp) {
          const counts = isAcknowledged;
          if (counts) cell.left -= 1;
          const verdict = await use(bench.server, agent, cell.credential);
          if (counts) cell.seen[verdict] += 1;
          else if (verdict === 'accepted') cell.before += 1;
        }
      }),
    ),
  );
  try {
    // Each was used, and is in memory where it ever is.
    await Promise.race([using, waitFor(() => cells.every(({ before }) => before >= 2))]);
    await bringAbout(bench, agent, event, subject);
    isAcknowledged = true;
  } catch (error) {
    isGivenUp = true;
    throw error;
  } finally {
    await using;
  }
  for (const { seen } of cells) tell(seen);
}

async function waitFor(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('a credential was no good before the event');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function count(
  server: RunningProgram,
  agent: Agent,
  credential: Credential,
  times: number,
): Promise<Omit<Cell, 'event' | 'when'>> {
  const seen = { kind: credential.kind, accepted: 0, narrowed: 0, refused: 0 };
  let left = times;
  await Promise.all(
    Array.from({ length: connectionsEach * 4 }, async () => {
      while (left > 0) {
        left -= 1;
        seen[await use(server, agent, credential)] += 1;
      }
    }),
  );
  return seen;
}

const askedByProxies = '/verify?action=directory.manage';
/** Where proxies ask, no cookie counts. */
const onlyForDirectory = '/admin/v1/roles?limit=1';

type Verdict = 'accepted' | 'narrowed' | 'refused';

/** Asks for what only an administrator may. */
async function use(server: RunningProgram, agent: Agent, { kind, headers }: Credential): Promise<Verdict> {
  const { status, text } =
    kind === 'client_secret'
      ? await send(server, agent, 'POST', '/oauth/introspect', { ...asForm, ...headers }, 'token=none')
      : await send(server, agent, 'GET', kind === 'console_session' ? onlyForDirectory : askedByProxies, headers);
  if (status === 200) return 'accepted';
  if (status === 403) return 'narrowed';
  if (status === 401 || status === 429) return 'refused';
  throw new Error(`${kind} was answered ${status}: ${text}`);
}

function send(
  { http }: RunningProgram,
  agent: Agent,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<{ readonly status: number; readonly text: string; readonly cookie: string | undefined }> {
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString(), cookie });
      });
      answer.on('error', reject);
    };
    const asked = request(`${http}${path}`, { method, agent, headers }, onAnswer);
    asked.on('error', reject);
    asked.end(body);
  });
}
