/**
 * Makes a session one that can be asked for facts: whatever the server's defaults and its `init_connect` are, names
 * come in backticks, texts in UTF-8, nothing can be written, and no statement runs longer than it may.
 *
 * @module
 */
import { maxWarnings } from './catalog/silent-faults.js';
import type { Session } from './connect.js';

/** @param statementMs  The server ends a statement after so long by itself. @throws what the server says. */
export async function soberSession(session: Session, isMariadb: boolean, statementMs: number): Promise<void> {
  const ms = Math.max(1, Math.ceil(statementMs));
  // Each in a unit of its own.
  const limit = isMariadb ? `max_statement_time = ${ms / 1_000}` : `max_execution_time = ${ms}`;
  await session.ask('SET NAMES utf8mb4');
  await session.ask(
    `SET SESSION sql_mode = '', lock_wait_timeout = ${Math.ceil(ms / 1_000)}, max_error_count = ${maxWarnings}, ${limit}`,
  );
  await session.ask('SET SESSION TRANSACTION READ ONLY');
}
