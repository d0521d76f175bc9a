/**
 * What the test set-up provides: addresses of its own real servers, or the reason why one cannot be had here.
 * Plain data, because it travels from vitest's global set-up to the test workers.
 *
 * @module
 */

/** A server that runs, or one sentence why it cannot here. */
export type Provided<T> = ({ readonly available: true } & T) | { readonly available: false; readonly reason: string };

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface DatabaseAddress extends Address {
  /** May do everything. */
  readonly superuser: string;
  readonly password: string;
  /** Unix socket (for PostgreSQL its folder): lets the superuser in whatever the TCP rules of the server say. */
  readonly socket: string;
  /** `15.18`, `10.11.19-MariaDB`. */
  readonly version: string;
}

export type PostgresAddress = DatabaseAddress;
export type MariadbAddress = DatabaseAddress;

export interface RedisAddress extends Address {
  readonly password: string;
  readonly version: string;
}

/** Programs to start extra servers with, found once by the global set-up. */
export interface PostgresPrograms {
  /** Folder with `initdb` and `postgres`. */
  readonly folder: string;
  readonly origin: 'debian' | 'npm';
  /** A data folder as `initdb` leaves it, to be copied: a copy takes a tenth of the time. */
  readonly template?: { readonly data: string; readonly password: string };
}

export interface MariadbPrograms {
  readonly daemon: string;
  readonly install: string;
  /** A data folder as the install script leaves it, to be copied. */
  readonly template?: { readonly data: string };
}

export interface PgbouncerPrograms {
  readonly daemon: string;
}

export interface NginxPrograms {
  readonly daemon: string;
}

/** What makes a locale, and the sources of German are there. */
export interface LocalePrograms {
  readonly compiler: string;
}

export interface Servers {
  readonly postgres: Provided<PostgresAddress & { readonly programs: PostgresPrograms }>;
  readonly mariadb: Provided<MariadbAddress & { readonly programs: MariadbPrograms }>;
  readonly redis: Provided<RedisAddress & { readonly daemon: string }>;
  readonly pgbouncer: Provided<PgbouncerPrograms>;
  readonly nginx: Provided<NginxPrograms>;
  readonly german: Provided<LocalePrograms>;
  readonly strace: Provided<{ readonly program: string }>;
  readonly chromium: Provided<{ readonly program: string }>;
  /** One that has `requests`. */
  readonly python: Provided<{ readonly program: string }>;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: Servers;
  }
}
