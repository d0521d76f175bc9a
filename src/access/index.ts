/** The law: who may do what. @module */
export { authorize, isAllowed } from './authorize.js';
export { type AccessErrorCode, accessErrors } from './errors.js';
export type * from './grant.js';
export {
  type Action,
  actions,
  type CredentialKind,
  credentialKinds,
  type Principal,
  type UserKind,
} from './principal.js';
export type * from './scoped-query.js';
