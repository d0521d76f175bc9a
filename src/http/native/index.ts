/** Our own API, and every path that no published family has. @module */
import type { Family } from '../kit/family.js';
import { presentError } from './errors.js';
import { routes } from './routes.js';

export const native: Family = { name: 'native', prefixes: [''], routes, presentError };
