/** What the catalogue said may be older than the table: then it is read anew and the work is planned once more. @module */
import { AppError } from '../kernel/errors.js';
import { sourcesErrors } from '../sources/index.js';
import type { DataParts } from './parts.js';

/**
 * @param work  Plans and runs; whatever it did when it throws `sources.relation_changed` is undone.
 * @throws what `work` throws, `sources.relation_changed` only the second time.
 */
export async function planOnceMore<T>(
  { sources, described }: Pick<DataParts, 'sources' | 'described'>,
  sourceId: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRelationChanged(error)) throw error;
    sources.forget(sourceId);
    described.forget(sourceId);
    return work();
  }
}

function isRelationChanged(error: unknown): boolean {
  return error instanceof AppError && error.code === sourcesErrors.relation_changed.code;
}
