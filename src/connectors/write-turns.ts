/**
 * Writers of one file take turns where they are sessions of this process. The lock of a file has no queue: who finds it
 * held can only look again, and whoever happens to look next has it.
 *
 * @module
 */
import { type DataSession, type RunLimits, sourcesErrors } from '../sources/index.js';

export interface WriteTurns {
  /** The same session, whose transactions begin when those of others with this file that asked before have ended. */
  queue(session: DataSession, file: string): DataSession;
}

/** Ends a turn. May be called more than once. */
type EndTurn = () => void;

export function createWriteTurns(): WriteTurns {
  /** Who waits, by file; there is an entry while somebody has the turn. */
  const waiting = new Map<string, Set<() => void>>();

  function begin(file: string): EndTurn {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const [next] = waiting.get(file) ?? [];
      if (next === undefined) waiting.delete(file);
      else next();
    };
  }

  /** @throws `sources.query_timeout` · `sources.cancelled` */
  function take(file: string, { statementMs, signal }: RunLimits): Promise<EndTurn> {
    const others = waiting.get(file);
    if (others === undefined) {
      waiting.set(file, new Set());
      return Promise.resolve(begin(file));
    }
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        others.delete(enter);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        end();
      };
      const enter = () => settle(() => resolve(begin(file)));
      const onAbort = () => settle(() => reject(sourcesErrors.cancelled()));
      const timer = setTimeout(() => settle(() => reject(sourcesErrors.query_timeout())), statementMs);
      others.add(enter);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  return {
    queue(session, file) {
      let end: EndTurn = ignore;
      return {
        ...session,
        async begin(limits) {
          const startedMs = performance.now();
          end = await take(file, limits);
          // For the lock, which another process may hold, there is what is left of the time.
          const statementMs = Math.max(1, limits.statementMs - (performance.now() - startedMs));
          await session.begin({ ...limits, statementMs }).catch((fault: unknown) => {
            end();
            throw fault;
          });
        },
        async commit(limits) {
          await session.commit(limits);
          end();
        },
        async rollback() {
          await session.rollback().finally(end);
        },
        close() {
          session.close();
          end();
        },
      };
    },
  };
}

function ignore(): void {}
