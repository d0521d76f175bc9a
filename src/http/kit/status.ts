/**
 * Statuses on which every family agrees: what is wrong with a request as HTTP means the same at every door. A family's
 * own table gives everything else.
 *
 * @module
 */
import type { HttpErrorCode } from '../errors.js';

const httpStatusByCode = {
  'http.not_found': 404,
  'http.method_not_allowed': 405,
  'http.url_malformed': 400,
  'http.request_malformed': 400,
  'http.headers_too_large': 431,
  'http.request_timeout': 408,
  'http.host_invalid': 400,
  'http.expectation_unsupported': 417,
  'http.body_too_large': 413,
  'http.body_malformed': 400,
  'http.body_shape_invalid': 400,
  'http.media_type_unsupported': 415,
  'http.precondition_failed': 412,
  'http.credentials_conflict': 400,
  'http.credential_in_url': 400,
  'http.page_foreign': 403,
  'http.https_needed': 403,
  'http.draining': 503,
  'http.not_ready': 503,
} as const satisfies { readonly [Code in HttpErrorCode]?: number };

export type HttpStatus = (typeof httpStatusByCode)[keyof typeof httpStatusByCode];

export function httpStatusOf(code: string): HttpStatus | undefined {
  return Object.hasOwn(httpStatusByCode, code) ? httpStatusByCode[code as keyof typeof httpStatusByCode] : undefined;
}
