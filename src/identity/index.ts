/** The door of identity: who is asking. @module */
export { type IdentityErrorCode, identityErrors } from './errors.js';
export type * from './model.js';
export { tokenFamilies } from './model.js';
export type * from './ports.js';
export type { Identity } from './use-cases.js';
