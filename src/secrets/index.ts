/** The door of secrets: the master key, and sealing under it. @module */
export { type SecretsErrorCode, secretsErrors } from './errors.js';
export { createKeyRing, type KeyRing, type KeyRingOptions, type SealedPlace } from './key-ring.js';
export {
  describeListenerCertificate,
  ensureListenerCertificate,
  type ListenerCertificate,
} from './listener-certificate.js';
export { type LoadedMasterKey, loadMasterKey, type MasterKeyOptions, parseMasterKey } from './master-key.js';
