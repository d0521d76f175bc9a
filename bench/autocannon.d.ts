/** What this harness uses of autocannon, which brings no types. @module */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  namespace autocannon {
    interface Request {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }

    interface Client {
      /** Sent in turns. */
      setRequests(requests: readonly Request[]): void;
    }

    interface Options {
      readonly url: string;
      readonly connections: number;
      readonly duration?: number;
      readonly amount?: number;
      readonly method?: string;
      readonly setupClient?: (client: Client) => void;
      readonly timeout?: number;
      /** Milliseconds between looks at whether it is over. */
      readonly sampleInt?: number;
    }

    interface Result {
      readonly errors: number;
      readonly timeouts: number;
      readonly non2xx: number;
    }
  }

  function autocannon(
    options: autocannon.Options,
    done: (error: Error | null, result: autocannon.Result) => void,
  ): EventEmitter;
  export = autocannon;
}
