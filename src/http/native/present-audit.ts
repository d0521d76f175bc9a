/** Events of the audit trail, and what a verification found, as our own API shows them. @module */
import type { AuditRecord, TrailFinding, VerifiedTrail } from '../../audit/index.js';
import type { GuardedCall } from '../kit/route.js';

/** What ids are called is looked up as it is now, once for all of them. */
export async function presentEvents(call: GuardedCall, records: readonly AuditRecord[]): Promise<readonly object[]> {
  const { core, principal, origin } = call;
  const users = new Set<string>();
  const organisations = new Set<string>();
  for (const { actorId, organisationId } of records) {
    if (actorId !== null) users.add(actorId);
    if (organisationId !== null) organisations.add(organisationId);
  }
  const names = await core.identity.names.find(principal, { users, organisations }, origin);
  return records.map((record) => {
    const { chain, seq, name, atMs, origin: from, actorId, credential, organisationId, subject } = record;
    const { outcome, reason, facts } = record;
    return {
      ...{ chain, seq, event: name, atMs, door: from.door, address: from.address, requestId: from.requestId },
      actor: actorId === null ? null : { id: actorId, username: names.users.get(actorId) ?? null },
      credential,
      // One that is gone has nothing but its id.
      organisation: organisationId === null ? null : (names.organisations.get(organisationId) ?? organisationId),
      ...{ subject, outcome, reason, facts },
    };
  });
}

export function presentVerdict({ ok, atMs, records, recordsByChain, findings }: VerifiedTrail): object {
  return {
    isIntact: ok,
    atMs,
    events: records,
    chains: recordsByChain.map((one) => ({
      chain: one.chain,
      events: one.records,
      isIntact: !findings.some(({ chain }) => chain === one.chain),
    })),
    findings: findings.map(presentFinding),
  };
}

function presentFinding(finding: TrailFinding): object {
  return {
    chain: finding.chain,
    seq: 'seq' in finding ? finding.seq : null,
    problem: finding.kind,
    count: 'count' in finding ? finding.count : null,
  };
}
