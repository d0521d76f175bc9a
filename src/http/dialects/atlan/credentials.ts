/**
 * Where the atlan family carries credentials. The published API names none, so any credential of the house is taken:
 * tokens of the three families in `Authorization` (a cloudio session with its csrf value in `X-CSRF-Token`), API keys
 * there as bearer or in `X-Authorization`.
 *
 * @module
 */
import type { Principal } from '../../../access/index.js';
import type { SlotTable } from '../../kit/credentials.js';
import type { Call } from '../../kit/route.js';

export const accepts = ['precrime_token', 'cloudio_session', 'onedb_token', 'api_key'] as const;

export const slots: SlotTable = {
  authorization: ['bare_jwt', 'bearer_jwt', 'bearer_api_key'],
  'x-authorization': ['bare_api_key'],
};

/**
 * Who asks when nothing was presented. An open connection test is a port scanner, so that is nobody, unless the
 * operator left the door open to this machine itself and everything about the request says that it comes from there.
 */
export function localCaller({ core, isFromLoopback }: Call): Principal | null {
  const { workflowsAccess, isBoundToLoopback } = core.settings;
  return workflowsAccess === 'loopback' && isBoundToLoopback && isFromLoopback
    ? core.identity.localPrincipal('loopback')
    : null;
}
