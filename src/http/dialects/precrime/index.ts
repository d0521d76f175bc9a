/** The precrime family: sign in for a one-hour token, renew it, and manage API keys. @module */
import type { Family } from '../../kit/family.js';
import { presentError } from './errors.js';
import { routes } from './routes.js';

export const precrime: Family = {
  name: 'precrime',
  prefixes: ['/user', '/authheader', '/test'],
  routes,
  presentError,
};
