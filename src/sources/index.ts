/** The door of sources: the databases we guard. @module */
export * from './catalog.js';
export {
  type CheckDefinition,
  type CheckFinding,
  type CheckName,
  type CheckRow,
  checks,
} from './checks.js';
export { createSources } from './create-sources.js';
export type * from './data-session.js';
export type { SourcesDeps } from './deps.js';
export * from './drift.js';
export { sourcesErrors } from './errors.js';
export type * from './model.js';
export { engines, sslModes, stages } from './model.js';
export type * from './ports.js';
export { reasons } from './reasons.js';
export type * from './source.js';
export { healthStates, purposes, standardLimits } from './source.js';
export type * from './use-cases.js';
