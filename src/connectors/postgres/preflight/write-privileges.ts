/** The check of what writing needs, where writing is declared. @module */
import { type Found, failed, passed, skipped, warned } from '../../check-findings.js';
import { quoteIdentifier, quoteName } from '../quote.js';
import {
  type Asking,
  askedSchemas,
  flagAt,
  inLists,
  isAskedSchema,
  nameAt,
  numberAt,
  readRow,
  readRows,
  wordsAt,
} from './ask.js';

/** Objects of one schema that are named one by one; of more, all are meant. */
const maxNamed = 20;
const maxRows = 2_000;

/**
 * Whether rows can be written in every table, and numbers drawn from every sequence that is not a column's own.
 * Partitions are written through their table.
 */
export async function checkWritePrivileges(asking: Asking): Promise<Found> {
  if (asking.request.purpose === 'read') return skipped();
  const rows = await readRows(
    asking,
    `SELECT s.nspname, s.relname, s.is_sequence, s.missing,
       count(*) OVER (PARTITION BY s.nspname, s.is_sequence),
       row_number() OVER (PARTITION BY s.nspname, s.is_sequence ORDER BY s.relname COLLATE "C") AS place
     FROM (
       SELECT n.nspname, c.relname, c.relkind = 'S' AS is_sequence,
         CASE WHEN c.relkind = 'S'
           THEN CASE WHEN has_sequence_privilege(c.oid, 'USAGE') OR has_sequence_privilege(c.oid, 'UPDATE') THEN '' ELSE 'USAGE' END
           ELSE concat_ws(' ',
             CASE WHEN NOT has_table_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
             CASE WHEN NOT has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
             CASE WHEN NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END) END AS missing
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE ${isAskedSchema} AND c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition
         AND ($1::text[] IS NOT NULL OR has_schema_privilege(n.oid, 'USAGE'))
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
     ) s WHERE s.missing <> ''
     ORDER BY 1, 3, 6 LIMIT ${maxRows}`,
    [askedSchemas(asking.request)],
  );
  const row = await readRow(
    asking,
    `SELECT current_user, count(*) FILTER (WHERE c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'INSERT'))
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${isAskedSchema}`,
    [askedSchemas(asking.request)],
  );
  const writable = numberAt(row, 1);
  if (rows.length === 0) return passed({ writable, missing: 0 });

  const role = quoteIdentifier(nameAt(row, 0));
  const groups = new Map<
    string,
    { schema: string; isSequence: boolean; count: number; names: string[]; words: Set<string> }
  >();
  for (const one of rows) {
    const schema = nameAt(one, 0);
    const isSequence = flagAt(one, 2);
    const key = `${isSequence ? 'S' : 'T'}${schema}`;
    const group = groups.get(key) ?? { schema, isSequence, count: numberAt(one, 4), names: [], words: new Set() };
    group.names.push(quoteName(schema, nameAt(one, 1)));
    for (const word of wordsAt(one, 3)) group.words.add(word);
    groups.set(key, group);
  }
  const statements = [...groups.values()].flatMap((group) => {
    const words = [...group.words].join(', ');
    const kind = group.isSequence ? 'SEQUENCE' : 'TABLE';
    const schema = quoteIdentifier(group.schema);
    if (group.count > maxNamed) return [`GRANT ${words} ON ALL ${kind}S IN SCHEMA ${schema} TO ${role}`];
    return inLists(group.names).map((list) => `GRANT ${words} ON ${kind} ${list} TO ${role}`);
  });
  const schemas = [...new Set([...groups.values()].map((group) => group.schema))].map(quoteIdentifier);
  const usage =
    asking.request.schemas === null ? [] : inLists(schemas).map((list) => `GRANT USAGE ON SCHEMA ${list} TO ${role}`);
  // Of tables that nobody named, some are to be read only; where none at all can be written, the purpose fails.
  const isPartly = asking.request.schemas === null && writable > 0;
  const tell = isPartly ? warned : failed;
  return tell('PRIV_WRITE_MISSING', {
    evidence: { writable, missing: [...groups.values()].reduce((sum, group) => sum + group.count, 0) },
    objects: [...groups.values()].flatMap((group) => group.names),
    statements: isPartly ? [] : [...usage, ...statements],
  });
}
