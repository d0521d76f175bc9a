/**
 * Where guesses come from, and from where an account has signed in before. An owner at a place of theirs is told apart
 * from strangers before anything is hashed, so that strangers cannot lock the owner out.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import type { Secret } from '../kernel/secret.js';

/** How long a place stays familiar after the last sign-in from there. */
export const familiarForMs = 90 * 86_400_000;
/** Places remembered of one account; beyond them the one not seen for longest is forgotten. */
export const maxKnownSources = 50;
/** A place is written down again when this much has passed: a busy account costs one small write a day. */
const seenAgainAfterMs = 86_400_000;

/** Whether a sign-in from there is to be written down. `seenAtMs`: when it last was. */
export function isSeenDue(seenAtMs: number | null, nowMs: number): boolean {
  return seenAtMs === null || nowMs - seenAtMs >= seenAgainAfterMs || seenAtMs > nowMs;
}

export function isFamiliar(seenAtMs: number | null, nowMs: number): boolean {
  return seenAtMs !== null && nowMs - seenAtMs < familiarForMs;
}

/**
 * One name for an address however it is spelled: an IPv4 address, or the /64 of an IPv6 one, within which whoever has
 * one address has all of them. IPv4 inside IPv6 is IPv4: mapped (RFC 4291 §2.5.5.2) and translated (RFC 6052 §2.1),
 * where a single /64 stands for everybody.
 *
 * @param address  As the socket or a trusted proxy gave it; `null` and what is no address are one place together.
 */
export function sourceOf(address: string | null): string {
  const text = address?.replace(/%.*$/, '') ?? '';
  const version = isIP(text);
  if (version === 4) return text;
  if (version !== 6) return 'nowhere';
  const groups = groupsOf(text);
  const head = groups.slice(0, 6).join(':');
  if (head === '0:0:0:0:0:ffff' || head === '64:ff9b:0:0:0:0') {
    return groups
      .slice(6)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
      .join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups in their shortest form; the URL parser has read every legal spelling by then. */
function groupsOf(address: string): string[] {
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = left === '' ? [] : left.split(':');
  if (right === undefined) return before;
  const after = right === '' ? [] : right.split(':');
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}

const digestLength = 32;

/** Stands for a source in counters, which may be shared with others: an address is nobody else's business. */
export function digestSource(digestKey: Secret<Uint8Array>, source: string): string {
  return keyed(digestKey, `guess_source\0${source}`).slice(0, digestLength);
}

/**
 * Stands for an account at a source in our tables. Made from the name, not from the account: it is looked up alike
 * for names that nobody has.
 */
export function digestKnownSource(digestKey: Secret<Uint8Array>, nameFingerprint: string, source: string): string {
  return keyed(digestKey, `known_source\0${nameFingerprint}\0${source}`);
}

function keyed(digestKey: Secret<Uint8Array>, text: string): string {
  return createHmac('sha256', digestKey.reveal()).update(text).digest('hex');
}
