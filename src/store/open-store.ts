/**
 * Opens the store: finds the database by its URL, brings it up to date, and gives each room the port it asked for.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditChain, type AuditStore, createAuditChain } from '../audit/index.js';
import type { DataStore } from '../data/index.js';
import type { IdentityStore } from '../identity/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Secret } from '../kernel/secret.js';
import type { KeyRing } from '../secrets/index.js';
import type { SourceStore } from '../sources/index.js';
import { createAuditTrail, startChains } from './audit.js';
import { type Backup, type BackupOrder, backUpSqlite } from './backup-sqlite.js';
import { createDataStore } from './datasets.js';
import type { EngineStatistics, StoreEngine } from './engine.js';
import { storeErrors } from './errors.js';
import { createHeldLookUps } from './held-look-ups.js';
import { createIdentityStore } from './identity.js';
import { installSecret } from './install-secrets.js';
import { type MigrationReport, type MigrationState, migrate, readMigrations } from './migrate.js';
import { migrations } from './migrations/index.js';
import type { PostgresOptions } from './open-postgres.js';
import { openSqlite, type SqliteOptions } from './open-sqlite.js';
import { createSourceStore } from './sources.js';
import { createVerifiers } from './verifiers.js';

export interface StoreOptions {
  /** `sqlite:<file>` or `postgres://…`; without it, `latchkey.db` in the data folder. */
  readonly url?: string | Secret | undefined;
  readonly dataDir: string;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly ids: Ids;
  /**
   * Told once when it is not known whether a write is durable. Everything is refused from then on; the caller ends the
   * process, and the next start reads what is really there.
   */
  readonly onFatal: (error: Error) => void;
  /** Limits of either database; tests narrow them. */
  readonly sqlite?: Omit<SqliteOptions, 'file' | 'onFatal'>;
  readonly postgres?: Omit<PostgresOptions, 'url'>;
}

export interface Store {
  readonly engine: StoreEngine['kind'];
  readonly identity: IdentityStore;
  readonly sources: SourceStore;
  readonly data: DataStore;
  readonly audit: AuditStore;
  /** Links and proves the trail of this store; {@link createAudit} verifies with it. */
  readonly auditChain: AuditChain;
  readonly migrations: MigrationReport;
  /** The random secret of that name, made when there is none, the same in every process of the install. */
  installSecret(name: string, makeBytes: () => Uint8Array): Promise<Secret<Uint8Array>>;
  /**
   * Copies everything of one instant into a file, while others work.
   * @throws `store.backup_elsewhere` on PostgreSQL · what {@link backUpSqlite} throws.
   */
  backUp(order: BackupOrder): Promise<Backup>;
  /** Whether reads are answered and writes are not refused. */
  isReady(): Promise<boolean>;
  statistics(): EngineStatistics;
  /** Finishes what was begun, then refuses everything. */
  close(): Promise<void>;
}

const auditKeyName = 'audit-chain';
const auditKeyBytes = 32;

/**
 * @throws `store.url_invalid` · `store.location_invalid` · `store.unavailable` · `store.busy`
 * @throws `store.newer_database` · `store.foreign_database`
 * @throws `secrets.key_unknown` · `secrets.envelope_invalid` the master key is not the one of this database.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { keyRing, clock, ids } = options;
  const engine = await openEngine(options);
  try {
    const migrations = await migrate(engine, clock);
    const secretDeps = { engine, keyRing, clock };
    // The key that proves the trail is itself a sealed secret of the store, and the chains begin in the transaction
    // that keeps it: a trail without chains, where there is a key, was taken away.
    const auditKey = await installSecret(
      secretDeps,
      auditKeyName,
      () => ids.bytes(auditKeyBytes),
      (tx, key) => startChains(tx, createAuditChain(key), engine.auditChains),
    );
    const auditChain = createAuditChain(auditKey);
    engine.linkWith(auditKey);
    const trail = createAuditTrail(engine, auditChain);
    const verifiers = createVerifiers(engine, clock);
    const held = createHeldLookUps({ engine, verifiers, ids });
    return {
      engine: engine.kind,
      identity: createIdentityStore(engine, keyRing, trail, verifiers),
      sources: createSourceStore({ engine, keyRing, trail, ids, held }),
      data: createDataStore({ engine, keyRing, trail, held }),
      audit: trail,
      auditChain,
      migrations,
      installSecret: (name, makeBytes) => {
        if (name === auditKeyName) throw new TypeError('that secret is the store’s own');
        return installSecret(secretDeps, name, makeBytes);
      },
      backUp: async (order) => {
        const file = sqliteFile(options);
        if (file === null) throw storeErrors.backup_elsewhere();
        return backUpSqlite(file, order, ids.uuid());
      },
      isReady: () => engine.isReady(),
      statistics: () => engine.statistics(),
      async close() {
        await held.close();
        await engine.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/**
 * What {@link openStore} would apply, and what was applied and when; nothing is applied, and no file is made.
 *
 * @throws what {@link openStore} throws for a database it cannot open or refuses.
 */
export async function readStoreMigrations(
  options: Pick<StoreOptions, 'url' | 'dataDir' | 'onFatal'>,
): Promise<readonly MigrationState[]> {
  const file = sqliteFile(options);
  if (file !== null && !existsSync(file)) return migrations.map(({ name }) => ({ name, appliedAtMs: null }));
  const engine = await openEngine(options);
  try {
    return await readMigrations(engine);
  } finally {
    await engine.close();
  }
}

/**
 * Whether anything in the store is sealed: what {@link openStore} seals first is the key of its trail. No file is made.
 *
 * @throws what {@link openStore} throws for a database it cannot open or refuses.
 */
export async function isStoreSealed(options: Pick<StoreOptions, 'url' | 'dataDir' | 'onFatal'>): Promise<boolean> {
  const file = sqliteFile(options);
  if (file !== null && !existsSync(file)) return false;
  const engine = await openEngine(options);
  try {
    if ((await readMigrations(engine)).every(({ appliedAtMs }) => appliedAtMs === null)) return false;
    return (await engine.read.selectFrom('install_secrets').select('name').limit(1).execute()).length > 0;
  } finally {
    await engine.close();
  }
}

async function openEngine(
  options: Pick<StoreOptions, 'url' | 'dataDir' | 'onFatal' | 'sqlite' | 'postgres'>,
): Promise<StoreEngine> {
  const { onFatal, sqlite, postgres } = options;
  const file = sqliteFile(options);
  if (file === null) {
    const { openPostgres } = await import('./open-postgres.js');
    return openPostgres({ ...postgres, url: urlOf(options) });
  }
  // `:memory:` and `file:` URIs have no place on a disk that could be made durable.
  if (file === '' || file.startsWith(':') || file.startsWith('file:') || file.includes('\0')) {
    throw storeErrors.url_invalid();
  }
  return openSqlite({ ...sqlite, file, onFatal });
}

/** `null`: the store is PostgreSQL. */
function sqliteFile(options: Pick<StoreOptions, 'url' | 'dataDir'>): string | null {
  const url = urlOf(options);
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : null;
}

function urlOf({ url, dataDir }: Pick<StoreOptions, 'url' | 'dataDir'>): string {
  if (url === undefined) return `sqlite:${join(dataDir, 'latchkey.db')}`;
  return typeof url === 'string' ? url : url.reveal();
}
