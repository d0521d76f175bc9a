/** The checks of a DuckDB file, asked in the thread. @module */
import type { CheckFinding, CheckName, PreflightRequest } from '../../sources/index.js';
import {
  type CheckQuestion,
  complained,
  type Found,
  judgeCatalogSize,
  judgeLeastPrivilege,
  judgeReadOnly,
  judgeRoundTrip,
  judgeSchemas,
  judgeWriting,
  passed,
  quoteIdentifier,
  quoteName,
  skipped,
  timeCheck,
} from '../file-findings.js';
import { rightsOn } from '../file-rights.js';
import type { DuckdbFile } from './connect.js';
import { factsOfDuckdbFault } from './errors.js';

type Find = (file: DuckdbFile, request: PreflightRequest) => Found | Promise<Found>;

const finds: Partial<Record<CheckName, Find>> = {
  serverVersion: ({ version, storageVersion, isEncrypted }) => passed({ version, storageVersion, isEncrypted }),
  async roundTrip(file, request) {
    const startedMs = performance.now();
    await file.rows('SELECT 1');
    return judgeRoundTrip(performance.now() - startedMs, request);
  },
  readOnlyState: (file, request) => judgeReadOnly(rightsOn(file.path), request),
  schemaUsage: async (file, request) => judgeSchemas(await countObjects(file), request, quoteName),
  sampleRead,
  writePrivileges: (file, request) => judgeWriting(rightsOn(file.path), request),
  leastPrivilege: (file, request) => judgeLeastPrivilege(rightsOn(file.path), request),
  statementTimeout,
  async encodingAndClock(file) {
    const [row] = await file.rows("SELECT current_setting('TimeZone'), current_setting('default_collation')");
    return passed({ encoding: 'UTF-8', timeZone: String(row?.[0] ?? ''), collation: String(row?.[1] || 'binary') });
  },
  async catalogSize(file, request) {
    const counts = await countObjects(file);
    return judgeCatalogSize(
      [...counts.values()].reduce((sum, count) => sum + count, 0),
      request,
    );
  },
  catalogViews,
};

export function createDuckdbChecks(file: DuckdbFile): (question: CheckQuestion) => Promise<CheckFinding> {
  return ({ check, request }) =>
    timeCheck(check, () => {
      const find = finds[check];
      if (find === undefined) throw new TypeError(`DuckDB has nothing to find for ${check}`);
      return find(file, request);
    });
}

const here = 'database_name = current_database()';

/** Tables and views by schema. */
async function countObjects(file: DuckdbFile): Promise<ReadonlyMap<string, number>> {
  const rows = await file.rows(
    `SELECT s.schema_name, count(o.schema_name)::INTEGER FROM duckdb_schemas() AS s LEFT JOIN (
       SELECT schema_name FROM duckdb_tables() WHERE ${here} AND NOT internal
       UNION ALL SELECT schema_name FROM duckdb_views() WHERE ${here} AND NOT internal
     ) AS o USING (schema_name)
     WHERE ${here} AND s.schema_name NOT IN ('information_schema', 'pg_catalog') GROUP BY 1 ORDER BY 1`,
  );
  return new Map(rows.map(([name, count]) => [String(name), Number(count)]));
}

/** Schemas of which a row is read, at most. */
const maxSamples = 50;

/** A row of one table of every schema. What a view would do for a row is not known before. */
async function sampleRead(file: DuckdbFile, { schemas }: PreflightRequest): Promise<Found> {
  const tables = await file.rows(
    `SELECT schema_name, min(table_name) FROM duckdb_tables() WHERE ${here} AND NOT internal GROUP BY 1 ORDER BY 1`,
  );
  const wanted = tables
    .map(([schema, table]) => ({ schema: String(schema), table: String(table) }))
    .filter(({ schema }) => schemas?.includes(schema) ?? true)
    .slice(0, maxSamples);
  if (wanted.length === 0) return skipped();
  const broken: string[] = [];
  for (const { schema, table } of wanted) {
    try {
      // Of all columns, and of none what it holds.
      await file.rows(
        `SELECT hash(one) FROM (SELECT * FROM ${quoteIdentifier(schema)}.${quoteIdentifier(table)} LIMIT 1) AS one`,
      );
    } catch (fault) {
      if (factsOfDuckdbFault(fault).code === 'INTERRUPT') throw fault;
      broken.push(`${quoteName(schema)}.${quoteName(table)}`);
    }
  }
  const evidence = { tables: wanted.length, broken: broken.length };
  return broken.length === 0 ? passed(evidence) : complained('fail', 'DATABASE_FILE_NOT_A_DATABASE', evidence, broken);
}

/** Asks what would take for ever and sees that it ends. */
async function statementTimeout(file: DuckdbFile): Promise<Found> {
  const startedMs = performance.now();
  file.allow(20);
  try {
    await file.rows('SELECT count(*) FROM range(1000000000000000) WHERE range % 7 = 9');
  } catch (fault) {
    if (factsOfDuckdbFault(fault).code !== 'INTERRUPT') throw fault;
    return passed({ endedAfterMs: Math.round(performance.now() - startedMs), kind: 'interrupt' });
  }
  return complained('warn', 'SERVER_SETTING_UNUSUAL');
}

const maxViews = 200;

/** Views whose text does not fit the tables any more, or needs what is shut off here. */
async function catalogViews(file: DuckdbFile): Promise<Found> {
  const views = await file.rows(
    `SELECT schema_name, view_name FROM duckdb_views() WHERE ${here} AND NOT internal ORDER BY 1, 2 LIMIT ${maxViews}`,
  );
  const broken: string[] = [];
  for (const [schema, view] of views) {
    try {
      await file.bind(`SELECT * FROM ${quoteIdentifier(String(schema))}.${quoteIdentifier(String(view))}`);
    } catch (fault) {
      if (factsOfDuckdbFault(fault).code === 'INTERRUPT') throw fault;
      broken.push(`${quoteName(String(schema))}.${quoteName(String(view))}`);
    }
  }
  const evidence = { views: views.length, broken: broken.length };
  return broken.length === 0 ? passed(evidence) : complained('warn', 'CATALOG_PARTIAL', evidence, broken);
}
