/**
 * Runs an engine's checks over a few sessions at once, under the one deadline of the walk. A check that is not done in
 * its time, or whose question is refused, is a finding like any other; nothing is thrown.
 *
 * @module
 */
import { limitSignal } from '../network/index.js';
import { type CheckFinding, type CheckName, checks, type PreflightRequest, type Reason } from '../sources/index.js';
import { type Found, failed } from './check-findings.js';
import { aborted } from './stage-time.js';
import type { StageWalk, Verdict } from './stage-walk.js';

export interface SessionCheck<Session> {
  readonly name: CheckName;
  /** @throws what the driver throws when a question is refused. */
  run(session: Session): Promise<Found>;
}

export interface SideBySide<Session> {
  readonly walk: StageWalk;
  /** Made one after the other over the first session, before another is opened. */
  readonly quietChecks: readonly SessionCheck<Session>[];
  readonly checks: readonly SessionCheck<Session>[];
  /** Open already. */
  readonly first: Session;
  /** Opens one more; `null` when there is none to be had. The signal is aborted when it is no longer wanted. */
  openAnother(signal: AbortSignal): Promise<Session | null>;
  /** Sessions at once, the first included. */
  readonly sessions: number;
  /** Reads what a check threw. */
  judge(fault: unknown, check: CheckName): Verdict;
  /** Ends what the session does at the server, and the session. Never throws. */
  end(session: Session, how: 'idle' | 'busy'): Promise<void>;
}

/** After these a session can be asked nothing more. */
const lostReasons: ReadonlySet<Reason> = new Set<Reason>([
  ...(['CONNECTION_LOST', 'SERVER_SHUTTING_DOWN', 'TCP_RESET', 'INTERNAL'] as const),
]);

/**
 * Milliseconds one statement of a check may take at the server, which gives up before we do, so that the session can be
 * asked on.
 */
export function statementMsOf(walk: StageWalk, { statementMs }: Pick<PreflightRequest, 'statementMs'>): number {
  return Math.max(50, Math.floor(Math.min(statementMs, walk.stageMs * 0.8)));
}

/** @returns one finding for each check, in the order of their numbers. */
export async function runSideBySide<Session>(plan: SideBySide<Session>): Promise<readonly CheckFinding[]> {
  const { walk } = plan;
  const quiet = [...plan.quietChecks];
  const waiting = [...plan.checks];
  const findings: CheckFinding[] = [];
  const done = new AbortController();
  // What is told of checks that nobody could make any more.
  let lost: Verdict = { reason: 'STAGE_TIMEOUT' };

  /** @returns whether the session may be asked again. */
  async function make(session: Session, check: SessionCheck<Session>): Promise<boolean> {
    const startedMs = performance.now();
    const tell = (found: Found) => {
      const ms = Math.round((performance.now() - startedMs) * 10) / 10;
      const finding = { check: check.name, ms, ...found };
      findings.push(finding);
      walk.tell(finding);
    };
    const limited = limitSignal(walk.signal, walk.stageMs);
    try {
      const running = check.run(session);
      running.catch(ignore);
      tell(await Promise.race([running, aborted(limited.signal)]));
      return true;
    } catch (fault) {
      if (limited.signal.aborted) {
        tell(failed('STAGE_TIMEOUT'));
        return false;
      }
      const verdict = plan.judge(fault, check.name);
      tell(failed(verdict.reason, { evidence: verdict.evidence ?? {} }));
      if (!lostReasons.has(verdict.reason)) return true;
      lost = verdict;
      return false;
    } finally {
      limited.stop();
    }
  }

  /** @returns whether the session may be asked again. */
  async function makeAll(session: Session, list: SessionCheck<Session>[]): Promise<boolean> {
    while (walk.stageMs > 0 && !walk.signal.aborted) {
      const check = list.shift();
      if (check === undefined) break;
      if (!(await make(session, check))) return false;
    }
    return true;
  }

  async function work(session: Session, isStillUsable = true): Promise<void> {
    const isUsable = isStillUsable && (await makeAll(session, waiting));
    if (waiting.length === 0) done.abort();
    await plan.end(session, isUsable ? 'idle' : 'busy');
  }

  async function join(): Promise<void> {
    const session = await plan.openAnother(done.signal).catch(() => null);
    if (session !== null) await work(session);
  }

  const isFirstUsable = await makeAll(plan.first, quiet);
  waiting.unshift(...quiet);
  const others = Array.from({ length: plan.sessions - 1 }, () => join());
  await work(plan.first, isFirstUsable);
  // Nobody is waited for who has not even arrived, unless somebody has to take over.
  if (waiting.length === 0 || walk.stageMs === 0) done.abort();
  await Promise.all(others);
  for (const { name } of waiting) {
    const timeUp: Reason = walk.stageMs === 0 || walk.signal.aborted ? 'STAGE_TIMEOUT' : lost.reason;
    findings.push({ check: name, ms: 0, ...failed(timeUp) });
  }
  return findings.sort((one, other) => checks[one.check].number - checks[other.check].number);
}

function ignore(): void {}
