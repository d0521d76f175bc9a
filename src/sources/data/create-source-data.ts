/**
 * What the data room asks of sources: sessions out of one pool for each source, and relations. Both are of the source
 * as it is stored now; what was kept of an earlier revision is let go.
 *
 * @module
 */
import { AppError } from '../../kernel/errors.js';
import type { SourceData } from '../data-session.js';
import { sourcesErrors } from '../errors.js';
import type { Source } from '../source.js';
import { createRelationFinder } from './find-relation.js';
import { createFailureRecorder, type DataRoom, openSession } from './open-session.js';
import { exhausted, PoolRetired, SessionPool } from './session-pool.js';

export interface SourceDataKeeper extends SourceData {
  /** The source was changed or removed: its idle sessions are closed now, lent ones when they come back. */
  retire(sourceId: string): void;
  /** Closes every session that is not lent. */
  close(): void;
}

/** Sessions of all sources at once; a session with a file is a thread. */
const maxSessions = { files: 16, servers: 400 } as const;

/** A source that changes while somebody asks for it is looked at so often. */
const attempts = 3;

export function createSourceData(room: DataRoom): SourceDataKeeper {
  const pools = new Map<string, SessionPool>();
  const record = createFailureRecorder(room);
  const relations = createRelationFinder(room, record);
  const connectorOf = ({ engine }: Source) => room.connectors.find((one) => one.engine === engine);
  const isFile = (source: Source) => connectorOf(source)?.isFileEngine === true;

  room.leases.keptBy({
    giveUp: (sourceId) => pools.get(sourceId)?.giveUp() ?? false,
    freed: (sourceId) => pools.get(sourceId)?.serve(),
  });

  /** There is room for one more when the session that was idle longest makes it. */
  function makeRoom(source: Source): void {
    const ofKind = [...pools.values()].filter((pool) => isFile(pool.source) === isFile(source));
    let open = ofKind.reduce((sum, pool) => sum + pool.size, 0);
    const limit = maxSessions[isFile(source) ? 'files' : 'servers'];
    for (; open > limit; open -= 1) {
      const idle = ofKind
        .filter((pool) => pool.idleSinceMs !== null)
        .sort((one, other) => (one.idleSinceMs ?? 0) - (other.idleSinceMs ?? 0));
      if (idle[0]?.giveUp() !== true) throw exhausted();
    }
  }

  function poolOf(source: Source): SessionPool {
    const known = pools.get(source.id);
    // What was looked up before a change may arrive after it.
    if (known !== undefined && known.source.revision >= source.revision) return known;
    const pool = new SessionPool(source, {
      leases: room.leases,
      open(of, signal) {
        makeRoom(of);
        return openSession(room, record, of, signal);
      },
      onEmpty(empty) {
        if (pools.get(empty.source.id) === empty) pools.delete(empty.source.id);
      },
    });
    pools.set(source.id, pool);
    known?.retire();
    return pool;
  }

  function retire(sourceId: string): void {
    const pool = pools.get(sourceId);
    pools.delete(sourceId);
    pool?.retire();
    relations.forget(sourceId);
  }

  /**
   * @throws `sources.not_found` · `sources.not_queryable`
   */
  async function sourceOf(sourceId: string, isSecondLook: boolean): Promise<Source> {
    const source = await room.store[isSecondLook ? 'findSource' : 'findKnownSource'](sourceId);
    if (source === null || source.id !== sourceId) {
      retire(sourceId);
      throw sourcesErrors.not_found();
    }
    if (connectorOf(source)?.openData === undefined) throw sourcesErrors.not_queryable();
    return source;
  }

  /** With the source as it is now, and again where it changed meanwhile. */
  async function withSource<T>(sourceId: string, work: (source: Source) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      // What another process is about to change is known to be another before it is said to be.
      const source = await sourceOf(sourceId, attempt > 1);
      try {
        return await work(source);
      } catch (fault) {
        if (attempt < attempts && (await isOutdated(source, fault))) continue;
        throw fault instanceof PoolRetired ? exhausted() : fault;
      }
    }
  }

  async function isOutdated(source: Source, fault: unknown): Promise<boolean> {
    if (fault instanceof PoolRetired) return true;
    const isGone = fault instanceof AppError && fault.code === sourcesErrors.not_found.code;
    return isGone && (await room.store.findSource(source.id))?.revision !== source.revision;
  }

  return {
    lease: (sourceId, signal) => withSource(sourceId, (source) => poolOf(source).lend(signal)),
    findRelation: (sourceId, place) =>
      withSource(sourceId, (source) =>
        relations.find(source, place, () => poolOf(source).connection(new AbortController().signal)),
      ),
    forget: (sourceId) => relations.forget(sourceId),
    retire,
    close() {
      for (const sourceId of [...pools.keys()]) retire(sourceId);
    },
  };
}
