/**
 * One request's walk, the same at every door: fit for any answer at all → path spelled canonically → query → credential
 * found → gate → body → the route. Whatever refuses, the later steps do not happen.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../access/index.js';
import { type Eventual, whenThere } from '../../kernel/eventual.js';
import { httpErrors } from '../errors.js';
import type { Answer, StreamedAnswer } from '../kit/answer.js';
import { decodeBasic } from '../kit/basic.js';
import { declaredLength, readBody } from '../kit/body.js';
import { assertOwnPage } from '../kit/browser.js';
import { findCredential, isTaken, presentedCredential, type SlotTable } from '../kit/credentials.js';
import type { GuardedCall, GuardedRoute, Route } from '../kit/route.js';
import { isSecondSpelling, parseQuery, type Query, rawPathOf } from '../kit/url.js';
import type { DoorState, Exchange } from './exchange.js';
import { RequestCall } from './request-call.js';

const hostGrammar = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Refuses what no route may see.
 *
 * @throws `http.draining` · `http.request_malformed` for HTTP/0.9, which has no headers · `http.headers_too_large` ·
 * `http.host_invalid` (RFC 9112 §3.2) · `http.expectation_unsupported` ·
 * `http.not_found` for a path that is spelled in a second way: limits, audit and authorization must see one name only.
 */
export function refuseUnfit(request: IncomingMessage, state: Pick<DoorState, 'isDraining' | 'maxHeaderBytes'>): void {
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

/**
 * Everything that can be told at once is: the promises of a gate that knows the credential already would cost more than
 * the gate.
 *
 * @throws what refuses it, or rejects with it.
 */
export function walk(route: Route, exchange: Exchange, state: DoorState): Eventual<Answer | StreamedAnswer> {
  const { request, family } = exchange;
  const query = parseQuery(request.url ?? '', family.takesCsrfInQuery === true);
  const credential = findCredential(request.rawHeaders, route.slots ?? noSlots);
  const { maxBodyBytes } = state.core.settings;
  // Before the gate only what the header alone tells; no byte of the body is read for somebody unknown.
  if (route.body !== 'none' && declaredLength(request) > maxBodyBytes) {
    throw httpErrors.body_too_large({ details: { limit: maxBodyBytes } });
  }
  const call = new RequestCall(exchange, state, query, credential);
  if (route.accepts === 'anyone') {
    if (route.body === 'none') return route.handle(call);
    return readBody(request, route.body, maxBodyBytes).then((body) => {
      call.body = body;
      return route.handle(call);
    });
  }
  const csrf = csrfOf(request, query);
  return whenThere(admit(route, call, request, csrf), (principal) => {
    if (route.body === 'none') return route.handle(admitted(call, principal));
    const admittedAtMs = performance.now();
    return readBody(request, route.body, maxBodyBytes).then((body) => {
      call.body = body;
      // Whoever is let in may take half a minute over the body; what was revoked meanwhile is revoked.
      const isStale = performance.now() - admittedAtMs > staleAfterMs;
      return whenThere(isStale ? admit(route, call, request, csrf) : principal, (still) =>
        route.handle(admitted(call, still)),
      );
    });
  });
}

const noSlots: SlotTable = {};

function admitted(call: RequestCall, principal: Principal): GuardedCall {
  call.principal = principal;
  return call as GuardedCall;
}

/** A body that takes longer than this has the gate asked again. */
const staleAfterMs = 100;

/** The one gate. Local callers come in only where nothing at all was presented. */
function admit(
  route: GuardedRoute,
  call: RequestCall,
  { method }: IncomingMessage,
  csrf: string | undefined,
): Eventual<Principal> {
  const { core, credential, origin } = call;
  const isReadOnly = method === 'GET' || method === 'HEAD';
  if (credential?.slot === 'cookie' && !isReadOnly) assertOwnPage(call);
  const local = credential === null ? (route.whenNothingPresented?.(call) ?? null) : null;
  if (local !== null) return local;
  if (credential?.carriage === 'basic' && isTaken(credential, route.slots)) {
    const client = decodeBasic(credential.value);
    if (client !== null) return core.identity.authenticateClient({ ...client, origin });
  }
  const presented = credential === null ? null : presentedCredential(credential, route.slots, csrf, isReadOnly);
  return core.identity.authenticate({ presented, accepts: route.accepts, origin });
}

/**
 * The csrf value that came with the token, by header or, where the family takes it there, by query.
 *
 * @throws `http.credentials_conflict` when there are two different ones.
 */
function csrfOf({ rawHeaders }: IncomingMessage, query: Query): string | undefined {
  let found = query.get('csrf');
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1];
    if (value === undefined || !isNamed(rawHeaders[at] ?? '', 'x-csrf-token')) continue;
    if (found !== undefined && found !== value) throw httpErrors.credentials_conflict();
    found = value;
  }
  return found;
}
