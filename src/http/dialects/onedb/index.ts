/** The onedb family: API users sign in for a five-hour bearer token, then tokenize and detokenize. @module */
import type { Family } from '../../kit/family.js';
import { presentError } from './errors.js';
import { routes } from './routes.js';

export const onedb: Family = {
  name: 'onedb',
  prefixes: ['/api'],
  routes,
  takesRequestId: true,
  presentError,
};
