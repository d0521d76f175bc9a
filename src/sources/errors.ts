/** Refusals of sources. What a database does is never one: that is a report. @module */
import { defineErrors } from '../kernel/errors.js';

export const sourcesErrors = defineErrors('sources', {
  too_many_tests: { kind: 'rate_limited', message: 'Too many connection tests are running. Try again shortly.' },
  cancelled: { kind: 'cancelled', message: 'The connection test was cancelled.' },
});
