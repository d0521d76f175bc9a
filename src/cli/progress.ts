/** How far a long command is, on standard error, once it takes longer than a second. @module */

export interface Progress {
  /** One more was done. */
  step(): void;
  /** Takes the line away again. */
  end(): void;
}

const firstMs = 1_000;
/** A terminal shows a line that changes; a log gets one now and then. */
const everyMs = { terminal: 500, log: 10_000 } as const;

/**
 * @param what  `objects`.
 * Silent where the answer itself goes to the terminal: it shows how far it is.
 */
export function showProgress(what: string): Progress {
  if (process.stdout.isTTY === true) return { step: () => undefined, end: () => undefined };
  const isTerminal = process.stderr.isTTY === true;
  let count = 0;
  let nextMs = performance.now() + firstMs;
  let isShown = false;
  return {
    step() {
      count += 1;
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + (isTerminal ? everyMs.terminal : everyMs.log);
      process.stderr.write(isTerminal ? `\r${count} ${what}…` : `${count} ${what}…\n`);
      isShown = true;
    },
    end() {
      if (isShown && isTerminal) process.stderr.write('\r\u001b[K');
    },
  };
}
