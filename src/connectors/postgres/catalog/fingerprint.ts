/**
 * A schema's definition in one number: a sum over the rows of the catalogue that define it. Where a row changes only
 * by definition its version (`xmin`) stands for it; where vacuuming, analysing or rewriting a table touches the row
 * too, the fields that define do.
 *
 * @module
 */
import type { Dialect } from './selection.js';
import type { Built } from './statements.js';

/** Fields: whether the schema is there, number of rows, sum of their hashes. */
export function selectFingerprint(schema: string, { version }: Dialect): Built {
  const hash = version >= 110_000 ? (text: string) => `hashtextextended(${text}, 0)::numeric` : hash32;
  const part = (row: string, from: string) => `SELECT ${hash(`(${row})::text`)} AS h FROM ${from}`;
  const owned = 'JOIN s ON';
  const parent = version >= 110_000 ? 'k.conparentid' : '0';
  const carried = version >= 110_000 ? 'x.indnkeyatts' : 'x.indnatts';
  const parts = [
    part('1, n.nspname, n.nspowner, n.nspacl', `pg_namespace n ${owned} s.oid = n.oid`),
    part(
      `2, c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
      c.reltablespace, c.relispartition, c.relam, c.relpersistence`,
      `pg_class c ${owned} s.oid = c.relnamespace`,
    ),
    // Names of types and of columns elsewhere show here: the versions of their rows come in.
    part(
      '3, a.attrelid, a.attnum, a.xmin, t.xmin, tn.xmin',
      `pg_class c ${owned} s.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
      LEFT JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace`,
    ),
    part(
      '4, d.adrelid, d.adnum, d.xmin',
      `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_attrdef d ON d.adrelid = c.oid`,
    ),
    part(
      `5, k.oid, k.xmin, ${parent}, f.relname, fn.nspname, (SELECT string_agg(a.attname::text, ',' ORDER BY a.attnum)
        FROM pg_attribute a WHERE k.contype = 'f' AND a.attrelid = k.confrelid AND a.attnum = ANY(k.confkey))`,
      `pg_constraint k ${owned} s.oid = k.connamespace LEFT JOIN pg_class f ON f.oid = k.confrelid
      LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace`,
    ),
    part(
      `6, x.indexrelid, x.indrelid, x.indkey, ${carried}, x.indisunique, x.indisprimary, x.indclass, x.indcollation,
      x.indoption, x.indexprs, x.indpred`,
      `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_index x ON x.indexrelid = c.oid`,
    ),
    part(
      '7, g.oid, g.xmin',
      `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal`,
    ),
    part(
      '8, i.inhrelid, i.inhparent',
      `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid`,
    ),
    part('9, r.oid, r.xmin', `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_rewrite r ON r.ev_class = c.oid`),
    part('10, p.oid, p.xmin', `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_policy p ON p.polrelid = c.oid`),
    part(
      '11, q.seqrelid, q.xmin',
      `pg_class c ${owned} s.oid = c.relnamespace JOIN pg_sequence q ON q.seqrelid = c.oid`,
    ),
    // A table's row type follows the table.
    part('12, t.oid, t.xmin', `pg_type t ${owned} s.oid = t.typnamespace WHERE t.typtype IN ('e', 'd')`),
    part('13, e.oid, e.xmin', `pg_type t ${owned} s.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid`),
    part('14, p.oid, p.xmin', `pg_proc p ${owned} s.oid = p.pronamespace`),
    ...[
      ['pg_namespace', 'pg_namespace o', 's.oid = o.oid'],
      ['pg_class', 'pg_class o', 's.oid = o.relnamespace'],
      ['pg_type', 'pg_type o', 's.oid = o.typnamespace'],
      ['pg_proc', 'pg_proc o', 's.oid = o.pronamespace'],
    ].map(([table, from, on]) =>
      part(
        `'${table}', d.objoid, d.objsubid, d.xmin`,
        `${from} ${owned} ${on} JOIN pg_description d ON d.objoid = o.oid AND d.classoid = '${table}'::regclass`,
      ),
    ),
  ];
  const sql = `WITH s AS (SELECT n.oid FROM pg_namespace n WHERE n.nspname::text = $1::text
  AND n.nspname::text !~ '^pg_' AND n.nspname::text <> 'information_schema')
SELECT EXISTS (SELECT FROM s), count(*), coalesce(sum(h), 0) FROM (${parts.join('\nUNION ALL\n')}) AS rows`;
  return { sql, values: [schema.replaceAll('\0', '')] };
}

/** Two halves where the server has no hash of 64 bits. */
function hash32(text: string): string {
  return `(hashtext(${text})::numeric * 4294967296 + hashtext('2' || ${text}))`;
}
