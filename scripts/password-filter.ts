/** Builds the file that `src/identity/breached-passwords.ts` reads. The same entries give the same bytes. @module */
import { hash } from 'node:crypto';
import {
  digestOfEntry,
  filterHeaderBytes,
  filterMagic,
  maxEntryLength,
  minEntryLength,
  placeInFilter,
} from '../src/identity/breached-passwords.js';

/** Slots per entry at which peeling succeeds nearly always (Graf and Lemire 2020, §3.1). */
const slotsPerEntry = 1.23;
const spareSlots = 32;

export interface FilterLists {
  readonly breached: Iterable<string>;
  readonly words: Iterable<string>;
}

/** What of a list is kept: folded as passwords are folded before they are looked up, each once, in order of code units. */
export function entriesOf(list: Iterable<string>, besides: ReadonlySet<string> = new Set()): readonly string[] {
  const entries = new Set<string>();
  for (const entry of list) {
    const folded = entry.normalize('NFKC').toLowerCase();
    const isKept = [...folded].length >= minEntryLength && folded.length <= maxEntryLength && !besides.has(folded);
    if (isKept) entries.add(folded);
  }
  return [...entries].sort((a, b) => (a < b ? -1 : 1));
}

export function buildPasswordFilter(lists: FilterLists): Buffer {
  const breached = entriesOf(lists.breached);
  const words = entriesOf(lists.words, new Set(breached));
  const sections = [breached, words].map(buildSection);
  const header = Buffer.alloc(filterHeaderBytes);
  filterMagic.copy(header);
  for (const [at, section] of sections.entries()) {
    header.writeUInt32LE(section.entries, filterMagic.length + at * 8);
    header.writeUInt32LE(section.blockLength, filterMagic.length + at * 8 + 4);
  }
  const body = Buffer.concat([header, ...sections.map((one) => one.slots)]);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}

interface Section {
  readonly entries: number;
  readonly blockLength: number;
  readonly slots: Buffer;
}

function buildSection(entries: readonly string[]): Section {
  const digests = entries.map(digestOfEntry);
  let blockLength = Math.ceil((entries.length * slotsPerEntry + spareSlots) / 3);
  for (;;) {
    const slots = tryBlocks(digests, blockLength);
    if (slots !== null) return { entries: entries.length, blockLength, slots };
    // Rare; other places instead of another hash, so that the reader needs no seed.
    blockLength += 1;
  }
}

/** Peels off entries that have a slot for themselves until none is left, then fills in the other direction. */
function tryBlocks(digests: readonly Buffer[], blockLength: number): Buffer | null {
  const places = digests.map((digest) => placeInFilter(digest, blockLength));
  const counts = new Uint32Array(blockLength * 3);
  /** The exclusive or of the entries that have this slot: of a single one, that entry. */
  const owners = new Uint32Array(blockLength * 3);
  for (const [entry, [a, b, c]] of places.entries()) {
    for (const slot of [a, b, c]) {
      counts[slot] = (counts[slot] ?? 0) + 1;
      owners[slot] = (owners[slot] ?? 0) ^ entry;
    }
  }
  const alone = [...counts.keys()].filter((slot) => counts[slot] === 1);
  const order: { readonly entry: number; readonly slot: number }[] = [];
  for (let slot = alone.pop(); slot !== undefined; slot = alone.pop()) {
    if (counts[slot] !== 1) continue;
    const entry = owners[slot] ?? 0;
    order.push({ entry, slot });
    const [a, b, c] = places[entry] ?? [0, 0, 0, 0];
    for (const other of [a, b, c]) {
      counts[other] = (counts[other] ?? 0) - 1;
      owners[other] = (owners[other] ?? 0) ^ entry;
      if (counts[other] === 1) alone.push(other);
    }
  }
  if (order.length < digests.length) return null;
  const slots = new Uint16Array(blockLength * 3);
  for (const { entry, slot } of order.reverse()) {
    const [a, b, c, fingerprint] = places[entry] ?? [0, 0, 0, 0];
    slots[slot] = fingerprint ^ (slots[a] ?? 0) ^ (slots[b] ?? 0) ^ (slots[c] ?? 0);
  }
  const bytes = Buffer.alloc(slots.length * 2);
  for (const [at, value] of slots.entries()) bytes.writeUInt16LE(value, at * 2);
  return bytes;
}
