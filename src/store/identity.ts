/** The identity port on our tables, put together from one file per kind of thing. @module */
import type { AuditEvent } from '../audit/index.js';
import type { IdentityStore } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { apiKeyReads, apiKeyWrites } from './api-keys.js';
import type { AuditTrail } from './audit.js';
import type { StoreEngine } from './engine.js';
import { expiringReads } from './expiring.js';
import { knownSourceReads, knownSourceWrites } from './known-sources.js';
import { organisationReads, organisationWrites } from './organisations.js';
import { passwordHistoryReads, passwordHistoryWrites } from './password-history.js';
import { sessionReads, sessionWrites } from './sessions.js';
import { signingKeyReads, signingKeyWrites } from './signing-keys.js';
import { userReads, userWrites } from './users.js';

export function createIdentityStore(engine: StoreEngine, keyRing: KeyRing, trail: AuditTrail): IdentityStore {
  const { read, kind } = engine;
  return {
    ...userReads(read),
    ...passwordHistoryReads(read),
    ...organisationReads(read),
    ...sessionReads(read, keyRing),
    ...apiKeyReads(read, keyRing),
    ...expiringReads(read),
    ...knownSourceReads(read),
    ...signingKeyReads(read, keyRing),

    transaction: (work) =>
      engine.transaction(async (tx) => {
        const events: AuditEvent[] = [];
        const auditWriter = trail.writerWithin(tx);
        const { findOrganisation, findRole, hasAdministrator } = organisationReads(tx);
        const result = await work({
          // Written last, so that a chain is held no longer than its own append and the commit take.
          appendAudit: async (event) => {
            events.push(event);
          },
          ...userWrites(tx, kind),
          ...passwordHistoryWrites(tx),
          ...organisationWrites(tx),
          ...sessionWrites(tx, kind, keyRing),
          ...apiKeyWrites(tx, kind, keyRing),
          ...knownSourceWrites(tx),
          ...signingKeyWrites(tx, keyRing),
          findOrganisation,
          findRole,
          hasAdministrator,
        });
        await auditWriter.write(events);
        return result;
      }),
  };
}
