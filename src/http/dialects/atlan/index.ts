/** The atlan family: tests a database's credentials without touching its data. @module */
import type { Family } from '../../kit/family.js';
import { presentError } from './errors.js';
import { routes } from './routes.js';

export const atlan: Family = {
  name: 'atlan',
  prefixes: ['/workflows', '/server', '/health', '/ready'],
  routes,
  presentError,
};
