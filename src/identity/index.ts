/** The door of identity: who is asking. @module */
export { createIdentity } from './create-identity.js';
export { defaultIdentityPolicy, type IdentityPolicy } from './deps.js';
export { type IdentityErrorCode, identityErrors } from './errors.js';
export type * from './model.js';
export { tokenFamilies } from './model.js';
export { createPasswordPool } from './password-pool.js';
export type * from './ports.js';
export { verificationLeaseMs } from './ports.js';
export { readIdentityPolicy } from './read-policy.js';
export type { SigningKeyFacts } from './rotate-signing-keys.js';
export { type SigningFamily, signingFamilies } from './signing-keys-life.js';
export type { Identity } from './use-cases.js';
export type { Vouched } from './vouch.js';
