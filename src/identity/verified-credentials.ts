/**
 * Credentials that were looked up a moment ago, so that a busy one costs the store nothing. Held under the digest of all
 * its bytes and never under what it claims; what is held is what the store said of it, not a verdict on it.
 *
 * Nothing here may make a credential live longer than the store says. What this process changes is told before it is
 * acknowledged. What others change is asked for ten times a second, and what is held is believed only for as long after
 * an answer as those others wait before they acknowledge: with no answer nothing is believed.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Ids } from '../kernel/ids.js';
import { createLeasedBelief } from '../kernel/leased-belief.js';
import type { IdentityObserver } from './deps.js';
import { type CredentialChange, type CredentialChanges, verificationLeaseMs } from './ports.js';

/** Some 1.5 KiB each. Beyond it one that was not used for long is forgotten. */
const maxHeld = 50_000;
/** So many that were used since they were passed over last are passed over for one that is forgotten. */
const maxPassedOver = 100;
/** Users whose last change is remembered while look-ups are under way. */
const maxChanged = 10_000;
/** When a look-up began; what was changed since then must not be held. */
export type LookUpTime = number;

export interface VerifiedCredentials<Held> {
  /** @returns `null` when it has to be looked up. */
  find(digest: string): Held | null;
  /** To be called before a look-up. */
  now(): LookUpTime;
  /** Holds what a look-up that began then has found, unless it may be old already. */
  keep(digest: string, userId: string, held: Held, since: LookUpTime): void;
  measure(): { readonly held: number; readonly found: number; readonly notFound: number };
  /** Holds nothing any more, and is no longer waited for. */
  close(): Promise<void>;
}

export interface VerifiedCredentialsDeps {
  readonly changes: CredentialChanges;
  readonly ids: Ids;
  readonly observer?: IdentityObserver | undefined;
  /** Told when credentials of everybody changed, which signing keys may be the reason of. */
  readonly onEverybody?: () => void;
  /** Milliseconds by a clock that nobody sets. */
  readonly elapsedMs?: () => number;
}

interface Entry<Held> {
  readonly userId: string;
  readonly value: Held;
  /** Since it was passed over last. */
  isUsed: boolean;
}

export function createVerifiedCredentials<Held extends object>(
  deps: VerifiedCredentialsDeps,
): VerifiedCredentials<Held> {
  const { changes, observer, elapsedMs = () => performance.now() } = deps;
  const verifierId = deps.ids.uuid();
  /** Most users have one, which needs no set. */
  const digestsOf = new Map<string, string | Set<string>>();
  /** A use is a mark on what was found anyhow: to keep them in order of use, their neighbours would have to be found. */
  const held = new Map<string, Entry<Held>>();

  const letGo = (digest: string, { userId }: Entry<Held>) => {
    held.delete(digest);
    const digests = digestsOf.get(userId);
    if (digests === digest) digestsOf.delete(userId);
    if (!(digests instanceof Set)) return;
    digests.delete(digest);
    if (digests.size === 0) digestsOf.delete(userId);
  };
  let hand = held.entries();
  const letGoOfOne = () => {
    for (let passedOver = 0; held.size > 0; passedOver += 1) {
      const { value: next } = hand.next();
      if (next === undefined) {
        hand = held.entries();
        continue;
      }
      const [digest, entry] = next;
      if (!entry.isUsed || passedOver >= maxPassedOver) return letGo(digest, entry);
      entry.isUsed = false;
    }
  };

  /** Counts changes: whatever was looked up before one of them is not held after it. */
  let time: LookUpTime = 0;
  let everybodyChangedAt: LookUpTime = 0;
  const changedAt = new LRUCache<string, LookUpTime>({
    max: maxChanged,
    dispose: (at, _userId, reason) => {
      // Of whom is not known any more, so it counts for everybody.
      if (reason === 'evict') everybodyChangedAt = Math.max(everybodyChangedAt, at);
    },
  });

  const forget = (change: CredentialChange) => {
    time += 1;
    if (change === 'everybody') {
      everybodyChangedAt = time;
      held.clear();
      digestsOf.clear();
      changedAt.clear();
      deps.onEverybody?.();
      return;
    }
    for (const userId of change) {
      changedAt.set(userId, time);
      const digests = digestsOf.get(userId) ?? [];
      for (const digest of typeof digests === 'string' ? [digests] : digests) held.delete(digest);
      digestsOf.delete(userId);
    }
  };
  const unwatch = changes.watch(forget);

  let found = 0;
  let notFound = 0;
  let cursor: string | null = null;
  let isClosed = false;

  const belief = createLeasedBelief({
    ...{ leaseMs: verificationLeaseMs, elapsedMs },
    async ask() {
      const answer = await changes.since(cursor);
      if (cursor === null) {
        // What was changed before is never told, so nothing is held of what was looked up before.
        time += 1;
        everybodyChangedAt = time;
      }
      if (answer.change === 'everybody' || answer.change.size > 0) forget(answer.change);
      cursor = answer.cursor;
    },
    present: () => changes.present(verifierId),
    leave: () => changes.leave(verifierId),
    failed: (error) => observer?.verificationPollFailed?.(error),
  });

  return {
    find(digest) {
      const known = held.get(digest);
      const nowMs = elapsedMs();
      if (known !== undefined) belief.wanted(nowMs);
      if (known === undefined || !belief.isGoodAt(nowMs)) {
        notFound += 1;
        return null;
      }
      found += 1;
      known.isUsed = true;
      return known.value;
    },
    now: () => time,
    keep(digest, userId, value, since) {
      belief.wanted(elapsedMs());
      // Before the first answer it is not known from when on we would be told what others change.
      if (isClosed || cursor === null) return;
      if (everybodyChangedAt > since || (changedAt.peek(userId) ?? 0) > since) return;
      const before = held.get(digest);
      if (before !== undefined) letGo(digest, before);
      else if (held.size >= maxHeld) letGoOfOne();
      held.set(digest, { userId, value, isUsed: false });
      const digests = digestsOf.get(userId);
      if (digests === undefined) digestsOf.set(userId, digest);
      else if (typeof digests === 'string') digestsOf.set(userId, new Set([digests, digest]));
      else digests.add(digest);
    },
    measure: () => ({ held: held.size, found, notFound }),
    async close() {
      isClosed = true;
      unwatch();
      await belief.close();
      held.clear();
      digestsOf.clear();
    },
  };
}
