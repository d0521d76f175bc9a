/** Everything a door may ask of sources. @module */
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import type { CatalogItem, CatalogRequest, CatalogSchema, CatalogServer } from './catalog.js';
import type { CheckRow } from './checks.js';
import type { SourceData } from './data-session.js';
import type { CatalogChange, Snapshot } from './drift.js';
import type { ConnectionReport, ConnectionTarget, Engine, StageRow } from './model.js';
import type { Purpose, Source, SourceLimits } from './source.js';

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

/** Who asks, and from where. */
export interface Actor {
  readonly principal: Principal;
  readonly origin: AuditOrigin;
}

/** What is to be reached: something a caller has the credentials of, or a stored source by its id or name. */
export type Subject = { readonly target: ConnectionTarget } | { readonly source: string };

interface Reaching {
  readonly principal: Principal;
  readonly origin: AuditOrigin;
  readonly subject: Subject;
  /** Milliseconds for reaching it; default 10,000, clamped to 1,000–30,000. */
  readonly timeoutMs?: number;
  /** Aborted when the caller went away. */
  readonly signal: AbortSignal;
}

/**
 * For a caller who may see the whole report: told each stage as it ends, and in the end those that were not tried, so
 * that the last row of every stage is its row of the report. A stage that failed is told when the attempt is recorded.
 * Somebody who may not see the report is told nothing. Must not throw.
 */
interface Watching {
  readonly onStage?: (row: StageRow) => void;
}

/**
 * A report as the caller may see it. For a caller without `connections.diagnose` everything that could tell an open
 * port from a closed one is left out here, and the answer comes no sooner than it would for any other failure.
 */
export type ToldReport =
  | { readonly detail: 'full'; readonly report: ConnectionReport }
  /** `policy` when the target was not allowed, which the caller may know. */
  | { readonly detail: 'outcome'; readonly outcome: 'passed' | 'failed' | 'policy'; readonly engine: Engine | null };

export interface PreflightReport {
  /** `ready`: everything passed; `partial`: only advisory checks did not; `not_ready`: a blocking one failed. */
  readonly status: 'ready' | 'partial' | 'not_ready';
  /** All twenty-four in their order. */
  readonly checks: readonly CheckRow[];
  /** Every statement of the findings once, in order: what the database's administrator would run. */
  readonly statements: readonly string[];
  readonly connection: ConnectionReport;
  readonly totalMs: number;
}

export type MetadataAnswer =
  | { readonly outcome: 'failed'; readonly told: ToldReport }
  | {
      readonly outcome: 'read';
      readonly server: CatalogServer;
      readonly schemas: readonly CatalogSchema[];
      /** Weak entity tag of a schema (RFC 9110 §8.8.1); `null` when it is not there. */
      etag(schema: string): Promise<string | null>;
      items(): AsyncIterable<CatalogItem>;
      close(): Promise<void>;
    };

/** A filter of the atlan family: what of `database.schema` is in and out, and which table names are temporary. */
export interface SchemaFilter {
  /** Object, JSON text of one, `''`, `null` or absent. */
  readonly include: unknown;
  readonly exclude: unknown;
  readonly temporaryTables: unknown;
}

/** What the atlan family's preflight asks besides; see `api-families.md` §0.3. */
export interface FamilyCheck {
  readonly success: boolean;
  readonly message: string;
}

export type FamilyCheckAnswer =
  | { readonly outcome: 'failed'; readonly told: ToldReport }
  | {
      readonly outcome: 'checked';
      readonly databaseSchemaCheck: FamilyCheck;
      readonly tablesCheck: FamilyCheck;
      readonly versionCheck: FamilyCheck;
      readonly preflight: PreflightReport;
    };

export interface NewSource {
  readonly name: string;
  readonly description?: string | null;
  /** Uid of the owner; absent: the caller's own organisation, which the terminal does not have. */
  readonly organisation?: string;
  /** Where it is and who we are there; `engine` must be known. With a reference the password is `null`. */
  readonly target: RawTarget;
  /** `env:NAME` or `file:/path` instead of a password. */
  readonly credential?: string;
  readonly purpose?: Purpose;
  readonly limits?: Partial<SourceLimits>;
  readonly checkEveryMinutes?: number | null;
  readonly webhookUrl?: string | null;
}

/** Only what is named changes. */
export interface SourceChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
  readonly username?: unknown;
  readonly authType?: unknown;
  /** Together they are the new TLS settings, as `extra` of a target names them. */
  readonly tls?: Readonly<Record<string, unknown>>;
  /** A new password; also what changing host, port, TLS or the file asks for. */
  readonly password?: Secret;
  readonly credential?: string;
  readonly purpose?: Purpose;
  readonly limits?: Partial<SourceLimits>;
  readonly checkEveryMinutes?: number | null;
  readonly webhookUrl?: string | null;
  /** The revision the change was made from; another one since: `sources.changed_meanwhile`. */
  readonly revision?: number;
}

export interface Sources {
  /** Checks shape and the closed list of `extra` keys; resolves and dials nothing. */
  parseTarget(raw: RawTarget): ParsedTarget;

  /**
   * Tests reachability, TLS, login and one trivial query. The database's failure is the answer, not an error.
   *
   * @throws `access.denied` unless `connections.test` (a target) or `sources.inspect` (a source) is allowed.
   * @throws `sources.not_found` unknown and foreign sources alike.
   * @throws `sources.too_many_tests` too many at once; details.retryAfterSeconds.
   * @throws `sources.probe_rate_limited` this caller, or this target, too often; details.retryAfterSeconds.
   * @throws `sources.cancelled` when `signal` was aborted before the verdict; recorded all the same.
   */
  testConnection(input: Reaching & Watching): Promise<ToldReport>;

  /**
   * The twenty-four checks. `told` when it could not be reached; the checks that were not made are then skipped.
   *
   * @throws as {@link testConnection}.
   */
  preflight(
    input: Reaching &
      Watching & {
        /** The same for checks. */
        readonly onCheck?: (row: CheckRow) => void;
        readonly purpose?: Purpose;
        /** Schemas that will be needed; absent: all. */
        readonly schemas?: readonly string[];
      },
  ): Promise<{ readonly told: ToldReport; readonly preflight: PreflightReport | null }>;

  /**
   * The three checks of the atlan family over its filters, and the preflight beside them.
   *
   * @throws as {@link testConnection}; `sources.filter_invalid` with details.field for a filter that is none or whose
   * expression is not in the linear-time syntax (RE2).
   */
  familyCheck(input: Reaching & { readonly filter: SchemaFilter }): Promise<FamilyCheckAnswer>;

  /**
   * Opens the catalogue for reading; the answer is streamed by whoever asked, who closes it.
   *
   * @throws as {@link testConnection}.
   */
  metadata(input: Reaching & { readonly request: CatalogRequest }): Promise<MetadataAnswer>;

  /** Reads the catalogue and keeps it as the source's snapshot. @throws `sources.unreachable` · as {@link metadata} */
  takeSnapshot(input: Actor & { readonly source: string; readonly signal: AbortSignal }): Promise<Snapshot>;

  /**
   * What changed since the snapshot, streamed while both are read side by side.
   *
   * @throws `sources.no_snapshot` · `sources.unreachable` · as {@link metadata}
   */
  diff(input: Actor & { readonly source: string; readonly signal: AbortSignal }): Promise<{
    readonly snapshot: Snapshot;
    changes(): AsyncIterable<CatalogChange>;
  }>;

  /** Every verb: @throws `access.denied` · `sources.not_found` (unknown and foreign alike). */
  readonly registry: {
    /** @throws `sources.name_invalid` · `sources.name_taken` · `sources.field_invalid` · `sources.organisation_not_found` · `sources.credential_not_allowed` */
    add(actor: Actor, source: NewSource): Promise<{ readonly source: Source; readonly webhookKey: Secret | null }>;
    /** Of one's own organisation; of all with `directory.manage`. */
    list(actor: Actor, filter: { readonly engine?: Engine }, page: PageRequest): Promise<Page<Source>>;
    show(actor: Actor, reference: string): Promise<Source>;
    /** @throws `sources.password_required` when host, port, TLS or file change and the password is not sent again. */
    change(
      actor: Actor,
      reference: string,
      change: SourceChange,
    ): Promise<{ readonly source: Source; readonly webhookKey: Secret | null }>;
    remove(actor: Actor, reference: string): Promise<void>;
  };

  /** For the data room: sessions and relations of sources whose law it asks itself. */
  readonly data: SourceData;

  /** Makes due checks and deliveries until it is stopped; one per process. */
  startSchedule(): { stop(): Promise<void> };

  /** Lets every connection go that is kept and not in use. */
  close(): void;
}
