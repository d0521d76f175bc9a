/** Refusals in the atlan shape: `{"success":false,"message","error","detail"}`. @module */
import type { AccessErrorCode } from '../../../access/index.js';
import type { IdentityErrorCode } from '../../../identity/index.js';
import type { AppError, CodesOf, ErrorKind } from '../../../kernel/errors.js';
import { type Reason, sourcesErrors } from '../../../sources/index.js';
import type { HttpErrorCode } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import { sentenceOf } from '../../kit/refusal.js';
import { httpStatusOf } from '../../kit/status.js';
import { slugOf } from './present.js';

interface Row {
  readonly status: number;
  readonly error?: string;
  /** Fixed text; absent: the error's own sentence. */
  readonly message?: string;
  /** The typed reason of verdicts that says the same. */
  readonly reason?: Reason;
}

const byKind = {
  invalid_input: { status: 400 },
  unauthenticated: { status: 401, message: 'Missing or invalid authentication token' },
  permission_denied: { status: 403 },
  not_found: { status: 404 },
  conflict: { status: 409 },
  failed_precondition: { status: 412 },
  rate_limited: { status: 429 },
  unsupported: { status: 400 },
  timeout: { status: 504, error: 'timeout' },
  cancelled: { status: 499, error: 'cancelled' },
  unavailable: { status: 503 },
  internal: { status: 500, error: 'internal_error', message: 'Internal server error' },
} satisfies Record<ErrorKind, Row>;

const byCode: {
  readonly [Code in HttpErrorCode | IdentityErrorCode | AccessErrorCode | CodesOf<typeof sourcesErrors>]?: Row;
} = {
  'http.body_malformed': { status: 400, error: 'malformed_json' },
  'sources.probe_rate_limited': { status: 429, reason: 'PROBE_RATE_LIMITED' },
};

/** Filters, as this family's requests spell them. */
const filterNames: Readonly<Record<string, string>> = {
  include: 'include-filter',
  exclude: 'exclude-filter',
  temporaryTables: 'temp-table-regex',
};

export function presentError(thrown: AppError): Answer {
  const error = withWireName(thrown);
  const own = Object.hasOwn(byCode, error.code) ? byCode[error.code as keyof typeof byCode] : undefined;
  const row: Row = own ?? byKind[error.kind];
  const status = httpStatusOf(error.code) ?? row.status;
  const message = row.message ?? sentenceOf(error);
  const { field } = error.details;
  const detail = field === undefined ? message : [{ field, message: error.message, type: error.code }];
  const reason = row.reason === undefined ? {} : { reason: row.reason };
  return json(status, { success: false, message, error: row.error ?? slugOf(status), detail, ...reason });
}

function withWireName(error: AppError): AppError {
  const { field } = error.details;
  if (error.code !== sourcesErrors.filter_invalid.code || field === undefined) return error;
  return sourcesErrors.filter_invalid({ details: { ...error.details, field: filterNames[field] ?? field } });
}
