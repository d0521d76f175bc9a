/** The door of sources: the databases we guard. @module */
export { createSources, type SourcesDeps } from './create-sources.js';
export { type SourcesErrorCode, sourcesErrors } from './errors.js';
export type * from './model.js';
export { engines, sslModes, stages } from './model.js';
export type * from './ports.js';
export { type ReasonDefinition, reasons } from './reasons.js';
export type * from './use-cases.js';
