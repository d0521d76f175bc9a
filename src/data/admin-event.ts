/** What the trail is told of changes to what can be granted and is. @module */
import type { AuditEvent, AuditEventName } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Actor } from './model.js';

export function adminEvent(
  clock: Clock,
  name: AuditEventName,
  { principal, origin }: Actor,
  fields: Pick<AuditEvent, 'organisationId' | 'subject' | 'facts'>,
): AuditEvent {
  return {
    name,
    atMs: clock.nowMs(),
    origin,
    actorId: principal.userId,
    credential: { kind: principal.credential.kind, id: principal.credential.id },
    outcome: 'ok',
    reason: null,
    ...fields,
  };
}
