/** Whose sources a caller may see: those of its own organisation, or all with `directory.manage`. @module */
import { isAllowed, type Principal } from '../../access/index.js';
import { sourcesErrors } from '../errors.js';
import type { Source } from '../source.js';

/**
 * The source, if the caller may know of it.
 *
 * @throws `sources.not_found` unknown and foreign alike.
 */
export function ownSource(principal: Principal, source: Source | null): Source {
  if (source === null || !isWithinReach(principal, source.organisationId)) throw sourcesErrors.not_found();
  return source;
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
