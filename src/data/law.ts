/** Who may say what is granted: whoever manages the directory, and of their organisation whoever manages its sources. @module */
import { accessErrors, isAllowed, type Principal } from '../access/index.js';

/** @throws `access.denied` */
export function assertMayGrant(principal: Principal): void {
  if (!isAllowed(principal, 'directory.manage') && !isAllowed(principal, 'sources.manage')) throw accessErrors.denied();
}

/** Whether what belongs to this organisation and this source is the caller's to grant, or even to know of. */
export function governs(
  principal: Principal,
  { organisationId, sourceId }: { readonly organisationId: string; readonly sourceId: string },
): boolean {
  if (principal.sources !== null && !principal.sources.includes(sourceId)) return false;
  if (isAllowed(principal, 'directory.manage')) return true;
  return isAllowed(principal, 'sources.manage') && principal.organisationId === organisationId;
}

/** What lists are narrowed to; `null`: nothing is the caller's. */
export function governed(
  principal: Principal,
): { readonly organisationId?: string; readonly sourceIds?: readonly string[] } | null {
  const narrowed = principal.sources === null ? {} : { sourceIds: principal.sources };
  if (isAllowed(principal, 'directory.manage')) return narrowed;
  const { organisationId } = principal;
  return organisationId === null ? null : { ...narrowed, organisationId };
}
