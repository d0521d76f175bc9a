/**
 * Who is asking. A key stays as it is; a token is fetched when it is first needed and again before it ends, once however
 * many calls wait for it; a token that is refused is replaced once. Values stay inside, where nothing prints them.
 *
 * @module
 */
import { clientError, type LatchkeyError } from './errors.js';

type HeaderSet = Readonly<Record<string, string>>;

export interface Credential {
  /** What presents it. */
  headers(method: string): Promise<HeaderSet>;
  /**
   * Told of a refusal and what was presented then.
   *
   * @returns whether another try may do better.
   */
  refused(error: LatchkeyError, presented: HeaderSet): boolean;
  /** Whether a browser sends its cookies along. */
  readonly usesCookies?: true;
}

export function apiKeyCredential(value: string): Credential {
  const headers = { authorization: `Bearer ${value}` };
  return { headers: async () => headers, refused: () => false };
}

/** A token that was fetched, and how long it is good for from then on. */
export interface Held {
  readonly headers: HeaderSet;
  readonly lifeMs: number;
}

export interface RenewedCredential extends Credential {
  /** Another token now, whatever the one there is good for. */
  renew(): Promise<void>;
  /** From now on it presents nothing. */
  end(): void;
}

/** A token is renewed so long before its end, or at four fifths of a short life. */
const marginMs = 60_000;

/**
 * @param obtain  Fetches a token. Given is the one before while it is still good.
 * @param first   A token there is already.
 */
export function renewedCredential(obtain: (last: Held | null) => Promise<Held>, first?: Held): RenewedCredential {
  // What it holds goes when it ends: a login, a password.
  let source: typeof obtain | null = obtain;
  let held: { readonly what: Held; readonly renewAtMs: number; readonly endsAtMs: number } | null = null;
  let pending: Promise<HeaderSet> | null = null;

  function hold(what: Held): HeaderSet {
    const nowMs = performance.now();
    const renewAtMs = nowMs + what.lifeMs - Math.min(marginMs, what.lifeMs / 5);
    held = { what, renewAtMs, endsAtMs: nowMs + what.lifeMs };
    return what.headers;
  }

  /** What is held, while it is good for that much longer. */
  function good(beforeEnd: 'endsAtMs' | 'renewAtMs'): Held | null {
    return held !== null && performance.now() < held[beforeEnd] ? held.what : null;
  }

  async function fetchAnother(from: typeof obtain): Promise<HeaderSet> {
    try {
      const fetched = await from(good('endsAtMs'));
      if (source === null) throw signedOut();
      return hold(fetched);
    } finally {
      pending = null;
    }
  }

  function another(): Promise<HeaderSet> {
    if (source === null) return Promise.reject(signedOut());
    pending ??= fetchAnother(source);
    return pending;
  }

  if (first !== undefined) hold(first);
  return {
    async headers() {
      const fresh = good('renewAtMs');
      if (fresh !== null) return fresh.headers;
      return another().catch((error: unknown) => {
        // It cannot be renewed just now, and is good for a little while yet.
        const still = good('endsAtMs');
        if (still === null) throw error;
        return still.headers;
      });
    },
    async renew() {
      await another();
    },
    refused({ status }, presented) {
      if (status !== 401 || source === null) return false;
      // Whoever comes first drops it; the others find its successor.
      if (held?.what.headers === presented) held = null;
      return true;
    },
    end() {
      source = null;
      held = null;
    },
  };
}

function signedOut(): LatchkeyError {
  return clientError('signed_out', 'This session was ended.');
}

/**
 * A browser's cookie, which no script sees. What changes something carries the value that proves that a page of the
 * service's own sent it.
 *
 * @param fetchProof  Asks who is signed in.
 */
export interface CookieCredential extends Credential {
  /** `null`: to be asked for when it is needed. */
  setProof(value: string | null): void;
}

export function cookieCredential(fetchProof: () => Promise<string | null>): CookieCredential {
  let proof: Promise<string | null> | null = null;
  return {
    usesCookies: true,
    async headers(method) {
      if (method === 'GET' || method === 'HEAD') return {};
      proof ??= fetchProof().catch((error: unknown) => {
        proof = null;
        throw error;
      });
      const value = await proof;
      return value === null ? {} : { 'x-csrf-token': value };
    },
    refused({ code }) {
      if (code !== 'identity.csrf_mismatch') return false;
      proof = null;
      return true;
    },
    setProof(value) {
      proof = value === null ? null : Promise.resolve(value);
    },
  };
}
