/** Refusals in the shape of OAuth 2.0 (RFC 6749 §5.2, RFC 6750 §3.1): `{"error","error_description"}`. @module */
import type { AccessErrorCode } from '../../access/index.js';
import type { IdentityErrorCode } from '../../identity/index.js';
import type { AppError, ErrorKind } from '../../kernel/errors.js';
import type { HttpErrorCode } from '../errors.js';
import { type Answer, json } from '../kit/answer.js';
import { plainSentenceOf } from '../kit/refusal.js';
import { httpStatusOf } from '../kit/status.js';

interface Row {
  readonly status: number;
  readonly error: string;
}

const byKind = {
  invalid_input: { status: 400, error: 'invalid_request' },
  unauthenticated: { status: 401, error: 'invalid_client' },
  permission_denied: { status: 403, error: 'insufficient_scope' },
  not_found: { status: 404, error: 'invalid_request' },
  conflict: { status: 409, error: 'invalid_request' },
  failed_precondition: { status: 503, error: 'temporarily_unavailable' },
  rate_limited: { status: 429, error: 'temporarily_unavailable' },
  unsupported: { status: 400, error: 'invalid_request' },
  timeout: { status: 504, error: 'temporarily_unavailable' },
  cancelled: { status: 499, error: 'invalid_request' },
  unavailable: { status: 503, error: 'temporarily_unavailable' },
  internal: { status: 500, error: 'server_error' },
} satisfies Record<ErrorKind, Row>;

const byCode: { readonly [Code in HttpErrorCode | IdentityErrorCode | AccessErrorCode]?: Row } = {
  'http.method_not_allowed': { status: 405, error: 'invalid_request' },
  'http.grant_type_unsupported': { status: 400, error: 'unsupported_grant_type' },
  'http.scope_unknown': { status: 400, error: 'invalid_scope' },
  'identity.scope_not_allowed': { status: 400, error: 'invalid_scope' },
  // No name and no password that long can be right; whose it would be is not told.
  'identity.password_too_long': { status: 401, error: 'invalid_client' },
  'identity.password_malformed': { status: 401, error: 'invalid_client' },
};

/** Both ways in: a client that is refused learns how to come (§5.2). */
const challenge = 'Basic realm="latchkey", charset="UTF-8", Bearer realm="latchkey"';

export function presentError(error: AppError): Answer {
  const own = Object.hasOwn(byCode, error.code) ? byCode[error.code as keyof typeof byCode] : undefined;
  const row: Row = own ?? byKind[error.kind];
  const status = httpStatusOf(error.code) ?? row.status;
  const headers = status === 401 ? { 'www-authenticate': challenge } : undefined;
  return json(status, { error: row.error, error_description: descriptionOf(error) }, headers);
}

/** Visible ASCII but `"` and `\` (§5.2). */
function descriptionOf(error: AppError): string {
  return plainSentenceOf(error).replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '');
}
