/**
 * How long what was looked up before may be believed while others can change it: they wait for as long as the lease
 * before they acknowledge, so an answer about changes is good for the lease from the moment it was asked for. Asked for
 * only while somebody wants to believe anything; with no answer nothing is believed.
 *
 * @module
 */

export interface LeasedBelief {
  /** Somebody asks for what may be held: keeps the questions going. */
  wanted(nowMs: number): void;
  isGoodAt(nowMs: number): boolean;
  /** Believes nothing any more, and is no longer waited for. */
  close(): Promise<void>;
}

export interface LeasedBeliefDeps {
  readonly leaseMs: number;
  /** Milliseconds by a clock that nobody sets. */
  readonly elapsedMs: () => number;
  /** Learns of changes, and lets go of what they make doubtful. */
  ask(): Promise<void>;
  /** Says that this process has to be waited for. */
  present(): Promise<void>;
  leave(): Promise<void>;
  failed(error: unknown): void;
}

const askEveryMs = 100;
/** After a question that was not answered: nothing is believed until one is, so there is no haste. */
const askAgainMs = 1_000;
/** Without being wanted for so long, there are no more questions until it is: whoever comes then is looked up anew. */
export const idleAfterMs = 10_000;
/** Of the ten minutes within which others wait for whoever was present. */
const presentEveryMs = 60_000;

export function createLeasedBelief(deps: LeasedBeliefDeps): LeasedBelief {
  const { leaseMs, elapsedMs } = deps;
  let goodUntilMs = Number.NEGATIVE_INFINITY;
  let presentAtMs = Number.NEGATIVE_INFINITY;
  let wantedAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let asking: Promise<void> | null = null;
  let wake = () => {};

  const askOnce = async () => {
    // Before the question: what is committed while it is answered may be missing from the answer.
    const beganMs = elapsedMs();
    if (beganMs - presentAtMs >= presentEveryMs) {
      await deps.present();
      presentAtMs = beganMs;
    }
    await deps.ask();
    goodUntilMs = beganMs + leaseMs;
  };

  const keepAsking = async () => {
    while (!isClosed && elapsedMs() - wantedAtMs < idleAfterMs) {
      let nextMs = askEveryMs;
      try {
        await askOnce();
      } catch (error) {
        deps.failed(error);
        nextMs = askAgainMs;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, nextMs).unref();
      });
    }
  };

  return {
    wanted(nowMs) {
      wantedAtMs = nowMs;
      if (isClosed || asking !== null) return;
      asking = keepAsking().finally(() => {
        asking = null;
      });
    },
    isGoodAt: (nowMs) => !isClosed && nowMs < goodUntilMs,
    async close() {
      isClosed = true;
      wake();
      await asking;
      if (presentAtMs === Number.NEGATIVE_INFINITY) return;
      try {
        await deps.leave();
      } catch (error) {
        // Others wait until they see that we are gone.
        deps.failed(error);
      }
    },
  };
}
