/** What a client would rather have (RFC 7240): of all preferences only `return` is known here. @module */

const preference = /^([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:=[ \t]*(?:"([^"]*)"|([^\s;"]*)))?[ \t]*(?:;.*)?$/i;

/** Preferences of one header that are looked at. */
const maxPreferences = 32;

/**
 * Whether the thing that was written is to come back. Of a preference given twice the first counts (§2); what is not
 * understood is passed over.
 *
 * @param prefer  The header as it came; `null` when there is none.
 * @returns       `null` when nothing is preferred.
 */
export function returnPreference(prefer: string | null): 'minimal' | 'representation' | null {
  for (const part of prefer?.split(',', maxPreferences) ?? []) {
    const [, name, quoted, bare] = preference.exec(part.trim()) ?? [];
    if (name?.toLowerCase() !== 'return') continue;
    const value = (quoted ?? bare)?.toLowerCase();
    return value === 'minimal' || value === 'representation' ? value : null;
  }
  return null;
}
