/**
 * The store on PostgreSQL, for many nodes: a bounded pool, commits that are synced, and works run again when the
 * server undid them for another's sake.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { refusedState, storeErrors } from './errors.js';
import { createGate } from './gate.js';
import { createPreparedRunner, postgresDialect } from './postgres-driver.js';
import { type PostgresLocation, parsePostgresUrl } from './postgres-url.js';
import type { StoreTables } from './schema.js';

export interface PostgresOptions {
  readonly url: string;
  /** Connections for transactions; as many chains as the audit trail has are of use. */
  readonly writers?: number;
  /** Connections for look-ups, so that a transaction that looks something up never waits for transactions. */
  readonly readers?: number;
  readonly maxWaiting?: number;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

const auditChains = 8;
const maxAttempts = 5;
/** Any number, the same in every version: `latchkey` in ASCII. */
const migrationLock = '7809655068413912441';
const migrationWaitMs = 60_000;

const readOnlyTransaction = '25006';
const serializationFailure = '40001';
const deadlockDetected = '40P01';

/** @throws `store.url_invalid` · `store.unavailable` */
export async function openPostgres(options: PostgresOptions): Promise<StoreEngine> {
  const location = parsePostgresUrl(options.url);
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const writers = options.writers ?? auditChains;
  const readers = options.readers ?? 4;
  const pool = new pg.Pool({
    host: location.host,
    port: location.port,
    user: location.user,
    // Asked for when a connection is made, so that no object of the driver carries it.
    password: () => location.password.reveal(),
    database: location.database,
    ssl: await tlsOptions(location),
    application_name: 'latchkey',
    client_encoding: 'UTF8',
    keepAlive: true,
    min: 0,
    max: writers + readers,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    idleTimeoutMillis: 60_000,
    // The server ends a statement first; this is for a server that does not answer at all.
    query_timeout: statementTimeoutMs + 5_000,
    types: { getTypeParser: typeParser },
    onConnect: (client) => setUp(client, statementTimeoutMs),
  });
  // An idle connection that breaks is replaced when one is needed.
  pool.on('error', () => {});

  const gate = (inside: number) => createGate({ inside, waiting: options.maxWaiting ?? 2_048 });
  let commits = 0;
  const gates = { write: gate(writers), read: gate(readers) };
  const settings = (way: keyof typeof gates) => ({
    ...{ pool, statementTimeoutMs, lockTimeoutMs: Math.min(5_000, statementTimeoutMs), gate: gates[way] },
    onCommit: () => {
      commits += 1;
    },
  });
  const database = (way: keyof typeof gates) => new Kysely<StoreTables>({ dialect: postgresDialect(settings(way)) });
  const write = database('write');
  const read = database('read');
  const writePrepared = createPreparedRunner(settings('write'));
  let ended: Promise<void> | null = null;

  async function transaction<T>(work: (tx: StoreDatabase) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write.transaction().execute(work);
      } catch (error) {
        if (attempt === maxAttempts || !isUndoneForAnother(error)) throw error;
      }
    }
  }

  return {
    kind: 'postgres',
    auditChains,
    read,
    transaction,
    planned: transaction,
    async writeAlone(statement) {
      try {
        const written = Number(await writePrepared(statement));
        if (written > 0) commits += 1;
        return written;
      } catch (error) {
        // A transaction of ours says for itself that it writes.
        if (isUndoneForAnother(error) || refusedState(error) === readOnlyTransaction) return 0;
        throw error;
      }
    },
    // Events are linked here, behind a lock on the row of their chain.
    linkWith: () => {},
    migration: (work) =>
      write.transaction().execute(async (tx) => {
        await lockMigrations(tx);
        return work(tx);
      }),
    statistics: () => ({ transactions: commits, commits }),
    async isReady() {
      try {
        const answer = await sql<{ writable: boolean }>`select not pg_is_in_recovery() as writable`.execute(read);
        return answer.rows[0]?.writable === true;
      } catch {
        return false;
      }
    },
    async close() {
      const left = Promise.all([gates.write.close(), gates.read.close()]).then(() => {
        ended ??= pool.end();
        return ended;
      });
      // A work that never ends does not keep the process: what it wrote is not committed.
      await Promise.race([left, delay(2 * statementTimeoutMs, undefined, { ref: false })]);
    },
  };
}

/** Held until the transaction ends. Asked for again and again, because one long wait would meet the time limits. */
async function lockMigrations(tx: StoreDatabase): Promise<void> {
  const deadline = performance.now() + migrationWaitMs;
  for (;;) {
    const lock = sql.raw<{ held: boolean }>(`select pg_try_advisory_xact_lock(${migrationLock}) as held`);
    const { rows } = await lock.execute(tx);
    if (rows[0]?.held === true) return;
    if (performance.now() > deadline) throw storeErrors.busy();
    await delay(100);
  }
}

function isUndoneForAnother(error: unknown): boolean {
  const state = refusedState(error);
  return state === serializationFailure || state === deadlockDetected;
}

async function tlsOptions({ tls, rootCertificateFile }: PostgresLocation): Promise<pg.PoolConfig['ssl']> {
  if (tls === 'off') return false;
  const options = {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(tls === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
  if (rootCertificateFile === null) return options;
  try {
    return { ...options, ca: await readFile(rootCertificateFile, 'utf8') };
  } catch (cause) {
    throw storeErrors.url_invalid({ cause, details: { field: 'store.url', fix: 'sslrootcert names a readable file' } });
  }
}

/**
 * For look-ups; behind a pooler they may run in another session, which is why a transaction says its time limit again.
 * No look-up of ours is so long that workers of its own would pay: to begin them takes the server longer than a page.
 */
async function setUp(client: pg.ClientBase, statementTimeoutMs: number): Promise<void> {
  await client.query(`set statement_timeout = ${statementTimeoutMs}; set max_parallel_workers_per_gather = 0`);
}

const int8 = 20;

/** Our integers are times and places in chains, which are exact as numbers; everything else stays as the driver has it. */
function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
