/** `latchkey/client`: the door of the client, for Node 20 and browsers. It depends on nothing. @module */
export type * from './atlan.js';
export type * from './cloudio.js';
export type { Dataset } from './data.js';
export type * from './data-types.js';
export { LatchkeyError, type LatchkeyFailure } from './errors.js';
export {
  type CredentialOptions,
  createLatchkey,
  type Latchkey,
  type LatchkeyOptions,
  type Method,
  type RequestOptions,
} from './latchkey.js';
export type { ClientLogin } from './oauth.js';
export type * from './onedb.js';
export type * from './precrime.js';
export type { CookieSession, SessionView } from './session.js';
export type { CallOptions, Parameters, TransportOptions } from './transport.js';
