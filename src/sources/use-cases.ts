/** Everything a door may ask of sources. @module */
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';
import type { ConnectionReport, ConnectionTarget } from './model.js';

/** A target as a door received it: named as the neutral field names, typed as loosely as wires are. */
export interface RawTarget {
  readonly authType?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly username?: unknown;
  /** Already wrapped, because a door must not carry it around bare. Absent or not a string: `null`. */
  readonly password: Secret | null;
  readonly database?: unknown;
  /** Engine name where the door has a place for it; else `extra.engine` / `extra.connectorType`. */
  readonly engine?: unknown;
  /** Object, JSON string of one, `null`, `''` or absent. */
  readonly extra?: unknown;
  /** Whether every seed-required field must be there (flat shape) or database may be in extra and authType defaults to basic. */
  readonly strict: boolean;
}

export interface Rejection {
  /** Neutral field name. */
  readonly field: string;
  readonly reason:
    | 'INPUT_MISSING_FIELD'
    | 'INPUT_INVALID_FIELD'
    | 'EXTRA_UNPARSABLE'
    | 'AUTH_TYPE_UNSUPPORTED_BY_ENGINE'
    | 'TOKEN_MISSING'
    | 'TOKEN_EXPIRED';
  /** One sentence that names the fix and never echoes the value. */
  readonly fix: string;
}

export type ParsedTarget =
  /** `timeoutMs` when `extra.timeout` asked for one. */
  | { readonly ok: true; readonly target: ConnectionTarget; readonly timeoutMs?: number }
  | { readonly ok: false; readonly rejections: readonly Rejection[] };

export interface Sources {
  /** Checks shape and the closed list of `extra` keys; resolves and dials nothing. */
  parseTarget(raw: RawTarget): ParsedTarget;

  /**
   * Tests reachability, TLS, login and one trivial query. The database's failure is the answer, not an error.
   *
   * @throws `access.denied` unless `connections.test` is allowed.
   * @throws `sources.too_many_tests` too many at once; details.retryAfterSeconds.
   * @throws `sources.cancelled` when `signal` was aborted before the verdict; recorded all the same.
   */
  testConnection(input: {
    readonly principal: Principal;
    readonly target: ConnectionTarget;
    /** Milliseconds; default 10,000, clamped to 1,000–30,000. */
    readonly timeoutMs?: number;
    readonly signal: AbortSignal;
    readonly origin: AuditOrigin;
  }): Promise<ConnectionReport>;
}
