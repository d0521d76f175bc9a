/** What sources needs from the outside: one connector per engine, and the grammar of targets. @module */
import type { ConnectionTarget, Engine, SslMode, Stage } from './model.js';
import type { Reason } from './reasons.js';

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

export interface ProbeLimits {
  /** Wall time for the whole probe, at most 30,000. */
  readonly totalMs: number;
  /** Wall time for one stage. */
  readonly stageMs: number;
  /** Aborted when the caller went away. */
  readonly signal: AbortSignal;
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
