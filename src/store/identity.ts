/** The identity port on our tables, put together from one file per kind of thing. @module */
import type { AuditEvent } from '../audit/index.js';
import type { IdentityStore } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { apiKeyReads, apiKeyWrites } from './api-keys.js';
import type { AuditTrail } from './audit.js';
import { ChangesOfTransaction, createChangeBoard } from './credential-changes.js';
import { directoryReads } from './directory-reads.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { expiringReads } from './expiring.js';
import { knownSourceReads, knownSourceWrites } from './known-sources.js';
import { organisationReads, organisationWrites } from './organisations.js';
import { passwordHistoryReads, passwordHistoryWrites } from './password-history.js';
import { revocationWrites } from './revocations.js';
import { roleReads, roleWrites } from './roles.js';
import { sessionReads, sessionWrites } from './sessions.js';
import { signingKeyReads, signingKeyWrites } from './signing-keys.js';
import { createTransactionVerbs } from './transaction-verbs.js';
import { userReads, userWrites } from './users.js';
import type { Verifiers } from './verifiers.js';

export function createIdentityStore(
  engine: StoreEngine,
  keyRing: KeyRing,
  trail: AuditTrail,
  verifiers: Verifiers,
): IdentityStore {
  const { read, kind } = engine;
  const board = createChangeBoard(engine, verifiers);
  const { watch, since, present, leave } = board;
  const verbsOf = createTransactionVerbs(
    [
      userWrites(engine),
      apiKeyWrites(engine, keyRing),
      sessionWrites(engine, keyRing),
      knownSourceWrites(read),
      passwordHistoryWrites,
      (tx) => organisationWrites(tx, kind),
      organisationReads,
      (tx) => roleWrites(tx, kind),
      revocationWrites,
      (tx) => signingKeyWrites(tx, keyRing),
    ],
    read,
  );
  return {
    credentialChanges: { watch, since, present, leave },
    ...userReads(read, kind),
    ...passwordHistoryReads(read),
    ...organisationReads(read),
    ...roleReads(read),
    ...sessionReads(read, kind, keyRing),
    ...apiKeyReads(read, kind, keyRing),
    ...expiringReads(read),
    ...directoryReads(read),
    ...knownSourceReads(read),
    ...signingKeyReads(read, keyRing),

    async transaction(work) {
      let changes = new ChangesOfTransaction();
      const attempt = async (tx: StoreDatabase) => {
        changes = new ChangesOfTransaction();
        const events: AuditEvent[] = [];
        const auditWriter = trail.writerWithin(tx);
        const result = await work(verbsOf(tx, changes, events));
        await board.write(tx, changes);
        await auditWriter.write(events);
        return result;
      };
      let result: Awaited<ReturnType<typeof work>>;
      try {
        result = await engine.planned(attempt);
      } finally {
        // When it failed, too: whether a commit came through is not always known.
        board.tell(changes);
      }
      await board.untilKnown(changes);
      return result;
    },
  };
}
