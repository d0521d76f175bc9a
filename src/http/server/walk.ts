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
  const { bytes, hosts, contentTypes } = surveyHeaders(request);
  if (bytes > state.maxHeaderBytes) throw httpErrors.headers_too_large();
  const isHostNeeded = request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
  if (hosts > 1 || (hosts === 0 && isHostNeeded) || (hosts === 1 && !hostGrammar.test(request.headers.host ?? ''))) {
    throw httpErrors.host_invalid();
  }
  if (namesAnotherHost(request)) throw httpErrors.host_invalid();
  if (contentTypes > 1) throw httpErrors.request_malformed();
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

/**
 * How many bytes the head has on the wire, and how often headers were sent that may come once: Node's own limit leaves
 * out separators and line ends, so that thousands of tiny headers slip under it, and its own table shows the first of
 * several and hides the rest.
 */
function surveyHeaders({ method = '', url = '', rawHeaders }: IncomingMessage): {
  readonly bytes: number;
  readonly hosts: number;
  readonly contentTypes: number;
} {
  let bytes = method.length + url.length + ' '.length + ' HTTP/1.1\r\n'.length;
  let hosts = 0;
  let contentTypes = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    // After every name `: `, after every value the line's end.
    bytes += name.length + (rawHeaders[at + 1]?.length ?? 0) + 4;
    if (isNamed(name, 'host')) hosts += 1;
    else if (isNamed(name, 'content-type')) contentTypes += 1;
  }
  return { bytes, hosts, contentTypes };
}

/** @param header  In lower case. */
function isNamed(name: string, header: string): boolean {
  return name.length === header.length && name.toLowerCase() === header;
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
  let gone: AbortSignal | undefined;
  // One object from here to the route, completed on the way.
  const call: { -readonly [Member in keyof Call]: Call[Member] } = {
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
    // Most routes are done before anybody could have gone, and never ask.
    get signal() {
      gone ??= abortedWhenGone(response);
      return gone;
    },
    apiDocument,
  };
  if (route.accepts === 'anyone') {
    call.body = await readBody(request, route.body, maxBodyBytes);
    return route.handle(call);
  }
  const proof = { csrf: csrfOf(request, call), isReadOnly: request.method === 'GET' || request.method === 'HEAD' };
  const principal = await admit(route, call, proof);
  const admittedAtMs = performance.now();
  call.body = await readBody(request, route.body, maxBodyBytes);
  // Whoever is let in may take half a minute over the body; what was revoked meanwhile is revoked.
  const isStale = performance.now() - admittedAtMs > staleAfterMs;
  return route.handle(Object.assign(call, { principal: isStale ? await admit(route, call, proof) : principal }));
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
  let found = call.query.get('csrf');
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const value = request.rawHeaders[at + 1];
    if (value === undefined || !isNamed(request.rawHeaders[at] ?? '', 'x-csrf-token')) continue;
    if (found !== undefined && found !== value) throw httpErrors.credentials_conflict();
    found = value;
  }
  return found;
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

/** Also when the client has gone before anybody asks. */
function abortedWhenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const abort = () => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.closed || response.destroyed) abort();
  else response.once('close', abort);
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
