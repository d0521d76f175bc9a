/** How PostgreSQL writes names in statements that a person is to run. @module */

/**
 * A name as a quoted identifier (PostgreSQL, §4.1.1). What a terminal or an editor would act on, or not show, is
 * written by its code point.
 */
export function quoteIdentifier(name: string): string {
  const quoted = name.replaceAll('"', '""');
  if (!unseen.test(name)) return `"${quoted}"`;
  const escaped = quoted.replaceAll('\\', '\\\\').replace(everyUnseen, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\+${hex(code, 6)}` : `\\${hex(code, 4)}`;
  });
  return `U&"${escaped}"`;
}

/** `"schema"."name"`. */
export function quoteName(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** Control and format characters, line and paragraph separators. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const everyUnseen = new RegExp(unseen, 'gu');

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
