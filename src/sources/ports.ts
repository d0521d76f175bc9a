/**
 * What sources needs from the outside: one connector per engine, the grammar of targets, a place to keep sources, and
 * ways to find a referenced credential and to tell a webhook.
 *
 * @module
 */
import type { AuditEvent } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import type { CatalogItem, CatalogRequest, CatalogSchema, CatalogServer } from './catalog.js';
import type { CheckFinding } from './checks.js';
import type { Snapshot, SnapshotEntry } from './drift.js';
import type { ConnectionTarget, Engine, SslMode, Stage } from './model.js';
import type { Reason } from './reasons.js';
import type { Notice, Purpose, Source, SourceHealth, SourceSecrets } from './source.js';

/** A stage a connector went through. The verdict's wording is added by `sources`, from the reason table. */
export interface ProbeStep {
  readonly stage: Stage;
  readonly status: 'pass' | 'fail' | 'warn';
  readonly reason: Reason | null;
  readonly ms: number;
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
}

export interface ProbeResult {
  readonly steps: readonly ProbeStep[];
  readonly serverVersion: string | null;
}

/** Told what a walk finds while it goes on. What is told last of a stage or a check counts. Never throws. */
export interface ProbeListener {
  step(step: ProbeStep): void;
  /** Of a preflight. */
  finding(finding: CheckFinding): void;
}

export interface ProbeLimits {
  /** Wall time for the whole probe, at most 30,000. */
  readonly totalMs: number;
  /** Wall time for one stage. */
  readonly stageMs: number;
  /** Aborted when the caller went away. */
  readonly signal: AbortSignal;
  /** Absent: nobody waits for less than the whole. */
  readonly listener?: ProbeListener;
}

export interface Connector {
  readonly engine: Engine;
  /** Ports that mean this engine when the caller did not name one. */
  readonly wellKnownPorts: readonly number[];
  /** `extra` keys this engine takes, besides those every engine takes. */
  readonly extraKeys: readonly string[];
  /** Auth types it can carry. */
  readonly authTypes: readonly ConnectionTarget['authType'][];
  /**
   * Reaches, proves and asks one trivial question; never throws for what the database or the network does.
   * Whatever still runs on the server when time is up is cancelled there.
   */
  probe(target: ConnectionTarget, limits: ProbeLimits): Promise<ProbeResult>;
  /** Whether it opens files instead of dialling. */
  readonly isFileEngine: boolean;
  /**
   * Walks the stages like {@link probe}; on the session that is then open it makes the checks of `checks.ts` that only
   * the engine can make, side by side under the one deadline. A check that cannot be made in time is itself a finding
   * (`fail`, `STAGE_TIMEOUT`). Never throws for what the database does; `findings` is empty when the walk failed.
   */
  preflight(
    target: ConnectionTarget,
    request: PreflightRequest,
    limits: ProbeLimits,
  ): Promise<{ readonly probe: ProbeResult; readonly findings: readonly CheckFinding[] }>;
  /**
   * Walks the stages and, when they pass, opens the catalogue for reading. Never throws for what the database does
   * before that; `reading` is `null` when the walk failed.
   *
   * @param limits  For reaching it; how long the reading may take is `readMs`.
   */
  openCatalog(
    target: ConnectionTarget,
    request: CatalogRequest,
    limits: ProbeLimits & CatalogLimits,
  ): Promise<{ readonly probe: ProbeResult; readonly reading: CatalogReading | null }>;
}

export interface PreflightRequest {
  readonly purpose: Purpose;
  /** Schemas that will be needed; `null`: every one that is not the engine's own. */
  readonly schemas: readonly string[] | null;
  /** A trivial query should take no longer, milliseconds. */
  readonly roundTripMs: number;
  readonly statementMs: number;
  readonly catalogTables: number;
}

export interface CatalogLimits {
  /** Wall time of the whole reading, milliseconds. */
  readonly readMs: number;
  /** Connections it may use at once. */
  readonly connections: number;
}

/** An open catalogue. Whoever has it reads {@link items} to its end or calls {@link close}. */
export interface CatalogReading {
  readonly server: CatalogServer;
  /** The schemas of the request that are there, in byte order. */
  readonly schemas: readonly CatalogSchema[];
  /**
   * A fingerprint of a schema's definition that changes with it and not with its rows; `null` when the schema is not
   * there. Costs one query of the server and no reading of the objects.
   */
  fingerprint(schema: string): Promise<string | null>;
  /**
   * In the order of `catalog.ts`, read as fast as it is taken; memory does not grow with the catalogue. May be read
   * once.
   * @throws `sources.reading_failed` when the connection breaks or time is up before the end.
   */
  items(): AsyncIterable<CatalogItem>;
  /** Cancels what still runs on the server and lets its connections go. May be called more than once. */
  close(): Promise<void>;
}

/** Asks a listener what it speaks, when neither the caller nor the port says. */
export interface EngineDetector {
  /** `null` with the steps that were reached when it could not be told. */
  detect(
    target: ConnectionTarget,
    limits: ProbeLimits,
  ): Promise<{ readonly engine: Engine | null; readonly steps: readonly ProbeStep[] }>;
}

/** The grammar of targets, owned by whoever dials: what is accepted and what is dialled must be the same. */
export interface TargetSyntax {
  /** The canonical spelling of a host; `null` when it is not exactly one host. */
  canonicalHost(text: string): string | null;
  /** The TLS mode of a target that names none. @param host  Canonical; empty for a file. */
  assumedTlsMode(host: string): SslMode;
  /** Whether the text is one or more PEM certificates, at most 64 KiB, and nothing else. */
  isCertificatePem(text: string): boolean;
  /** Whether certificate and key can be read and belong together. */
  judgeClientPair(certificatePem: string, keyPem: string): 'ok' | 'bad_certificate' | 'bad_key';
}

/** Finds credentials that are kept elsewhere. Which names and files it may look at is its own, configured, law. */
export interface CredentialFinder {
  find(
    reference: { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string },
  ): Promise<
    | {
        readonly ok: true;
        readonly secret: Secret;
        /** When the file last changed; `null` for a variable. */ readonly changedAtMs: number | null;
      }
    | { readonly ok: false; readonly reason: 'CREDENTIAL_REF_UNRESOLVED' | 'SECRET_STORE_UNAVAILABLE' }
  >;
  /** Whether the law allows the reference at all, whatever is there. */
  isAllowed(
    reference: { readonly kind: 'env' | 'file' } & ({ readonly name: string } | { readonly path: string }),
  ): boolean;
}

/** Sends one HTTP request with a body to a URL that an administrator named, through the one dialler. */
export interface NoticePoster {
  /** @returns the status, or `null` when there was none: not reached, not allowed, no answer in time. */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    limits: { readonly totalMs: number; readonly signal: AbortSignal },
  ): Promise<{ readonly status: number } | null>;
  /** Whether the text is an absolute http(s) URL without user info and with a host the dialler's grammar takes. */
  isUrl(text: string): boolean;
}

/** Where sources are kept. */
export interface SourceStore {
  /** By id or by name. */
  findSource(reference: string): Promise<Source | null>;
  /** By id, for who asks all the time: as it is now, but for its health, which may be of before. */
  findKnownSource(id: string): Promise<Source | null>;
  /** In order of name. */
  listSources(
    filter: { readonly organisationId?: string; readonly engine?: Engine; readonly ids?: readonly string[] },
    page: PageRequest,
  ): Promise<Page<Source>>;
  /** For metrics: how many sources are in each state of health. */
  countByHealth(organisationId?: string): Promise<Readonly<Record<SourceHealth['state'], number>>>;
  /**
   * Opened at this moment; `null` when the source is gone.
   *
   * @param revision  Only while the source still has it: a password set since is not for the target of before.
   */
  findSourceSecrets(sourceId: string, revision?: number): Promise<SourceSecrets | null>;
  findOrganisationId(uid: string): Promise<string | null>;
  transaction<T>(work: (tx: SourceTransaction) => Promise<T>): Promise<T>;
  /**
   * Takes sources whose check is due and puts their next one `leaseMs` away, so that of several nodes one gets each.
   */
  claimDueChecks(nowMs: number, leaseMs: number, limit: number): Promise<readonly Source[]>;
  /** The same for notices whose attempt is due. */
  claimDueNotices(nowMs: number, leaseMs: number, limit: number): Promise<readonly Notice[]>;
  /** The source's snapshot, the latest that is complete. */
  findSnapshot(sourceId: string): Promise<Snapshot | null>;
  /** Entries in the order of `catalog.ts`, read in batches while they are taken. */
  readSnapshot(snapshotId: string): AsyncIterable<SnapshotEntry>;
  /**
   * Writes a snapshot in batches of its own transactions and, when `entries` ended, makes it the source's only one in
   * the transaction that also writes `audit`. A writing that breaks off leaves the old one; its remains go with the
   * next writing.
   * @returns `null` when the source is gone.
   */
  writeSnapshot(
    sourceId: string,
    takenAtMs: number,
    entries: AsyncIterable<SnapshotEntry>,
    audit: (snapshot: Snapshot) => AuditEvent,
  ): Promise<Snapshot | null>;
}

/** What commits together. */
export interface SourceTransaction {
  findSource(reference: string): Promise<Source | null>;
  /** @returns `false` when the name is taken. */
  insertSource(source: Source, secrets: SourceSecrets): Promise<boolean>;
  /**
   * Writes everything but health.
   * @param secrets  Only those named are written.
   * @returns `gone`, or `stale` unless the stored revision is `source.revision - 1`; `taken` when another has the name.
   */
  updateSource(source: Source, secrets: Partial<SourceSecrets>): Promise<'ok' | 'gone' | 'stale' | 'taken'>;
  /** Its snapshot and notices go with it. @returns whether it was there. */
  deleteSource(sourceId: string): Promise<boolean>;
  /**
   * Writes health and the next check.
   * @param revision  Only while the source still has it: a check of what it was before says nothing about it now.
   */
  writeHealth(sourceId: string, revision: number, health: SourceHealth, nextCheckAtMs: number | null): Promise<boolean>;
  insertNotice(notice: Notice): Promise<void>;
  /** After an attempt: `null` takes the notice away, delivered or given up. */
  settleNotice(
    noticeId: string,
    next: { readonly attempts: number; readonly nextAttemptAtMs: number } | null,
  ): Promise<void>;
  appendAudit(event: AuditEvent): Promise<void>;
}

/** Told what happens, for metrics and logs. Never throws. */
export interface SourcesObserver {
  connectionTested(facts: {
    readonly kind: 'test' | 'preflight' | 'metadata' | 'scheduled' | 'data';
    readonly engine: Engine | null;
    readonly outcome: 'passed' | 'failed';
    readonly stage: Stage | null;
    readonly reason: Reason | null;
    readonly durationMs: number;
  }): void;
  /** A native code that has no name here yet; cut to 48 printable characters. */
  unclassified(facts: { readonly engine: Engine | null; readonly stage: Stage; readonly native: string }): void;
  healthChanged(facts: { readonly from: SourceHealth['state']; readonly to: SourceHealth['state'] }): void;
  noticeAttempted(facts: { readonly outcome: 'delivered' | 'retried' | 'given_up' }): void;
  /** Something went wrong behind the scenes. */
  backgroundFailed(fault: unknown): void;
}
