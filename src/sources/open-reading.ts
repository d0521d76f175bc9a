/** Opens a subject's catalogue: the way there, the limits of its reading, and the record of what was read. @module */
import { type Attempt, describeAttempt } from './attempt.js';
import type { CatalogItem, CatalogRequest } from './catalog.js';
import { connect, type Ended } from './connect.js';
import type { Room } from './deps.js';
import { sourcesErrors } from './errors.js';
import type { CatalogLimits, CatalogReading, ProbeLimits } from './ports.js';
import type { ReachableSubject } from './reach-subject.js';

/** @param more.readMs  Wall time of the reading once it is open, milliseconds. */
export async function openReading(
  room: Pick<Room, 'connectors' | 'detector'>,
  subject: ReachableSubject,
  request: CatalogRequest,
  limits: ProbeLimits,
  more: CatalogLimits,
): Promise<Ended<CatalogReading>> {
  const ended = await connect<CatalogReading>(room, subject, limits, async (connector, left) => {
    const { probe, reading } = await connector.openCatalog(subject.target, request, { ...left, ...more });
    return { probe, value: reading };
  });
  const { report, value } = ended;
  if (report.outcome === 'passed' && value === null)
    throw new TypeError('a connector that arrived opened no catalogue');
  if (report.outcome === 'passed' || value === null) return ended;
  await value.close();
  return { report, value: null };
}

/** A reading that is recorded, and its place given back, when it is done or broken off. */
export interface RecordedReading {
  readonly reading: CatalogReading;
  /** May be read once. */
  items(): AsyncIterable<CatalogItem>;
  /** May be called more than once. @throws what the record's store throws. */
  close(): Promise<void>;
}

/** After its time is up a reading nobody closes is closed. */
const graceMs = 5_000;

/**
 * Watches over an open reading: counts what is taken, and at its end, at its failure, when it is closed, when the
 * caller goes away or when its time is up lets go of it and records `catalog.read`, once.
 *
 * @param attempt  Admitted, its slot still held.
 */
export function recordReading(
  room: Room,
  attempt: Attempt,
  { report, value: reading }: { readonly report: Ended<unknown>['report']; readonly value: CatalogReading },
  readMs: number,
): RecordedReading {
  const { slot, limits } = attempt;
  let objects = 0;
  let faults = 0;
  let ending: Promise<void> | null = null;

  const end = (how: 'whole' | 'broken_off' | 'failed') => {
    ending ??= (async () => {
      clearTimeout(timer);
      limits.signal.removeEventListener('abort', leave);
      const facts = { objects, faults, isWhole: how === 'whole' };
      const reason = how === 'failed' ? 'READING_FAILED' : limits.signal.aborted ? 'CANCELLED' : null;
      try {
        await reading.close();
      } finally {
        slot.workDone();
        slot.answered();
      }
      await room.audit.append([describeAttempt(room, attempt, report, reason, facts)]);
    })();
    return ending;
  };
  const leave = () => {
    end('broken_off').catch((fault: unknown) => room.observer.backgroundFailed(fault));
  };
  const timer = setTimeout(leave, readMs + graceMs);
  timer.unref();
  limits.signal.addEventListener('abort', leave, { once: true });
  if (limits.signal.aborted) leave();

  async function* items(): AsyncGenerator<CatalogItem> {
    let how: 'whole' | 'broken_off' | 'failed' = 'broken_off';
    try {
      for await (const item of inTurns(reading.items())) {
        if (item.section === 'fault') faults += 1;
        else objects += 1;
        yield item;
      }
      // Closed under the reader's hands it may look like one that came to its end.
      if (ending !== null) throw sourcesErrors.reading_failed();
      how = 'whole';
    } catch (fault) {
      how = 'failed';
      throw fault;
    } finally {
      await end(how);
    }
  }
  return { reading, items, close: () => end('broken_off') };
}

/** For a reading nobody waits for any more. */
export function closeQuietly(room: Pick<Room, 'observer'>, reading: CatalogReading): void {
  reading.close().catch((fault: unknown) => room.observer.backgroundFailed(fault));
}

/** Longest time one reader keeps the event loop, milliseconds: what comes in a batch is otherwise worked off at a stretch. */
const turnMs = 20;

/** Passes items on and gives others a turn now and then. */
export async function* inTurns<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let sinceMs = performance.now();
  for await (const item of items) {
    yield item;
    if (performance.now() - sinceMs < turnMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sinceMs = performance.now();
  }
}
