/**
 * Can we reach it, is it who it should be, does it let us in, does it answer: a report, not an exception.
 *
 * @module
 */
import { type AttemptInput, admitAttempt, runAttempt, tell } from './attempt.js';
import { testSubject } from './connect.js';
import type { Room } from './deps.js';
import type { ToldReport } from './use-cases.js';

/** See `use-cases.ts` for the contract. */
export async function testConnection(room: Room, input: AttemptInput): Promise<ToldReport> {
  const attempt = await admitAttempt(room, 'test', input);
  const { report } = await runAttempt<never>(room, attempt, {
    work: async (limits) => ({ report: await testSubject(room, attempt.subject, limits), value: null }),
  });
  return tell(room, attempt, report);
}
