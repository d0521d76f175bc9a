/** The cloudio family: a session of jwt and csrf, and what it may query and post. @module */
import { type Held, renewedCredential } from './credential.js';
import type { Login } from './precrime.js';
import { type CallOptions, parseJson, type Transport } from './transport.js';

export interface CloudioUser {
  readonly orgUid: string;
  readonly sessionId: string;
  readonly userName: string;
  readonly displayName: string;
  readonly emailAddress: string;
}

/** Members as the published API has them; `limit` is 100 where nothing is said. */
export interface CloudioQuery {
  readonly filter?: readonly object[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly projection?: Readonly<Record<string, 1>>;
  readonly selectAttributeCodeList?: readonly string[];
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
  readonly offset?: number;
  readonly fetchDistinct?: boolean;
  readonly groupByAttributeCodeList?: readonly string[];
  readonly aggregateList?: readonly object[];
}

/** A row to insert (`I`), update (`U`) or delete (`D`); the last two need the key and `lastUpdateDate` as read. */
export type CloudioPosted<Row> = Partial<Row> & { readonly _rs: 'I' | 'N' | 'U' | 'D' };

export type CloudioRow<Row> = Row & { readonly _rs: 'Q' };

/** By alias: queries, or rows to post, of a data source. */
export type CloudioRequest = Readonly<
  Record<string, { readonly ds: string } & ({ readonly query: CloudioQuery } | { readonly data: readonly object[] })>
>;

export interface CloudioAnswer<Row> {
  readonly data: readonly CloudioRow<Row>[];
  readonly queryElapsed?: number;
  readonly rowsFetched?: number;
}

export interface CloudioSession {
  readonly user: CloudioUser;
  /** What a request of one’s own presents: the jwt, and the csrf value as `X-CSRF-Token`. */
  headers(): Promise<Readonly<Record<string, string>>>;
  query<Row = Record<string, unknown>>(
    dataSource: string,
    query: CloudioQuery,
    options?: CallOptions,
  ): Promise<readonly CloudioRow<Row>[]>;
  /** All or none; answered are the rows as they are now. Sent once, never again by itself. */
  post<Row = Record<string, unknown>>(
    dataSource: string,
    rows: readonly CloudioPosted<Row>[],
    options?: CallOptions,
  ): Promise<readonly CloudioRow<Row>[]>;
  /** Several queries and posts under aliases of one’s own. */
  api<Row = Record<string, unknown>>(
    request: CloudioRequest,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, CloudioAnswer<Row>>>>;
  signOut(options?: CallOptions): Promise<void>;
}

export interface Cloudio {
  /** @throws LatchkeyError 403: a wrong name or password. */
  auth(login: Login, options?: CallOptions): Promise<CloudioSession>;
}

type Answered = CloudioUser & { readonly csrf: string; readonly jwt: string; readonly status: 'OK' };

/** What the service gives a session at most; that it was idle for too long shows in a 401. */
const lifeMs = 12 * 60 * 60_000;

export function createCloudio(transport: Transport): Cloudio {
  async function signIn({ username, password }: Login, options: CallOptions = {}): Promise<Answered> {
    const bytes = new TextEncoder().encode(`${username}:${password}`);
    const headers = { authorization: `Token ${btoa(String.fromCharCode(...bytes))}` };
    return parseJson(
      await transport.send({
        ...{ ...options, method: 'POST', path: '/v1/auth', headers, body: {} },
        ...{ credential: null, isRepeatable: true, isSignIn: true },
      }),
    );
  }

  return {
    async auth(login, options) {
      const { csrf, jwt, status: _, ...user } = await signIn(login, options);
      const credential = renewedCredential(async () => heldOf(await signIn(login)), heldOf({ csrf, jwt }));

      async function api<Row>(request: CloudioRequest, { ...rest }: CallOptions = {}) {
        const isRepeatable = Object.values(request).every((one) => 'query' in one);
        const outgoing = { ...rest, method: 'POST', path: '/v1/api', body: request, credential, isRepeatable };
        return parseJson<{ data: Record<string, CloudioAnswer<Row>> }>(await transport.send(outgoing)).data;
      }
      async function only<Row>(one: CloudioRequest[string], options?: CallOptions) {
        return (await api<Row>({ it: one }, options))['it']?.data ?? [];
      }
      return {
        user,
        api,
        headers: () => credential.headers('POST'),
        query: (ds, query, options) => only({ ds, query }, options),
        post: (ds, data, options) => only({ ds, data }, options),
        async signOut(options = {}) {
          await transport.send({ ...options, method: 'POST', path: '/v1/signout', credential, isRepeatable: false });
          credential.end();
        },
      };
    },
  };
}

function heldOf({ jwt, csrf }: Pick<Answered, 'jwt' | 'csrf'>): Held {
  return { headers: { authorization: `Bearer ${jwt}`, 'x-csrf-token': csrf }, lifeMs };
}
