/**
 * A source: a guarded database as it is stored. Where it is, who we are there, what it is for, how it fares. Secrets
 * are never part of it: they are fetched apart, at the moment they are used.
 *
 * @module
 */
import type { Secret } from '../kernel/secret.js';
import type { AuthType, Engine, SslMode, Stage } from './model.js';
import type { Reason } from './reasons.js';

/** Where the password (or the token that stands for it) comes from. */
export type CredentialReference =
  /** Sealed in our store. */
  | { readonly kind: 'stored' }
  /** Environment variable of the service, read at use. */
  | { readonly kind: 'env'; readonly name: string }
  /** File on the service's machine, read at use; one closing line break does not count. */
  | { readonly kind: 'file'; readonly path: string };

/** What the account is meant to do. Least privilege is judged against it. */
export const purposes = ['read', 'read_write'] as const;
export type Purpose = (typeof purposes)[number];

export interface SourceLimits {
  /** Connections to it at once, 1–50; metadata is read over at most four of them. */
  readonly connections: number;
  /** Wall time of connecting, milliseconds, 1,000–30,000. */
  readonly connectMs: number;
  /** Wall time of one statement, milliseconds, 100–3,600,000. */
  readonly statementMs: number;
  /** Tables a reading of metadata is expected to stay below; above it preflight warns, nothing is cut. */
  readonly catalogTables: number;
}

export const standardLimits: SourceLimits = {
  connections: 4,
  connectMs: 10_000,
  statementMs: 30_000,
  catalogTables: 50_000,
};

export interface SourceTls {
  readonly mode: SslMode;
  /** PEM trust anchors. */
  readonly ca: string | null;
  readonly clientCertificate: string | null;
  readonly hasClientKey: boolean;
}

export const healthStates = ['unknown', 'healthy', 'degraded', 'failing'] as const;
/** `unknown`: never checked, or its target changed since. */
export type HealthState = (typeof healthStates)[number];

export interface SourceHealth {
  readonly state: HealthState;
  /** Since when it is in this state. */
  readonly sinceMs: number;
  readonly checkedAtMs: number | null;
  /** Of the latest check. */
  readonly stage: Stage | null;
  readonly reason: Reason | null;
  readonly failuresInRow: number;
  readonly passesInRow: number;
}

export interface Source {
  readonly id: string;
  /** Unique in the install: a lower-case letter, then letters, digits, `_`, `-`, at most 63 in all; never a UUID. */
  readonly name: string;
  readonly description: string | null;
  readonly organisationId: string;
  readonly organisationUid: string;
  readonly engine: Engine;
  /** Empty for a file. */
  readonly host: string;
  /** 0 for a file. */
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly authType: AuthType;
  readonly tls: SourceTls;
  readonly credential: CredentialReference;
  /** When the password or the reference was last set. */
  readonly credentialSetAtMs: number;
  readonly purpose: Purpose;
  readonly limits: SourceLimits;
  /** Minutes between scheduled checks, 1–10,080; `null`: none. */
  readonly checkEveryMinutes: number | null;
  readonly nextCheckAtMs: number | null;
  /** Where a change of health is told; `null`: nowhere. */
  readonly webhookUrl: string | null;
  readonly health: SourceHealth;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows by one with every change by a person; the guard against two people changing it at once. */
  readonly revision: number;
}

/** What a source keeps sealed. */
export interface SourceSecrets {
  /** `null` when the credential is a reference. */
  readonly password: Secret | null;
  readonly clientKey: Secret | null;
  /** Key that signs webhook deliveries, `whsec_…`. */
  readonly webhookKey: Secret | null;
}

/** Something that happened to a source and is to be told to its webhook. */
export interface Notice {
  readonly id: string;
  readonly sourceId: string;
  /** `source.health_changed`. */
  readonly type: string;
  /** JSON text, exactly as it is signed and sent. */
  readonly body: string;
  readonly createdAtMs: number;
  readonly attempts: number;
  readonly nextAttemptAtMs: number;
}
