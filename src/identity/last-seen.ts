/**
 * When a session or an API key was last used. Known to the millisecond in memory, written at most once a minute and
 * behind the request, many together in one transaction: a busy key costs the store one small write a minute.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.js';
import type { IdentityObserver } from './deps.js';
import type { ApiKey, Session } from './model.js';
import type { CredentialUse, IdentityStore } from './ports.js';

const writeEveryMs = 60_000;
/** Credentials of a kind that are remembered; one that falls out is judged by what was written, at most a minute older. */
const maxRemembered = 100_000;
const maxWaiting = 10_000;
const maxPerTransaction = 500;

interface Touch extends CredentialUse {
  readonly kind: 'session' | 'api_key';
}

interface Seen {
  seenAtMs: number;
  writtenAtMs: number;
}

/** By size: room for `max` entries would be taken at once, twice. */
const remembered = () => new LRUCache<string, Seen>({ maxSize: maxRemembered, sizeCalculation: () => 1 });

export interface LastSeen {
  /** The latest use known here or in the store. */
  ofSession(session: Session): number;
  sessionUsed(session: Session): void;
  /** @returns until when it need not be told of the key again. */
  keyUsed(key: ApiKey): number;
  /** Resolves when nothing waits to be written any more. */
  settle(): Promise<void>;
}

export function createLastSeen(deps: {
  readonly store: Pick<IdentityStore, 'transaction'>;
  readonly clock: Clock;
  readonly observer?: IdentityObserver | undefined;
}): LastSeen {
  const seen = { session: remembered(), api_key: remembered() };
  const waiting = new Map<string, Touch>();
  let writing: Promise<void> | null = null;

  const write = async () => {
    while (waiting.size > 0) {
      const used = { session: [] as CredentialUse[], api_key: [] as CredentialUse[] };
      let taken = 0;
      for (const [place, { kind, ...use }] of waiting) {
        used[kind].push(use);
        waiting.delete(place);
        taken += 1;
        if (taken === maxPerTransaction) break;
      }
      try {
        await deps.store.transaction(async (tx) => {
          if (used.session.length > 0) await tx.touchSessions(used.session);
          if (used.api_key.length > 0) await tx.touchApiKeys(used.api_key);
        });
      } catch (error) {
        deps.observer?.backgroundWriteFailed(error);
      }
    }
  };

  /** @returns when the next use is to be written. */
  const used = (kind: Touch['kind'], id: string, storedAtMs: number): number => {
    const nowMs = deps.clock.nowMs();
    const known = seen[kind].get(id);
    const isDue = nowMs - (known?.writtenAtMs ?? storedAtMs) >= writeEveryMs;
    // In its place: a busy credential comes by thousands of times a second.
    if (known === undefined) {
      seen[kind].set(id, { seenAtMs: Math.max(storedAtMs, nowMs), writtenAtMs: isDue ? nowMs : storedAtMs });
    } else {
      if (nowMs > known.seenAtMs) known.seenAtMs = nowMs;
      if (isDue) known.writtenAtMs = nowMs;
    }
    if (!isDue) return (known?.writtenAtMs ?? storedAtMs) + writeEveryMs;
    if (waiting.size >= maxWaiting) {
      deps.observer?.backgroundWriteFailed(new RangeError('too many last-seen times wait to be written'));
    } else {
      waiting.set(`${kind}:${id}`, { kind, id, atMs: nowMs });
      writing ??= write().finally(() => {
        writing = null;
      });
    }
    return nowMs + writeEveryMs;
  };

  return {
    ofSession: (session) => Math.max(session.lastSeenAtMs, seen.session.peek(session.id)?.seenAtMs ?? 0),
    sessionUsed: (session) => void used('session', session.id, session.lastSeenAtMs),
    keyUsed: (key) => used('api_key', key.id, key.lastUsedAtMs ?? Number.NEGATIVE_INFINITY),
    async settle() {
      while (writing !== null) await writing;
    },
  };
}
