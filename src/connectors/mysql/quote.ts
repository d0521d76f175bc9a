/**
 * How names and values get into SQL text for MySQL and MariaDB: the one place where either is quoted. Good in every
 * `sql_mode`: no backslash and no quote of a value is ever read as SQL.
 *
 * @module
 */

export type SqlValue = string | number | null;

/** An identifier. Only the backtick ends it, and it is doubled. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * The schema of a `GRANT … ON schema.*`: there `_` and `%` stand for others, and a backslash takes that meaning away.
 * On the level of a table no name is a pattern.
 */
export function quoteSchemaPattern(name: string): string {
  return quoteName(name.replace(/[\\_%]/g, '\\$&'));
}

/**
 * Puts values in the places of `?`. The text protocol has no binding; a text goes as its bytes in hexadecimal, so
 * nothing in it can be read as anything else. Names are UTF-8 of at most three bytes here, as the server has them: in
 * that character set a comparison with a column of `information_schema` stays one the server can look up.
 *
 * @param sql     Ours; holds no `?` but those. Without values it is taken as it is, names with `?` and all.
 * @throws TypeError  when there are more or fewer values than places.
 */
export function bindValues(sql: string, values: readonly SqlValue[]): string {
  if (values.length === 0) return sql;
  const parts = sql.split('?');
  if (parts.length !== values.length + 1) throw new TypeError('a value for each place, and a place for each value');
  return parts.map((part, index) => (index === 0 ? part : quoteValue(values[index - 1] ?? null) + part)).join('');
}

function quoteValue(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that SQL can write');
    return String(value);
  }
  const bytes = Buffer.from(value, 'utf8');
  const charset = bytes.some((byte) => byte >= 0xf0) ? '_utf8mb4' : '_utf8mb3';
  return `${charset} x'${bytes.toString('hex')}'`;
}
