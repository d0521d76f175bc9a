/** Where we listen, for whoever started us: a file that is there exactly while we do. @module */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

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

/** Whether the process that wrote the file still runs. One that was killed leaves its file behind. */
export function isListenerAlive(file: string): boolean {
  let pid: unknown;
  try {
    pid = (JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown } | null)?.pid;
  } catch {
    return false;
  }
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    // Asks for the process and sends it nothing.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
