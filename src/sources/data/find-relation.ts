/**
 * One table of a source as queries are planned against it: read from the catalogue, remembered for a minute, and read
 * by one caller at a time, whom the others join.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Relation } from '../../query/index.js';
import type { ConnectionLease } from '../connection-leases.js';
import { sourcesErrors } from '../errors.js';
import { openReading } from '../open-reading.js';
import type { CatalogReading } from '../ports.js';
import { targetOfSource } from '../reach-subject.js';
import type { Source } from '../source.js';
import { type DataRoom, type FailureRecorder, limitsOf } from './open-session.js';
import { relationOf } from './relation-of-table.js';

export interface Place {
  readonly schema: string;
  readonly name: string;
}

export interface RelationFinder {
  /**
   * @param connection  Asked for only when the catalogue has to be read.
   * @throws `sources.unreachable` · `sources.reading_failed` · what the connection throws.
   */
  find(source: Source, place: Place, connection: () => Promise<ConnectionLease>): Promise<Relation | null>;
  forget(sourceId: string): void;
}

/** A table that is there is remembered for so long; that there is none, shorter: it may just be being made. */
const rememberedMs = { there: 60_000, absent: 5_000 } as const;
/** Columns of all that is remembered. */
const maxColumns = 250_000;
const readMs = 15_000;

interface Remembered {
  readonly sourceId: string;
  readonly relation: Relation | null;
  readonly untilMs: number;
}

export function createRelationFinder(room: DataRoom, record: FailureRecorder): RelationFinder {
  const remembered = new LRUCache<string, Remembered>({
    maxSize: maxColumns,
    sizeCalculation: ({ relation }) => 1 + (relation?.columns.length ?? 0),
  });
  const reading = new Map<string, Promise<Relation | null>>();
  /** How often each source was forgotten: what is read meanwhile is not remembered. */
  const forgotten = new LRUCache<string, number>({ max: 10_000 });
  const timesForgotten = (sourceId: string) => forgotten.get(sourceId) ?? 0;

  return {
    async find(source, place, connection) {
      const times = timesForgotten(source.id);
      const key = JSON.stringify([source.id, source.revision, times, place.schema, place.name]);
      const known = remembered.get(key);
      if (known !== undefined && known.untilMs > performance.now()) return known.relation;
      const joined = reading.get(key);
      if (joined !== undefined) return joined;
      const ours = readRelation(room, record, source, place, connection).finally(() => reading.delete(key));
      reading.set(key, ours);
      const relation = await ours;
      const untilMs = performance.now() + rememberedMs[relation === null ? 'absent' : 'there'];
      if (timesForgotten(source.id) === times) remembered.set(key, { sourceId: source.id, relation, untilMs });
      return relation;
    },
    forget(sourceId) {
      forgotten.set(sourceId, timesForgotten(sourceId) + 1);
    },
  };
}

async function readRelation(
  room: DataRoom,
  record: FailureRecorder,
  source: Source,
  place: Place,
  connection: () => Promise<ConnectionLease>,
): Promise<Relation | null> {
  const lease = await connection();
  try {
    const subject = await targetOfSource(room, source);
    const { report, value } = await openReading(
      room,
      subject,
      {
        schemas: [place.schema],
        // Stars and question marks of the name match themselves and more; what is more is left out below.
        names: [place.name],
        groups: new Set(['columns', 'keys']),
        after: null,
        limit: null,
      },
      limitsOf(source, new AbortController().signal),
      { readMs, connections: 1 },
    );
    if (value === null) {
      await record(source, report);
      throw sourcesErrors.unreachable();
    }
    return await findIn(value, source, place);
  } finally {
    lease.release();
  }
}

async function findIn(reading: CatalogReading, source: Source, { schema, name }: Place): Promise<Relation | null> {
  try {
    for await (const item of reading.items()) {
      if (item.section === 'fault' && item.fault.schema === schema && item.fault.name === name) {
        throw sourcesErrors.reading_failed();
      }
      if (item.section !== 'table' || item.table.schema !== schema || item.table.name !== name) continue;
      return relationOf(item.table, source.engine);
    }
    return null;
  } finally {
    await reading.close();
  }
}
