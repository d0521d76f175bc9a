/** The stages of an SQLite connection test: may the file be opened, is it a database, does it answer. @module */
import type { ConnectionTarget, ProbeLimits, ProbeResult } from '../../sources/index.js';
import { StageWalk } from '../stage-walk.js';
import { startOpening } from './connect.js';
import { judgeSqliteFault } from './errors.js';
import type { FilePolicy } from './file-policy.js';

/** Walks the stages; see the port for the contract. */
export async function probeSqlite(
  policy: FilePolicy,
  target: ConnectionTarget,
  limits: ProbeLimits,
): Promise<ProbeResult> {
  const walk = new StageWalk(limits);
  const opening = startOpening({ path: target.database, policy });
  try {
    const admitted = await walk.run('policy', () => opening.reached('admitted'), judgeSqliteFault);
    // What the policy has to say about the file itself comes after it let the path pass.
    if (!admitted.ok && walk.failedStage === 'database') walk.pass('policy', 0);
    if (!admitted.ok) return walk.result();
    walk.pass('policy', admitted.ms);
    const opened = await walk.run('database', () => opening.reached('opened'), judgeSqliteFault);
    const version = opening.version();
    walk.serverVersion = version === null ? null : `SQLite ${version}`;
    if (!opened.ok) return walk.result();
    walk.pass('database', opened.ms);
    const answered = await walk.run('query', () => opening.reached('answered'), judgeSqliteFault);
    if (answered.ok) walk.pass('query', answered.ms);
    return walk.result();
  } finally {
    opening.leave();
  }
}
