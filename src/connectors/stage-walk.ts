/**
 * The walk of a probe through its stages: each has its own time and the whole has one, what passed is written down,
 * and the first failure ends it. Engines say what to do and how to read their faults; the clock is kept here.
 *
 * @module
 */
import type { TlsOutcome } from '../network/index.js';
import type { CheckFinding, ProbeLimits, ProbeResult, ProbeStep, Reason, Stage } from '../sources/index.js';
import { StageTime } from './stage-time.js';

export type Evidence = Readonly<Record<string, string | number | boolean>>;

/** A fault as an engine's table reads it. */
export interface Verdict {
  readonly reason: Reason;
  readonly evidence?: Evidence;
  /** Where it belongs when that is not the stage that was waited for. */
  readonly stage?: Stage;
}

export type StageOutcome<T> = { readonly ok: true; readonly value: T; readonly ms: number } | { readonly ok: false };

/** Kept of the whole time for cancelling on the server what still runs there. */
const cleanupMs = 500;

/** A timer may fire so much too early. */
const timerSlackMs = 2;

export class StageWalk {
  readonly #limits: ProbeLimits;
  readonly #endsAtMs: number;
  readonly #steps: ProbeStep[] = [];
  #serverVersion: string | null = null;
  #isEndedByTime = false;

  constructor(limits: ProbeLimits) {
    this.#limits = limits;
    this.#endsAtMs = performance.now() + Math.max(limits.totalMs - cleanupMs, limits.totalMs / 2);
  }

  /** Milliseconds that are left of the whole. */
  get leftMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now());
  }

  /** Milliseconds the next stage may take. */
  get stageMs(): number {
    return Math.min(this.#limits.stageMs, this.leftMs);
  }

  /** Aborted when the caller went away. */
  get signal(): AbortSignal {
    return this.#limits.signal;
  }

  /** Milliseconds that cancelling on the server may take. */
  get cleanupMs(): number {
    return Math.max(cleanupMs, Math.min(this.#limits.stageMs, this.#endsAtMs + cleanupMs - performance.now()));
  }

  /** Whether a stage was left because its time was up: what it began may go on at the other end. */
  get isEndedByTime(): boolean {
    return this.#isEndedByTime;
  }

  /** Where it failed; `null` while it did not. */
  get failedStage(): Stage | null {
    return this.#steps.find((step) => step.status === 'fail')?.stage ?? null;
  }

  set serverVersion(version: string | null) {
    this.#serverVersion = version;
  }

  /** Steps somebody else took and timed. */
  add(steps: readonly ProbeStep[]): void {
    for (const step of steps) {
      const isTotal = step.reason === 'STAGE_TIMEOUT' && this.#isTotalUp();
      this.#write(isTotal ? { ...step, reason: 'TOTAL_TIMEOUT' } : step);
    }
  }

  pass(stage: Stage, ms: number, evidence: Evidence = {}): void {
    this.#write({ stage, status: 'pass', reason: null, ms, evidence });
  }

  warn(stage: Stage, reason: Reason, ms: number, evidence: Evidence = {}): void {
    this.#write({ stage, status: 'warn', reason, ms, evidence });
  }

  fail(stage: Stage, verdict: Verdict, ms: number): void {
    const { reason, evidence = {} } = verdict;
    this.add([{ stage: verdict.stage ?? stage, status: 'fail', reason, ms, evidence }]);
  }

  /** Writes down the stage `tls` as network ended it. */
  settleTls(outcome: TlsOutcome, ms: number): void {
    if (!outcome.ok) this.fail('tls', outcome, ms);
    else if (outcome.doubt === null) this.pass('tls', ms, outcome.evidence);
    else this.warn('tls', outcome.doubt, ms, outcome.evidence);
  }

  /**
   * Waits for one stage. What it throws becomes the failure, by `judge`; a stage that is not done when its time is up
   * has failed with the deadline's reason, whatever it throws later. What passed is for the caller to write down.
   *
   * @param work   Gets the stage's time, and with it a signal for what can be told to stop.
   * @param judge  Reads a fault of the engine; never asked about time.
   */
  async run<T>(
    stage: Stage,
    work: (time: StageTime) => Promise<T>,
    judge: (fault: unknown) => Verdict | Promise<Verdict>,
  ): Promise<StageOutcome<T>> {
    const startedMs = performance.now();
    const time = new StageTime(this.signal, this.stageMs);
    try {
      const value = await time.until(work(time));
      return { ok: true, value, ms: performance.now() - startedMs };
    } catch (fault) {
      const verdict = time.isUp ? this.#timeVerdict(stage) : await judge(fault);
      this.fail(stage, verdict, performance.now() - startedMs);
      return { ok: false };
    } finally {
      time.end();
    }
  }

  /** Tells whoever listens what was found on the session that is open. */
  tell(finding: CheckFinding): void {
    this.#limits.listener?.finding(finding);
  }

  result(): ProbeResult {
    return { steps: [...this.#steps], serverVersion: this.#serverVersion };
  }

  #write(step: ProbeStep): void {
    const written = { ...step, ms: round(step.ms) };
    this.#steps.push(written);
    this.#limits.listener?.step(written);
  }

  #timeVerdict(stage: Stage): Verdict {
    this.#isEndedByTime = true;
    if (stage === 'query') return { reason: 'QUERY_TIMEOUT' };
    return { reason: this.#isTotalUp() ? 'TOTAL_TIMEOUT' : 'STAGE_TIMEOUT' };
  }

  #isTotalUp(): boolean {
    return performance.now() >= this.#endsAtMs - timerSlackMs;
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
