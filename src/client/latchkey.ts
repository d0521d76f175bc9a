/**
 * The client: our own API under one credential, and the sign-ins of the four families. It holds what it is given in
 * memory only, where neither a log nor an inspector sees it.
 *
 * @module
 */
import { type Atlan, createAtlan } from './atlan.js';
import { type Cloudio, createCloudio } from './cloudio.js';
import { apiKeyCredential, type Credential } from './credential.js';
import { createDataset, type Dataset } from './data.js';
import type { AccessExplanation, AccessQuestion, DatasetSummary } from './data-types.js';
import { readLines } from './lines.js';
import { type ClientLogin, clientCredential } from './oauth.js';
import { createOnedb, type Onedb } from './onedb.js';
import { createPrecrime, type Precrime } from './precrime.js';
import { type CookieSession, cookieOf, createCookieSession, type SessionView, sessionView } from './session.js';
import {
  type CallOptions,
  createTransport,
  type Outgoing,
  type Parameters,
  parseJson,
  type TransportOptions,
} from './transport.js';

export type CredentialOptions =
  | { readonly apiKey: string }
  | ClientLogin
  /** The console’s cookie, in a browser. */
  | { readonly cookie: true };

export interface LatchkeyOptions extends TransportOptions {
  /** Absent: only what is open, and the families’ sign-ins. */
  readonly credential?: CredentialOptions;
}

export interface RequestOptions extends CallOptions {
  readonly query?: Parameters;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Latchkey {
  /** Any route of our own API: `request<Source>('GET', '/admin/v1/sources/hr')`. Only a GET is sent again by itself. */
  request<T = unknown>(method: Method, path: string, options?: RequestOptions): Promise<T>;
  /** Every item of a list that comes in pages of `{items, nextCursor}`. */
  items<T>(path: string, options?: Omit<RequestOptions, 'body'>): AsyncGenerator<T>;
  /** An answer of one JSON value a line, as it comes. */
  lines<T>(method: 'GET' | 'POST', path: string, options?: RequestOptions): AsyncGenerator<T>;

  /** The rows of one dataset; `object` is its name, `schema.table`, or the table. */
  data<Row extends object = Record<string, unknown>>(source: string, object: string): Dataset<Row>;
  /** The datasets one may use. */
  datasets(source?: string, options?: CallOptions): AsyncGenerator<DatasetSummary>;
  explain(question: AccessQuestion, options?: CallOptions): Promise<AccessExplanation>;

  /** Who is signed in, and what they may. */
  whoami(options?: CallOptions): Promise<SessionView>;
  /** With `{cookie: true}` alone. */
  readonly session: CookieSession | null;

  readonly precrime: Precrime;
  readonly cloudio: Cloudio;
  readonly onedb: Onedb;
  readonly atlan: Atlan;
}

export function createLatchkey({ credential: given, ...options }: LatchkeyOptions): Latchkey {
  const transport = createTransport(options);
  const cookie = given !== undefined && 'cookie' in given ? cookieOf(transport) : null;
  const credential: Credential | null = cookie ?? fixedCredential();

  function fixedCredential(): Credential | null {
    if (given === undefined || 'cookie' in given) return null;
    return 'apiKey' in given ? apiKeyCredential(given.apiKey) : clientCredential(transport, given);
  }

  type Rest = Omit<Outgoing, 'credential'>;
  const sender = {
    send: (outgoing: Rest) => transport.send({ ...outgoing, credential }),
    open: (outgoing: Rest) => transport.open({ ...outgoing, credential }),
  };

  async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    return parseJson<T>(await sender.send({ ...options, method, path, isRepeatable: method === 'GET' }));
  }

  async function* items<T>(path: string, options: Omit<RequestOptions, 'body'> = {}): AsyncGenerator<T> {
    let cursor: string | null = null;
    do {
      const query: Parameters = { ...options.query, cursor };
      const page: { items: readonly T[]; nextCursor: string | null } = await request('GET', path, {
        ...options,
        query,
      });
      yield* page.items;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  return {
    request,
    items,
    async *lines<T>(method: 'GET' | 'POST', path: string, options: RequestOptions = {}) {
      const headers = { ...options.headers, accept: 'application/x-ndjson' };
      const outgoing = { ...options, method, path, headers, isRepeatable: method === 'GET' };
      yield* readLines<T>(await sender.open(outgoing), options.signal);
    },
    data: <Row extends object>(source: string, object: string) => createDataset<Row>(sender, source, object),
    datasets: (source, options = {}) => items('/data/v1', { ...options, query: { source } }),
    explain: ({ columns, ...question }, options = {}) =>
      request('GET', '/data/v1/explain', {
        ...options,
        query: { ...question, columns: columns === undefined ? null : JSON.stringify(columns) },
      }),
    whoami: async (options) => sessionView(await request<SessionView>('GET', '/admin/v1/session', options)),
    session: cookie === null ? null : createCookieSession(transport, cookie),
    precrime: createPrecrime(transport),
    cloudio: createCloudio(transport),
    onedb: createOnedb(transport),
    atlan: createAtlan(transport, credential),
  };
}
