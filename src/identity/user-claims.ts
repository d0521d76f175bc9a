/**
 * What an administrator writes down of a user for the row filters of grants: `region` is `EU`. No credential carries
 * it and no user changes it.
 *
 * @module
 */
import { identityErrors } from './errors.js';
import type { UserChange } from './model.js';
import { isPlainText } from './plain-text.js';

const name = /^[a-z][a-z0-9_]{0,62}$/;
const maxClaims = 20;

/**
 * @returns `null` when nothing would be different.
 * @throws `identity.profile_field_invalid` for a name that is none, a value that is not plain text, and for
 *         more than 20.
 */
export function changeClaims(
  before: ReadonlyMap<string, string>,
  { setClaims = new Map(), removeClaims = [] }: Pick<UserChange, 'setClaims' | 'removeClaims'>,
): ReadonlyMap<string, string> | null {
  const after = new Map(before);
  for (const claim of removeClaims) after.delete(claim);
  for (const [claim, value] of setClaims) {
    if (!name.test(claim)) throw invalid('Name a claim in lower-case letters, digits and _.');
    if (!isPlainText(value)) throw invalid('A claim is one line of plain text.');
    after.set(claim, value);
  }
  if (after.size > maxClaims) throw invalid('A user has at most 20 claims.');
  const isSame = after.size === before.size && [...after].every(([claim, value]) => before.get(claim) === value);
  return isSame ? null : after;
}

function invalid(fix: string) {
  return identityErrors.profile_field_invalid({ details: { field: 'claims', fix } });
}
