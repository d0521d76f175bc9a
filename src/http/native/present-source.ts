/** Sources, verdicts and preflights as our own API shows them: camelCase, neutral names, never a password. @module */

import type { Secret } from '../../kernel/secret.js';
import type {
  CheckRow,
  ConnectionReport,
  CredentialReference,
  PreflightReport,
  Rejection,
  Source,
  ToldReport,
} from '../../sources/index.js';
import { sourcesErrors } from '../../sources/index.js';
import { type Answer, problemJson } from '../kit/answer.js';

/** @param webhookKey  Shown in the answer to the request that made it, and never again. */
export function presentSource(source: Source, webhookKey: Secret | null = null): object {
  const { organisationUid, host, port, credential, ...rest } = source;
  return {
    ...rest,
    organisation: organisationUid,
    host: host === '' ? null : host,
    port: port === 0 ? null : port,
    credential: presentCredential(credential),
    ...(webhookKey === null ? {} : { webhookKey: webhookKey.reveal() }),
  };
}

/** As it is given in: `env:NAME`, `file:/path`; `stored` for a password of our own store. */
function presentCredential(credential: CredentialReference): string {
  switch (credential.kind) {
    case 'stored':
      return 'stored';
    case 'env':
      return `env:${credential.name}`;
    case 'file':
      return `file:${credential.path}`;
  }
}

/** The verdict of a test; what the caller may not see is `null`. */
export function presentTold(told: ToldReport): object {
  if (told.detail === 'full') return presentReport(told.report);
  const isPolicy = told.outcome === 'policy';
  return {
    outcome: told.outcome === 'passed' ? 'passed' : 'failed',
    engine: told.engine,
    serverVersion: null,
    stage: isPolicy ? 'policy' : null,
    reason: isPolicy ? 'TARGET_NOT_ALLOWED' : null,
    retryable: null,
    audience: null,
    field: null,
    fix: null,
    totalMs: null,
    stages: null,
  };
}

function presentReport({ outcome, engine, serverVersion, failure, stages, totalMs }: ConnectionReport): object {
  return {
    outcome,
    engine,
    serverVersion,
    stage: failure?.stage ?? null,
    reason: failure?.reason ?? null,
    retryable: failure?.retryable ?? null,
    audience: failure?.audience ?? null,
    field: failure?.field ?? null,
    fix: failure?.fix ?? null,
    totalMs,
    stages,
  };
}

/** `status` and `checks` are `null` when the database was not reached and the caller may not know why. */
export function presentPreflight(told: ToldReport, preflight: PreflightReport | null): object {
  return {
    connection: presentTold(told),
    status: preflight?.status ?? null,
    checks: preflight?.checks.map(presentCheck) ?? null,
    statements: preflight?.statements ?? [],
    totalMs: preflight?.totalMs ?? null,
  };
}

export function presentCheck({ check, ...row }: CheckRow): object {
  return { name: check, ...row };
}

/** A target that is not one, field by field. */
export function presentRejections(rejections: readonly Rejection[], requestId: string | null): Answer {
  const [first] = rejections;
  const { code } = sourcesErrors.field_invalid;
  return problemJson(400, {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: sourcesErrors.field_invalid().message,
    code,
    requestId,
    ...(first === undefined ? {} : { field: first.field, fix: first.fix }),
    errors: rejections,
  });
}

/** The catalogue was asked for and the database could not be reached: the answer says at which step it ended. */
export function presentUnreachable(told: ToldReport, requestId: string | null): Answer {
  const { code } = sourcesErrors.unreachable;
  return problemJson(503, {
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    detail: sourcesErrors.unreachable().message,
    code,
    requestId,
    verdict: presentTold(told),
  });
}
