/** Where we listen, for whoever started us: a file that is there exactly while we do. @module */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes `{"pid","http","https"}`, whole or not at all.
 *
 * @returns what takes it away again.
 */
export function announceListeners(
  file: string,
  urls: { readonly http: string | null; readonly https: string | null },
): () => void {
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, ...urls }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => rmSync(file, { force: true });
}
