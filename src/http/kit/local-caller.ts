/** Who asks when nothing was presented. @module */
import type { Principal } from '../../access/index.js';
import type { Call } from './route.js';

/**
 * Nobody, unless the operator left the door open to this machine itself and everything about the request says that it
 * comes from there: an open connection test is a port scanner, and open metrics tell who is served.
 */
export function localCaller({ core, isFromLoopback }: Call): Principal | null {
  const { workflowsAccess, isBoundToLoopback } = core.settings;
  return workflowsAccess === 'loopback' && isBoundToLoopback && isFromLoopback
    ? core.identity.localPrincipal('loopback')
    : null;
}
