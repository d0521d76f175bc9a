/** The columns a dataset has at its source right now: of a table from the catalogue, of a named query as described. @module */
import { LRUCache } from 'lru-cache';
import type { Relation } from '../query/index.js';
import type { RunLimits, SourceData } from '../sources/index.js';
import { dataErrors } from './errors.js';
import { describedMs, maxDescribed } from './limits.js';
import type { Dataset } from './model.js';

/** Described named queries, remembered for a minute. */
export interface DescribedQueries {
  /** What describing a named query's text takes is the caller's: one session, for a moment. */
  find(dataset: Dataset, limits: RunLimits): Promise<Relation>;
  forget(sourceId: string): void;
}

export function createDescribedQueries(sources: Pick<SourceData, 'lease'>): DescribedQueries {
  const known = new LRUCache<string, { readonly sourceId: string; readonly text: string; readonly relation: Relation }>(
    {
      max: maxDescribed,
      ttl: describedMs,
      perf: performance,
    },
  );
  return {
    async find(dataset, limits) {
      const text = dataset.of.kind === 'query' ? dataset.of.text : '';
      const found = known.get(dataset.id);
      if (found?.text === text) return found.relation;
      const relation = await describeQuery(sources, dataset.sourceId, text, limits);
      known.set(dataset.id, { sourceId: dataset.sourceId, text, relation });
      return relation;
    },
    forget(sourceId) {
      for (const [id, entry] of known.entries()) if (entry.sourceId === sourceId) known.delete(id);
    },
  };
}

/** Asks the database what columns the text has; runs nothing. @throws what `DataSession.describe` throws. */
export async function describeQuery(
  sources: Pick<SourceData, 'lease'>,
  sourceId: string,
  text: string,
  limits: RunLimits,
): Promise<Relation> {
  const lease = await sources.lease(sourceId, limits.signal);
  try {
    const columns = await lease.session.describe(text, limits);
    return {
      origin: { kind: 'query', text },
      columns,
      primaryKey: [],
      uniqueKeys: [],
      foreignKeys: [],
      rowEstimate: null,
    };
  } finally {
    lease.release();
  }
}

/**
 * @throws `data.relation_gone` the table of the dataset is no more · `sources.unreachable` · `sources.reading_failed`
 */
export async function relationOf(
  { sources, described }: { readonly sources: SourceData; readonly described: DescribedQueries },
  dataset: Dataset,
  limits: RunLimits,
): Promise<Relation> {
  if (dataset.of.kind === 'query') return described.find(dataset, limits);
  const relation = await sources.findRelation(dataset.sourceId, dataset.of);
  if (relation === null) throw dataErrors.relation_gone();
  return relation;
}
