/** Refusals of our own API: problem details (RFC 9457) with a stable `code` and the request's id. @module */
import type { AppError, ErrorKind } from '../../kernel/errors.js';
import { type Answer, problemJson } from '../kit/answer.js';
import type { ErrorContext } from '../kit/family.js';
import { plainSentenceOf } from '../kit/refusal.js';
import { type HttpStatus, httpStatusOf } from '../kit/status.js';

/** Standard phrases of the statuses (RFC 9110 §15, RFC 6585), as `about:blank` asks for (RFC 9457 §4.2.1). */
const phrases = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  /** No standard has it: the client went away, and sees neither. */
  499: 'Cancelled',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
} satisfies Record<HttpStatus, string> & Record<number, string>;

const byKind = {
  invalid_input: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  failed_precondition: 409,
  rate_limited: 429,
  unsupported: 400,
  timeout: 504,
  cancelled: 499,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorKind, keyof typeof phrases>;

export function presentError(error: AppError, { requestId }: ErrorContext): Answer {
  const status = httpStatusOf(error.code) ?? byKind[error.kind];
  const { field, fix } = error.details;
  return problemJson(status, {
    type: 'about:blank',
    title: phrases[status],
    status,
    detail: plainSentenceOf(error),
    code: error.code,
    requestId,
    ...(field === undefined ? {} : { field }),
    ...(fix === undefined ? {} : { fix }),
  });
}
