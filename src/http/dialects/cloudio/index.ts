/** The cloudio family: service accounts sign in for a session of jwt and csrf, then query and post data sources. @module */
import type { Family } from '../../kit/family.js';
import { presentError } from './errors.js';
import { routes } from './routes.js';

export const cloudio: Family = {
  name: 'cloudio',
  prefixes: ['/v1'],
  routes,
  takesCsrfInQuery: true,
  presentError,
};
