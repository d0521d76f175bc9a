/** Audit events as identity writes them: who, by what, to what, with everything else at its plain value. @module */
import { createHmac } from 'node:crypto';
import type { Principal } from '../access/index.js';
import type { AuditEvent, AuditEventName, AuditOrigin } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Secret } from '../kernel/secret.js';

export interface AuditFields {
  /** The proved caller; absent when nobody is proved. */
  readonly principal?: Principal | null;
  /** Who proved who they are with this very act, and is no principal yet: a sign-in. */
  readonly actorId?: string;
  readonly organisationId?: string | null;
  readonly subject?: string;
  readonly outcome?: AuditEvent['outcome'];
  readonly reason?: string;
  readonly credential?: AuditEvent['credential'];
  readonly facts?: AuditEvent['facts'];
}

export function auditEvent(clock: Clock, name: AuditEventName, origin: AuditOrigin, fields: AuditFields): AuditEvent {
  const principal = fields.principal ?? null;
  const credential = principal === null ? null : { kind: principal.credential.kind, id: principal.credential.id };
  return {
    name,
    atMs: clock.nowMs(),
    origin,
    actorId: fields.actorId ?? principal?.userId ?? null,
    credential: fields.credential ?? credential,
    organisationId: fields.organisationId ?? principal?.organisationId ?? null,
    subject: fields.subject ?? null,
    outcome: fields.outcome ?? 'ok',
    reason: fields.reason ?? null,
    facts: fields.facts ?? {},
  };
}

/** Enough to tell a million names apart. */
const fingerprintLength = 32;

/**
 * What stands for a name that a stranger typed: people type passwords into user-name fields. Keyed, so that it cannot
 * be guessed back from the trail alone; the same name gives the same fingerprint.
 */
export function fingerprintName(digestKey: Secret<Uint8Array>, name: string): string {
  const mac = createHmac('sha256', digestKey.reveal()).update(`user_name\0${name}`).digest('hex');
  return mac.slice(0, fingerprintLength);
}
