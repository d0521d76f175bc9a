/**
 * The sessions a catalogue is read over: the one that was walked to, and more as they are wanted. Who asks gets one
 * that is idle, or waits. One that broke while it was asked is not given out again.
 *
 * @module
 */
import { aborted } from '../../stage-time.js';
import type { Session } from '../connect.js';

export interface SessionPoolPlan {
  readonly first: Session;
  /** At once, the first included. */
  readonly sessions: number;
  /** `null` when there is none to be had: then it goes on with those that are there. */
  openAnother(): Promise<Session | null>;
  readonly signal: AbortSignal;
  /** Whether a session can be asked again after this. */
  isUsableAfter(fault: unknown): boolean;
}

export class SessionPool {
  readonly #plan: SessionPoolPlan;
  readonly #idle: Session[];
  readonly #busy = new Set<Session>();
  readonly #waiting: ((session: Session | null) => void)[] = [];
  #open = 1;
  #mayGrow = true;

  constructor(plan: SessionPoolPlan) {
    this.#plan = plan;
    this.#idle = [plan.first];
  }

  /** Lends a session for as long as `work` takes. @throws what `work` throws; the signal's reason; lost when all broke. */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#take();
    this.#busy.add(session);
    let isUsable = true;
    try {
      return await work(session);
    } catch (fault) {
      isUsable = this.#plan.isUsableAfter(fault);
      throw fault;
    } finally {
      this.#busy.delete(session);
      if (isUsable) this.#give(session);
      else this.#drop(session);
    }
  }

  /** @returns the threads that were still busy, for a `KILL QUERY`. */
  close(): readonly number[] {
    const threads = [...this.#busy].map((session) => session.threadId);
    for (const session of [...this.#idle, ...this.#busy]) session.close();
    this.#idle.length = 0;
    this.#mayGrow = false;
    for (const wake of this.#waiting.splice(0)) wake(null);
    return threads;
  }

  async #take(): Promise<Session> {
    this.#plan.signal.throwIfAborted();
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#mayGrow && this.#open < this.#plan.sessions) {
      this.#open += 1;
      const another = await this.#plan.openAnother().catch(() => null);
      if (another !== null) {
        if (!this.#plan.signal.aborted) return another;
        another.close();
        this.#plan.signal.throwIfAborted();
      }
      // The server or the account has no more of them.
      this.#open -= 1;
      this.#mayGrow = false;
      return this.#take();
    }
    if (this.#open === 0) throw new SessionsLost();
    const given = await Promise.race([
      new Promise<Session | null>((resolve) => this.#waiting.push(resolve)),
      aborted(this.#plan.signal),
    ]);
    return given ?? this.#take();
  }

  #give(session: Session): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(session);
    else next(session);
  }

  #drop(session: Session): void {
    session.close();
    this.#open -= 1;
    this.#waiting.shift()?.(null);
  }
}

/** No session is left. */
export class SessionsLost extends Error {}
