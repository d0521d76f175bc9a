/** Refusals in the precrime shape: `{"message"}`. @module */
import type { IdentityErrorCode } from '../../../identity/index.js';
import type { AppError, ErrorKind } from '../../../kernel/errors.js';
import type { HttpErrorCode } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import { sentenceOf } from '../../kit/refusal.js';
import { httpStatusOf } from '../../kit/status.js';

interface Row {
  readonly status: number;
  /** Fixed text of the published API; absent: the error's own sentence. */
  readonly message?: string;
}

const byKind = {
  invalid_input: { status: 400 },
  unauthenticated: { status: 401, message: 'Unauthorized' },
  permission_denied: { status: 403, message: 'Forbidden' },
  not_found: { status: 404, message: 'Not found' },
  conflict: { status: 409 },
  failed_precondition: { status: 409 },
  rate_limited: { status: 429 },
  unsupported: { status: 400 },
  timeout: { status: 504 },
  cancelled: { status: 499 },
  unavailable: { status: 503 },
  internal: { status: 500, message: 'Internal server error' },
} satisfies Record<ErrorKind, Row>;

const byCode: { readonly [Code in HttpErrorCode | IdentityErrorCode]?: Row } = {
  'identity.invalid_credentials': { status: 401, message: 'Incorrect credentials' },
  'identity.password_expired': { status: 403, message: 'Password expired' },
};

export function presentError(error: AppError): Answer {
  const own = Object.hasOwn(byCode, error.code) ? byCode[error.code as keyof typeof byCode] : undefined;
  const row: Row = own ?? byKind[error.kind];
  return json(httpStatusOf(error.code) ?? row.status, { message: row.message ?? sentenceOf(error) });
}
