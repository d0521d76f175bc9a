/**
 * Puts a family behind the web framework: one encapsulated plugin for each of its prefixes, each with the family's own
 * error handler, 404 handler and hooks, so that whatever goes wrong under a family's path is said in its shape.
 *
 * The framework's body parsing and schema validation are left unused: every method counts as bodyless for it, and the
 * walk reads the body after the gate, by one strict decoder chosen by the route and not by a header.
 *
 * @module
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { httpErrors } from '../errors.js';
import { declaredRoute, type Family } from '../kit/family.js';
import type { DeclaredRoute, Route } from '../kit/route.js';
import type { DoorState } from './exchange.js';
import { routedMethods } from './methods.js';
import { respond, type Work } from './respond.js';
import { refuseUnfit, walk } from './walk.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => void;

/** Handlers made by a declaration. Anything else is refused at registration. */
const declaredHandlers = new WeakSet<object>();

/** Makes registering a route without a declaration a failure of the start. */
export function refuseUndeclaredRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!declaredHandlers.has(route.handler)) throw new TypeError('a route must be declared');
  });
}

/** Every method reaches a route or its 405 sibling; none of them has a body for the framework. */
export function takeAllMethods(app: FastifyInstance): void {
  for (const method of routedMethods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
}

/** @returns the lines of the registry. */
export function registerFamily(app: FastifyInstance, family: Family, state: DoorState): DeclaredRoute[] {
  const paths = groupByPath(family.routes);
  for (const prefix of family.prefixes) {
    void app.register(
      async (scope) => {
        scope.setNotFoundHandler(
          handlerOf(family, null, state, () => {
            throw httpErrors.not_found();
          }),
        );
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
  const place = `${prefixOf(family, routes[0]?.path ?? '') ?? ''}${url}`;
  for (const [method, route] of served) {
    declare(
      scope,
      [method],
      url,
      handlerOf(family, place, state, (exchange) => walk(route, exchange, state)),
    );
  }
  const allow = [...served.keys()].sort();
  const others = routedMethods.filter((method) => !served.has(method));
  const refuse = handlerOf(family, place, state, () => {
    throw httpErrors.method_not_allowed({ details: { allow } });
  });
  declare(scope, others, url, refuse);
}

function declare(scope: FastifyInstance, methods: readonly string[], url: string, handler: Handler): void {
  declaredHandlers.add(handler);
  scope.route({ method: methods as HTTPMethods[], url, handler });
}

/** From here on the answer is ours: what the framework does for one costs more than a check of a token. */
function handlerOf(family: Family, route: string | null, state: DoorState, work: Work): Handler {
  const fitWork: Work = (exchange) => {
    refuseUnfit(exchange.request, state);
    return work(exchange);
  };
  return ({ raw: request, id: requestId, params }, reply) => {
    reply.hijack();
    respond({ family, route, request, response: reply.raw, params, requestId }, state, fitWork);
  };
}

function groupByPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function prefixOf(family: Family, path: string): string | undefined {
  return family.prefixes.find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
