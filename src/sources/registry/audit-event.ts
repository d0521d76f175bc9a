/** What the trail is told of a source: names of fields, never what is in them. @module */
import type { AuditEvent } from '../../audit/index.js';
import type { Source } from '../source.js';
import type { Actor } from '../use-cases.js';

export function sourceEvent(
  name: 'source.created' | 'source.changed' | 'source.removed',
  atMs: number,
  { principal, origin }: Actor,
  source: Pick<Source, 'id' | 'name' | 'engine' | 'organisationId'>,
  facts: AuditEvent['facts'] = {},
): AuditEvent {
  return {
    name,
    atMs,
    origin,
    actorId: principal.userId,
    credential: { kind: principal.credential.kind, id: principal.credential.id },
    organisationId: source.organisationId,
    subject: `source:${source.id}`,
    outcome: 'ok',
    reason: null,
    facts: { name: source.name, engine: source.engine, ...facts },
  };
}
