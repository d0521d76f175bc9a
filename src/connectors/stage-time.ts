/**
 * The time one stage has. Most of what is waited for cannot be told to stop and needs no signal: one is made when it is
 * asked for.
 *
 * @module
 */

/** Thrown into a stage whose time is up. */
export class StageTimeUp extends Error {}

export class StageTime {
  readonly #leaving: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #expire = (): void => this.#up();
  #isUp = false;
  #isOver = false;
  #controller: AbortController | null = null;
  #giveUp: (fault: StageTimeUp) => void = ignore;

  /** @param leaving  Aborted when the caller went away: the time is up then, too. */
  constructor(leaving: AbortSignal, limitMs: number) {
    this.#leaving = leaving;
    this.#timer = setTimeout(this.#expire, limitMs);
    leaving.addEventListener('abort', this.#expire, { once: true });
    this.#isUp = leaving.aborted;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Aborted when the time is up, and when the stage is over: whatever it left running is told to stop. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isUp || this.#isOver) this.#controller.abort(new StageTimeUp());
    return this.#controller.signal;
  }

  /** Settles with the work, or rejects with {@link StageTimeUp} when the time is up before. */
  until<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      work.then(resolve, reject);
      if (this.#isUp) reject(new StageTimeUp());
    });
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#leaving.removeEventListener('abort', this.#expire);
    this.#controller?.abort(new StageTimeUp());
  }

  #up(): void {
    const fault = new StageTimeUp();
    this.#isUp = true;
    this.#controller?.abort(fault);
    this.#giveUp(fault);
  }
}

/** Rejects with {@link StageTimeUp} when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new StageTimeUp());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function ignore(): void {}
