/** The door of the command line. @module */
export { createProgram, run } from './program.js';
