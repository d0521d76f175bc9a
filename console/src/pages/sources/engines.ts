/** The engines as people call them, and in what their forms differ. @module */
import type { components } from '../../api/schema';

export type Source = components['schemas']['Source'];
export type Engine = Source['engine'];

interface EngineWords {
  readonly title: string;
  readonly text: string;
  /** A file on the machine of the service: no host, no port, no TLS. */
  readonly isFile: boolean;
  readonly port: number | null;
}

export const engines: Readonly<Record<Engine, EngineWords>> = {
  postgres: { title: 'PostgreSQL', text: 'Version 10 and later, PgBouncer too', isFile: false, port: 5432 },
  mysql: { title: 'MySQL or MariaDB', text: 'MySQL 8.0, MariaDB 10.5 and later', isFile: false, port: 3306 },
  sqlite: { title: 'SQLite', text: 'A file on the machine of this service', isFile: true, port: null },
  duckdb: { title: 'DuckDB', text: 'A file, read and never written', isFile: true, port: null },
};

export const engineNames = Object.keys(engines) as readonly Engine[];

/** Where it is, in one line. */
export function placeOf({
  engine,
  host,
  port,
  database,
}: Pick<Source, 'engine' | 'host' | 'port' | 'database'>): string {
  return engines[engine].isFile ? database : `${host}:${port} / ${database}`;
}
