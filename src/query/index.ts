/** The neutral query language. @module */
export type * from './algebra.js';
export { type QueryErrorCode, queryErrors } from './errors.js';
export {
  condition,
  type FilterOperator,
  filterOperators,
  formatFilter,
  isFilterOperator,
  parseFilter,
} from './parse-filter.js';
export type * from './query.js';
export { aggregateFunctions, comparisons, filterLimits, operations } from './query.js';
export type * from './relation.js';
export { canonicalTypes } from './relation.js';
