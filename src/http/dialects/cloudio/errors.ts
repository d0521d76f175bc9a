/** Refusals in the cloudio shape: `{"code","status":"ERROR","title","message"}`, the code being the HTTP status. @module */
import type { AccessErrorCode } from '../../../access/index.js';
import type { DataErrorCode } from '../../../data/index.js';
import type { IdentityErrorCode } from '../../../identity/index.js';
import { AppError, type CodesOf, defineErrors, type ErrorKind } from '../../../kernel/errors.js';
import type { QueryErrorCode } from '../../../query/index.js';
import type { sourcesErrors } from '../../../sources/index.js';
import type { HttpErrorCode } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import { sentenceOf } from '../../kit/refusal.js';
import { httpStatusOf } from '../../kit/status.js';

/** Refusals that only this family knows. */
export const cloudioErrors = defineErrors('cloudio', {
  data_source_denied: {
    kind: 'permission_denied',
    message: 'You are not allowed to use this data source.',
    retired: true,
  },
  /** Unknown and not granted alike. */
  attribute_unknown: { kind: 'invalid_input', message: 'There is no such attribute, or it may not be used.' },
  operator_unknown: { kind: 'invalid_input', message: 'The operator is not known for this attribute.' },
  value_invalid: { kind: 'invalid_input', message: 'The value does not fit its attribute.' },
  query_invalid: { kind: 'invalid_input', message: 'The query makes no sense.' },
  row_invalid: { kind: 'invalid_input', message: 'A row of data makes no sense.' },
});

interface Row {
  readonly status: number;
  readonly title: string;
  /** Fixed text of the published API; absent: the error's own sentence. */
  readonly message?: string;
}

const wrongLogin: Row = {
  status: 403,
  title: 'Access Denied',
  message: 'Access Denied - Invalid username and/or password!',
};

const byKind = {
  invalid_input: { status: 400, title: 'Invalid Request' },
  unauthenticated: { status: 401, title: 'Unauthorized', message: 'Unauthorized - Sign in first.' },
  permission_denied: {
    status: 403,
    title: 'Access Denied',
    message: 'Access Denied - You are not allowed to do this.',
  },
  not_found: { status: 404, title: 'Not Found' },
  conflict: { status: 409, title: 'Conflict' },
  failed_precondition: { status: 409, title: 'Conflict' },
  rate_limited: { status: 429, title: 'Too Many Requests' },
  unsupported: { status: 400, title: 'Invalid Request' },
  timeout: { status: 504, title: 'Timeout' },
  cancelled: { status: 499, title: 'Cancelled' },
  unavailable: { status: 503, title: 'Service Unavailable' },
  internal: { status: 500, title: 'Internal Error', message: 'Something went wrong on our side.' },
} satisfies Record<ErrorKind, Row>;

const invalid: Row = { status: 400, title: 'Invalid Request' };

type KnownCode =
  | HttpErrorCode
  | IdentityErrorCode
  | AccessErrorCode
  | DataErrorCode
  | QueryErrorCode
  | CodesOf<typeof sourcesErrors>;

const byCode: { readonly [Code in KnownCode]?: Row } = {
  'http.method_not_allowed': { status: 405, title: 'Method Not Allowed' },
  'identity.invalid_credentials': wrongLogin,
  // The published API has no answer for it and no way to change a password, so it looks like a wrong one.
  'identity.password_expired': wrongLogin,
  'identity.token_expired': { status: 401, title: 'Unauthorized', message: 'Unauthorized - The session has expired.' },
  'data.row_changed': {
    status: 409,
    title: 'Conflict',
    message: 'Record has been changed or deleted meanwhile. Query it again, then repeat the change.',
  },
  'query.column_not_writable': {
    status: 403,
    title: 'Access Denied',
    message: 'Access Denied - An attribute may not be written.',
  },
  'sources.row_out_of_reach': {
    status: 403,
    title: 'Access Denied',
    message: 'Access Denied - A row would not be one that you may write.',
  },
  // A source that is gone takes its data sources along: they are as unknown as any other.
  'sources.not_found': byKind.permission_denied,
  'data.relation_gone': { status: 404, title: 'Not Found' },
  'sources.constraint_violated': invalid,
  'sources.query_refused': invalid,
  'sources.result_too_large': invalid,
  // Whoever wrote the same rows at once won; to the client it is the lock that did not hold.
  'sources.serialization_failed': { status: 409, title: 'Conflict' },
  'sources.relation_changed': { status: 503, title: 'Service Unavailable' },
  'identity.csrf_mismatch': { status: 403, title: 'Access Denied', message: 'Access Denied - Invalid csrf!' },
};

export function presentError(error: AppError): Answer {
  const own = Object.hasOwn(byCode, error.code) ? byCode[error.code as keyof typeof byCode] : undefined;
  const row: Row = own ?? byKind[error.kind];
  const status = httpStatusOf(error.code) ?? row.status;
  const message = row.message ?? sentenceOf(error);
  const kept = row.message !== undefined && error.details.fix?.endsWith(keptSentence) ? ` ${keptSentence}` : '';
  return json(status, { code: status, status: 'ERROR', title: row.title, message: `${message}${kept}` });
}

const keptSentence = 'What was posted with it has been kept.';

/** A query that fails after the posts of its request were done: the client must not post them again. */
export function keptBefore(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const fix = [error.details.fix, keptSentence].filter((sentence) => sentence !== undefined).join(' ');
  return new AppError(error.kind, error.code, error.message, {
    details: { ...error.details, fix },
    cause: error.cause,
  });
}

/**
 * Does something that names columns, and has what it refuses name attributes.
 *
 * @param nameOf  The attribute of a column, or the alias of an aggregate.
 */
export function inAttributes<T>(nameOf: (column: string) => string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withAttributes(error, nameOf);
  }
}

/** Refusals of other rooms that are about a column speak of its attribute. */
export function withAttributes(error: unknown, nameOf: (column: string) => string): unknown {
  if (!(error instanceof AppError) || error.details.field === undefined) return error;
  if (!/^(?:query|sources|data|access)\./.test(error.code)) return error;
  const details = { ...error.details, field: nameOf(error.details.field) };
  return new AppError(error.kind, error.code, error.message, { details, cause: error.cause });
}
