/**
 * What a database refused for reasons that pass is asked once more: a table that is another than the catalogue said is
 * read anew, and who met others at the same rows waits a moment.
 *
 * @module
 */
import { AppError } from '../kernel/errors.js';
import { sourcesErrors } from '../sources/index.js';
import type { DataParts } from './parts.js';

/** Milliseconds before another try among writers of the same rows; together far below what a caller waits anyway. */
const pausesMs = [5, 25, 100];

/**
 * @param work  Plans and runs; whatever it did is undone when it throws `sources.relation_changed` or
 *              `sources.serialization_failed`.
 * @throws what `work` throws; of those two, `relation_changed` only the second time and `serialization_failed` the
 *         fourth.
 */
export async function tryAgain<T>(
  { sources, described }: Pick<DataParts, 'sources' | 'described'>,
  sourceId: string,
  work: () => Promise<T>,
): Promise<T> {
  let isForgotten = false;
  for (let tries = 0; ; ) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof AppError ? error.code : null;
      const pauseMs = pausesMs[tries];
      if (code === sourcesErrors.relation_changed.code && !isForgotten) {
        isForgotten = true;
        sources.forget(sourceId);
        described.forget(sourceId);
      } else if (code === sourcesErrors.serialization_failed.code && pauseMs !== undefined) {
        tries += 1;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      } else {
        throw error;
      }
    }
  }
}
