/**
 * One request's walk, the same at every door: fit for any answer at all → path spelled canonically → query → credential
 * found → gate → body → the route. Whatever refuses, the later steps do not happen.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../../access/index.js';
import type { Core } from '../core.js';
import { httpErrors } from '../errors.js';
import type { Answer, StreamedAnswer } from '../kit/answer.js';
import type { ApiDocument } from '../kit/api-document.js';
import { decodeBasic } from '../kit/basic.js';
import { declaredLength, readBody } from '../kit/body.js';
import { assertOwnPage, isFromForeignPage, keepsSecureCookies } from '../kit/browser.js';
import type { ClientAddress } from '../kit/client-address.js';
import { findCredential, isTaken, presentedCredential } from '../kit/credentials.js';
import type { Family } from '../kit/family.js';
import { isFromLoopback } from '../kit/loopback.js';
import type { Call, GuardedRoute, Route } from '../kit/route.js';
import { isSecondSpelling, parseQuery, rawPathOf } from '../kit/url.js';

export interface DoorState {
  readonly core: Core;
  readonly clientAddress: ClientAddress;
  /** Whether a graceful stop has begun. */
  readonly isDraining: () => boolean;
  /** Request line and header lines together. */
  readonly maxHeaderBytes: number;
  /** How long a client may take nothing of a streamed answer before it is given up. */
  readonly stallMs: number;
  apiDocument(): Promise<ApiDocument>;
}

const hostGrammar = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Refuses what no route may see.
 *
 * @throws `http.draining` · `http.request_malformed` for HTTP/0.9, which has no headers · `http.headers_too_large` ·
 * `http.host_invalid` (RFC 9112 §3.2) · `http.expectation_unsupported` ·
 * `http.not_found` for a path that is spelled in a second way: limits, audit and authorization must see one name only.
 */
export function refuseUnfit(request: IncomingMessage, state: Omit<DoorState, 'core'>): void {
  if (state.isDraining()) throw httpErrors.draining();
  if (request.httpVersionMajor !== 1) throw httpErrors.request_malformed();
  if (headerBytes(request) > state.maxHeaderBytes) throw httpErrors.headers_too_large();
  const hosts = countLines(request, 'host');
  const isHostNeeded = request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
  if (hosts > 1 || (hosts === 0 && isHostNeeded) || (hosts === 1 && !hostGrammar.test(request.headers.host ?? ''))) {
    throw httpErrors.host_invalid();
  }
  if (namesAnotherHost(request)) throw httpErrors.host_invalid();
  if (countLines(request, 'content-type') > 1) throw httpErrors.request_malformed();
  const expectation = request.headers.expect;
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') {
    throw httpErrors.expectation_unsupported();
  }
  if (isSecondSpelling(rawPathOf(request.url ?? ''))) throw httpErrors.not_found();
}

/**
 * Of an absolute target the authority counts (RFC 9112 §3.2.2), so one that says something else than Host is two hosts.
 * Both are compared as URLs have them: a default port may be written or not.
 */
function namesAnotherHost({ url = '', headers }: IncomingMessage): boolean {
  if (url.startsWith('/') || url === '*') return false;
  if (!URL.canParse(url)) return true;
  const { protocol, host } = new URL(url);
  const sent = `${protocol}//${headers.host ?? ''}`;
  return !URL.canParse(sent) || new URL(sent).host !== host;
}

/** How often a header was sent; Node's own table shows the first and hides the rest. */
function countLines({ rawHeaders }: IncomingMessage, header: string): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === header).length;
}

/** As on the wire. Node's own limit leaves out separators and line ends, so that thousands of tiny headers slip under it. */
function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const requestLine = method.length + url.length + ' '.length + ' HTTP/1.1\r\n'.length;
  // After every name `: `, after every value the line's end.
  return rawHeaders.reduce((bytes, text) => bytes + text.length + 2, requestLine);
}

export async function walk(
  route: Route,
  family: Family,
  core: Core,
  exchange: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly params: unknown;
    readonly requestId: string;
    /** Whose it is; see `kit/client-address.ts`. */
    readonly address: string | null;
    readonly apiDocument: DoorState['apiDocument'];
  },
): Promise<Answer | StreamedAnswer> {
  const { request, response, params, requestId, address, apiDocument } = exchange;
  const query = parseQuery(request.url ?? '', family.takesCsrfInQuery === true);
  const slots = route.slots ?? {};
  const credential = findCredential(request.rawHeaders, slots);
  const maxBodyBytes = core.settings.maxBodyBytes;
  // Before the gate only what the header alone tells; no byte of the body is read for somebody unknown.
  if (route.body !== 'none' && declaredLength(request) > maxBodyBytes) {
    throw httpErrors.body_too_large({ details: { limit: maxBodyBytes } });
  }
  const call: Call = {
    core,
    origin: { door: family.name, requestId, address },
    query,
    params: stringsOf(params),
    body: undefined,
    credential,
    principal: null,
    isFromLoopback: isFromLoopback(request),
    browser: {
      isForeignPage: () => isFromForeignPage(request, () => core.identity.tokens.issuer()),
      keepsCookies: () => keepsSecureCookies(request, () => core.identity.tokens.issuer()),
    },
    wants: {
      accept: request.headers.accept ?? null,
      acceptEncoding: codingsOf(request),
      ifNoneMatch: request.headers['if-none-match'] ?? null,
      ifMatch: request.headers['if-match'] ?? null,
      prefer: preferencesOf(request),
    },
    idempotencyKey: idempotencyKeyOf(request),
    signal: abortedWhenGone(response),
    apiDocument,
  };
  if (route.accepts === 'anyone') {
    return route.handle({ ...call, body: await readBody(request, route.body, maxBodyBytes) });
  }
  const proof = { csrf: csrfOf(request, call), isReadOnly: request.method === 'GET' || request.method === 'HEAD' };
  const principal = await admit(route, call, proof);
  const admittedAtMs = performance.now();
  const body = await readBody(request, route.body, maxBodyBytes);
  // Whoever is let in may take half a minute over the body; what was revoked meanwhile is revoked.
  const isStale = performance.now() - admittedAtMs > staleAfterMs;
  return route.handle({ ...call, principal: isStale ? await admit(route, call, proof) : principal, body });
}

/** A body that takes longer than this has the gate asked again. */
const staleAfterMs = 100;

/** The one gate. Local callers come in only where nothing at all was presented. */
async function admit(
  route: GuardedRoute,
  call: Call,
  { csrf, isReadOnly }: { readonly csrf: string | undefined; readonly isReadOnly: boolean },
): Promise<Principal> {
  if (call.credential?.slot === 'cookie' && !isReadOnly) assertOwnPage(call);
  const local = call.credential === null ? (route.whenNothingPresented?.(call) ?? null) : null;
  if (local !== null) return local;
  if (call.credential?.carriage === 'basic' && isTaken(call.credential, route.slots)) {
    const client = decodeBasic(call.credential.value);
    if (client !== null) return call.core.identity.authenticateClient({ ...client, origin: call.origin });
  }
  return call.core.identity.authenticate({
    presented: call.credential === null ? null : presentedCredential(call.credential, route.slots, csrf, isReadOnly),
    accepts: route.accepts,
    origin: call.origin,
  });
}

/**
 * The csrf value that came with the token, by header or, where the family takes it there, by query.
 *
 * @throws `http.credentials_conflict` when there are two different ones.
 */
function csrfOf(request: IncomingMessage, call: Call): string | undefined {
  const values = new Set<string>();
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const value = request.rawHeaders[at + 1];
    if (value !== undefined && request.rawHeaders[at]?.toLowerCase() === 'x-csrf-token') values.add(value);
  }
  const inQuery = call.query.get('csrf');
  if (inQuery !== undefined) values.add(inQuery);
  if (values.size > 1) throw httpErrors.credentials_conflict();
  return [...values][0];
}

/** Bare or as a quoted string; sent twice it is two names with a comma between, which nobody's is. */
function idempotencyKeyOf({ headers }: IncomingMessage): string | null {
  const sent = headers['idempotency-key'];
  if (sent === undefined) return null;
  const text = Array.isArray(sent) ? sent.join(', ') : sent;
  return /^"(.*)"$/.exec(text)?.[1] ?? text;
}

function codingsOf({ headers }: IncomingMessage): string | null {
  const sent = headers['accept-encoding'];
  return Array.isArray(sent) ? sent.join(', ') : (sent ?? null);
}

/** Lines of one header that come apart are one list (RFC 9110 §5.3). */
function preferencesOf({ headers }: IncomingMessage): string | null {
  const sent = headers['prefer'];
  if (sent === undefined) return null;
  return Array.isArray(sent) ? sent.join(', ') : sent;
}

function abortedWhenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

function stringsOf(params: unknown): Record<string, string> {
  const strings: Record<string, string> = Object.create(null);
  if (typeof params !== 'object' || params === null) return strings;
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'string') strings[name] = value;
  }
  return strings;
}
