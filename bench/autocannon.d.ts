/** What this harness uses of autocannon, which brings no types. @module */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Options {
    readonly url: string;
    readonly connections: number;
    readonly duration?: number;
    readonly amount?: number;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** Taken in turns by every connection. */
    readonly requests?: readonly { readonly headers?: Readonly<Record<string, string>>; readonly body?: string }[];
    readonly timeout?: number;
    /** Milliseconds between looks at whether it is over. */
    readonly sampleInt?: number;
  }

  interface Result {
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
  }

  function autocannon(options: Options, done: (error: Error | null, result: Result) => void): EventEmitter;
  export = autocannon;
}
