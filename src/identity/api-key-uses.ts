/**
 * Who still uses keys that are being replaced: how often on each day, when last and from where. Counted in memory and
 * written behind the request, for each key at most once a minute and at the latest a minute after a use.
 *
 * @module
 */
import type { Clock } from '../kernel/clock.js';
import type { IdentityObserver } from './deps.js';
import type { ApiKey } from './model.js';
import type { IdentityStore } from './ports.js';

const writeEveryMs = 60_000;
const dayMs = 86_400_000;
/** Keys whose uses wait to be written; those of further keys are not counted until some were. */
const maxWaiting = 10_000;
const maxPerTransaction = 200;

interface Count {
  readonly keyId: string;
  readonly day: number;
  uses: number;
  lastUsedAtMs: number;
  lastUsedAddress: string | null;
}

export interface KeyUses {
  /** @param address  The client's; `null` where a door has none. */
  used(key: Pick<ApiKey, 'id'>, address: string | null): void;
  /** Writes what waits and resolves when nothing does any more. */
  settle(): Promise<void>;
}

export function createKeyUses(deps: {
  readonly store: Pick<IdentityStore, 'transaction'>;
  readonly clock: Clock;
  readonly observer?: IdentityObserver | undefined;
}): KeyUses {
  const waiting = new Map<string, Count>();
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    while (waiting.size > 0) {
      const batch = [...waiting.entries()].slice(0, maxPerTransaction);
      for (const [place] of batch) waiting.delete(place);
      try {
        await deps.store.transaction(async (tx) => {
          for (const [, { keyId, ...use }] of batch) await tx.addApiKeyUses(keyId, use);
        });
      } catch (error) {
        // These uses are lost to the count; the key's next one is counted again.
        deps.observer?.backgroundWriteFailed(error);
      }
    }
  };

  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing = writing.then(write);
    return writing;
  };

  return {
    used({ id }, address) {
      const nowMs = deps.clock.nowMs();
      const day = Math.floor(nowMs / dayMs);
      const place = `${day} ${id}`;
      const count = waiting.get(place);
      if (count !== undefined) {
        count.uses += 1;
        count.lastUsedAtMs = Math.max(count.lastUsedAtMs, nowMs);
        count.lastUsedAddress = address;
      } else if (waiting.size < maxWaiting) {
        waiting.set(place, { keyId: id, day, uses: 1, lastUsedAtMs: nowMs, lastUsedAddress: address });
      }
      timer ??= setTimeout(() => void flush(), writeEveryMs).unref();
    },
    settle: flush,
  };
}
