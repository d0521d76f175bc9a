/**
 * An installation that has an administrator keeps one, at every door: without any it would offer its setup to whoever
 * reads the log of the next start.
 *
 * @module
 */
import { identityErrors } from './errors.js';
import type { IdentityTransaction } from './ports.js';

/**
 * Makes a change that may take away the last enabled user whom `directory.manage` is allowed to. Where nobody has been
 * one before, nobody is lost.
 *
 * @throws `identity.last_administrator`, which undoes the transaction. Of two at once that take one each of the last
 *         two, one is refused.
 */
export async function keepAnAdministrator<T>(tx: IdentityTransaction, change: () => Promise<T>): Promise<T> {
  const wasThereOne = await tx.hasAdministrator();
  const done = await change();
  if (!wasThereOne) return done;
  await tx.awaitLossOfAdministrators();
  if (!(await tx.hasAdministrator())) throw identityErrors.last_administrator();
  return done;
}
