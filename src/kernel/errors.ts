/**
 * The one error type of the house and the tables it is made from. A refusal has a kind (closed list, close to
 * google.rpc.Code), a stable code `room.what`, and one fixed sentence. It knows nothing of HTTP: every door has its
 * own table from kind and code to status and body.
 *
 * @module
 */

/** Closed list: adding a kind stops compilation in every door's table, which is the point. */
export const errorKinds = [
  'invalid_input',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'conflict',
  'failed_precondition',
  'rate_limited',
  'unsupported',
  'timeout',
  'cancelled',
  'unavailable',
  'internal',
] as const;

export type ErrorKind = (typeof errorKinds)[number];

/** Safe to show to the caller: names of fields, limits, ids they already hold. Never a value they sent. */
export interface ErrorDetails {
  readonly field?: string;
  readonly fix?: string;
  readonly limit?: number;
  readonly allow?: readonly string[];
  readonly retryAfterSeconds?: number;
}

export interface ErrorContext {
  readonly details?: ErrorDetails;
  /** For the log only; never leaves the process. */
  readonly cause?: unknown;
}

/**
 * A refusal. Programmer mistakes are `TypeError`, never this.
 *
 * `message` is fixed per code: no values are interpolated, so it can be shown to anyone.
 */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(kind: ErrorKind, code: string, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.code = code;
    this.details = context.details ?? {};
  }
}

export interface ErrorDefinition {
  readonly kind: ErrorKind;
  readonly message: string;
  /** A retired code stays in its table so that it is never reused. */
  readonly retired?: true;
}

export interface ErrorFactory {
  (context?: ErrorContext): AppError;
  readonly code: string;
  readonly kind: ErrorKind;
}

export type ErrorTable<Room extends string, Table extends Record<string, ErrorDefinition>> = {
  readonly [Name in keyof Table & string]: ErrorFactory & { readonly code: `${Room}.${Name}` };
};

/** The codes a table defines, as a union: `CodesOf<typeof identityErrors>`. */
export type CodesOf<T> = T extends Record<string, { readonly code: infer Code extends string }> ? Code : never;

/**
 * Makes a room's table of refusals. `errors.invalid_credentials()` makes the error,
 * `errors.invalid_credentials.code` is its code with a literal type.
 */
export function defineErrors<const Room extends string, const Table extends Record<string, ErrorDefinition>>(
  room: Room,
  table: Table,
): ErrorTable<Room, Table> {
  const factories: Record<string, ErrorFactory> = {};
  for (const [name, definition] of Object.entries(table)) {
    const code = `${room}.${name}`;
    const make = (context?: ErrorContext) => new AppError(definition.kind, code, definition.message, context);
    factories[name] = Object.freeze(Object.assign(make, { code, kind: definition.kind, definition }));
  }
  return Object.freeze(factories) as ErrorTable<Room, Table>;
}

/** The definitions behind a table, for the generated reference page. */
export function describeErrors(table: Record<string, ErrorFactory>): { code: string; definition: ErrorDefinition }[] {
  return Object.values(table).map((factory) => ({
    code: factory.code,
    definition: (factory as ErrorFactory & { definition: ErrorDefinition }).definition,
  }));
}
