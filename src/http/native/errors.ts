/** Refusals of our own API: problem details (RFC 9457) with a stable `code` and the request's id. @module */
import type { AccessErrorCode } from '../../access/index.js';
import type { IdentityErrorCode } from '../../identity/index.js';
import type { AppError, ErrorKind } from '../../kernel/errors.js';
import type { HttpErrorCode } from '../errors.js';
import { type Answer, problemJson } from '../kit/answer.js';
import type { ErrorContext } from '../kit/family.js';
import { plainSentenceOf } from '../kit/refusal.js';
import { httpStatusOf } from '../kit/status.js';

interface Row {
  readonly status: number;
  readonly title: string;
}

/** Titles are the standard phrases of the statuses, as `about:blank` asks for (RFC 9457 §4.2.1). */
const byKind = {
  invalid_input: { status: 400, title: 'Bad Request' },
  unauthenticated: { status: 401, title: 'Unauthorized' },
  permission_denied: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'Not Found' },
  conflict: { status: 409, title: 'Conflict' },
  failed_precondition: { status: 409, title: 'Conflict' },
  rate_limited: { status: 429, title: 'Too Many Requests' },
  unsupported: { status: 400, title: 'Bad Request' },
  timeout: { status: 504, title: 'Gateway Timeout' },
  cancelled: { status: 499, title: 'Cancelled' },
  unavailable: { status: 503, title: 'Service Unavailable' },
  internal: { status: 500, title: 'Internal Server Error' },
} satisfies Record<ErrorKind, Row>;

const byCode: { readonly [Code in HttpErrorCode | IdentityErrorCode | AccessErrorCode]?: Row } = {
  'http.method_not_allowed': { status: 405, title: 'Method Not Allowed' },
  'http.body_too_large': { status: 413, title: 'Content Too Large' },
  'http.media_type_unsupported': { status: 415, title: 'Unsupported Media Type' },
  'http.headers_too_large': { status: 431, title: 'Request Header Fields Too Large' },
  'http.request_timeout': { status: 408, title: 'Request Timeout' },
  'http.precondition_failed': { status: 412, title: 'Precondition Failed' },
};

export function presentError(error: AppError, { requestId }: ErrorContext): Answer {
  const own = Object.hasOwn(byCode, error.code) ? byCode[error.code as keyof typeof byCode] : undefined;
  const { status: familyStatus, title }: Row = own ?? byKind[error.kind];
  const status = httpStatusOf(error.code) ?? familyStatus;
  const { field, fix } = error.details;
  return problemJson(status, {
    type: 'about:blank',
    title,
    status,
    detail: plainSentenceOf(error),
    code: error.code,
    requestId,
    ...(field === undefined ? {} : { field }),
    ...(fix === undefined ? {} : { fix }),
  });
}
