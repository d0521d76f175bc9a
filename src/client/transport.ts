/**
 * One request to the service: a time limit, the credential, and another try where trying again does no more than
 * trying once. Redirects are not followed, so that a credential goes nowhere else.
 *
 * @module
 */
import type { Credential } from './credential.js';
import { clientError, LatchkeyError, refusalOf } from './errors.js';

/** Parameters of a query; absent ones may be `undefined` or `null`. */
export type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface CallOptions {
  /** Gives up at once when it is aborted. */
  readonly signal?: AbortSignal;
  /** For each try, until the whole answer is there; of a stream, until it begins. */
  readonly timeoutMs?: number;
}

export interface Outgoing extends CallOptions {
  readonly method: string;
  /** From the first slash. */
  readonly path: string;
  readonly query?: Parameters;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly credential: Credential | null;
  /** Whether sending it twice does no more than sending it once. */
  readonly isRepeatable: boolean;
  /** A sign-in: being told to slow down ends it. */
  readonly isSignIn?: true;
  /** Statuses besides 2xx that are answers and no failures. */
  readonly isAnswer?: (status: number, text: string) => boolean;
}

export interface Incoming {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Transport {
  /** @throws LatchkeyError, or the reason of the signal. */
  send(outgoing: Outgoing): Promise<Incoming>;
  /** The answer from its beginning on, before its end is there. */
  open(outgoing: Outgoing): Promise<Response>;
}

export interface TransportOptions {
  /** `https://latchkey.example`, with a path before ours where there is one. */
  readonly baseUrl: string;
  /** Another `fetch`, such as one that trusts a certificate of one's own. */
  readonly fetch?: typeof fetch;
  /** Standard 30,000. */
  readonly timeoutMs?: number;
  /** Further tries; standard 2. */
  readonly retries?: number;
  /** Longest wait that `Retry-After` may ask for before it is said instead; standard 10. */
  readonly longestWaitSeconds?: number;
}

export function createTransport(options: TransportOptions): Transport {
  const { timeoutMs: standardMs = 30_000, retries = 2, longestWaitSeconds = 10 } = options;
  const base = options.baseUrl.replace(/\/+$/, '');
  const reach: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));

  /** One try. @param take  Makes something of the answer within its time. */
  async function attempt<T>(
    outgoing: Outgoing,
    credentialHeaders: Readonly<Record<string, string>>,
    take: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { signal, timeoutMs = standardMs, credential } = outgoing;
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(), timeoutMs);
    try {
      const response = await reach(`${base}${outgoing.path}${queryOf(outgoing.query)}`, {
        method: outgoing.method,
        ...bodyOf(outgoing, credentialHeaders),
        signal: signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]),
        redirect: 'error',
        credentials: credential?.usesCookies === true ? 'same-origin' : 'omit',
      });
      const isFine = response.ok || response.status === 304;
      if (isFine || outgoing.isAnswer !== undefined) return await take(response);
      throw refusalOf(response.status, response.headers, await response.text());
    } catch (error) {
      if (error instanceof LatchkeyError) throw error;
      signal?.throwIfAborted();
      if (own.signal.aborted) throw clientError('timeout', `No answer within ${timeoutMs} ms.`);
      throw clientError('unreachable', 'The service cannot be reached.', error);
    } finally {
      clearTimeout(timer);
    }
  }

  async function persist<T>(outgoing: Outgoing, take: (response: Response) => Promise<T>): Promise<T> {
    const { path, credential, signal } = outgoing;
    if (!path.startsWith('/')) throw new TypeError('a path begins with a slash');
    let hasRenewed = false;
    for (let tried = 0; ; ) {
      signal?.throwIfAborted();
      const headers = credential === null ? {} : await unlessAborted(credential.headers(outgoing.method), signal);
      try {
        return await attempt(outgoing, headers, take);
      } catch (error) {
        if (!(error instanceof LatchkeyError)) throw error;
        // Refused before anything was done, so any request may be sent again.
        if (!hasRenewed && credential?.refused(error, headers) === true) {
          hasRenewed = true;
          continue;
        }
        const waitSeconds = error.retryAfterSeconds ?? (0.2 + Math.random() * 0.2) * 2 ** tried;
        if (tried >= retries || waitSeconds > longestWaitSeconds || !isWorthIt(outgoing, error, tried)) throw error;
        tried += 1;
        await pause(waitSeconds * 1_000, signal);
      }
    }
  }

  return {
    async send(outgoing) {
      return persist(outgoing, async (response) => {
        const incoming = { status: response.status, headers: response.headers, text: await response.text() };
        const { status, headers, text } = incoming;
        if (response.ok || status === 304 || outgoing.isAnswer?.(status, text) === true) return incoming;
        throw refusalOf(status, headers, text);
      });
    },
    open: (outgoing) => persist(outgoing, async (response) => response),
  };
}

function isWorthIt({ isRepeatable, isSignIn }: Outgoing, { status, code }: LatchkeyError, tried: number): boolean {
  // Nothing was done; a sign-in that goes on would count as guessing.
  if (status === 429) return isSignIn !== true;
  if (!isRepeatable) return false;
  if (status === null) return code === 'client.unreachable';
  // The first try may still be on its way: its outcome is what is asked for.
  if (code === 'data.outcome_unknown') return tried > 0;
  return status === 502 || status === 503 || status === 504;
}

function bodyOf({ body, form, headers }: Outgoing, credentialHeaders: Readonly<Record<string, string>>) {
  const common = { accept: 'application/json', ...headers, ...credentialHeaders };
  if (form !== undefined) {
    return {
      headers: { ...common, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    };
  }
  if (body === undefined) return { headers: common };
  return { headers: { ...common, 'content-type': 'application/json' }, body: JSON.stringify(body, asText) };
}

/** Whole numbers beyond 2⁵³ go as texts of digits, which the service takes wherever it takes a number. */
function asText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

function queryOf(query: Parameters = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) parameters.set(name, `${value}`);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** @throws LatchkeyError `client.answer_unreadable` */
export function parseJson<T>({ text, status, headers }: Incoming): T {
  try {
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch {
    const requestId = headers.get('x-request-id');
    throw new LatchkeyError('The answer is no JSON.', { status, requestId, code: 'client.answer_unreadable' });
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const waiting = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return unlessAborted(waiting, signal).finally(() => clearTimeout(timer));
}
