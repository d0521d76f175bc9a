import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import { Secret } from '../kernel/secret.js';
import { mintAccessToken, verifyAccessToken } from './access-token.js';
import { createPasswordPool, type PasswordPool, type PasswordPoolOptions } from './password-pool.js';

const cheap = { memoryKib: 8, passes: 1, lanes: 1 };
const floor = { memoryKib: 19_456, passes: 2, lanes: 1 };
const standard = { memoryKib: 65_536, passes: 3, lanes: 1 };

let pool: PasswordPool;
const open = (options: PasswordPoolOptions = {}) => {
  pool = createPasswordPool({ threads: 1, ...options });
  return pool;
};
afterEach(() => pool.close());

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : String(error));

describe('the pool of hashing threads', () => {
  it('makes argon2id hashes with the parameters asked for and verifies them', async () => {
    open();
    const hash = await pool.hash(new Secret('a password'), cheap);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await pool.verify(hash, new Secret('a password'))).toBe(true);
    expect(await pool.verify(hash, new Secret('a passwore'))).toBe(false);
    expect(await pool.hash(new Secret('a password'), cheap)).not.toBe(hash);
  });

  it('tells passwords apart that differ in one byte anywhere', async () => {
    open();
    const long = 'k'.repeat(1024);
    const pairs: [string, string][] = [
      ['caf\u00E9 au lait', 'cafe\u0301 au lait'],
      [long, `${long.slice(0, 72)}x${long.slice(73)}`],
      [long, `${long.slice(0, 999)}x${long.slice(1000)}`],
      [long, `${long.slice(0, 1023)}x`],
      ['trailing', 'trailing '],
      ['before', ' before'],
      ['nul', 'nul\0'],
      ['nul\0a', 'nul\0b'],
      ['Case', 'case'],
    ];
    for (const [password, other] of pairs) {
      const hash = await pool.hash(new Secret(password), cheap);
      expect(await pool.verify(hash, new Secret(password))).toBe(true);
      expect(await pool.verify(hash, new Secret(other))).toBe(false);
    }
  });

  it('refuses what would have to wait behind a full queue, with the time it would have waited', async () => {
    open({ maxQueued: 4 });
    await pool.hash(new Secret('a measured hash'), standard);
    const { hashMs } = pool.measure();
    const work = Array.from({ length: 30 }, () => pool.hash(new Secret('x'), standard));
    expect(pool.measure()).toMatchObject({ queued: 4, running: 1 });
    const results = await Promise.allSettled(work);
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as AppError);
    expect(refused).toHaveLength(25);
    for (const error of refused) {
      expect(error.code).toBe('identity.hash_queue_full');
      expect(error.kind).toBe('unavailable');
      expect(error.details.retryAfterSeconds).toBe(Math.max(1, Math.ceil((4 * hashMs) / 1000)));
    }
    expect(pool.measure()).toMatchObject({ queued: 0, running: 0 });
  });

  it('never holds more jobs than its threads and its queue, whatever comes', async () => {
    open({ threads: 2, maxQueued: 10 });
    const work = Array.from({ length: 1000 }, () => pool.hash(new Secret('x'), cheap).then(() => true, codeOf));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pool.measure().queued + pool.measure().running).toBeLessThanOrEqual(12);
    const results = await Promise.all(work);
    expect(results.filter((result) => result === true).length).toBeGreaterThanOrEqual(12);
    expect(results.filter((result) => result !== true && result !== 'identity.hash_queue_full')).toEqual([]);
  });

  it('reports a hash it cannot read, and goes on', async () => {
    open();
    await expect(pool.verify('$argon2id$nonsense', new Secret('x'))).rejects.toThrow(TypeError);
    await expect(pool.hash(new Secret('x'), { memoryKib: 0, passes: 0, lanes: 0 })).rejects.toThrow(TypeError);
    expect(await pool.hash(new Secret('x'), cheap)).toMatch(/^\$argon2id/);
  });

  it('refuses malformed and overlong passwords without asking a thread', async () => {
    open();
    expect(await pool.hash(new Secret('\uD800'), cheap).catch(codeOf)).toBe('identity.password_malformed');
    expect(await pool.hash(new Secret('a'.repeat(1025)), cheap).catch(codeOf)).toBe('identity.password_too_long');
  });

  it('rejects everything once it is closed', async () => {
    open();
    const running = pool.hash(new Secret('x'), floor).catch(codeOf);
    const waiting = pool.hash(new Secret('x'), floor).catch(codeOf);
    await pool.close();
    expect([await running, await waiting]).toEqual(['identity.hash_interrupted', 'identity.hash_interrupted']);
    expect(await pool.hash(new Secret('x'), cheap).catch(codeOf)).toBe('identity.hash_interrupted');
  });
});

describe('a hashing thread that crashes', () => {
  /** A worker that ends itself on the password `crash` and answers everything else with its thread's name. */
  async function withWorker(source: string, work: (file: URL) => Promise<void>) {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-worker-'));
    const file = join(folder, 'worker.mjs');
    writeFileSync(file, source);
    try {
      await work(pathToFileURL(file));
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const answering = `import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', (job) => {
      const text = Buffer.from(job.password).toString();
      if (text === 'exit') process.exit(3);
      if (text === 'throw') throw new Error('broken');
      parentPort.postMessage({ id: job.id, hash: String(threadId), verified: false, failed: false });
    });`;

  it('is replaced; the job it held is refused and the ones behind it are done', async () => {
    await withWorker(answering, async (workerFile) => {
      open({ workerFile });
      const first = await pool.hash(new Secret('x'), cheap);
      for (const way of ['exit', 'throw']) {
        const crash = pool.hash(new Secret(way), cheap).catch(codeOf);
        const behind = pool.hash(new Secret('x'), cheap);
        expect(await crash).toBe('identity.hash_interrupted');
        expect(Number(await behind)).toBeGreaterThan(Number(first));
      }
    });
  });

  it('again and again does not spin: what waits is refused, and the next job tries anew', async () => {
    await withWorker(`process.exit(1);`, async (workerFile) => {
      open({ workerFile });
      expect(await pool.hash(new Secret('x'), cheap).catch(codeOf)).toBe('identity.hash_interrupted');
      expect(await pool.hash(new Secret('x'), cheap).catch(codeOf)).toBe('identity.hash_interrupted');
    });
  });
});

describe('a storm of logins', () => {
  it('does not slow the verification of tokens', async () => {
    open({ threads: 1, maxQueued: 50 });
    const secret = new Uint8Array(64).fill(9);
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = {
      id: 'k',
      family: 'precrime',
      algorithm: 'HS256',
      createdAtMs: 0,
      signsFromMs: 0,
      retiredAtMs: null,
      published: null,
      key: await webcrypto.subtle.importKey('raw', secret, algorithm, false, ['sign', 'verify']),
    } as const;
    const claims = { sub: 'u', unique_name: 'n', jti: 'j', iat: 1000, exp: 4600, company: 1 };
    const token = await mintAccessToken('precrime', claims, key);
    const verifyFor = async (ms: number) => {
      const endMs = performance.now() + ms;
      let count = 0;
      const caller = async () => {
        while (performance.now() < endMs) {
          if ((await verifyAccessToken('precrime', token, [key], 2_000_000)) === null) throw new Error('not verified');
          count += 1;
        }
      };
      await Promise.all(Array.from({ length: 32 }, caller));
      return Math.round((count / ms) * 1000);
    };
    await verifyFor(300);
    const quiet = await verifyFor(1500);
    let isStorming = true;
    let hashed = 0;
    let refused = 0;
    const attacker = async () => {
      while (isStorming) {
        await pool.hash(new Secret('guess'), standard).then(
          () => (hashed += 1),
          async () => {
            refused += 1;
            await new Promise((resolve) => setTimeout(resolve, 20));
          },
        );
      }
    };
    const storm = Promise.all(Array.from({ length: 100 }, attacker));
    const stormy = await verifyFor(1500);
    isStorming = false;
    await storm;
    expect(hashed).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(50);
    process.stdout.write(
      `token checks: ${quiet}/s quiet, ${stormy}/s under ${hashed} hashes and ${refused} refusals\n`,
    );
    // Sharing one pool with the hashes left 44/s of 10,300/s. A loaded machine may halve it; nothing more.
    expect(stormy).toBeGreaterThan(quiet / 4);
  });
});
