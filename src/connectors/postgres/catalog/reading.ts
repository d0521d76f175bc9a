/** An open catalogue: what may be asked of it, its one clock and its one end. @module */
import {
  type CatalogItem,
  type CatalogReading,
  type CatalogRequest,
  type CatalogSchema,
  type CatalogServer,
  sourcesErrors,
} from '../../../sources/index.js';
import type { Lane } from './feed.js';
import { selectFingerprint } from './fingerprint.js';
import { readItems } from './read-items.js';
import type { Dialect } from './selection.js';

export interface ReadingParts {
  /** Sessions inside the reading's transaction, all seeing the same; closed with the reading. */
  readonly lanes: readonly Lane[];
  readonly server: CatalogServer;
  readonly dialect: Dialect;
  readonly schemas: readonly CatalogSchema[];
  readonly request: CatalogRequest;
  /** When its time is up, on the monotonic clock. */
  readonly endsAtMs: number;
  readonly signal: AbortSignal;
}

/** What cancelling on the server may take. */
const cancelMs = 1_000;

export function createReading(parts: ReadingParts): CatalogReading {
  const { lanes, server, dialect, schemas, request, endsAtMs, signal } = parts;
  let isTaken = false;
  let closing: Promise<void> | null = null;
  const end = () => void close();
  const timer = setTimeout(end, Math.max(0, endsAtMs - performance.now()));
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();

  function close(): Promise<void> {
    closing ??= closeLanes();
    return closing;
  }

  async function closeLanes(): Promise<void> {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    const cancelled = lanes.filter((lane) => lane.session.isBusy()).map((lane) => lane.open.cancel(cancelMs));
    for (const lane of lanes) lane.session.close();
    await Promise.all(cancelled);
  }

  async function* items(): AsyncGenerator<CatalogItem, void> {
    if (isTaken) throw new TypeError('a catalogue is read once');
    isTaken = true;
    const names = schemas.map((schema) => schema.name);
    try {
      yield* readItems(lanes, request, dialect, names, () => {
        if (closing !== null) throw new Error('the catalogue is closed');
      });
    } catch (fault) {
      throw sourcesErrors.reading_failed({ cause: fault });
    } finally {
      await close();
    }
  }

  return {
    server,
    schemas,
    async fingerprint(schema) {
      const [lane] = lanes;
      if (lane === undefined || closing !== null) throw sourcesErrors.reading_failed();
      try {
        const [row] = await lane.rows(selectFingerprint(schema, dialect));
        const [isThere, count = '', sum = ''] = row ?? [];
        return isThere === 't' ? `${count}.${sum}` : null;
      } catch (fault) {
        throw sourcesErrors.reading_failed({ cause: fault });
      }
    },
    items,
    close,
  };
}
