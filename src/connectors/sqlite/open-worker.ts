/** The thread that opens one SQLite file: see `connect.ts`. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync } from '@photostructure/sqlite';
import type { OpenMessage, OpenRequest } from './connect.js';
import { judgeFile } from './file-policy.js';

/** How long to wait for another process to let go of the file. */
const busyTimeoutMs = 500;

function say(message: OpenMessage): void {
  parentPort?.postMessage(message);
}

function open({ path, policy }: OpenRequest): void {
  const verdict = judgeFile(path, policy);
  if (!verdict.ok) {
    say({ kind: 'failed', reason: verdict.reason, code: null });
    return;
  }
  say({ kind: 'admitted' });
  try {
    ask(verdict.path);
    // Only now: whoever hears it may end the process, and must not find us inside the library.
    say({ kind: 'answered' });
  } catch (fault) {
    const code =
      fault instanceof Error && 'errcode' in fault && typeof fault.errcode === 'number' ? fault.errcode : null;
    say({ kind: 'failed', reason: null, code });
  }
}

function ask(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs, defensive: true });
  try {
    // Opening reads nothing; the header is read with the first question.
    database.prepare('PRAGMA schema_version').get();
    const row = database.prepare('SELECT sqlite_version() AS version').get();
    say({ kind: 'version', version: String((row as { version?: unknown } | undefined)?.version ?? '') });
    say({ kind: 'opened' });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
  } finally {
    database.close();
  }
}

open(workerData as OpenRequest);
