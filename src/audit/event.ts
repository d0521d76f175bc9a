/**
 * What happened: a closed list of event names, one shape. Events carry ids, reasons and counts; never a password, a
 * token, a key, SQL or rows. Names that a stranger typed are carried as a keyed fingerprint, because people type
 * passwords into user-name fields.
 *
 * @module
 */
import type { CredentialKind } from '../access/index.js';

export const auditEventNames = [
  'login.succeeded',
  'login.refused',
  'session.renewed',
  'session.ended',
  'session.revoked',
  'credentials.revoked',
  'token.issued',
  'access.refused',
  'password.changed',
  'password.change_refused',
  'password.reset',
  'user.created',
  'user.changed',
  'user.disabled',
  'user.enabled',
  'user.removed',
  'organisation.created',
  'organisation.removed',
  'role.created',
  'role.changed',
  'role.removed',
  'role.assigned',
  'role.unassigned',
  'api_key.created',
  'api_key.narrowed',
  'api_key.rotated',
  'api_key.deleted',
  'signing_key.created',
  'signing_key.retired',
  'signing_key.removed',
  'setup.link_issued',
  'setup.completed',
  'connection.tested',
  'connection.preflighted',
  'catalog.read',
  'source.created',
  'source.changed',
  'source.removed',
  'source.snapshot_taken',
  'source.health_changed',
  'store.backed_up',
  'store.restored',
  'dataset.created',
  'dataset.changed',
  'dataset.removed',
  'grant.created',
  'grant.changed',
  'grant.removed',
  'data.read',
  'data.written',
  'audit.exported',
] as const;

export type AuditEventName = (typeof auditEventNames)[number];

/** Where a request came from. All fields are taken from the socket and from us, never from a body. */
export interface AuditOrigin {
  /** The door: `precrime`, `cloudio`, `onedb`, `atlan`, `oauth`, `native`, `cli`, `schedule`. */
  readonly door: string;
  readonly requestId: string | null;
  /** Peer address of the socket. */
  readonly address: string | null;
}

export interface AuditEvent {
  readonly name: AuditEventName;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly origin: AuditOrigin;
  /** Who did it, a sign-in too; `null` when nobody is proved (a refused one) or the machine's operator did. */
  readonly actorId: string | null;
  /** By which credential. */
  readonly credential: { readonly kind: CredentialKind; readonly id: string | null } | null;
  readonly organisationId: string | null;
  /** What it was done to: `user:<id>`, `api_key:<id>`, `source:<id>`, `target:<host>:<port>`. */
  readonly subject: string | null;
  readonly outcome: 'ok' | 'refused' | 'failed';
  /** Why, from our own vocabulary (`wrong_password`, `disabled`, `AUTH_INVALID_CREDENTIALS`). */
  readonly reason: string | null;
  /** Small typed facts; values are ours or fingerprints. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** An event as it stands in a chain. */
export interface AuditRecord extends AuditEvent {
  /** Which chain; SQLite has one, PostgreSQL several, so that writers do not wait for each other. */
  readonly chain: number;
  /** Place in its chain, from 1, without gaps. */
  readonly seq: number;
  /** HMAC-SHA-256 over the previous mac and this event's canonical bytes, hex. */
  readonly mac: string;
}
