/** OAuth 2.0 for those who rely on us: tokens for service accounts, introspection, revocation, and what is offered. @module */
import type { Family } from '../kit/family.js';
import { presentError } from './errors.js';
import { routes } from './routes.js';

export const oauth: Family = {
  name: 'oauth',
  prefixes: ['/oauth', '/.well-known/oauth-authorization-server'],
  routes,
  presentError,
};
