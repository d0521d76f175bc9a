/** Between rows of the audit trail and its events. @module */
import type { AuditEvent, AuditRecord } from '../audit/index.js';
import type { AuditEventRow } from './schema.js';

/** Columns of an event beside its place in a chain and its mac. */
export const auditEventColumns = [
  ...['name', 'at_ms', 'door', 'request_id', 'address', 'actor_id', 'credential_kind', 'credential_id'],
  ...['organisation_id', 'subject', 'outcome', 'reason', 'facts'],
] as const;

/** The values of {@link auditEventColumns}. */
export type AuditEventValues = readonly (string | number | null)[];

/** @param event  As a store can hold it. */
export function toAuditValues(event: AuditEvent): AuditEventValues {
  const { origin, credential } = event;
  return [
    ...[event.name, event.atMs, origin.door, origin.requestId, origin.address, event.actorId],
    ...[credential?.kind ?? null, credential?.id ?? null, event.organisationId, event.subject, event.outcome],
    ...[event.reason, factsText(event.facts)],
  ];
}

export function toAuditRow(event: AuditEvent, chain: number, seq: number, mac: string): AuditEventRow {
  return {
    chain,
    seq,
    mac,
    name: event.name,
    at_ms: event.atMs,
    door: event.origin.door,
    request_id: event.origin.requestId,
    address: event.origin.address,
    actor_id: event.actorId,
    credential_kind: event.credential?.kind ?? null,
    credential_id: event.credential?.id ?? null,
    organisation_id: event.organisationId,
    subject: event.subject,
    outcome: event.outcome,
    reason: event.reason,
    facts: factsText(event.facts),
  };
}

/** The event whose values these are. */
export function valuesToEvent(values: AuditEventValues): AuditEvent {
  const [name, atMs, door, requestId, address, actorId, credentialKind, credentialId, ...rest] = values;
  const [organisationId, subject, outcome, reason, facts] = rest;
  return {
    name,
    atMs,
    origin: { door, requestId, address },
    actorId,
    credential: credentialKind === null && credentialId === null ? null : { kind: credentialKind, id: credentialId },
    organisationId,
    subject,
    outcome,
    reason,
    facts: JSON.parse(String(facts)),
  } as AuditEvent;
}

/**
 * A row as it stands, also one that was tampered with: nothing is repaired and nothing thrown, so that verification
 * sees what differs.
 */
export function toAuditRecord(row: AuditEventRow): AuditRecord {
  return {
    chain: row.chain,
    seq: row.seq,
    mac: row.mac,
    name: row.name as AuditRecord['name'],
    atMs: row.at_ms,
    origin: { door: row.door, requestId: row.request_id, address: row.address },
    actorId: row.actor_id,
    credential:
      row.credential_kind === null && row.credential_id === null
        ? null
        : ({ kind: row.credential_kind ?? '', id: row.credential_id } as AuditRecord['credential']),
    organisationId: row.organisation_id,
    subject: row.subject,
    outcome: row.outcome as AuditRecord['outcome'],
    reason: row.reason,
    facts: readFacts(row.facts),
  };
}

function factsText(facts: AuditEvent['facts']): string {
  return JSON.stringify(facts, Object.keys(facts).sort());
}

/** What no event can hold, because no event that is stored has a NUL: a record with it never verifies. */
const unreadableFacts: AuditRecord['facts'] = Object.freeze({ '\0unreadable': true });

function readFacts(text: string): AuditRecord['facts'] {
  try {
    const facts = JSON.parse(text) as unknown;
    if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) return unreadableFacts;
    const values = facts as AuditRecord['facts'];
    const isFlat = Object.values(values).every((value) => ['string', 'number', 'boolean'].includes(typeof value));
    // Another spelling of the same facts is an edit too.
    return isFlat && factsText(values) === text ? values : unreadableFacts;
  } catch {
    return unreadableFacts;
  }
}
