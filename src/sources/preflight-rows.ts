/**
 * From what was found to the twenty-four rows everybody gets: the first ten out of the walk where a stage tells them,
 * the rest as the engine and this room found them; what was not asked is skipped and says why.
 *
 * @module
 */
import { type CheckFinding, type CheckName, type CheckRow, type CheckStatus, checks } from './checks.js';
import type { ConnectionReport, Engine, Stage, StageRow } from './model.js';
import { type Reason, reasons } from './reasons.js';
import type { PreflightReport } from './use-cases.js';

/** Why a check was not made, as `evidence.skipped`. */
type SkipCause = 'prior_stage_failed' | 'engine_has_none' | 'no_tls' | 'not_made' | 'no_snapshot' | 'not_a_source';

const order = Object.keys(checks) as CheckName[];

/** Days before its end from which a certificate is complained about. */
const certificateDays = 14;

/**
 * @param findings  At most one per check counts, the first. What the walk tells wins where it failed.
 */
export function preflightReport(
  connection: ConnectionReport,
  findings: readonly CheckFinding[],
  totalMs: number,
): PreflightReport {
  const found = new Map<CheckName, CheckFinding>();
  for (const finding of [...walkFindings(connection), ...findings]) {
    const known = found.get(finding.check);
    // A stage that passed says less than the engine's own look at the same question.
    if (known === undefined || (known.status === 'pass' && finding.status !== 'skip'))
      found.set(finding.check, finding);
  }
  const isFailed = connection.outcome === 'failed';
  const rows = order.map((check) =>
    checkRow(found.get(check) ?? skippedFinding(check, causeOf(check, connection.engine, isFailed))),
  );
  const statements = [...new Set(rows.flatMap((row) => row.statements))];
  return { status: statusOf(rows, isFailed), checks: rows, statements, connection, totalMs: Math.round(totalMs) };
}

function statusOf(rows: readonly CheckRow[], isFailed: boolean): PreflightReport['status'] {
  if (isFailed || rows.some((row) => row.isBlocking && row.status === 'fail')) return 'not_ready';
  return rows.some((row) => row.status === 'fail' || row.status === 'warn') ? 'partial' : 'ready';
}

function causeOf(check: CheckName, engine: Engine | null, isFailed: boolean): SkipCause {
  if (engine !== null && checks[check].notFor.includes(engine)) return 'engine_has_none';
  return isFailed ? 'prior_stage_failed' : 'not_made';
}

export function skippedFinding(check: CheckName, skipped: SkipCause): CheckFinding {
  return finding(check, 'skip', null, { evidence: { skipped } });
}

export function finding(
  check: CheckName,
  status: CheckStatus,
  reason: Reason | null,
  more: Partial<Pick<CheckFinding, 'ms' | 'evidence' | 'objects' | 'statements'>> = {},
): CheckFinding {
  return { check, status, reason, ms: 0, evidence: {}, objects: [], statements: [], ...more };
}

/** A finding in the words of the tables. */
export function checkRow(found: CheckFinding): CheckRow {
  const { number, isBlocking, asks } = checks[found.check];
  const definition = found.reason === null ? null : reasons[found.reason];
  return {
    ...found,
    number,
    isBlocking,
    asks,
    audience: definition?.audience ?? null,
    field: definition?.field ?? null,
    fix: definition?.fix ?? null,
  };
}

/** The check a stage answers. What is missing here is no check of its own: a tunnel is part of reaching. */
const checkOfStage: Readonly<Partial<Record<Stage, CheckName>>> = {
  input: 'inputShape',
  policy: 'targetPolicy',
  resolve: 'nameResolution',
  tcp: 'reachability',
  tunnel: 'reachability',
  tls: 'tlsMode',
  handshake: 'serverVersion',
  authenticate: 'authentication',
  database: 'databaseAccess',
  query: 'roundTrip',
  privilege: 'schemaUsage',
  catalog: 'catalogViews',
};

/** Reasons that belong to another check than their stage's. */
const checkOfReason: Readonly<Partial<Record<Reason, CheckName>>> = {
  CREDENTIAL_REF_UNRESOLVED: 'credentialReference',
  SECRET_STORE_UNAVAILABLE: 'credentialReference',
  TOO_MANY_CONNECTIONS: 'connectionHeadroom',
  USER_CONNECTION_LIMIT: 'connectionHeadroom',
  AUTH_ACCOUNT_LOCKED: 'accountState',
  AUTH_ACCOUNT_DISABLED: 'accountState',
  AUTH_PASSWORD_EXPIRED: 'accountState',
  AUTH_PASSWORD_MUST_CHANGE: 'accountState',
  AUTH_ROLE_NOT_LOGIN: 'accountState',
};

const certificateReasons: ReadonlySet<string> = new Set<Reason>([
  ...(['TLS_UNTRUSTED_ISSUER', 'TLS_SELF_SIGNED', 'TLS_NAME_MISMATCH'] as const),
  ...(['TLS_EXPIRED', 'TLS_NOT_YET_VALID'] as const),
]);

function walkFindings({ stages, engine }: ConnectionReport): CheckFinding[] {
  const found: CheckFinding[] = [];
  for (const row of stages) {
    if (row.status === 'skip') continue;
    const reason = row.reason === 'PRIOR_STAGE_FAILED' ? null : row.reason;
    if (row.stage === 'tls') {
      found.push(...tlsFindings(row, reason));
      continue;
    }
    const check = (reason === null ? undefined : checkOfReason[reason]) ?? checkOfStage[row.stage];
    if (check === undefined || (engine !== null && checks[check].notFor.includes(engine))) continue;
    // The fields were well formed, or there would be no target.
    if (row.stage === 'input' && check !== 'inputShape') found.push(finding('inputShape', 'pass', null));
    found.push(check === 'reachability' ? reachFinding(row, reason) : stageFinding(check, row, reason));
  }
  const has = (stage: Stage) => stages.some((row) => row.stage === stage && row.status === 'pass');
  // Whoever is let in has an account that is let in; what is about to end is for the engine to find.
  if (has('authenticate')) found.push(finding('accountState', 'pass', null));
  const tls = stages.find((row) => row.stage === 'tls');
  if (tls?.status === 'skip' && has('database')) {
    if (engine === null || !checks.tlsMode.notFor.includes(engine)) {
      found.push(finding('tlsMode', 'pass', null, { evidence: { encrypted: false } }));
      found.push(skippedFinding('certificate', 'no_tls'));
    }
  }
  return found;
}

function stageFinding(check: CheckName, { status, ms, evidence }: StageRow, reason: Reason | null): CheckFinding {
  return finding(check, status, reason, { ms, evidence });
}

/**
 * A name whose addresses do not all answer works until somebody is handed the other one, seconds later. One that
 * refuses costs nothing: the next is tried at once.
 */
function reachFinding(row: StageRow, reason: Reason | null): CheckFinding {
  const { timedOut, unreachable } = row.evidence;
  const found = stageFinding('reachability', row, reason);
  if (row.status !== 'pass') return found;
  if (Number(timedOut ?? 0) > 0) return { ...found, status: 'warn', reason: 'TCP_TIMEOUT' };
  return Number(unreachable ?? 0) > 0 ? { ...found, status: 'warn', reason: 'TCP_UNREACHABLE' } : found;
}

/** One stage, two questions: is it encrypted as asked for, and whose is the certificate. */
function tlsFindings({ status, ms, evidence }: StageRow, reason: Reason | null): CheckFinding[] {
  const isOfCertificate = reason !== null && certificateReasons.has(reason);
  if (status === 'fail') {
    const mode = finding('tlsMode', 'fail', reason, { ms, evidence });
    return isOfCertificate ? [mode, finding('certificate', 'fail', reason, { evidence })] : [mode];
  }
  if (reason === 'TLS_NOT_SUPPORTED_BY_SERVER') {
    return [finding('tlsMode', 'warn', reason, { ms, evidence }), skippedFinding('certificate', 'no_tls')];
  }
  const daysLeft = evidence['daysLeft'];
  const endsSoon = typeof daysLeft === 'number' && daysLeft < certificateDays;
  const doubt: Reason | null = reason ?? (endsSoon ? 'TLS_EXPIRES_SOON' : null);
  return [
    finding('tlsMode', isOfCertificate || reason === null ? 'pass' : 'warn', isOfCertificate ? null : reason, {
      ms,
      evidence,
    }),
    finding('certificate', doubt === null ? 'pass' : 'warn', doubt, { evidence }),
  ];
}
