/** Who may ask about grants at all; said before anything is read, and written down when it is no. @module */
import { isAllowed, type Principal } from '../../access/index.js';
import type { AuditOrigin } from '../../audit/index.js';
import type { Core } from '../core.js';

/** @throws `access.denied`, recorded, without `directory.manage` or `sources.manage`. */
export async function assertMayGrant(core: Core, principal: Principal, origin: AuditOrigin): Promise<void> {
  if (isAllowed(principal, 'directory.manage')) return;
  await core.identity.assertAllowed(principal, 'sources.manage', origin);
}
