/**
 * The vocabulary of connection verdicts: one value, the same for every engine and every door. A database that cannot
 * be reached is an answer, not an error.
 *
 * @module
 */
import type { Secret } from '../kernel/secret.js';
import type { Reason } from './reasons.js';
import type { Audience, Stage } from './stages.js';

export const engines = ['postgres', 'mysql', 'sqlite', 'duckdb'] as const;
/** `mysql` speaks to MariaDB too. */
export type Engine = (typeof engines)[number];

export { type Audience, type Stage, stages } from './stages.js';

/** Modes as libpq names them, with the meanings of `network/tls-modes.ts`. */
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export type AuthType = 'basic' | 'oauth' | 'token';

export interface TlsOptions {
  readonly mode: SslMode;
  /** PEM trust anchors; absent: the system's. */
  readonly ca?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: Secret;
}

/** What is to be tested, decoded and checked for shape; nothing in it was resolved or dialled yet. */
export interface ConnectionTarget {
  /** `null`: found out by the port, else by asking the server. */
  readonly engine: Engine | null;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly authType: AuthType;
  /** The password, or the token that stands for it. */
  readonly password: Secret;
  /** Database name; for SQLite and DuckDB the file. */
  readonly database: string;
  readonly tls: TlsOptions;
}

export type StageStatus = 'pass' | 'fail' | 'warn' | 'skip';

export interface StageRow {
  readonly stage: Stage;
  readonly status: StageStatus;
  /** A typed reason of `reasons.ts`; `null` on pass. */
  readonly reason: Reason | 'PRIOR_STAGE_FAILED' | null;
  readonly ms: number;
  /** Facts for the person who mends it: TLS version, server version, native code. Never secrets or addresses that were not given. */
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  readonly retryable: boolean;
  readonly audience: Audience | null;
  /** The input field to look at, in the neutral names of {@link ConnectionTarget}: `host`, `password`, `tls.mode`. */
  readonly field: string | null;
  /** One sentence: what to do. */
  readonly fix: string | null;
}

export interface ConnectionReport {
  readonly outcome: 'passed' | 'failed';
  readonly engine: Engine | null;
  /** `PostgreSQL 15.18`, as the server says, cut to 64 printable characters. */
  readonly serverVersion: string | null;
  /** The first failed stage, or `null` when all passed. */
  readonly failure: StageRow | null;
  /** Every stage in order; those after the failure are `skip`. */
  readonly stages: readonly StageRow[];
  readonly totalMs: number;
}

/** The closed list of reasons; what each means, who can mend it and how stands in `reasons.ts`. */
export type { Reason } from './reasons.js';
