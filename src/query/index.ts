/** The neutral query language. @module */
export type * from './algebra.js';
export { type QueryErrorCode, queryErrors } from './errors.js';
export {
  type CanonicalRow,
  type JsonBatch,
  type JsonColumn,
  type JsonForm,
  JsonRows,
  type RowForm,
  rowWriter,
  type ValueWriter,
  valueWriter,
} from './json-rows.js';
export { isAble } from './operators.js';
export { formatFilter, parseFilter } from './parse-filter.js';
export { formatMask, maskSpellings, parseMask } from './parse-mask.js';
export { planFilter } from './plan-filter.js';
export { planSelect } from './plan-select.js';
export {
  allOf,
  always,
  anyOf,
  asksAbout,
  asWhere,
  isAlways,
  isNever,
  never,
  ordersTexts,
  withValues,
} from './predicates.js';
export type * from './query.js';
export { aggregateFunctions, operations } from './query.js';
export type * from './relation.js';
export { canonicalTypes } from './relation.js';
export { bindValue } from './values.js';
export {
  allColumns,
  bindCompared,
  namedField,
  type VisibleColumn,
  type VisibleColumns,
} from './visible.js';
