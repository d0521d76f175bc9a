/**
 * Refusals in the onedb shapes: `{"id","message","success":false}` at sign-in, `{"success":false,"message"}` elsewhere.
 *
 * @module
 */
import type { AccessErrorCode } from '../../../access/index.js';
import type { IdentityErrorCode } from '../../../identity/index.js';
import type { AppError, ErrorKind } from '../../../kernel/errors.js';
import type { HttpErrorCode } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import type { ErrorContext } from '../../kit/family.js';
import { sentenceOf } from '../../kit/refusal.js';
import { httpStatusOf } from '../../kit/status.js';
import { answerIds } from './present.js';

interface Row {
  readonly status: number;
  /** `id` of the answer at sign-in. */
  readonly id: number;
  /** Fixed text of the published API; absent: the error's own sentence. */
  readonly message?: string;
}

const { refused, unusable, unavailable } = answerIds;

const byKind = {
  invalid_input: { status: 400, id: unusable },
  unauthenticated: { status: 401, id: refused, message: 'Unauthorized' },
  permission_denied: { status: 403, id: refused, message: 'Access denied!' },
  not_found: { status: 404, id: unusable },
  conflict: { status: 409, id: unusable },
  failed_precondition: { status: 409, id: unusable },
  rate_limited: { status: 429, id: unavailable },
  unsupported: { status: 400, id: unusable },
  timeout: { status: 504, id: unavailable },
  cancelled: { status: 499, id: unavailable },
  unavailable: { status: 503, id: unavailable },
  internal: { status: 500, id: unavailable, message: 'Internal server error' },
} satisfies Record<ErrorKind, Row>;

const wrongLogin: Row = { status: 401, id: refused, message: 'Invalid username or password' };

const byCode: { readonly [Code in HttpErrorCode | IdentityErrorCode | AccessErrorCode]?: Row } = {
  'identity.invalid_credentials': wrongLogin,
  // The published API has no answer for it and no way to change a password, so it looks like a wrong one.
  'identity.password_expired': wrongLogin,
  'identity.token_expired': { status: 401, id: refused, message: 'Token has expired' },
};

/** At sign-in, whatever is wrong with the body has one answer. */
const signInByCode: { readonly [Code in HttpErrorCode]?: Row } = {
  'http.body_malformed': { status: 400, id: unusable, message: 'Username and password are required' },
  'http.body_shape_invalid': { status: 400, id: unusable, message: 'Username and password are required' },
  'http.field_missing': { status: 400, id: unusable, message: 'Username and password are required' },
  'http.field_invalid': { status: 400, id: unusable, message: 'Username and password are required' },
};

export const signInPath = '/api/authenticate';

export function presentError(error: AppError, { path }: ErrorContext): Answer {
  const isSignIn = path === signInPath;
  const row: Row =
    (isSignIn ? rowOf(signInByCode, error.code) : undefined) ?? rowOf(byCode, error.code) ?? byKind[error.kind];
  const message = row.message ?? sentenceOf(error);
  const status = httpStatusOf(error.code) ?? row.status;
  return json(status, isSignIn ? { id: row.id, message, success: false } : { success: false, message });
}

function rowOf(rows: { readonly [code: string]: Row | undefined }, code: string): Row | undefined {
  return Object.hasOwn(rows, code) ? rows[code] : undefined;
}
