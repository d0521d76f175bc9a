/** Refusals in the cloudio shape: `{"code","status":"ERROR","title","message"}`, the code being the HTTP status. @module */
import type { AccessErrorCode } from '../../../access/index.js';
import type { IdentityErrorCode } from '../../../identity/index.js';
import { type AppError, defineErrors, type ErrorKind } from '../../../kernel/errors.js';
import type { HttpErrorCode } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import { sentenceOf } from '../../kit/refusal.js';
import { httpStatusOf } from '../../kit/status.js';

/** Refusals that only this family knows. */
export const cloudioErrors = defineErrors('cloudio', {
  /** Unknown and not granted alike: what exists is told only to those who may see it. */
  data_source_denied: { kind: 'permission_denied', message: 'You are not allowed to use this data source.' },
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

const byCode: { readonly [Code in HttpErrorCode | IdentityErrorCode | AccessErrorCode]?: Row } = {
  'http.method_not_allowed': { status: 405, title: 'Method Not Allowed' },
  'identity.invalid_credentials': wrongLogin,
  // The published API has no answer for it and no way to change a password, so it looks like a wrong one.
  'identity.password_expired': wrongLogin,
  'identity.token_expired': { status: 401, title: 'Unauthorized', message: 'Unauthorized - The session has expired.' },
  'identity.csrf_mismatch': { status: 403, title: 'Access Denied', message: 'Access Denied - Invalid csrf!' },
};

export function presentError(error: AppError): Answer {
  const own = Object.hasOwn(byCode, error.code) ? byCode[error.code as keyof typeof byCode] : undefined;
  const row: Row = own ?? byKind[error.kind];
  const status = httpStatusOf(error.code) ?? row.status;
  return json(status, { code: status, status: 'ERROR', title: row.title, message: row.message ?? sentenceOf(error) });
}
