/**
 * The same wrong sign-ins through every door that takes a password, over real sockets, as somebody sees them who counts
 * bytes and milliseconds on the other side.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { Agent, request } from 'node:http';
import { createAudit } from '../../src/audit/index.js';
import { createData } from '../../src/data/index.js';
import { type Core, createHttp } from '../../src/http/index.js';
import { createScriptedSources } from '../dialects/support/scripted-sources.js';
import {
  type Class,
  classes,
  type Flaw,
  makeAccounts,
  measure,
  openTrialHouse,
  passwordFor,
  type Trial,
} from './enumeration-trial.js';
import { goodPassword } from './house.js';

interface Login {
  readonly username: string;
  readonly password: string;
}

interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const base64 = ({ username, password }: Login) => Buffer.from(`${username}:${password}`).toString('base64');

const nextPassword = 'copper meadow anchor wisp';

/** Every door that takes a name and a password. */
const doors = {
  precrime: (login) => ({ path: '/user/login', headers: json, body: JSON.stringify(login) }),
  cloudio: (login) => ({
    ...{ path: '/v1/auth', body: '{}' },
    headers: { ...json, authorization: `Token ${base64(login)}` },
  }),
  onedb: (login) => ({ path: '/api/authenticate', headers: json, body: JSON.stringify(login) }),
  client: (login) => ({
    ...{ path: '/oauth/token', body: 'grant_type=client_credentials' },
    headers: { ...form, authorization: `Basic ${base64(login)}` },
  }),
  introspect: (login) => ({
    ...{ path: '/oauth/introspect', body: 'token=x' },
    headers: { ...form, authorization: `Basic ${base64(login)}` },
  }),
  change: ({ username, password }) => ({
    ...{ path: '/user/password', headers: json },
    body: JSON.stringify({ username, old: password, new: nextPassword, confirm: nextPassword }),
  }),
  console: (login) => ({ path: '/admin/v1/session', headers: json, body: JSON.stringify(login) }),
  console_change: ({ username, password }) => ({
    ...{ path: '/admin/v1/session/password', headers: json },
    body: JSON.stringify({ username, current: password, new: nextPassword }),
  }),
} as const satisfies Record<string, (login: Login) => Asked>;
export type Door = keyof typeof doors;
export const doorNames = Object.keys(doors) as Door[];

interface DoorsOptions {
  readonly rounds: number;
  readonly flaw: Flaw;
  readonly accountsPerClass: number;
  /** Those that are tried; all of them when absent. */
  readonly through?: readonly Door[];
}

export async function runDoorsTrial(options: DoorsOptions): Promise<ReadonlyMap<Door, Trial>> {
  const { rounds, flaw, accountsPerClass, through = doorNames } = options;
  const house = await openTrialHouse(flaw);
  const { store, clock, identity } = house;
  const ids = {
    uuid: () => crypto.randomUUID(),
    bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  };
  const sources = createScriptedSources();
  const core: Core = {
    ...{ clock, ids, identity, sources, isStoreReady: () => store.isReady(), reportFault: () => {} },
    data: createData({
      ...{ store: store.data, sources: sources.data, directory: identity.users, audit: store.audit, clock, ids },
    }),
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    audit: createAudit({ store: store.audit, chain: store.auditChain, clock }),
    ...{ settingsInForce: () => [], countSources: async () => ({}) },
    node: () => ({
      ...{ startedAtMs: 0, nodeVersion: '', rssBytes: 0, storeEngine: 'sqlite' },
      listeners: { http: null, https: null },
    }),
    settings: { workflowsAccess: 'loopback', isBoundToLoopback: true, trustedProxies: [], maxBodyBytes: 1_048_576 },
  };
  const http = await createHttp(core, { http: { host: '127.0.0.1', port: 0 }, https: null, onRequestDone: () => {} });
  const { http: url } = await http.listen();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const port = Number(new URL(url ?? '').port);
  try {
    await makeAccounts(house, accountsPerClass, async (username) => {
      const signedIn = await tell(agent, port, doors.precrime({ username, password: goodPassword }));
      if (!signedIn.startsWith('200 ')) throw new Error(`signing in answered ${signedIn}`);
    });
    const trials = new Map<Door, Trial>();
    for (const door of through) {
      const attempt = (one: Class) => {
        const username = `${one}-${randomInt(accountsPerClass)}`;
        return tell(agent, port, doors[door]({ username, password: passwordFor(one) }));
      };
      trials.set(door, await measure(house, classes, rounds, attempt));
    }
    return trials;
  } finally {
    agent.destroy();
    await http.close(1_000);
    await house.close();
  }
}

/** Status, headers in the order and spelling they come in, and body; without date and request id. */
function tell(agent: Agent, port: number, { path, headers, body }: Asked): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request({ agent, host: '127.0.0.1', port, method: 'POST', path, headers: { ...headers, ...length } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { date = '', 'x-request-id': requestId = '' } = response.headers;
        const whole = `${response.statusCode} ${JSON.stringify(response.rawHeaders)} ${Buffer.concat(chunks)}`;
        resolve(whole.replaceAll(date, 'date').replaceAll(String(requestId), 'id'));
      });
    });
    sent.end(body);
  });
}
