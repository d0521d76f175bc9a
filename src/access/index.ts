/** The law: who may do what. @module */
export { authorize, isAllowed } from './authorize.js';
export { type AccessErrorCode, accessErrors } from './errors.js';
export { accessRules, explainAccess } from './explain.js';
export type * from './grant.js';
export {
  type Action,
  actions,
  type CredentialKind,
  credentialKinds,
  type Principal,
  type UserKind,
} from './principal.js';
export { scopeCount, scopeSelect } from './scope-select.js';
export { scopeDelete, scopeInsert, scopeUpdate } from './scope-write.js';
export type * from './scoped-query.js';
export { type Standing, standingOf, subjectOf } from './subject.js';
export { validateGrant } from './validate-grant.js';
export { viewColumns } from './view-columns.js';
