/**
 * How far a long command is, on standard error: a terminal shows one line that changes, a log gets a line now and then.
 * Nothing is shown of what is done within a second, and no line in the way of the document that tells a failure.
 *
 * @module
 */
import type { Output } from './output.js';

export interface Progress {
  /** So many more were done. */
  step(count?: number): void;
  /** Takes the line away again. May be called more than once. */
  end(): void;
}

const firstMs = { terminal: 1_000, log: 10_000 } as const;
const everyMs = { terminal: 500, log: 10_000 } as const;

const silent: Progress = { step: () => undefined, end: () => undefined };

/** Where progress is shown; tests have their own. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Of an answer that is written while it is made. Silent where it goes to the terminal: it shows itself how far it is.
 *
 * @param what  `objects`.
 */
export function showProgress(output: Pick<Output, 'isJson'>, what: string): Progress {
  return process.stdout.isTTY === true ? silent : showWork(output, '', what);
}

/**
 * Of work whose answer comes at its end.
 *
 * @param doing  `Copying the store`; the seconds it took so far are shown behind it.
 * @param what   What {@link Progress.step} counts: `events`.
 */
export function showWork(
  { isJson }: Pick<Output, 'isJson'>,
  doing: string,
  what = '',
  stream: ProgressStream = process.stderr,
): Progress {
  const isTerminal = stream.isTTY === true;
  if (isJson && !isTerminal) return silent;
  const startedMs = performance.now();
  let count = 0;
  let isShown = false;
  const show = () => {
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    const told = [doing, count === 0 ? '' : `${count.toLocaleString('en')} ${what}`, `${seconds} s`];
    const line = `${told.filter((one) => one !== '').join(', ')}…`;
    stream.write(isTerminal ? `\r${line}\u001b[K` : `${line}\n`);
    isShown = true;
    timer = setTimeout(show, isTerminal ? everyMs.terminal : everyMs.log);
    timer.unref();
  };
  let timer = setTimeout(show, isTerminal ? firstMs.terminal : firstMs.log);
  timer.unref();
  return {
    step(more = 1) {
      count += more;
    },
    end() {
      clearTimeout(timer);
      if (isShown && isTerminal) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}
