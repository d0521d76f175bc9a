/**
 * What one face of the front door is: where it stands, how it errs, and its routes. A family knows the use-cases and
 * this kit; it knows neither the web framework nor its neighbours.
 *
 * @module
 */
import type { AppError } from '../../kernel/errors.js';
import type { Answer } from './answer.js';
import type { DeclaredRoute, Route } from './route.js';
import { rawPathOf } from './url.js';

export interface ErrorContext {
  readonly requestId: string;
  /** Path as it was sent, without the query; `null` when the request never had one. */
  readonly path: string | null;
}

export interface Family {
  /** Also the `door` of its audit events. */
  readonly name: 'precrime' | 'cloudio' | 'onedb' | 'atlan' | 'oauth' | 'native';
  /** First segments of its paths; `''` stands for every path that no other family has. */
  readonly prefixes: readonly string[];
  readonly routes: readonly Route[];
  /** Whether the caller may name the request, with `X-Request-Id`. */
  readonly takesRequestId?: true;
  /** Whether `csrf` may stand in the query. */
  readonly takesCsrfInQuery?: true;
  /** Every refusal, in the family's shape. Adding a kind of error stops compilation here. */
  presentError(error: AppError, context: ErrorContext): Answer;
}

/** Whose a path is, by its first segment: also for requests that the router never saw. */
export function familyOf(families: readonly Family[], target: string | null): Family {
  const path = target === null ? '' : rawPathOf(target);
  const fallback = families.find((family) => family.prefixes.includes(''));
  const owner = families.find((family) =>
    family.prefixes.some((prefix) => prefix !== '' && (path === prefix || path.startsWith(`${prefix}/`))),
  );
  const family = owner ?? fallback;
  if (family === undefined) throw new TypeError('one family must have the empty prefix');
  return family;
}

/** A route as a line of the registry. */
export function declaredRoute(family: Family, route: Route): DeclaredRoute {
  const { method, path, accepts } = route;
  const isGuarded = accepts !== 'anyone';
  return {
    family: family.name,
    method,
    path,
    accepts,
    slots: isGuarded ? (route as Extract<Route, { slots: unknown }>).slots : {},
    admitsLocalCallers: isGuarded && 'whenNothingPresented' in route && route.whenNothingPresented !== undefined,
  };
}
