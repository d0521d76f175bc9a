/** Refusals of the query language. `details.field` names what the caller wrote; values are never repeated. @module */
import { type CodesOf, defineErrors } from '../kernel/errors.js';

export const queryErrors = defineErrors('query', {
  /** Unknown and not readable alike. */
  unknown_column: { kind: 'invalid_input', message: 'There is no such column, or it may not be read.' },
  column_not_writable: { kind: 'permission_denied', message: 'The column may not be written.' },
  value_invalid: { kind: 'invalid_input', message: 'A value does not fit the type of its column.' },
  operator_unsupported: { kind: 'invalid_input', message: 'The operator cannot be used with a column of this type.' },
  filter_too_large: { kind: 'invalid_input', message: 'The filter has too many conditions, values or levels.' },
  filter_invalid: { kind: 'invalid_input', message: 'The filter makes no sense.' },
  selection_invalid: { kind: 'invalid_input', message: 'There is nothing to select.' },
  grouping_invalid: { kind: 'invalid_input', message: 'Only grouped columns and aggregates can be selected together.' },
  order_invalid: { kind: 'invalid_input', message: 'Rows cannot be sorted by this.' },
  page_invalid: { kind: 'invalid_input', message: 'The limit, the offset or the cursor makes no sense.' },
  rows_invalid: { kind: 'invalid_input', message: 'The rows to write make no sense.' },
} as const);

export type QueryErrorCode = CodesOf<typeof queryErrors>;
