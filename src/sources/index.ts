/** The door of sources: the databases we guard. @module */
export type * from './model.js';
export { engines, sslModes, stages } from './model.js';
export type * from './ports.js';
export type * from './use-cases.js';
