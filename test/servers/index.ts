/**
 * What a test file imports to use the real servers: the shared ones ({@link describeWith}) and extra ones with
 * options of their own ({@link startPostgres}, {@link startMariadb}).
 *
 * @module
 */
import { describe, inject } from 'vitest';
import { makeGermanLocale } from './locales.js';
import { type MariadbOptions, type RunningMariadb, startMariadbWith } from './mariadb.js';
import { type Need, needMark } from './needs.js';
import { type NginxOptions, startNginxWith } from './nginx.js';
import { type PgbouncerOptions, type RunningPgbouncer, startPgbouncerWith } from './pgbouncer.js';
import { type PostgresOptions, type RunningPostgres, startPostgresWith } from './postgres.js';
import type { RunningServer } from './processes.js';
import { type RunningRedis, startRedisWith } from './redis.js';
import type { Servers } from './types.js';

export { mariadbSql } from './mariadb.js';
export { createPostgresDatabase, dropPostgresDatabase, postgresSql, postgresUrl } from './postgres.js';
export type { RunningMariadb, RunningPgbouncer, RunningPostgres, RunningRedis, RunningServer };

type Available<N extends Need> = Extract<Servers[N], { available: true }>;

/** The shared server. @throws where it cannot be had; inside {@link describeWith} it can. */
export function shared<N extends Need>(need: N): Available<N> {
  const server = inject('servers')[need];
  if (!server.available) throw new Error(server.reason);
  return server as Available<N>;
}

/**
 * A suite that needs real servers: `describeWith('mariadb', 'the probe', () => { … shared('mariadb') … })`. Where one
 * of them cannot be had, its tests are skipped and counted, with the reason in the name. Use {@link shared} inside
 * hooks and tests, not in the suite's body: the body also runs when the tests are skipped, to count them.
 */
export function describeWith(need: Need | readonly Need[], name: string, body: () => void): void {
  const wanted: readonly Need[] = typeof need === 'string' ? [need] : need;
  const missing = wanted.find((one) => !inject('servers')[one].available);
  if (missing === undefined) describe(name, body);
  else describe.skip(`${name} ${needMark(missing)}`, body);
}

/** An extra PostgreSQL with options of its own; the caller stops it. About 0.7 s. */
export function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  return startPostgresWith(shared('postgres').programs, options);
}

/** An extra MariaDB with options of its own; the caller stops it. About 1 s. */
export function startMariadb(options: MariadbOptions = {}): Promise<RunningMariadb> {
  return startMariadbWith(shared('mariadb').programs, options);
}

/** An extra Redis; the caller stops it. */
export function startRedis(): Promise<RunningRedis> {
  return startRedisWith({ daemon: shared('redis').daemon });
}

/** A PgBouncer with options of its own; the caller stops it. */
export function startPgbouncer(options: PgbouncerOptions): Promise<RunningPgbouncer> {
  return startPgbouncerWith({ daemon: shared('pgbouncer').daemon }, options);
}

/** An nginx with a configuration of the test's own; the caller stops it. */
export function startNginx(options: NginxOptions): Promise<RunningServer> {
  return startNginxWith({ daemon: shared('nginx').daemon }, options);
}

/** A PostgreSQL that speaks German; the caller stops it. */
export async function startGermanPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const { programs } = shared('postgres');
  const { compiler } = shared('german');
  return startPostgresWith(programs, {
    ...options,
    settings: { lc_messages: 'de_DE.UTF-8', ...options.settings },
    environment: (folder) => makeGermanLocale({ compiler }, folder),
  });
}
