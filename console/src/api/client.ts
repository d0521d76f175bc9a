/**
 * The one way to the server: a client whose paths, parameters and answers are typed from our own OpenAPI document. It
 * brings the csrf value along and tells whoever listens when the session is over.
 *
 * @module
 */
import createClient from 'openapi-fetch';
import { Problem, problemFrom, problemOf } from './problem';
import type { paths } from './schema';

export { Problem, problemOf } from './problem';

let csrf: string | null = null;
let onSignedOut: () => void = () => undefined;
let onReplaced: () => void = () => undefined;

/** Called by the session alone. */
export function rememberCsrf(value: string | null): void {
  csrf = value;
}

/** Called by the session alone: when any answer says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Called by the session alone: when this browser’s session is another than the one that was entered here. */
export function whenReplaced(listener: () => void): void {
  onReplaced = listener;
}

/** Typed `GET`, `POST`, `PATCH`, `PUT` and `DELETE`; wrap a call in {@link unwrap}. */
export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' });

api.use({
  onRequest({ request }) {
    if (csrf !== null && request.method !== 'GET' && request.method !== 'HEAD') {
      request.headers.set('x-csrf-token', csrf);
    }
    return request;
  },
});

interface Answered<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * What was answered, or a thrown {@link Problem}. Texts among the forms of an answer are the ones this client never asks
 * for: CSV and lines.
 *
 * `const role = await unwrap(api.GET('/admin/v1/roles/{role}', { params: { path: { role: id } } }));`
 */
export async function unwrap<Data>(asked: Promise<Answered<Data>>): Promise<Exclude<Data, string>> {
  const { data, error, response } = await asked.catch((thrown: unknown) => {
    throw problemOf(thrown);
  });
  if (response.ok) return data as Exclude<Data, string>;
  throw refusedWith(problemFrom(response, error));
}

/**
 * The lines of a streamed answer (NDJSON) as they come.
 *
 * @param path  Of our own API, for what the typed client cannot say: an answer that is read while it is made.
 * @throws Problem
 */
export async function* lines(
  path: string,
  options: { readonly method: 'GET' | 'POST'; readonly body?: unknown; readonly signal?: AbortSignal },
): AsyncGenerator<unknown, void, undefined> {
  const { method, body, signal } = options;
  const headers = new Headers({ accept: 'application/x-ndjson' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (csrf !== null && method !== 'GET') headers.set('x-csrf-token', csrf);
  const response = await fetch(path, {
    method,
    headers,
    credentials: 'same-origin',
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  }).catch((thrown: unknown) => {
    throw problemOf(thrown);
  });
  if (!response.ok || response.body === null) {
    throw refusedWith(problemFrom(response, await response.json().catch(() => null)));
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const pieces = `${rest}${value}`.split('\n');
      rest = pieces.pop() ?? '';
      for (const piece of pieces) if (piece !== '') yield JSON.parse(piece);
    }
    if (rest !== '') yield JSON.parse(rest);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw problemOf(thrown);
  } finally {
    // Whoever stopped reading has no use for the rest.
    await reader.cancel().catch(() => undefined);
  }
}

/** Tells the session what the refusal says of it. */
function refusedWith(problem: Problem): Problem {
  if (isSignedOut(problem)) onSignedOut();
  // The cookie is the browser’s, the csrf value this page’s: somebody signed in beside it.
  if (problem.code === 'identity.csrf_mismatch') onReplaced();
  return problem;
}

function isSignedOut({ status, code }: Problem): boolean {
  return status === 401 && (code === 'identity.unauthenticated' || code === 'identity.token_expired');
}
