/**
 * Puts a family behind the web framework: one encapsulated plugin for each of its prefixes, each with the family's own
 * error handler, 404 handler and hooks, so that whatever goes wrong under a family's path is said in its shape.
 *
 * The framework's body parsing and schema validation are left unused: every method counts as bodyless for it, and the
 * walk reads the body after the gate, by one strict decoder chosen by the route and not by a header.
 *
 * @module
 */
import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { AppError } from '../../kernel/errors.js';
import type { Core } from '../core.js';
import { httpErrors } from '../errors.js';
import type { Answer, StreamedAnswer } from '../kit/answer.js';
import { linger } from '../kit/body.js';
import { declaredRoute, type Family } from '../kit/family.js';
import { refusalAnswer, toAppError } from '../kit/refusal.js';
import type { DeclaredRoute, Route } from '../kit/route.js';
import { rawPathOf } from '../kit/url.js';
import { streamPieces } from './stream-pieces.js';
import { type DoorState, refuseUnfit, walk } from './walk.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Handlers made by a declaration. Anything else is refused at registration. */
const declaredHandlers = new WeakSet<object>();

/** Makes registering a route without a declaration a failure of the start. */
export function refuseUndeclaredRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!declaredHandlers.has(route.handler)) throw new TypeError('a route must be declared');
  });
}

/** Every method Node's parser knows reaches a route or its 405 sibling; none of them has a body for the framework. */
export function takeAllMethods(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (method !== 'CONNECT') app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
}

/** @returns the lines of the registry. */
export function registerFamily(app: FastifyInstance, family: Family, state: DoorState): DeclaredRoute[] {
  const paths = groupByPath(family.routes);
  for (const prefix of family.prefixes) {
    void app.register(
      async (scope) => {
        scope.addHook('onRequest', async (request) => refuseUnfit(request.raw, state));
        scope.setErrorHandler((thrown, request, reply) => refuse(thrown, request, reply, family, state.core));
        scope.setNotFoundHandler(() => {
          throw httpErrors.not_found();
        });
        for (const [path, routes] of paths) {
          if (prefixOf(family, path) === prefix) declarePath(scope, path.slice(prefix.length), routes, family, state);
        }
      },
      { prefix },
    );
  }
  return family.routes.map((route) => declaredRoute(family, route));
}

/** Registers what a path answers, and 405 for every other method. */
function declarePath(
  scope: FastifyInstance,
  url: string,
  routes: readonly Route[],
  family: Family,
  state: DoorState,
): void {
  const served = new Map<string, Route>();
  for (const route of routes) {
    served.set(route.method, route);
    if (route.method === 'GET' && route.answersHead) served.set('HEAD', route);
  }
  for (const [method, route] of served) {
    declare(scope, [method], url, async (request, reply) => {
      const answer = await walk(route, family, state.core, {
        address: state.clientAddress(request.raw),
        request: request.raw,
        response: reply.raw,
        params: request.params,
        requestId: request.id,
        apiDocument: state.apiDocument,
      });
      return 'pieces' in answer ? sendStreamed(reply, answer, request, state) : send(reply, answer);
    });
  }
  const allow = [...served.keys()].sort();
  const others = METHODS.filter((method) => method !== 'CONNECT' && !served.has(method));
  declare(scope, others, url, async () => {
    throw httpErrors.method_not_allowed({ details: { allow } });
  });
}

function declare(scope: FastifyInstance, methods: readonly string[], url: string, handler: Handler): void {
  declaredHandlers.add(handler);
  scope.route({ method: methods as HTTPMethods[], url, handler });
}

async function refuse(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  family: Family,
  core: Core,
): Promise<FastifyReply> {
  const error = toAppError(thrown);
  if (error.kind === 'internal') core.reportFault(thrown, request.id);
  if (error.code === httpErrors.body_too_large.code) await linger(request.raw);
  return sendRefusal(reply, family, error, request);
}

export function sendRefusal(
  reply: FastifyReply,
  family: Family,
  error: AppError,
  request: FastifyRequest,
): FastifyReply {
  return send(reply, refusalAnswer(family, error, { requestId: request.id, path: rawPathOf(request.raw.url ?? '') }));
}

function send(reply: FastifyReply, { status, contentType, body, headers }: Answer): FastifyReply {
  return (
    reply
      .code(status)
      .headers({ ...(contentType === null ? {} : { 'content-type': contentType }), ...headers })
      // The framework gives every text a type, an empty one too.
      .send(contentType === null ? undefined : body)
  );
}

/**
 * Nothing is sent before the first chunk is there, so that what goes wrong until then is answered as a refusal. What
 * goes wrong later has no answer any more: it is told to the log, and the connection is cut.
 */
async function sendStreamed(
  reply: FastifyReply,
  { status, contentType, pieces, headers, isPrompt }: StreamedAnswer,
  request: FastifyRequest,
  { core, stallMs }: DoorState,
): Promise<FastifyReply> {
  const body = await streamPieces(pieces, stallMs, isPrompt === true);
  body.once('error', (fault) => {
    // Whoever went away, or stopped reading, ended it; what fails because of that is no news.
    if (reply.raw.closed || (fault instanceof AppError && fault.kind === 'cancelled')) return;
    core.reportFault(fault, request.id);
  });
  return reply
    .code(status)
    .headers({ 'content-type': contentType, ...headers })
    .send(body);
}

function groupByPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function prefixOf(family: Family, path: string): string | undefined {
  return family.prefixes.find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
