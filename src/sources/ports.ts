/** What sources needs from the outside: one connector per engine. @module */
import type { ConnectionTarget, Engine, Stage } from './model.js';
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
