/** The precrime family: sign in, renew, sign out, keys of one’s own. @module */
import { type Held, type RenewedCredential, renewedCredential } from './credential.js';
import { LatchkeyError } from './errors.js';
import { type CallOptions, parseJson, type Transport } from './transport.js';
import { withUnprinted } from './unprinted.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface PrecrimeCompany {
  readonly Id: number;
  readonly Name: string;
  readonly Created: string;
  readonly Deleted: string;
}

export interface PrecrimeUser {
  readonly Id: string;
  readonly Created: string;
  readonly Username: string;
  readonly Email?: string;
  readonly Firstname?: string;
  readonly Lastname?: string;
  readonly Properties: Readonly<Record<string, string>>;
  readonly Authorizations: readonly {
    readonly Company: PrecrimeCompany;
    readonly Roles: readonly { readonly Id: number; readonly Name: string }[];
  }[];
  readonly Active: PrecrimeCompany;
  readonly PasswordExpiration: string;
}

export interface PrecrimeKey {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  /** There, and not printed. */
  readonly token: string;
}

export interface PrecrimeSession {
  readonly user: PrecrimeUser;
  /** What a request of one’s own presents. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** A new token now; they are renewed before their end in any case. */
  renew(options?: CallOptions): Promise<void>;
  logout(options?: CallOptions): Promise<void>;
  addKey(name: string, options?: CallOptions): Promise<PrecrimeKey>;
  listKeys(options?: CallOptions): Promise<readonly PrecrimeKey[]>;
  /** @param key  Its value, its masked form or its id. */
  deleteKey(key: string, options?: CallOptions): Promise<void>;
  /** `Hi <username>`, by the service. */
  greet(options?: CallOptions): Promise<string>;
}

export interface Precrime {
  /** @throws LatchkeyError 401 wrong · 403 the password has expired. */
  login(login: Login, options?: CallOptions): Promise<PrecrimeSession>;
  /** The way out of an expired password; ends every session. */
  changePassword(change: Login & { readonly next: string }, options?: CallOptions): Promise<void>;
}

type Answered = PrecrimeUser & { readonly Token: string };

const lifeMs = 60 * 60_000;

export function createPrecrime(transport: Transport): Precrime {
  const signIn = async (login: Login, options: CallOptions = {}): Promise<Answered> =>
    parseJson(
      await transport.send({
        ...{ ...options, method: 'POST', path: '/user/login', body: login },
        ...{ credential: null, isRepeatable: true, isSignIn: true },
      }),
    );

  return {
    async login(login, options) {
      const { Token, ...user } = await signIn(login, options);
      // A token that is still good is renewed; a line of renewals that is over begins anew.
      const credential: RenewedCredential = renewedCredential(
        async (last) => {
          if (last !== null) {
            try {
              return heldOf(await renewed(last));
            } catch (error) {
              if (!(error instanceof LatchkeyError) || error.status !== 401) throw error;
            }
          }
          return heldOf(await signIn(login));
        },
        heldOf({ ...user, Token }),
      );
      return sessionOf(user, credential);
    },
    async changePassword({ username, password, next }, options = {}) {
      await transport.send({
        ...{ ...options, method: 'POST', path: '/user/password', credential: null, isRepeatable: false },
        ...{ body: { username, old: password, new: next, confirm: next }, isSignIn: true },
      });
    },
  };

  async function renewed(last: Held): Promise<Answered> {
    const credential = { headers: async () => last.headers, refused: () => false };
    return parseJson(await transport.send({ method: 'GET', path: '/user/renew', credential, isRepeatable: true }));
  }

  function sessionOf(user: PrecrimeUser, credential: RenewedCredential): PrecrimeSession {
    async function call<T>(method: string, path: string, options: CallOptions = {}, body?: unknown): Promise<T> {
      const isRepeatable = method === 'GET';
      return parseJson(await transport.send({ ...options, method, path, body, credential, isRepeatable }));
    }
    return {
      user,
      headers: () => credential.headers('GET'),
      renew: () => credential.renew(),
      async logout(options) {
        await call('POST', '/user/logout', options);
        credential.end();
      },
      addKey: async (name, options) => keyOf(await call<PrecrimeKey>('POST', '/authheader/add', options, { name })),
      listKeys: async (options) => (await call<PrecrimeKey[]>('GET', '/authheader/list', options)).map(keyOf),
      async deleteKey(text, options) {
        await call('POST', '/authheader/delete', options, { text });
      },
      greet: async (options) => (await call<{ message: string }>('GET', '/test/secure', options)).message,
    };
  }
}

function heldOf({ Token }: Answered): Held {
  return { headers: { authorization: `Bearer ${Token}` }, lifeMs };
}

function keyOf({ token, ...shown }: PrecrimeKey): PrecrimeKey {
  return withUnprinted(shown, { token });
}
