/**
 * Refusals that belong to the front door itself: what is wrong with a request before any room is asked. The statuses
 * of these codes are the same in every family and stand in `kit/status.ts`; the shapes are each family's own.
 *
 * @module
 */
import { type CodesOf, defineErrors } from '../kernel/errors.js';

export const httpErrors = defineErrors('http', {
  not_found: { kind: 'not_found', message: 'There is nothing here.' },
  reference_not_built: {
    kind: 'not_found',
    message: 'The API reference is not part of this build: run `npm run build` where the service was installed from.',
  },
  console_not_built: {
    kind: 'not_found',
    message: 'The console is not part of this build: run `npm run build` where the service was installed from.',
  },
  method_not_allowed: { kind: 'unsupported', message: 'This path does not take this method.' },

  url_malformed: { kind: 'invalid_input', message: 'The URL is malformed.' },
  request_malformed: { kind: 'invalid_input', message: 'The request is not valid HTTP.' },
  headers_too_large: { kind: 'invalid_input', message: 'The request headers are too large.' },
  request_timeout: { kind: 'timeout', message: 'The request did not arrive in time.' },
  host_invalid: { kind: 'invalid_input', message: 'The request needs exactly one valid Host header.' },
  expectation_unsupported: { kind: 'unsupported', message: 'This expectation cannot be met.' },

  body_too_large: { kind: 'invalid_input', message: 'The body is too large.' },
  body_malformed: { kind: 'invalid_input', message: 'The body is malformed.' },
  /** Well-formed, but not the kind of value the route takes. */
  body_shape_invalid: { kind: 'invalid_input', message: 'The body does not have the expected shape.' },
  media_type_unsupported: { kind: 'unsupported', message: 'The body has an unsupported media type.' },
  field_missing: { kind: 'invalid_input', message: 'A required field is missing.' },
  field_invalid: { kind: 'invalid_input', message: 'A field is not valid.' },
  member_unknown: { kind: 'invalid_input', message: 'The body has a member that is not known here.' },
  parameter_unknown: { kind: 'invalid_input', message: 'The query has a parameter that is not known here.' },

  /** RFC 9110 §13.1.1: what the client wants to change is not what it has seen. */
  precondition_failed: { kind: 'failed_precondition', message: 'The row is not, or no longer, the one you have seen.' },

  /** RFC 6749 §5.2, `unsupported_grant_type` and `invalid_scope`. */
  grant_type_unsupported: { kind: 'unsupported', message: 'This grant type is not offered.' },
  scope_unknown: { kind: 'invalid_input', message: 'A scope is not known.' },

  /** One credential per request: two different ones leave it open who is asking. */
  credentials_conflict: { kind: 'invalid_input', message: 'The request carries more than one credential.' },
  /** A browser sends cookies along with whatever any page has it ask. */
  page_foreign: { kind: 'permission_denied', message: 'This comes from a page of another origin.' },
  /** details.fix */
  https_needed: {
    kind: 'failed_precondition',
    message: 'Signing in to the console needs https: without it a browser does not keep the session.',
  },
  /** URLs end up in histories and logs. */
  credential_in_url: { kind: 'invalid_input', message: 'Credentials do not belong in the URL.' },

  draining: { kind: 'unavailable', message: 'The service is stopping.' },
  not_ready: { kind: 'unavailable', message: 'The service is not ready.' },
  /** A streamed answer that the client did not take. */
  client_stalled: { kind: 'cancelled', message: 'The client stopped reading its answer.' },
  client_gone: { kind: 'cancelled', message: 'The client went away.' },
  fault: { kind: 'internal', message: 'Something went wrong on our side.' },
});

export type HttpErrorCode = CodesOf<typeof httpErrors>;
