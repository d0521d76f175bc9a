/** The door of data: query and write under grants. @module */
export { createData } from './create-data.js';
export type { DataDeps } from './deps.js';
export { type DataErrorCode, dataErrors } from './errors.js';
export { maxStreamedRows } from './limits.js';
export type * from './model.js';
export type * from './ports.js';
export type * from './use-cases.js';
