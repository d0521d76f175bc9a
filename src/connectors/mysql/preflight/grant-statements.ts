/**
 * Statements that give an account a privilege on a schema. For a schema the server takes only the most specific of the
 * grants that fit it; so a new one, which is exact, has to hold what an older one with wildcards gave.
 *
 * @module
 */
import type { Purpose } from '../../../sources/index.js';
import type { Privileges } from '../privileges.js';
import { quoteName, quoteSchemaPattern } from '../quote.js';
import { isShowable } from './ask.js';

export const readingPrivileges = ['SELECT', 'SHOW VIEW'] as const;
export const writingPrivileges = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** What a purpose needs of a schema. */
export function neededFor(purpose: Purpose): readonly string[] {
  return purpose === 'read' ? readingPrivileges : [...readingPrivileges, ...writingPrivileges];
}

/** @returns nothing for a schema whose name cannot be shown. */
export function grantOnSchemas(
  schemas: readonly string[],
  wanted: readonly string[],
  { account, ofPattern }: Privileges,
): readonly string[] {
  return schemas.filter(isShowable).map((schema) => {
    const shadowed = ofPattern(schema).filter((one) => grantable.has(one) && !wanted.includes(one));
    return `GRANT ${[...wanted, ...shadowed].join(', ')} ON ${quoteSchemaPattern(schema)}.* TO ${account.text}`;
  });
}

const grantable = new Set<string>([...readingPrivileges, ...writingPrivileges]);

/** Names as they are shown, quoted. */
export function shownNames(names: readonly string[]): readonly string[] {
  return names.map((name) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them.
    quoteName(name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\u{fffd}')),
  );
}
