/** How many of everything there are, for who looks at the whole: as it was at most a minute ago. @module */
import { isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { createShortMemory } from '../kernel/short-memory.js';
import { assertAllowed } from './administration.js';
import type { IdentityParts } from './parts.js';
import type { DirectoryCounts } from './ports.js';

/**
 * Who does not manage the directory is told of their own organisation.
 *
 * @throws `access.denied` unless `audit.read` is allowed.
 */
export function createCounts(
  parts: IdentityParts,
): (principal: Principal, origin: AuditOrigin) => Promise<DirectoryCounts> {
  const remember = createShortMemory<DirectoryCounts>(parts.clock);
  return async (principal, origin) => {
    await assertAllowed(parts, principal, 'audit.read', origin);
    const isOfAll = isAllowed(principal, 'directory.manage');
    // An account belongs somewhere; who has none and may not see everything sees nothing.
    const organisationId = isOfAll ? null : (principal.organisationId ?? '');
    const find = () => parts.store.countDirectory({ organisationId, nowMs: parts.clock.nowMs() });
    return remember(organisationId ?? 'all', find);
  };
}
