/** The door of sources: the databases we guard. @module */
export { createSources } from './create-sources.js';
export type * from './model.js';
export { stages } from './model.js';
export type * from './ports.js';
export { reasons } from './reasons.js';
export type * from './use-cases.js';
