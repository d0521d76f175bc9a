/** What row filters may know of who asks, and by what right somebody asks at all. @module */
import type { Grant, Subject } from './grant.js';
import type { Principal } from './principal.js';

/** With what a query is narrowed. */
export type Standing =
  /** Of the machine itself: nothing is narrowed. */
  | { readonly kind: 'operator' }
  /** @property grants  Those of the caller's roles on the dataset, for whatever operation. */
  | { readonly kind: 'grants'; readonly grants: readonly Grant[]; readonly subject: Subject };

/**
 * `$user` is the name the account logs in with, as it is written into rows; `$org` the organisation's uid, as people
 * write it.
 */
export function subjectOf(principal: Principal): Subject {
  return {
    user: principal.username,
    organisation: principal.organisationUid,
    claims: 'claims' in principal && principal.claims instanceof Map ? principal.claims : new Map(),
  };
}

/**
 * The standing of a principal with the grants its roles have. The operator on the machine itself is the only one who
 * needs none; administrators need theirs like everybody.
 */
export function standingOf(principal: Principal, grants: readonly Grant[]): Standing {
  if (principal.credential.kind === 'cli') return { kind: 'operator' };
  const roles = new Set(principal.roleIds);
  return {
    kind: 'grants',
    grants: grants.filter(({ roleId }) => roles.has(roleId)),
    subject: subjectOf(principal),
  };
}
