/**
 * Methods as the router knows them. It keeps a tree of all paths for each, and two dozen of those would hold refusals
 * only: methods that no route can have are one for it, and keep their names for whoever asks.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { Method } from '../kit/route.js';

/** What every other one is routed as. */
const other = 'TRACE';
const known: Readonly<Record<Method | 'HEAD' | typeof other, true>> = {
  GET: true,
  HEAD: true,
  POST: true,
  PUT: true,
  PATCH: true,
  DELETE: true,
  [other]: true,
};
export const routedMethods: readonly string[] = Object.keys(known);
const routed: ReadonlySet<string> = new Set(routedMethods);

const sent = new WeakMap<IncomingMessage, string>();

/** To be called before the request is routed. */
export function routeAsKnown(request: IncomingMessage): void {
  const { method } = request;
  if (method === undefined || routed.has(method)) return;
  sent.set(request, method);
  request.method = other;
}

/** As the client sent it. */
export function methodOf(request: IncomingMessage): string | null {
  const { method = null } = request;
  return method === other ? (sent.get(request) ?? method) : method;
}
