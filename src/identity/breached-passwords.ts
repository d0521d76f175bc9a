/**
 * The list of breached passwords and of words and names people use, shipped as two xor filters (Graf and Lemire, "Xor
 * Filters", 2020, §3) in one file of half a megabyte: no list can be read out of it, nothing leaves the process, and an
 * answer takes a microsecond. `scripts/build-password-filter.ts` writes it.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface PasswordFilter {
  /** How many entries it was built from. */
  readonly entries: { readonly breached: number; readonly words: number };
  /**
   * What the text is listed as, letter for letter: callers fold it before. One text in 65,536 that is not listed is
   * taken for listed in either of the two.
   *
   * @returns `null` when it is not listed.
   */
  look(text: string): 'breached' | 'word' | null;
}

/** Shorter ones are not kept: no password is that short, and no piece that short says anything. */
export const minEntryLength = 4;
/** Longer ones are in none of the lists. */
export const maxEntryLength = 64;

export const filterMagic = Buffer.from('LKPWXF01');
/** Magic, then entries and slots per block of either section, little-endian. */
export const filterHeaderBytes = filterMagic.length + 4 * 4;
export const filterDigestBytes = 32;

/** Where a text stands in a section of three blocks, and the 16 bits that all of them together say of it. */
export function placeInFilter(digest: Buffer, blockLength: number): readonly [number, number, number, number] {
  // Three independent words of the digest, each scaled to its block: below 2^53, so exact in a double.
  const at = (word: number) =>
    Math.floor((digest.readUInt32LE(word * 4) * blockLength) / 0x1_0000_0000) + word * blockLength;
  return [at(0), at(1), at(2), digest.readUInt16LE(12)];
}

export function digestOfEntry(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** @throws TypeError when the bytes are not what the builder wrote: a damaged list would take what it must refuse. */
export function readPasswordFilter(file: Buffer): PasswordFilter {
  const body = file.subarray(0, Math.max(0, file.length - filterDigestBytes));
  const isWhole =
    body.length >= filterHeaderBytes &&
    body.subarray(0, filterMagic.length).equals(filterMagic) &&
    hash('sha256', body, 'buffer').equals(file.subarray(body.length));
  if (!isWhole) throw new TypeError('the list of breached passwords is damaged');
  const [breachedCount, breachedBlock, wordCount, wordBlock] = [0, 4, 8, 12].map((offset) =>
    body.readUInt32LE(filterMagic.length + offset),
  ) as [number, number, number, number];
  const wordsFrom = filterHeaderBytes + breachedBlock * 3 * 2;
  if (wordsFrom + wordBlock * 3 * 2 !== body.length) throw new TypeError('the list of breached passwords is damaged');

  const holds = (digest: Buffer, from: number, blockLength: number) => {
    const [a, b, c, fingerprint] = placeInFilter(digest, blockLength);
    const slot = (at: number) => body.readUInt16LE(from + at * 2);
    return blockLength > 0 && (slot(a) ^ slot(b) ^ slot(c)) === fingerprint;
  };
  return {
    entries: { breached: breachedCount, words: wordCount },
    look(text) {
      if (text.length < minEntryLength || text.length > maxEntryLength) return null;
      const digest = digestOfEntry(text);
      if (holds(digest, filterHeaderBytes, breachedBlock)) return 'breached';
      return holds(digest, wordsFrom, wordBlock) ? 'word' : null;
    },
  };
}

let shipped: PasswordFilter | undefined;

/**
 * The filter of this version, read at the first new password that is judged: about 2 ms, once.
 *
 * @throws Error when the file is missing or damaged; no password is set then.
 */
export function shippedPasswordFilter(): PasswordFilter {
  // The same place seen from `src/identity` and from `dist/identity`.
  shipped ??= readPasswordFilter(readFileSync(new URL('../../assets/breached-passwords.bin', import.meta.url)));
  return shipped;
}
