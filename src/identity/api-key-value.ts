/**
 * The value of an API key: `lk_`, 32 random bytes in base62, and a checksum, so that secret scanners recognise it and a
 * mistyped one is refused without a look-up. Stored as a keyed digest.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Ids } from '../kernel/ids.js';
import { Secret } from '../kernel/secret.js';
import { base62 } from './base62.js';
import type { ApiKey } from './model.js';

/** 62^43 > 2^256. */
const bodyLength = 43;
/** 62^6 > 2^32. */
const checksumLength = 6;
const wellFormed = /^lk_[0-9A-Za-z]{49}$/;
/** `lk_` and five characters: enough to recognise a key, 30 of its 256 bits. */
const prefixLength = 8;

export function makeApiKeyValue(ids: Ids): Secret {
  const body = base62(ids.bytes(32), bodyLength);
  return new Secret(`lk_${body}${checksum(body)}`);
}

/** Whether this could be one of our keys; says nothing about whether it is. */
export function isApiKeyValue(value: Secret): boolean {
  const text = value.reveal();
  return wellFormed.test(text) && checksum(text.slice(3, 3 + bodyLength)) === text.slice(3 + bodyLength);
}

/** HMAC-SHA-256, hex. The value has 256 random bits, so a slow hash would add nothing. */
export function digestApiKey(digestKey: Secret<Uint8Array>, value: Secret): string {
  return createHmac('sha256', digestKey.reveal()).update(`api_key\0${value.reveal()}`).digest('hex');
}

export function shownPartsOf(value: Secret): { readonly prefix: string; readonly last4: string } {
  const text = value.reveal();
  return { prefix: text.slice(0, prefixLength), last4: text.slice(-4) };
}

/** What stands in lists where the value is not shown: `lk_AbCde…wxyz`. */
export function maskedApiKey(key: Pick<ApiKey, 'prefix' | 'last4'>): string {
  return `${key.prefix}…${key.last4}`;
}

function checksum(body: string): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return base62(sum, checksumLength);
}
