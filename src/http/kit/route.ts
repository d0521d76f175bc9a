/**
 * How a route is declared. A declaration says who may come in before it says what happens then; nothing can be
 * registered without one, and the registry of declarations is what the credential matrix is tested against.
 *
 * @module
 */
import type { CredentialKind, Principal } from '../../access/index.js';
import type { AuditOrigin } from '../../audit/index.js';
import type { Eventual } from '../../kernel/eventual.js';
import type { Core } from '../core.js';
import type { Answer, StreamedAnswer } from './answer.js';
import type { ApiDocument } from './api-document.js';
import type { Body, BodyForm } from './body.js';
import type { FoundCredential, SlotTable } from './credentials.js';
import type { Query } from './url.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request, decoded as far as every family decodes it. */
export interface Call {
  readonly core: Core;
  readonly origin: AuditOrigin;
  readonly query: Query;
  /** Values of the path's named parts. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  /** What was presented, unjudged; a route that is open to anyone may read it as a login. */
  readonly credential: FoundCredential | null;
  /** `null` only where the route is open to anyone. */
  readonly principal: Principal | null;
  /** Whether the peer, the Host header and the absence of proxy headers say that this came from this machine itself. */
  readonly isFromLoopback: boolean;
  /** What is known of the browser, where it is one. */
  readonly browser: {
    /** A page of another origin sent this. */
    isForeignPage(): boolean;
    /** It would keep a cookie of ours. */
    keepsCookies(): boolean;
  };
  /** What the client says it would like, and what it has already; `null` where it says nothing. */
  readonly wants: {
    readonly accept: string | null;
    readonly acceptEncoding: string | null;
    readonly ifNoneMatch: string | null;
    readonly ifMatch: string | null;
    readonly prefer: string | null;
  };
  /** The client's own name for this request (`Idempotency-Key`), so that sending it again does nothing twice. */
  readonly idempotencyKey: string | null;
  /** Aborted when the client goes away before it has the whole answer. */
  readonly signal: AbortSignal;
  /** What is served here, in words and shapes; made when it is first asked for. */
  apiDocument(): Promise<ApiDocument>;
  /** The same, but for {@link Call.signal}: what is begun for it goes on when the client goes away. */
  detached(): Call;
}

export interface GuardedCall extends Call {
  readonly principal: Principal;
  detached(): GuardedCall;
}

interface RouteCommon {
  readonly method: Method;
  readonly path: string;
  readonly body: BodyForm;
  /** A GET that changes nothing also answers HEAD. */
  readonly answersHead?: true;
}

/** Open to anyone; a credential that is presented is not judged. */
export interface OpenRoute extends RouteCommon {
  readonly accepts: 'anyone';
  /** Where a credential may stand that the route wants to know of. */
  readonly slots?: SlotTable;
  handle(call: Call): Eventual<Answer | StreamedAnswer>;
}

/** Behind the gate. */
export interface GuardedRoute extends RouteCommon {
  readonly accepts: readonly CredentialKind[];
  readonly slots: SlotTable;
  /** Who is asking when nothing at all was presented; without it, or when it says `null`, nobody is. */
  whenNothingPresented?(call: Call): Principal | null;
  handle(call: GuardedCall): Eventual<Answer | StreamedAnswer>;
}

export type Route = OpenRoute | GuardedRoute;

/** A line of the registry: what is served, and to whom. */
export interface DeclaredRoute {
  readonly family: string;
  readonly method: Method;
  readonly path: string;
  readonly accepts: 'anyone' | readonly CredentialKind[];
  readonly slots: SlotTable;
  /** Whether some callers are let in without presenting anything. */
  readonly admitsLocalCallers: boolean;
}
