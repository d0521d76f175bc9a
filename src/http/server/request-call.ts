/**
 * One request as routes see it. Everything that most routes never ask for is worked out when it is asked for: a token
 * check is shorter than the reading of all the headers that some other route has a use for.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Principal } from '../../access/index.js';
import type { AuditOrigin } from '../../audit/index.js';
import type { Core } from '../core.js';
import type { ApiDocument } from '../kit/api-document.js';
import type { Body } from '../kit/body.js';
import { isFromForeignPage, keepsSecureCookies } from '../kit/browser.js';
import type { FoundCredential } from '../kit/credentials.js';
import { isFromLoopback } from '../kit/loopback.js';
import type { Call } from '../kit/route.js';
import type { Query } from '../kit/url.js';
import type { DoorState, Exchange } from './exchange.js';

/** Completed on the way: the gate adds the principal, and what is read after it the body. */
export class RequestCall implements Call {
  principal: Principal | null = null;
  body: Body = undefined;
  readonly core: Core;
  readonly origin: AuditOrigin;
  readonly query: Query;
  readonly credential: FoundCredential | null;
  readonly #exchange: Exchange;
  readonly #state: DoorState;
  #gone: AbortSignal | null = null;

  constructor(exchange: Exchange, state: DoorState, query: Query, credential: FoundCredential | null) {
    const { request, requestId, family } = exchange;
    this.core = state.core;
    this.origin = { door: family.name, requestId, address: state.clientAddress(request) };
    this.query = query;
    this.credential = credential;
    this.#exchange = exchange;
    this.#state = state;
  }

  get params(): Readonly<Record<string, string>> {
    return stringsOf(this.#exchange.params);
  }

  get isFromLoopback(): boolean {
    return isFromLoopback(this.#exchange.request);
  }

  get browser(): Call['browser'] {
    const { request } = this.#exchange;
    const ownUrl = () => this.core.identity.tokens.issuer();
    return {
      isForeignPage: () => isFromForeignPage(request, ownUrl),
      keepsCookies: () => keepsSecureCookies(request, ownUrl),
    };
  }

  get wants(): Call['wants'] {
    const { headers } = this.#exchange.request;
    return {
      accept: headers.accept ?? null,
      acceptEncoding: listed(headers['accept-encoding']),
      ifNoneMatch: headers['if-none-match'] ?? null,
      ifMatch: headers['if-match'] ?? null,
      prefer: listed(headers['prefer']),
    };
  }

  /** Bare or as a quoted string; sent twice it is two names with a comma between, which nobody's is. */
  get idempotencyKey(): string | null {
    const text = listed(this.#exchange.request.headers['idempotency-key']);
    return text === null ? null : (/^"(.*)"$/.exec(text)?.[1] ?? text);
  }

  get signal(): AbortSignal {
    this.#gone ??= abortedWhenGone(this.#exchange.response);
    return this.#gone;
  }

  get apiDocument(): () => Promise<ApiDocument> {
    return this.#state.apiDocument;
  }

  detached(): RequestCall {
    const call = new RequestCall(this.#exchange, this.#state, this.query, this.credential);
    call.principal = this.principal;
    call.body = this.body;
    call.#gone = new AbortController().signal;
    return call;
  }
}

/** Lines of one header that come apart are one list (RFC 9110 §5.3). */
function listed(header: string | string[] | undefined): string | null {
  return Array.isArray(header) ? header.join(', ') : (header ?? null);
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
