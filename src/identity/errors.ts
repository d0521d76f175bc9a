/**
 * Refusals of identity. Each message is one fixed sentence that may be shown to a stranger; what differs between an
 * unknown name and a wrong password stands in the audit trail only.
 *
 * @module
 */
import { type CodesOf, defineErrors } from '../kernel/errors.js';

export const identityErrors = defineErrors('identity', {
  invalid_credentials: { kind: 'unauthenticated', message: 'Incorrect credentials.' },
  /** Told only after the password was verified. */
  password_expired: { kind: 'failed_precondition', message: 'Password expired.' },
  password_too_long: { kind: 'invalid_input', message: 'The password is longer than 1,024 bytes.' },
  /** Text that has no UTF-8 form, such as a lone surrogate. */
  password_malformed: { kind: 'invalid_input', message: 'The password is not well-formed text.' },
  password_rejected: { kind: 'invalid_input', message: 'The new password does not meet the password policy.' },
  /** Too many wrong passwords; this one was not looked at. The same for names that nobody has. */
  guess_budget_spent: { kind: 'rate_limited', message: 'Too many wrong passwords. Try again later.' },
  hash_queue_full: { kind: 'unavailable', message: 'Too many sign-ins at once. Try again shortly.' },
  /** A hashing thread ended under the work it held. */
  hash_interrupted: { kind: 'unavailable', message: 'The sign-in could not be finished. Try again.' },

  unauthenticated: { kind: 'unauthenticated', message: 'Authentication is required.' },
  token_expired: { kind: 'unauthenticated', message: 'The token has expired.' },
  csrf_mismatch: {
    kind: 'permission_denied',
    message: 'The csrf value is missing or does not belong to this session.',
  },
  renewal_exhausted: { kind: 'unauthenticated', message: 'This session can no longer be renewed. Sign in again.' },

  /** A token may narrow what its holder may do, never widen it. */
  scope_not_allowed: { kind: 'permission_denied', message: 'The scope goes beyond what the caller may do.' },
  /** `publicUrl` is not set and nothing is listening. */
  issuer_unknown: { kind: 'failed_precondition', message: 'The address of this service is not known: set publicUrl.' },
  signing_key_busy: { kind: 'unavailable', message: 'The signing keys are being rotated elsewhere. Try again.' },

  username_invalid: { kind: 'invalid_input', message: 'The user name is not a valid name.' },
  username_taken: { kind: 'conflict', message: 'The user name is in use.' },
  user_not_found: { kind: 'not_found', message: 'There is no such user.' },
  /** With it nobody would be left whom `directory.manage` is allowed to. */
  last_administrator: {
    kind: 'failed_precondition',
    message: 'Nobody would administer this installation any more. Make another administrator first.',
  },
  profile_field_invalid: { kind: 'invalid_input', message: 'A field of the user is not valid.' },

  organisation_not_found: { kind: 'not_found', message: 'There is no such organisation.' },
  organisation_exists: { kind: 'conflict', message: 'The organisation exists already.' },
  organisation_has_sources: {
    kind: 'failed_precondition',
    message: 'The organisation owns sources. Remove them first.',
  },
  organisation_uid_invalid: { kind: 'invalid_input', message: 'The organisation uid is not valid.' },
  organisation_name_invalid: { kind: 'invalid_input', message: 'The organisation name is not valid.' },
  role_not_found: { kind: 'not_found', message: 'There is no such role in the organisation.' },
  role_exists: { kind: 'conflict', message: 'The role exists already.' },
  role_invalid: { kind: 'invalid_input', message: 'A term of the role makes no sense.' },
  role_protected: { kind: 'failed_precondition', message: 'This role stays as it is, so that nobody is locked out.' },

  api_key_name_invalid: { kind: 'invalid_input', message: 'The name of the API key is not valid.' },
  /** details.field: `purpose`, `scopes`, `sources`, `cidrs`, `expiresAtMs`, `overlap` or `Idempotency-Key`. */
  api_key_field_invalid: { kind: 'invalid_input', message: 'A field of the API key is not valid.' },
  /** details.field names what would have grown. */
  api_key_only_narrows: { kind: 'invalid_input', message: 'An API key can be narrowed and never widened.' },
  api_key_limit_reached: { kind: 'failed_precondition', message: 'There are too many API keys. Delete one first.' },
  api_key_not_live: { kind: 'failed_precondition', message: 'The API key has ended or is replaced already.' },
  idempotency_key_reused: { kind: 'conflict', message: 'The idempotency key was used for another request.' },
  api_key_not_found: { kind: 'not_found', message: 'There is no such API key.' },

  session_not_found: { kind: 'not_found', message: 'There is no such session.' },

  period_invalid: { kind: 'invalid_input', message: 'The period must be from a moment to ten years.' },

  setup_code_invalid: { kind: 'unauthenticated', message: 'The setup code is not valid.' },
});

export type IdentityErrorCode = CodesOf<typeof identityErrors>;
