/** The onedb family: a bearer token for five hours, and what it opens. @module */
import { type Held, renewedCredential } from './credential.js';
import type { Login } from './precrime.js';
import { type CallOptions, parseJson, type Transport } from './transport.js';

export interface OnedbItem {
  /** A name of the caller’s own, echoed: a whole number. */
  readonly trxId: number;
  readonly templateName: string;
}

export interface OnedbResult {
  readonly trxId: number | null;
  readonly success: boolean;
  readonly message?: string;
  readonly token?: string;
  readonly data?: string;
}

export interface OnedbSession {
  /** What a request of one’s own presents. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** A result for each item, in order; what is wrong with one is said in its own. */
  tokenize(
    items: readonly (OnedbItem & { readonly data: string })[],
    options?: CallOptions,
  ): Promise<readonly OnedbResult[]>;
  detokenize(
    items: readonly (OnedbItem & { readonly token: string })[],
    options?: CallOptions,
  ): Promise<readonly OnedbResult[]>;
  /** The family has no way to end a token: from here on it is not presented any more. */
  forget(): void;
}

export interface Onedb {
  /** @throws LatchkeyError 401, code `11`: a wrong name or password. */
  authenticate(login: Login, options?: CallOptions): Promise<OnedbSession>;
}

const lifeMs = 5 * 60 * 60_000;

export function createOnedb(transport: Transport): Onedb {
  async function signIn(login: Login, options: CallOptions = {}): Promise<Held> {
    const incoming = await transport.send({
      ...{ ...options, method: 'POST', path: '/api/authenticate', body: login },
      ...{ credential: null, isRepeatable: true, isSignIn: true },
    });
    const { token } = parseJson<{ token: string }>(incoming);
    return { headers: { authorization: `Bearer ${token}` }, lifeMs };
  }

  return {
    async authenticate(login, options) {
      const credential = renewedCredential(() => signIn(login), await signIn(login, options));
      const ask =
        (path: string) =>
        async (items: readonly OnedbItem[], options: CallOptions = {}) =>
          parseJson<readonly OnedbResult[]>(
            await transport.send({
              ...{ ...options, method: 'POST', path, query: { multiple: '' }, body: items },
              ...{ credential, isRepeatable: true },
            }),
          );
      return {
        headers: () => credential.headers('POST'),
        tokenize: ask('/api/v1/tokenize'),
        detokenize: ask('/api/v1/detokenize'),
        forget: () => credential.end(),
      };
    },
  };
}
