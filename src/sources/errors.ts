/** Refusals of sources. What a database does is never one: that is a report. @module */
import { defineErrors } from '../kernel/errors.js';

export const sourcesErrors = defineErrors('sources', {
  too_many_tests: { kind: 'rate_limited', message: 'Too many connection tests are running. Try again shortly.' },
  probe_rate_limited: {
    kind: 'rate_limited',
    message: 'This caller, or this target, was tested too often in a short time.',
  },
  not_found: { kind: 'not_found', message: 'There is no such source.' },
  name_invalid: { kind: 'invalid_input', message: 'That is no name for a source.' },
  name_taken: { kind: 'conflict', message: 'There is a source of that name already.' },
  field_invalid: { kind: 'invalid_input', message: 'A field of the source is missing or not valid.' },
  organisation_not_found: { kind: 'invalid_input', message: 'There is no such organisation.' },
  credential_not_allowed: {
    kind: 'invalid_input',
    message: 'The operator of this service does not allow that credential reference.',
  },
  password_required: {
    kind: 'invalid_input',
    message: 'Changing where a source is, or how it is secured, needs its password again.',
  },
  changed_meanwhile: { kind: 'conflict', message: 'The source was changed by somebody else meanwhile.' },
  filter_invalid: { kind: 'invalid_input', message: 'A filter is not valid.' },
  unreachable: { kind: 'unavailable', message: 'The source could not be reached. Test it to learn why.' },
  reading_failed: { kind: 'unavailable', message: 'The catalogue could not be read to its end.' },
  no_snapshot: { kind: 'failed_precondition', message: 'There is no snapshot of this source yet.' },
  query_refused: { kind: 'failed_precondition', message: 'The database refused the statement.' },
  query_timeout: { kind: 'timeout', message: 'The database did not finish the statement in its time.' },
  /** A value the database does not take: too long, out of range, not of the type, failing a check of its own. */
  value_refused: { kind: 'invalid_input', message: 'The database did not take a value.' },
  constraint_violated: { kind: 'conflict', message: 'A constraint of the database does not allow this.' },
  serialization_failed: { kind: 'unavailable', message: 'Others wrote the same rows at once. Try again.' },
  connection_lost: { kind: 'unavailable', message: 'The connection to the database broke.' },
  result_too_large: { kind: 'failed_precondition', message: 'The result is larger than it may be. Ask for less.' },
  relation_changed: { kind: 'conflict', message: 'The table changed meanwhile. Try again.' },
  row_out_of_reach: { kind: 'permission_denied', message: 'The row would not be one that you may write.' },
  pool_exhausted: { kind: 'unavailable', message: 'All connections to the database are in use. Try again shortly.' },
  not_queryable: { kind: 'unsupported', message: 'Databases of this engine cannot be queried here.' },
  cancelled: { kind: 'cancelled', message: 'The connection test was cancelled.' },
});
