/** The door of data: query and write under grants. @module */
export { type DataErrorCode, dataErrors } from './errors.js';
export type * from './model.js';
export type * from './ports.js';
export type * from './use-cases.js';
