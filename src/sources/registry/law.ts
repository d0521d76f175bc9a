/**
 * Whose sources a caller may see: those of its own organisation, or all with `directory.manage`; of them only those its
 * credential was not narrowed away from.
 *
 * @module
 */
import { accessErrors, isAllowed, type Principal } from '../../access/index.js';
import { sourcesErrors } from '../errors.js';
import type { Source } from '../source.js';

/**
 * The source, if the caller may know of it.
 *
 * @throws `sources.not_found` unknown and foreign alike.
 */
export function ownSource(principal: Principal, source: Source | null): Source {
  if (source === null || !isWithinReach(principal, source.organisationId)) throw sourcesErrors.not_found();
  if (principal.sources !== null && !principal.sources.includes(source.id)) throw sourcesErrors.not_found();
  return source;
}

/**
 * For what is no stored source yet. A credential that was narrowed to some sources reaches them and no other database.
 *
 * @throws `access.denied`
 */
export function assertReachesAny(principal: Principal): void {
  if (principal.sources !== null) throw accessErrors.denied();
}

export function isWithinReach(principal: Principal, organisationId: string): boolean {
  return isAllowed(principal, 'directory.manage') || principal.organisationId === organisationId;
}

/**
 * The source as the caller gets it. The path of a webhook's URL is often a key to it: who may not change it sees only
 * where it leads.
 */
export function toldSource(principal: Principal, source: Source): Source {
  if (source.webhookUrl === null || isAllowed(principal, 'sources.manage')) return source;
  const webhookUrl = URL.canParse(source.webhookUrl) ? `${new URL(source.webhookUrl).origin}/` : null;
  return { ...source, webhookUrl };
}
