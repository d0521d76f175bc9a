/** Refusals of the data room. @module */
import { type CodesOf, defineErrors } from '../kernel/errors.js';

export const dataErrors = defineErrors('data', {
  /** Unknown and not granted alike: what exists is told only to those who may see it. */
  dataset_denied: { kind: 'permission_denied', message: 'You are not allowed to use this data source.' },
  dataset_not_found: { kind: 'not_found', message: 'There is no such dataset.' },
  dataset_ambiguous: { kind: 'invalid_input', message: 'Several datasets go by this name. Name the schema too.' },
  name_invalid: { kind: 'invalid_input', message: 'That is no name for a dataset.' },
  name_taken: { kind: 'conflict', message: 'There is a dataset of that name already.' },
  place_taken: { kind: 'conflict', message: 'That table is a dataset already.' },
  query_invalid: { kind: 'invalid_input', message: 'The text is not one SELECT without parameters.' },
  /** Its table was dropped or renamed, or may not be seen by the source's account any more. */
  relation_gone: { kind: 'failed_precondition', message: 'The table of this dataset is gone.' },
  relation_not_found: { kind: 'invalid_input', message: 'The source has no such table or view.' },
  grant_not_found: { kind: 'not_found', message: 'There is no such grant.' },
  grant_invalid: { kind: 'invalid_input', message: 'A term of the grant makes no sense.' },
  role_ambiguous: { kind: 'invalid_input', message: 'Several organisations have a role of that name.' },
  role_not_found: { kind: 'invalid_input', message: 'There is no such role.' },
  trail_unavailable: {
    kind: 'unavailable',
    message: 'What is read cannot be written down at the moment, so nothing is read.',
  },
  /** The connection broke while it was committed. */
  commit_unknown: {
    kind: 'unavailable',
    message: 'The database did not say whether the write was kept. Look before you send it again.',
  },
  several_sources: { kind: 'invalid_input', message: 'One request can only write to one database.' },
  row_changed: { kind: 'conflict', message: 'The record has been changed or deleted meanwhile.' },
  row_not_found: { kind: 'not_found', message: 'There is no such row, or it is not one of yours.' },
  key_missing: {
    kind: 'unsupported',
    message: 'Rows of this dataset have no key that you may read. Ask with a filter.',
  },
  confirmation_required: {
    kind: 'failed_precondition',
    message: 'This would change every row in reach. Say that it is meant, or narrow it.',
  },
  idempotency_key_reused: {
    kind: 'conflict',
    message: 'The same key was sent before with another request.',
  },
  outcome_unknown: {
    kind: 'conflict',
    message: 'A request with this key was begun and not finished. Look whether it was done before sending it again.',
  },
} as const);

export type DataErrorCode = CodesOf<typeof dataErrors>;
