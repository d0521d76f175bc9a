/** The door of secrets: the master key, and sealing under it. @module */
export { createCredentialFinder } from './credential-references.js';
export { createKeyRing, type KeyRing, type SealedPlace } from './key-ring.js';
export {
  ensureListenerCertificate,
  findListenerCertificate,
  type ListenerCertificate,
} from './listener-certificate.js';
export { findMasterKey } from './master-key.js';
export { makePrivateKey } from './private-key.js';
