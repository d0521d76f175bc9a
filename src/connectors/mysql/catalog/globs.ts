/** Globs on names, as conditions of the server: it looks at them before it opens a table. @module */

/**
 * @param column  Of `information_schema`.
 * @param globs   `*` is any text, `?` one character; none: any name.
 * @returns a condition that begins with ` AND`, or nothing; its places take {@link globValues}.
 */
export function globCondition(column: string, globs: readonly string[]): string {
  if (globs.length === 0) return '';
  const one = `${column} LIKE CONVERT(? USING utf8mb4) COLLATE utf8mb4_bin ESCAPE '!'`;
  return ` AND (${globs.map(() => one).join(' OR ')})`;
}

export function globValues(globs: readonly string[]): readonly string[] {
  return globs.map((glob) =>
    glob.replace(/[!%_*?]/g, (character) => {
      if (character === '*') return '%';
      return character === '?' ? '_' : `!${character}`;
    }),
  );
}
