/**
 * The questions a catalogue is read with: a handful for a range of tables, never one for each. MariaDB opens tables to
 * answer them, as many as a schema has unless what is asked is a constant schema and conditions on names alone, which
 * it looks at before it opens anything; so that is all that stands in their `WHERE`.
 *
 * @module
 */

/** `mysql` keeps its catalogue in tables and has no sequences; what `information_schema` calls its columns differs. */
export type Flavour = 'mariadb' | 'mysql';

/** Schemas of the server itself. */
export const systemSchemas = ['information_schema', 'mysql', 'performance_schema', 'sys'] as const;

/** Names of one schema from the first to the last, both included; values: schema, first, last. */
const inRange = (schema: string, table: string) =>
  `${schema} = ? AND CAST(${table} AS BINARY) BETWEEN CAST(? AS BINARY) AND CAST(? AS BINARY)`;

export const schemaQuestion: Readonly<Record<Flavour, string>> = {
  mariadb: 'SELECT SCHEMA_NAME, SCHEMA_COMMENT FROM information_schema.SCHEMATA',
  mysql: 'SELECT SCHEMA_NAME, NULL FROM information_schema.SCHEMATA',
};

export const serverQuestion =
  'SELECT VERSION(), @@collation_database, @@time_zone, @@system_time_zone, @@global.read_only';

/** Names in byte order. Values: schema, then those of `more`. @param more  Conditions on `TABLE_NAME`. */
export function namesQuestion(section: 'table' | 'sequence', more: string): string {
  const kind = section === 'sequence' ? '=' : '<>';
  return `SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ? AND TABLE_TYPE ${kind} 'SEQUENCE'${more} ORDER BY CAST(TABLE_NAME AS BINARY)`;
}

/** @param more  Conditions on `TABLE_NAME`. */
export function tablesQuestion(more: string): string {
  return `SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, CREATE_OPTIONS, TABLE_COMMENT
    FROM information_schema.TABLES WHERE ${inRange('TABLE_SCHEMA', 'TABLE_NAME')}${more}
    AND TABLE_TYPE <> 'SEQUENCE' ORDER BY CAST(TABLE_NAME AS BINARY)`;
}

/** @param maxRows  One more is asked for, so that it is seen when there are more. */
export function columnsQuestion(more: string, maxRows: number): string {
  return `SELECT TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, COLUMN_TYPE,
    CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, COLLATION_NAME, EXTRA,
    COLUMN_COMMENT, GENERATION_EXPRESSION
    FROM information_schema.COLUMNS WHERE ${inRange('TABLE_SCHEMA', 'TABLE_NAME')}${more}
    ORDER BY TABLE_NAME, ORDINAL_POSITION LIMIT ${maxRows + 1}`;
}

/** An index column is a name, a part of one, or (MySQL) an expression. */
export function indexesQuestion(flavour: Flavour, more: string): string {
  const expression = flavour === 'mysql' ? 'EXPRESSION' : 'NULL';
  return `SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, COLLATION, NON_UNIQUE, INDEX_TYPE, ${expression}
    FROM information_schema.STATISTICS WHERE ${inRange('TABLE_SCHEMA', 'TABLE_NAME')}${more}
    ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;
}

export function foreignColumnsQuestion(more: string): string {
  return `SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME,
    REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE
    WHERE ${inRange('TABLE_SCHEMA', 'TABLE_NAME')}${more} AND REFERENCED_TABLE_NAME IS NOT NULL
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`;
}

export function foreignRulesQuestion(more: string): string {
  return `SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE FROM information_schema.REFERENTIAL_CONSTRAINTS
    WHERE ${inRange('CONSTRAINT_SCHEMA', 'TABLE_NAME')}${more}`;
}

/** MySQL has the table of a check in another view. */
export function checksQuestion(flavour: Flavour, more: string): string {
  if (flavour === 'mariadb') {
    return `SELECT TABLE_NAME, CONSTRAINT_NAME, LEVEL, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
      WHERE ${inRange('CONSTRAINT_SCHEMA', 'TABLE_NAME')}${more}`;
  }
  return `SELECT TABLE_NAME, CONSTRAINT_NAME, 'Table', CHECK_CLAUSE FROM information_schema.TABLE_CONSTRAINTS t
    JOIN information_schema.CHECK_CONSTRAINTS c USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME)
    WHERE ${inRange('t.TABLE_SCHEMA', 't.TABLE_NAME')}${more} AND t.CONSTRAINT_TYPE = 'CHECK'`;
}

export function triggersQuestion(more: string): string {
  return `SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION FROM information_schema.TRIGGERS
    WHERE ${inRange('TRIGGER_SCHEMA', 'EVENT_OBJECT_TABLE')}${more.replaceAll('TABLE_NAME', 'EVENT_OBJECT_TABLE')}`;
}

/**
 * Routines, each followed by its parameters. Values: schema and those of `more`, twice.
 *
 * @param more  Conditions on `NAME`.
 */
export function routinesQuestion(more: string): string {
  const named = (column: string) => more.replaceAll('NAME', column);
  return `SELECT ROUTINE_NAME AS routine, ROUTINE_TYPE AS kind, -1 AS place, NULL AS a, NULL AS b, DTD_IDENTIFIER AS c,
      COALESCE(EXTERNAL_LANGUAGE, ROUTINE_BODY) AS d, IS_DETERMINISTIC AS e, ROUTINE_COMMENT AS f
    FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?${named('ROUTINE_NAME')}
      AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE')
    UNION ALL SELECT SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER,
      NULL, NULL, NULL
    FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = ?${named('SPECIFIC_NAME')}
      AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE') AND ORDINAL_POSITION > 0
    ORDER BY CAST(routine AS BINARY), kind, place`;
}

export function sequenceCommentsQuestion(more: string): string {
  return `SELECT TABLE_NAME, TABLE_COMMENT FROM information_schema.TABLES
    WHERE ${inRange('TABLE_SCHEMA', 'TABLE_NAME')}${more} AND TABLE_TYPE = 'SEQUENCE'`;
}

/**
 * One row: whether the schema is there, how many parts it has, and two halves of a sum over their digests that does
 * not depend on their order. What changes by itself (rows, sizes, the next number) is not in it. Values: the schema,
 * {@link fingerprintPlaces} times.
 */
export function fingerprintQuestion(flavour: Flavour): string {
  const part = (view: string, schema: string, ...columns: readonly string[]) =>
    `SELECT SHA2(CONCAT_WS(',', '${view}', ${columns.map((one) => `QUOTE(${one})`).join(', ')}), 256) AS digest
     FROM information_schema.${view} WHERE ${schema} = ?`;
  const table = ['TABLE_NAME', 'TABLE_TYPE', 'ENGINE', 'CREATE_OPTIONS', 'TABLE_COLLATION'];
  // The comment of a view is what the server says about it, in its language.
  const comment = "IF(TABLE_TYPE = 'VIEW', '', TABLE_COMMENT)";
  const column = ['TABLE_NAME', 'COLUMN_NAME', 'ORDINAL_POSITION', 'COLUMN_DEFAULT', 'IS_NULLABLE', 'COLUMN_TYPE'];
  const checks = flavour === 'mariadb' ? ['TABLE_NAME', 'LEVEL'] : [];
  const parts = [
    part('TABLES', 'TABLE_SCHEMA', ...table, comment),
    part('COLUMNS', 'TABLE_SCHEMA', ...column, 'COLLATION_NAME', 'EXTRA', 'COLUMN_COMMENT', 'GENERATION_EXPRESSION'),
    part(
      'STATISTICS',
      'TABLE_SCHEMA',
      ...[
        'TABLE_NAME',
        'INDEX_NAME',
        'SEQ_IN_INDEX',
        'COLUMN_NAME',
        'SUB_PART',
        'COLLATION',
        'NON_UNIQUE',
        'INDEX_TYPE',
      ],
    ),
    part(
      'KEY_COLUMN_USAGE',
      'TABLE_SCHEMA',
      ...['TABLE_NAME', 'CONSTRAINT_NAME', 'COLUMN_NAME', 'ORDINAL_POSITION', 'REFERENCED_TABLE_SCHEMA'],
      ...['REFERENCED_TABLE_NAME', 'REFERENCED_COLUMN_NAME'],
    ),
    part(
      'REFERENTIAL_CONSTRAINTS',
      'CONSTRAINT_SCHEMA',
      ...['TABLE_NAME', 'CONSTRAINT_NAME', 'UPDATE_RULE', 'DELETE_RULE'],
    ),
    part('CHECK_CONSTRAINTS', 'CONSTRAINT_SCHEMA', ...checks, 'CONSTRAINT_NAME', 'CHECK_CLAUSE'),
    part(
      'TRIGGERS',
      'TRIGGER_SCHEMA',
      ...['EVENT_OBJECT_TABLE', 'TRIGGER_NAME', 'ACTION_TIMING', 'EVENT_MANIPULATION'],
    ),
    part(
      'ROUTINES',
      'ROUTINE_SCHEMA',
      ...['ROUTINE_NAME', 'ROUTINE_TYPE', 'DTD_IDENTIFIER', 'IS_DETERMINISTIC', 'ROUTINE_COMMENT'],
    ),
    part(
      'PARAMETERS',
      'SPECIFIC_SCHEMA',
      ...['SPECIFIC_NAME', 'ROUTINE_TYPE', 'ORDINAL_POSITION', 'PARAMETER_MODE', 'PARAMETER_NAME', 'DTD_IDENTIFIER'],
    ),
  ];
  const half = (from: number) => `HEX(BIT_XOR(CAST(CONV(SUBSTRING(digest, ${from}, 16), 16, 10) AS UNSIGNED)))`;
  return `SELECT (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?), COUNT(*), ${half(1)}, ${half(17)}
    FROM (${parts.join(' UNION ALL ')}) AS parts`;
}

export const fingerprintPlaces = 10;
