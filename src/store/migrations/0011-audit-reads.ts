/**
 * Indexes for who reads the audit trail: by organisation, by reason, and by what did not go well. The last two hold
 * only such events, which are few, so that the many others cost their writers nothing more.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely';
import type { StoreTables } from '../schema.js';

export async function addAuditReads(db: Kysely<StoreTables>): Promise<void> {
  // Has what events of an organisation are counted by, so that the events themselves are not read for it.
  await db.schema
    .createIndex('audit_events_by_organisation_id_at_ms')
    .on('audit_events')
    .columns(['organisation_id', 'at_ms', 'name', 'outcome'])
    .execute();
  await sql`create index audit_events_by_reason_at_ms on audit_events (reason, at_ms)
    where reason is not null`.execute(db);
  // Likewise for refusals.
  await sql`create index audit_events_not_ok on audit_events (outcome, at_ms, organisation_id, reason)
    where outcome <> 'ok'`.execute(db);
}
