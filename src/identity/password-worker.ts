/**
 * One hashing thread. It runs argon2's synchronous functions, so libuv's shared pool, which token checks need, never
 * sees a password hash. It holds no state between jobs.
 *
 * @module
 */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { HashJob, HashReply } from './password-pool.js';

/** `Algorithm.Argon2id`; the package's own enum is a `const enum`, which isolated modules cannot read. */
const argon2id = 2;

function run(job: HashJob): HashReply {
  try {
    if (job.hash === null) {
      const { memoryKib, passes, lanes } = job.parameters;
      const options = { algorithm: argon2id, memoryCost: memoryKib, timeCost: passes, parallelism: lanes };
      return { id: job.id, hash: hashSync(job.password, options), verified: false, failed: false };
    }
    return { id: job.id, hash: null, verified: verifySync(job.hash, job.password), failed: false };
  } catch {
    // The library's message may quote the hash; the pool needs only the fact.
    return { id: job.id, hash: null, verified: false, failed: true };
  } finally {
    job.password.fill(0);
  }
}

/**
 * Behind whoever checks tokens, where processors are short: a hash has milliseconds to lose, a check has none. Not
 * further, or sign-ins would starve beside a busy API. Only Linux has a priority for each thread; elsewhere it would be
 * the whole process's.
 */
const niceness = 5;
if (process.platform === 'linux') {
  try {
    setPriority(niceness);
  } catch {
    // Where it is not allowed, threads stay equal.
  }
}

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(run(job)));
