/** Findings that are made the same way for every engine of files. Runs in the worker thread. @module */
import type { CheckFinding, CheckName, PreflightRequest, Reason } from '../sources/index.js';
import type { FileRights } from './file-rights.js';

/** What a check found, before its name and its time are put to it. */
export type Found = Partial<Pick<CheckFinding, 'evidence' | 'objects'>> & Pick<CheckFinding, 'status' | 'reason'>;

export interface CheckQuestion {
  readonly check: CheckName;
  readonly request: PreflightRequest;
}

const maxObjects = 20;
const maxNameCharacters = 200;

export function passed(evidence: CheckFinding['evidence'] = {}): Found {
  return { status: 'pass', reason: null, evidence };
}

export function skipped(): Found {
  return { status: 'skip', reason: null };
}

export function complained(
  status: 'warn' | 'fail',
  reason: Reason,
  evidence: CheckFinding['evidence'] = {},
  objects: readonly string[] = [],
): Found {
  return { status, reason, evidence, objects };
}

/** Times one check and puts its name to it. No statement of SQL changes what a file's permissions say, so none is told. */
export async function timeCheck(check: CheckName, find: () => Found | Promise<Found>): Promise<CheckFinding> {
  const startedMs = performance.now();
  const { status, reason, evidence = {}, objects = [] } = await find();
  const ms = Math.round((performance.now() - startedMs) * 10) / 10;
  return { check, status, reason, ms, evidence, objects: objects.slice(0, maxObjects), statements: [] };
}

export function judgeRoundTrip(ms: number, request: PreflightRequest): Found {
  const evidence = { ms: Math.round(ms * 10) / 10, limitMs: request.roundTripMs };
  return ms <= request.roundTripMs ? passed(evidence) : complained('warn', 'QUERY_TIMEOUT', evidence);
}

export function judgeReadOnly(rights: FileRights, request: PreflightRequest): Found {
  const evidence = evidenceOf(rights);
  const isWanting = request.purpose === 'read_write' && !(rights.isWritable && rights.isFolderWritable);
  return isWanting ? complained('warn', 'SERVER_READ_ONLY', evidence) : passed(evidence);
}

export function judgeWriting(rights: FileRights, request: PreflightRequest): Found {
  if (request.purpose === 'read') return skipped();
  const isAble = rights.isWritable && rights.isFolderWritable;
  return isAble ? passed(evidenceOf(rights)) : complained('fail', 'PRIV_WRITE_MISSING', evidenceOf(rights));
}

/** More than the purpose needs: to write where only reading is meant, and everybody on the machine in any case. */
export function judgeLeastPrivilege(rights: FileRights, request: PreflightRequest): Found {
  const isExcessive =
    rights.isWorldReadable || rights.isWorldWritable || (request.purpose === 'read' && rights.isWritable);
  return isExcessive ? complained('warn', 'PRIV_EXCESSIVE', evidenceOf(rights)) : passed(evidenceOf(rights));
}

export function judgeCatalogSize(tables: number, request: PreflightRequest): Found {
  const evidence = { tables, limit: request.catalogTables };
  return tables <= request.catalogTables ? passed(evidence) : complained('warn', 'CATALOG_TOO_LARGE', evidence);
}

/** Asked for by name and not there, or there and empty. */
export function judgeSchemas(
  there: ReadonlyMap<string, number>,
  request: PreflightRequest,
  quote: (name: string) => string,
): Found {
  const missing = request.schemas?.filter((name) => !there.has(name)) ?? [];
  const wanted = [...there].filter(([name]) => request.schemas?.includes(name) ?? true);
  const objects = wanted.reduce((sum, [, count]) => sum + count, 0);
  const evidence = { schemas: wanted.length, objects };
  if (missing.length > 0) return complained('fail', 'PRIV_SCHEMA_USAGE', evidence, missing.map(quote));
  return objects === 0 ? complained('warn', 'CATALOG_EMPTY', evidence) : passed(evidence);
}

/** An identifier in double quotes, those doubled (SQL:2016, 5.2), as it stands in a statement. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** An identifier in double quotes, fit to be shown. */
export function quoteName(name: string): string {
  return quoteIdentifier(name.slice(0, maxNameCharacters)).replace(/\p{Cc}/gu, '\ufffd');
}

function evidenceOf(rights: FileRights): CheckFinding['evidence'] {
  return { ...rights };
}
