/**
 * What a database holds, streamed to whoever asked: nothing of it is kept here.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type AttemptInput, admitAttempt, runAttempt, tell } from './attempt.js';
import type { CatalogRequest } from './catalog.js';
import type { Room } from './deps.js';
import { closeQuietly, openReading, recordReading } from './open-reading.js';
import type { CatalogReading } from './ports.js';
import type { MetadataAnswer } from './use-cases.js';

/** Wall time of one reading: ten minutes are enough for hundreds of thousands of tables. */
export const readingMs = 600_000;

/** See `use-cases.ts` for the contract. */
export async function metadata(
  room: Room,
  input: AttemptInput & { readonly request: CatalogRequest },
): Promise<MetadataAnswer> {
  const attempt = await admitAttempt(room, 'metadata', input);
  const { report, value } = await runAttempt<CatalogReading>(room, attempt, {
    work: (limits) =>
      openReading(room, attempt.subject, input.request, limits, {
        readMs: readingMs,
        connections: attempt.connections,
      }),
    discard: (late) => closeQuietly(room, late),
    keepsOpen: true,
  });
  if (value === null) return { outcome: 'failed', told: tell(room, attempt, report) };
  const { reading, items, close } = recordReading(room, attempt, { report, value }, readingMs);
  return {
    outcome: 'read',
    server: reading.server,
    schemas: reading.schemas,
    async etag(schema) {
      const fingerprint = await reading.fingerprint(schema);
      return fingerprint === null ? null : entityTag(fingerprint);
    },
    items,
    close,
  };
}

/** Weak: two answers with the same tag say the same, not in the same bytes (RFC 9110 §8.8.1). */
function entityTag(fingerprint: string): string {
  return `W/"${createHash('sha256').update(fingerprint).digest('base64url').slice(0, 27)}"`;
}
