/**
 * The front door: one handler behind a plain and a TLS listener, four published families and our own, each in its own
 * shape. No routes here.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import {
  type FastifyInstance,
  type FastifyReply,
  fastify,
  type InjectOptions,
  type LightMyRequestResponse,
} from 'fastify';
import type { Core } from './core.js';
import { httpErrors } from './errors.js';
import { families } from './families.js';
import type { ApiDocument } from './kit/api-document.js';
import { createClientAddress } from './kit/client-address.js';
import { familyOf } from './kit/family.js';
import { peerAddress } from './kit/loopback.js';
import type { DeclaredRoute } from './kit/route.js';
import { productVersion } from './kit/version.js';
import { answerClientErrors } from './server/client-errors.js';
import type { DoorState, RequestDone } from './server/exchange.js';
import {
  type ConnectionLimits,
  closeListener,
  createPlainListener,
  createTlsListener,
  type ListenAt,
  type ListenAtTls,
  type Listener,
  listen,
} from './server/listeners.js';
import { routeAsKnown } from './server/methods.js';
import { keepNodeShapes } from './server/node-shapes.js';
import { refuseUndeclaredRoutes, registerFamily, takeAllMethods } from './server/register.js';
import { requestIdOf } from './server/request-id.js';
import { respond } from './server/respond.js';

export { announceListeners, isListenerAlive } from './announce.js';
export type { Core } from './core.js';
export type { DeclaredRoute } from './kit/route.js';
export type { RequestDone } from './server/exchange.js';
export type { ListenAt, ListenAtTls } from './server/listeners.js';

export interface HttpOptions {
  /** `null`: no plain listener. */
  readonly http: ListenAt | null;
  /** `null`: no TLS listener. */
  readonly https: ListenAtTls | null;
  readonly onRequestDone?: (done: RequestDone) => void;
  readonly limits?: Partial<ConnectionLimits> & { readonly stallMs?: number };
}

export interface Http {
  /** Binds the listeners; when one cannot be bound, none stays. */
  listen(): Promise<{ readonly http: string | null; readonly https: string | null }>;
  /** Stops accepting, answers what is in flight, then closes every connection. */
  close(graceMs: number): Promise<void>;
  /** A request without a socket, for tests. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
  /** Everything that is served, and to whom. */
  readonly routes: readonly DeclaredRoute[];
}

const defaultLimits: ConnectionLimits & { readonly stallMs: number } = {
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 10_000,
  stallMs: 30_000,
};

/** Builds the front door; nothing is bound before {@link Http.listen}. */
export async function createHttp(core: Core, options: HttpOptions): Promise<Http> {
  const limits = { ...defaultLimits, ...options.limits };
  const listeners: { http: Listener | null; https: Listener | null } = { http: null, https: null };
  let isDraining = false;

  const app: FastifyInstance = fastify({
    serverFactory: (handler) => {
      listeners.http = options.http === null ? null : createPlainListener(options.http, limits, handler);
      listeners.https = options.https === null ? null : createTlsListener(options.https, limits, handler);
      const main = listeners.http ?? listeners.https ?? createPlainListener({ host: '', port: 0 }, limits, handler);
      return main.server;
    },
    genReqId: (request) => requestIdOf(request, families, core.ids),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // Answered below, on both listeners.
    clientErrorHandler: () => {},
    // What comes before the router; the address stays as it is.
    rewriteUrl: (request) => {
      routeAsKnown(request);
      return request.url ?? '';
    },
    // Nobody's schemas are the framework's, and its compilers of them are a tenth of what there is to load.
    schemaController: { compilersFactory: { buildValidator: compileNothing, buildSerializer: compileNothing } },
    routerOptions: { maxParamLength: 1_024, querystringParser: () => ({}) },
    frameworkErrors: (fault, { raw: request, id: requestId }, reply) => answerFault(fault, request, requestId, reply),
  });

  /** Whoever listens must not be able to break an answer. */
  function observe(done: RequestDone): void {
    try {
      options.onRequestDone?.(done);
    } catch (fault) {
      core.reportFault(fault, done.requestId);
    }
  }

  takeAllMethods(app);
  refuseUndeclaredRoutes(app);
  // What the router itself refuses, in the shape of whose path it was.
  const answerFault = (fault: unknown, request: IncomingMessage, requestId: string, reply: FastifyReply): void => {
    reply.hijack();
    const family = familyOf(families, request.url ?? null);
    const exchange = { family, route: null, request, response: reply.raw, params: null, requestId };
    respond(exchange, state, () => {
      throw fault;
    });
  };
  app.setErrorHandler((fault, { raw: request, id: requestId }, reply) =>
    answerFault(httpErrors.fault({ cause: fault }), request, requestId, reply),
  );

  const state: DoorState = {
    core,
    clientAddress: createClientAddress(core.settings.trustedProxies),
    isDraining: () => isDraining,
    maxHeaderBytes: limits.maxHeaderBytes,
    stallMs: limits.stallMs,
    apiDocument: onceMade(makeApiDocument),
    onAnswered: observe,
  };
  const routes = families.flatMap((family) => registerFamily(app, family, state));
  await app.ready();

  const all = [listeners.http, listeners.https].filter((listener) => listener !== null);
  for (const listener of all) {
    answerClientErrors(listener, families, core, ({ socket, ...refused }) =>
      observe({
        ...{ ...refused, method: null, route: null, durationMs: 0, isCut: false },
        ...{ address: peerAddress(socket), isTls: listener.isTls },
      }),
    );
  }

  async function close(graceMs: number): Promise<void> {
    isDraining = true;
    await Promise.all(all.map((listener) => closeListener(listener, graceMs)));
    await app.close();
  }

  return {
    routes,
    close,
    inject: (request) => app.inject(request),
    async listen() {
      keepNodeShapes();
      try {
        return {
          http: listeners.http === null ? null : await listen(listeners.http),
          https: listeners.https === null ? null : await listen(listeners.https),
        };
      } catch (error) {
        await close(0);
        throw error;
      }
    },
  };
}

function compileNothing(): never {
  throw new TypeError('a route has no schema');
}

/** What is served, as OpenAPI; nothing has to be open for it. Loaded only now: most processes are never asked. */
export async function describeApi(): Promise<object> {
  const { renderOpenApi } = await import('./openapi/index.js');
  return renderOpenApi(productVersion);
}

async function makeApiDocument(): Promise<ApiDocument> {
  const text = JSON.stringify(await describeApi());
  return { text, gzip: gzipSync(text), tag: createHash('sha256').update(text).digest('base64url').slice(0, 32) };
}

/** A failure is not kept. */
function onceMade<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
