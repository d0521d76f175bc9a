/** The door of data: query and write under grants. @module */
export { createData } from './create-data.js';
export { type DataDeps, type DataReadPolicy, dataReadPolicies } from './deps.js';
export { type DataErrorCode, dataErrors } from './errors.js';
export { maxBufferedRows, maxStreamedRows } from './limits.js';
export type * from './model.js';
export type * from './ports.js';
export type * from './use-cases.js';
export { explanationRules } from './use-cases.js';
