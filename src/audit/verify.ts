/**
 * Reads a whole trail and says what in it is not as it was written. It holds one page at a time, and events may be
 * appended while it runs.
 *
 * What it cannot see: a database put back, whole, to an earlier state of itself. For that it takes anchors, places of
 * chains that were noted outside.
 *
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSameText } from './chain.js';
import type { AuditRecord } from './event.js';
import type { AuditAnchor, AuditChain, AuditStore, ChainHead } from './ports.js';

export type TrailFinding =
  /** The record is not what was written, or not in the place it was written to. */
  | { readonly kind: 'record_changed'; readonly chain: number; readonly seq: number }
  /** `count` records are gone from `seq` on. */
  | { readonly kind: 'records_missing'; readonly chain: number; readonly seq: number; readonly count: number }
  /** The chain goes on behind its authenticated end. */
  | { readonly kind: 'records_behind_end'; readonly chain: number; readonly seq: number }
  /** The end of the chain was not written by this install. */
  | { readonly kind: 'end_forged'; readonly chain: number }
  /** The chain is gone, end and all. */
  | { readonly kind: 'chain_missing'; readonly chain: number }
  /** Records of a chain that this trail does not have. */
  | { readonly kind: 'chain_unknown'; readonly chain: number }
  /** The place noted outside does not hold the record it held. */
  | { readonly kind: 'anchor_unmet'; readonly chain: number; readonly seq: number };

export interface TrailReport {
  readonly ok: boolean;
  readonly chains: number;
  /** Records read. */
  readonly records: number;
  /** Of each chain that the trail has, how many of them. */
  readonly recordsByChain: readonly { readonly chain: number; readonly records: number }[];
  /** The first of what was found, at most 1,000. */
  readonly findings: readonly TrailFinding[];
}

export interface VerifyOptions {
  readonly anchors?: readonly AuditAnchor[];
  /** Records held at a time. */
  readonly pageSize?: number;
}

const maxFindings = 1_000;

/** How long records are looked at before others of this process have a turn. */
const turnMs = 10;

export async function verifyTrail(
  store: Pick<AuditStore, 'chainHeads' | 'recordedChains' | 'readChain'>,
  chain: AuditChain,
  { anchors = [], pageSize = 200 }: VerifyOptions = {},
): Promise<TrailReport> {
  const findings: TrailFinding[] = [];
  const find = (finding: TrailFinding) => {
    if (findings.length < maxFindings) findings.push(finding);
  };

  const heads = await store.chainHeads();
  const expected = expectedChains(heads, chain, find);
  const recordsByChain: { chain: number; records: number }[] = [];
  for (const number of expected) {
    const read = await verifyChain({ store, chain, number, anchors, pageSize, find });
    recordsByChain.push({ chain: number, records: read });
  }
  for (const number of await store.recordedChains()) {
    if (!expected.includes(number)) find({ kind: 'chain_unknown', chain: number });
  }
  for (const { chain: number, seq } of anchors) {
    if (!expected.includes(number)) find({ kind: 'anchor_unmet', chain: number, seq });
  }
  const records = recordsByChain.reduce((sum, one) => sum + one.records, 0);
  return { ok: findings.length === 0, chains: expected.length, records, recordsByChain, findings };
}

/** Every head that is proven knows how many there are; a trail has at least one. */
function expectedChains(
  heads: readonly ChainHead[],
  chain: AuditChain,
  find: (finding: TrailFinding) => void,
): readonly number[] {
  const count = heads.filter((head) => chain.isProven(head)).reduce((most, { chains }) => Math.max(most, chains), 1);
  const known = new Set(heads.map((head) => head.chain));
  for (const number of known) {
    if (number < 0 || number >= count) find({ kind: 'chain_unknown', chain: number });
  }
  const expected = Array.from({ length: count }, (_, number) => number);
  for (const number of expected) {
    if (!known.has(number)) find({ kind: 'chain_missing', chain: number });
  }
  return expected;
}

interface ChainWork {
  readonly store: Pick<AuditStore, 'chainHeads' | 'readChain'>;
  readonly chain: AuditChain;
  readonly number: number;
  readonly anchors: readonly AuditAnchor[];
  readonly pageSize: number;
  readonly find: (finding: TrailFinding) => void;
}

/** @returns how many records were read. */
async function verifyChain({ store, chain, number, anchors, pageSize, find }: ChainWork): Promise<number> {
  const unmet = new Map(
    anchors.filter((anchor) => anchor.chain === number && anchor.seq > 0).map((anchor) => [anchor.seq, anchor.mac]),
  );
  let read = 0;
  let seq = 0;
  let mac = '';
  /** Whether `mac` is the mac of the record right before. */
  let isKnownLink = true;

  const check = (record: AuditRecord): void => {
    read += 1;
    if (record.seq < 1) {
      find({ kind: 'record_changed', chain: number, seq: record.seq });
      return;
    }
    if (record.seq !== seq + 1) {
      find({ kind: 'records_missing', chain: number, seq: seq + 1, count: record.seq - seq - 1 });
      // What stood before is gone, so this one's link cannot be tried; the next one's can.
      isKnownLink = false;
    }
    if (isKnownLink && !isLinked(chain, record, number, mac)) {
      find({ kind: 'record_changed', chain: number, seq: record.seq });
    }
    if (unmet.get(record.seq) === record.mac) unmet.delete(record.seq);
    isKnownLink = true;
    seq = record.seq;
    mac = record.mac;
  };

  let after = Number.MIN_SAFE_INTEGER;
  let turnSinceMs = performance.now();
  const readOn = async (limit: number): Promise<number> => {
    const page = await store.readChain(number, after, limit);
    for (const record of page) {
      check(record);
      after = record.seq;
      if (performance.now() - turnSinceMs > turnMs) {
        await nextTurn();
        turnSinceMs = performance.now();
      }
    }
    return page.length;
  };

  while ((await readOn(pageSize)) === pageSize) {
    // Until a page is not full.
  }
  // An event and the end that names it are written together, so an end read after the records is never behind them;
  // what was appended in between is read up to that end.
  const head = (await store.chainHeads()).find((one) => one.chain === number);
  if (head !== undefined) {
    while (seq < head.seq && (await readOn(Math.min(pageSize, head.seq - seq))) > 0) {
      // Until the end is reached, or nothing more is there.
    }
    if (!chain.isProven(head)) find({ kind: 'end_forged', chain: number });
    if (seq < head.seq) find({ kind: 'records_missing', chain: number, seq: seq + 1, count: head.seq - seq });
    if (seq > head.seq) find({ kind: 'records_behind_end', chain: number, seq: head.seq + 1 });
    if (seq === head.seq && mac !== head.mac) find({ kind: 'record_changed', chain: number, seq });
  }
  for (const missing of unmet.keys()) find({ kind: 'anchor_unmet', chain: number, seq: missing });
  return read;
}

function isLinked(chain: AuditChain, record: AuditRecord, number: number, previousMac: string): boolean {
  try {
    return isSameText(chain.link(record, number, record.seq, previousMac), record.mac);
  } catch {
    // Values that no event can hold have no canonical bytes.
    return false;
  }
}
