/**
 * Sources that dial nothing: the host name of the target says what the answer is. For the shapes of the atlan family,
 * where every verdict must be seen; that verdicts are right is tested against real databases elsewhere.
 *
 * @module
 */
import { authorize } from '../../../src/access/index.js';
import type {
  ConnectionReport,
  ConnectionTarget,
  ParsedTarget,
  RawTarget,
  Rejection,
  Sources,
  Stage,
  StageRow,
} from '../../../src/sources/index.js';
import { stages } from '../../../src/sources/index.js';

export interface ScriptedSources extends Sources {
  /** What {@link Sources.parseTarget} was given, newest last. */
  readonly parsed: RawTarget[];
  /** Time limits that {@link Sources.testConnection} was given. */
  readonly timeouts: (number | undefined)[];
  /** What the next test answers; without it, success. */
  verdict: { stage: Stage; reason: string; field?: string } | null;
  /** What the next parse refuses. */
  rejections: readonly Rejection[];
}

export function createScriptedSources(): ScriptedSources {
  const scripted: ScriptedSources = {
    parsed: [],
    timeouts: [],
    verdict: null,
    rejections: [],
    parseTarget(raw): ParsedTarget {
      scripted.parsed.push(raw);
      if (scripted.rejections.length > 0) return { ok: false, rejections: scripted.rejections };
      return { ok: true, target: targetOf(raw) };
    },
    async testConnection({ principal, timeoutMs }) {
      authorize(principal, 'connections.test');
      scripted.timeouts.push(timeoutMs);
      return reportOf(scripted.verdict);
    },
  };
  return scripted;
}

function targetOf(raw: RawTarget): ConnectionTarget {
  return {
    engine: 'postgres',
    host: String(raw.host),
    port: Number(raw.port),
    username: String(raw.username),
    authType: raw.authType === 'oauth' || raw.authType === 'token' ? raw.authType : 'basic',
    password: raw.password as ConnectionTarget['password'],
    database: String(raw.database),
    tls: { mode: 'prefer' },
  } as ConnectionTarget;
}

function reportOf(verdict: ScriptedSources['verdict']): ConnectionReport {
  const failed = verdict === null ? stages.length : stages.indexOf(verdict.stage);
  const rows = stages.map((stage, at): StageRow => {
    const isFailure = at === failed;
    return {
      stage,
      status: at < failed ? 'pass' : isFailure ? 'fail' : 'skip',
      reason: isFailure ? (verdict?.reason ?? null) : at < failed ? null : 'PRIOR_STAGE_FAILED',
      ms: 1,
      evidence: {},
      retryable: false,
      audience: isFailure ? 'user' : null,
      field: isFailure ? (verdict?.field ?? null) : null,
      fix: isFailure ? 'Mend it.' : null,
    } as StageRow;
  });
  return {
    outcome: verdict === null ? 'passed' : 'failed',
    engine: 'postgres',
    serverVersion: 'PostgreSQL 15.18',
    failure: rows[failed] ?? null,
    stages: rows,
    totalMs: 12,
  };
}
