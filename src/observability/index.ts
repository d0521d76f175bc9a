/** The door of observability: it listens. @module */
export { createLog, type Log } from './log.js';
