/**
 * Verdicts in the atlan shape: `success` and `message` as published, the newer generation's `data` block, and the typed
 * verdict in added fields of it.
 *
 * @module
 */
import {
  type AuthType,
  type CatalogSchema,
  type CheckRow,
  type ConnectionReport,
  type FamilyCheck,
  type FamilyCheckAnswer,
  type PreflightReport,
  type Rejection,
  reasons,
  type Stage,
  type StageRow,
  type ToldReport,
} from '../../../sources/index.js';
import { type Answer, json } from '../../kit/answer.js';
import type { MetadataType } from './schemas.js';

type Status = 'success' | 'failed' | 'expired' | 'invalid_credentials';

/** What went wrong, by the deepest stage reached. Ours, so that no text of a driver can be in it. */
const messages: Readonly<Record<Stage, string>> = {
  input: 'The connection parameters are not valid',
  policy: 'The target is not allowed',
  resolve: 'The database host could not be resolved',
  tcp: 'The database could not be reached',
  tunnel: 'The tunnel to the database could not be opened',
  tls: 'The TLS connection to the database failed',
  handshake: 'The database did not accept the connection',
  authenticate: 'The database refused the credentials',
  database: 'The database is not available to this account',
  query: 'The database did not answer a trivial query',
  privilege: 'The account lacks a privilege',
  catalog: 'The catalog could not be read',
};

/** Neutral field names of the sources room, as this family's requests spell them. */
const wireNames: Readonly<Record<string, string>> = {
  'tls.mode': 'extra.ssl_mode',
  'tls.ca': 'extra.ssl_cert',
  'tls.clientCertificate': 'extra.ssl_client_cert',
  'tls.clientKey': 'extra.ssl_client_key',
  engine: 'extra.engine',
  timeoutMs: 'timeout_seconds',
};

/** Which member of the body carries the secret, by authType. */
const secretNames: Readonly<Record<string, string>> = {
  basic: 'password',
  oauth: 'extra.oauth_token',
  token: 'extra.token',
};

const expiredReasons = new Set(['AUTH_TOKEN_EXPIRED', 'AUTH_PASSWORD_EXPIRED', 'AUTH_PASSWORD_MUST_CHANGE']);

/** The answer of `/auth`; of the other routes when the database could not be reached. */
export function presentTold(told: ToldReport, authType: AuthType): Answer {
  if (told.detail === 'full') return presentReport(told.report, authType);
  const { outcome, engine } = told;
  if (outcome === 'passed') {
    const message = 'Authentication successful';
    return json(200, { success: true, message, data: { ...block('success', message), outcome, engine } });
  }
  // One body and one status for open, closed, filtered and refused: whoever may not diagnose must not scan.
  if (outcome === 'failed') {
    const message = 'Authentication failed';
    return json(500, { success: false, message, error: slugOf(500), detail: message, data: block('failed', message) });
  }
  const reason = 'TARGET_NOT_ALLOWED';
  const { audience, field, fix, retryable } = reasons[reason];
  const message = messages.policy;
  return json(400, {
    success: false,
    message,
    error: slugOf(400),
    detail: fix,
    reason,
    data: { ...block('failed', message), outcome: 'failed', stage: 'policy', reason, retryable, audience, field, fix },
  });
}

function presentReport(report: ConnectionReport, authType: AuthType): Answer {
  const { failure } = report;
  if (report.outcome === 'passed' || failure === null) {
    const message = 'Authentication successful';
    return json(200, { success: true, message, data: { ...block('success', message), ...verdict(report, authType) } });
  }
  const http = httpStatusOf(failure, authType);
  const message = messages[failure.stage];
  return json(http, {
    success: false,
    message,
    error: slugOf(http),
    detail: failure.fix ?? message,
    reason: failure.reason,
    data: { ...block(statusOf(failure), message), ...verdict(report, authType) },
  });
}

/**
 * Databases and schemas as rows, each once and in order. There is no `message`: one that is there breaks the filter of
 * published front ends.
 */
export function presentRows(type: MetadataType, catalog: string, schemas: readonly CatalogSchema[]): Answer {
  const names = [...new Set(schemas.map(({ name }) => name))].sort();
  const data =
    type === 'database'
      ? [{ TABLE_CATALOG: catalog }]
      : names.map((name) => ({ TABLE_CATALOG: catalog, TABLE_SCHEMA: name }));
  return json(200, { success: true, data });
}

const readiness: Readonly<Record<PreflightReport['status'], string>> = {
  ready: 'Every check passed',
  partial: 'Every blocking check passed; look at the others',
  not_ready: 'A blocking check failed',
};

/** The three published checks, and beside them the twenty-four of ours. */
export function presentCheck(answer: Extract<FamilyCheckAnswer, { outcome: 'checked' }>): Answer {
  const { databaseSchemaCheck, tablesCheck, versionCheck, preflight } = answer;
  const success = [databaseSchemaCheck, tablesCheck, versionCheck].every((check) => check.success);
  return json(200, {
    success,
    message: success ? 'Preflight check successful' : 'Preflight check failed',
    data: {
      databaseSchemaCheck: familyCheck(databaseSchemaCheck),
      tablesCheck: familyCheck(tablesCheck),
      versionCheck: familyCheck(versionCheck),
    },
    preflight: {
      status: preflight.status,
      message: readiness[preflight.status],
      total_duration_ms: Math.round(preflight.totalMs),
      checks: preflight.checks.map(preflightCheck),
      statements: preflight.statements,
    },
  });
}

function familyCheck({ success, message }: FamilyCheck): object {
  return { success, message, successMessage: success ? message : '', failureMessage: success ? '' : message };
}

function preflightCheck(row: CheckRow): object {
  return {
    name: row.check,
    number: row.number,
    passed: row.status === 'pass',
    status: row.status,
    blocking: row.isBlocking,
    message: row.status === 'pass' || row.status === 'skip' ? row.asks : (row.fix ?? row.asks),
    reason: row.reason,
    audience: row.audience,
    field: row.field === null ? null : wireName(row.field, 'basic'),
    duration_ms: Math.round(row.ms),
    evidence: row.evidence,
    objects: row.objects,
    statements: row.statements,
  };
}

/**
 * What was refused before anything was dialled.
 *
 * @param authType  As it was sent; it names the member that should have held the token.
 */
export function presentRejections(rejections: readonly Rejection[], authType: unknown): Answer {
  const isAboutToken = rejections.every(({ reason }) => reason === 'TOKEN_MISSING' || reason === 'TOKEN_EXPIRED');
  const isExpired = rejections.some(({ reason }) => reason === 'TOKEN_EXPIRED');
  const detail = rejections
    .filter(({ reason }) => isAboutToken || (reason !== 'TOKEN_MISSING' && reason !== 'TOKEN_EXPIRED'))
    .map(({ field, fix, reason }) => ({ field: wireName(field, authType), message: fix, type: reason }));
  const reason = detail[0]?.type ?? null;
  if (!isAboutToken) {
    const fields = detail.map(({ field }) => field).join(', ');
    const message = `Invalid request: ${fields}`;
    return json(400, { success: false, message, error: slugOf(400), detail, reason });
  }
  const message = isExpired ? 'Authentication token has expired' : 'Missing authentication token';
  return json(401, {
    success: false,
    message,
    error: slugOf(401),
    detail,
    reason,
    ...(isExpired ? { data: block('expired', message) } : {}),
  });
}

/** The word for a status in `error`. */
export function slugOf(status: number): string {
  switch (status) {
    case 400:
      return 'invalid_request';
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 405:
      return 'method_not_allowed';
    case 429:
      return 'rate_limited';
    case 500:
      return 'connection_failed';
    case 503:
      return 'unavailable';
    default:
      return status < 500 ? 'invalid_request' : 'internal_error';
  }
}

function block(status: Status, message: string): object {
  return { status, message, identities: [], scopes: [], expires_at: '' };
}

function verdict(report: ConnectionReport, authType: AuthType): object {
  const { failure } = report;
  return {
    outcome: report.outcome,
    engine: report.engine,
    server_version: report.serverVersion,
    stage: failure?.stage ?? null,
    reason: failure?.reason ?? null,
    retryable: failure?.retryable ?? false,
    audience: failure?.audience ?? null,
    field: fieldOf(failure, authType),
    fix: failure?.fix ?? null,
    total_ms: report.totalMs,
    stages: report.stages.map((row) => ({ ...row, field: fieldOf(row, authType) })),
  };
}

function fieldOf(row: StageRow | null, authType: AuthType): string | null {
  return row === null || row.field === null ? null : wireName(row.field, authType);
}

function wireName(field: string, authType: unknown): string {
  if (field === 'password' || field === 'token') {
    return typeof authType === 'string' && Object.hasOwn(secretNames, authType)
      ? String(secretNames[authType])
      : 'password';
  }
  return Object.hasOwn(wireNames, field) ? String(wireNames[field]) : field;
}

function statusOf({ stage, reason }: StageRow): Status {
  if (reason !== null && expiredReasons.has(reason)) return 'expired';
  return stage === 'authenticate' && reason === 'AUTH_INVALID_CREDENTIALS' ? 'invalid_credentials' : 'failed';
}

/** Reasons by which a database refuses the credential itself; a time-out in the middle of signing in is none of them. */
const refusals: ReadonlySet<string | null> = new Set([
  'AUTH_INVALID_CREDENTIALS',
  'AUTH_PASSWORD_REQUIRED',
  'AUTH_ACCOUNT_LOCKED',
  'AUTH_ACCOUNT_DISABLED',
  'AUTH_ROLE_NOT_LOGIN',
  'AUTH_TOKEN_AUDIENCE',
  'AUTH_TOKEN_SCOPE',
  ...expiredReasons,
]);

/**
 * The published statuses: 400 for what is wrong with the request itself, 401 for a refused token, 500 for everything
 * else about the database, a refused password included.
 */
function httpStatusOf({ stage, reason }: StageRow, authType: AuthType): number {
  if (stage === 'input' || stage === 'policy') return 400;
  return authType !== 'basic' && refusals.has(reason) ? 401 : 500;
}
