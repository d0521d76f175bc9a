/** Events as rows at the end of a chain, where the store links them itself. @module */
import { type AuditChain, type AuditEvent, type ChainHead, storableEvent } from '../audit/index.js';
import { toAuditRow } from './audit-codecs.js';
import type { AuditEventRow } from './schema.js';

/**
 * @param head  One that this install wrote: linking on to another would give it our proof.
 * @returns the rows in their order, and where the chain ends with them.
 */
export function linkEvents(
  chain: AuditChain,
  head: ChainHead,
  events: readonly AuditEvent[],
): { readonly rows: readonly AuditEventRow[]; readonly end: ChainHead } {
  let { seq, mac } = head;
  const rows = events.map((event) => {
    const clean = storableEvent(event);
    seq += 1;
    mac = chain.link(clean, head.chain, seq, mac);
    return toAuditRow(clean, head.chain, seq, mac);
  });
  const next = { chain: head.chain, chains: head.chains, seq, mac };
  return { rows, end: { ...next, proof: chain.proveHead(next) } };
}
