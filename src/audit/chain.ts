/**
 * Links events into chains that prove themselves to whoever holds the key: each record's mac covers its own bytes, its
 * place and the mac before it.
 *
 * @module
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../kernel/secret.js';
import { type CanonicalValue, writeCanonical } from './canonical.js';
import type { AuditEvent } from './event.js';
import type { AuditChain, ChainHead } from './ports.js';

const minKeyBytes = 32;

/** @param key  At least 32 random bytes, used for nothing else. */
export function createAuditChain(key: Secret<Uint8Array>): AuditChain {
  const bytes = key.reveal();
  if (bytes.length < minKeyBytes) throw new TypeError('the audit key is too short');
  const hmacKey = createSecretKey(bytes);

  const mac = (value: CanonicalValue): string =>
    createHmac('sha256', hmacKey).update(writeCanonical(value)).digest('hex');

  const proveHead = ({ chain, chains, seq, mac: last }: Omit<ChainHead, 'proof'>): string =>
    mac(['latchkey/audit/head/v1', chain, chains, seq, last]);

  return Object.freeze({
    link: (event: AuditEvent, chain: number, seq: number, previousMac: string): string =>
      mac(['latchkey/audit/event/v1', chain, seq, previousMac, eventContent(event)]),
    proveHead,
    isProven: (head: ChainHead): boolean => isSameText(head.proof, proveHead(head)),
  });
}

/** Constant time for texts of one length. */
export function isSameText(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * The event as every store can hold it: half surrogates and NUL become U+FFFD, `-0` becomes `0`. What is linked must
 * be what is read back, or the trail would accuse itself.
 */
export function storableEvent(event: AuditEvent): AuditEvent {
  const text = (value: string | null) => (value === null ? null : storableText(value));
  const facts: Record<string, string | number | boolean> = {};
  for (const key of Object.keys(event.facts).sort()) {
    const value = event.facts[key];
    if (typeof value === 'string') facts[storableText(key)] = storableText(value);
    else if (typeof value === 'boolean') facts[storableText(key)] = value;
    else if (typeof value === 'number' && Number.isFinite(value)) facts[storableText(key)] = value === 0 ? 0 : value;
    else throw new TypeError('an audit fact is a text, a finite number or a boolean');
  }
  return {
    name: event.name,
    atMs: event.atMs,
    origin: {
      door: storableText(event.origin.door),
      requestId: text(event.origin.requestId),
      address: text(event.origin.address),
    },
    actorId: text(event.actorId),
    credential: event.credential === null ? null : { kind: event.credential.kind, id: text(event.credential.id) },
    organisationId: text(event.organisationId),
    subject: text(event.subject),
    outcome: event.outcome,
    reason: text(event.reason),
    facts,
  };
}

const unstorable = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function storableText(value: string): string {
  return value.replace(unstorable, '\uFFFD');
}

/** The fields of an event and nothing else a caller's object may carry. */
function eventContent(event: AuditEvent): CanonicalValue {
  return {
    name: event.name,
    atMs: event.atMs,
    origin: { door: event.origin.door, requestId: event.origin.requestId, address: event.origin.address },
    actorId: event.actorId,
    credential: event.credential === null ? null : { kind: event.credential.kind, id: event.credential.id },
    organisationId: event.organisationId,
    subject: event.subject,
    outcome: event.outcome,
    reason: event.reason,
    facts: event.facts,
  };
}
