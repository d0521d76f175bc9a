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
  cancelled: { kind: 'cancelled', message: 'The connection test was cancelled.' },
});
