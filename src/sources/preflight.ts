/**
 * Will a run work: the walk, the engine's own checks, and those that only this room can make (the credential's age,
 * the schema since its snapshot), one row for each of the twenty-four.
 *
 * @module
 */
import { type Attempt, type AttemptInput, admitAttempt, runAttempt, tell } from './attempt.js';
import type { CheckFinding } from './checks.js';
import { connect, type Ended } from './connect.js';
import type { Room } from './deps.js';
import type { ProbeLimits } from './ports.js';
import { finding, preflightReport, skippedFinding } from './preflight-rows.js';
import type { ReachableSubject } from './reach-subject.js';
import { findDrift } from './schema-drift.js';
import type { Purpose } from './source.js';
import type { PreflightReport, ToldReport } from './use-cases.js';

export interface PreflightInput extends AttemptInput {
  readonly purpose?: Purpose;
  readonly schemas?: readonly string[];
}

/** What a trivial query should take at most, milliseconds: pages of small queries stay usable. */
const roundTripMs = 500;
const dayMs = 86_400_000;
const rotationDays = 365;

/** See `use-cases.ts` for the contract. */
export async function preflight(
  room: Room,
  input: PreflightInput,
): Promise<{ readonly told: ToldReport; readonly preflight: PreflightReport | null }> {
  const attempt = await admitAttempt(room, 'preflight', input, { timeIsOfWhole: true });
  const { report, value } = await runAttempt<PreflightReport>(room, attempt, {
    work: (limits) => makeChecks(room, attempt, limits, input),
    facts: (ended) => (ended.value === null ? {} : { status: ended.value.status }),
  });
  const told = tell(room, attempt, report);
  if (value === null && told.detail === 'outcome') return { told, preflight: null };
  const made =
    value ?? preflightReport(report, roomFindings(room, attempt.subject), performance.now() - attempt.startedMs);
  attempt.progress?.settleChecks(made.checks);
  return { told: { detail: 'full', report }, preflight: made };
}

/** Everything that is asked on a session, and what this room finds besides. */
export async function makeChecks(
  room: Room,
  attempt: Attempt,
  limits: ProbeLimits,
  { purpose, schemas }: Pick<PreflightInput, 'purpose' | 'schemas'>,
): Promise<Ended<PreflightReport>> {
  const { subject, startedMs } = attempt;
  const request = {
    purpose: purpose ?? subject.purpose,
    schemas: schemas === undefined || schemas.length === 0 ? null : schemas,
    roundTripMs,
    statementMs: subject.limits.statementMs,
    catalogTables: subject.limits.catalogTables,
  };
  const beganMs = performance.now();
  const { listener, ...unheard } = limits;
  const heard: Pick<ProbeLimits, 'listener'> =
    listener === undefined
      ? {}
      : {
          listener: {
            step: (step) => listener.step(step),
            finding: (one) => listener.finding(withinBudget(one, subject)),
          },
        };
  const { report, value } = await connect<readonly CheckFinding[]>(
    room,
    subject,
    { ...unheard, ...heard },
    async (connector, left) => {
      const { probe, findings } = await connector.preflight(subject.target, request, left);
      return { probe, value: findings };
    },
  );
  if (value === null || report.outcome === 'failed') return { report, value: null };
  const leftMs = limits.totalMs - (performance.now() - beganMs);
  const drift = await findDrift(room, attempt, { ...unheard, totalMs: leftMs });
  const findings = [...value.map((one) => withinBudget(one, subject)), drift, ...roomFindings(room, subject)];
  return { report, value: preflightReport(report, findings, performance.now() - startedMs) };
}

/** What is known without asking the database. */
function roomFindings({ clock }: Room, subject: ReachableSubject): CheckFinding[] {
  const { credential, fault } = subject;
  if (credential.kind === 'given') return [skippedFinding('credentialReference', 'not_a_source')];
  const { kind, changedAtMs } = credential;
  // The walk's first stage tells of it.
  if (fault !== null) return [];
  if (changedAtMs === null) return [finding('credentialReference', 'pass', null, { evidence: { kind } })];
  const ageDays = Math.max(0, Math.floor((clock.nowMs() - changedAtMs) / dayMs));
  const isDue = ageDays > rotationDays;
  const evidence = { kind, ageDays, ...(isDue ? { rotationDue: true } : {}) };
  return [
    finding('credentialReference', isDue ? 'warn' : 'pass', isDue ? 'CREDENTIAL_ROTATION_DUE' : null, { evidence }),
  ];
}

/** The engine counts, the source has the budget: a count above it is complained about, whoever counted. */
function withinBudget(found: CheckFinding, { limits }: ReachableSubject): CheckFinding {
  const tables = found.evidence['tables'];
  if (found.check !== 'catalogSize' || found.status !== 'pass' || typeof tables !== 'number') return found;
  return tables <= limits.catalogTables ? found : { ...found, status: 'warn', reason: 'CATALOG_TOO_LARGE' };
}
