/** The checks of an SQLite file, asked in the thread. @module */
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
import { KnownFault } from '../file-worker.js';
import { sqliteSchema } from './catalog.js';
import type { SqliteFile } from './connect.js';

type Find = (file: SqliteFile, request: PreflightRequest) => Found;

const finds: Partial<Record<CheckName, Find>> = {
  serverVersion: (file) => passed({ version: file.version, journal: file.isWal ? 'wal' : 'rollback' }),
  roundTrip(file, request) {
    const startedMs = performance.now();
    file.rows('SELECT 1 FROM sqlite_schema LIMIT 1');
    return judgeRoundTrip(performance.now() - startedMs, request);
  },
  readOnlyState: (file, request) => judgeReadOnly(rightsOn(file.path), request),
  schemaUsage: (file, request) => judgeSchemas(new Map([[sqliteSchema, countObjects(file)]]), request, quoteName),
  sampleRead,
  writePrivileges: (file, request) => judgeWriting(rightsOn(file.path), request),
  leastPrivilege: (file, request) => judgeLeastPrivilege(rightsOn(file.path), request),
  statementTimeout,
  encodingAndClock(file) {
    const encoding = String(file.rows('PRAGMA encoding')[0]?.['encoding'] ?? '');
    return encoding === 'UTF-8' ? passed({ encoding }) : complained('warn', 'SERVER_SETTING_UNUSUAL', { encoding });
  },
  catalogSize: (file, request) => judgeCatalogSize(countObjects(file), request),
  catalogViews,
};

export function createSqliteChecks(file: SqliteFile): (question: CheckQuestion) => Promise<CheckFinding> {
  return ({ check, request }) =>
    timeCheck(check, () => {
      const find = finds[check];
      if (find === undefined) throw new TypeError(`SQLite has nothing to find for ${check}`);
      return find(file, request);
    });
}

const ownNames = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

function countObjects(file: SqliteFile): number {
  const [row] = file.rows(
    `SELECT count(*) AS n FROM sqlite_schema WHERE type IN ('table', 'view') AND ${ownNames} AND in_time(rowid)`,
  );
  return Number(row?.['n'] ?? 0);
}

/** Of a table in the file itself: what a view or a module would do for one row is not known before. */
function sampleRead(file: SqliteFile, request: PreflightRequest): Found {
  if (request.schemas?.includes(sqliteSchema) === false) return skipped();
  const [row] = file.rows(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND ${ownNames} AND in_time(rowid) LIMIT 1`,
  );
  if (row === undefined) return skipped();
  const table = quoteIdentifier(String(row['name']));
  const rows = file.rows(`SELECT 1 FROM ${sqliteSchema}.${table} LIMIT 1`).length;
  return { ...passed({ rows }), objects: [quoteName(String(row['name']))] };
}

/** Asks what would take for ever and sees that it ends. */
function statementTimeout(file: SqliteFile): Found {
  const startedMs = performance.now();
  file.allow(10);
  try {
    file.rows(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE in_time(i)) SELECT count(*) FROM n',
    );
  } catch (fault) {
    if (!(fault instanceof KnownFault)) throw fault;
    return passed({ endedAfterMs: Math.round(performance.now() - startedMs), kind: 'row' });
  }
  return complained('warn', 'SERVER_SETTING_UNUSUAL');
}

/** Views whose text does not fit the tables any more. */
function catalogViews(file: SqliteFile): Found {
  const views = file.rows(`SELECT name FROM sqlite_schema WHERE type = 'view' AND in_time(rowid) LIMIT 1000`);
  const broken = views
    .map((row) => String(row['name']))
    .filter((name) => {
      try {
        file.rows("SELECT count(*) FROM pragma_table_xinfo(?, 'main') WHERE in_time(1)", name);
        return false;
      } catch (fault) {
        if (fault instanceof KnownFault) throw fault;
        return true;
      }
    });
  const evidence = { views: views.length, broken: broken.length };
  return broken.length === 0
    ? passed(evidence)
    : complained('warn', 'CATALOG_PARTIAL', evidence, broken.map(quoteName));
}
