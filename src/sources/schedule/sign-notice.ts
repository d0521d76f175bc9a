/**
 * Signs what is sent to a webhook by the Standard Webhooks scheme (standardwebhooks.com, "Signature scheme"): HMAC with
 * SHA-256 over `id.timestamp.body`.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import type { Secret } from '../../kernel/secret.js';

const keyPrefix = 'whsec_';

/**
 * @param key    `whsec_` and the key in base64.
 * @param id     The same for every attempt, so that the receiver knows a repetition.
 * @param atMs   Of this attempt: the receiver refuses what is old, so that nothing recorded can be sent again.
 * @param body   Exactly as it is sent.
 * @returns the headers.
 */
export function signNotice(key: Secret, id: string, atMs: number, body: string): Readonly<Record<string, string>> {
  const timestamp = Math.floor(atMs / 1_000);
  const bytes = Buffer.from(key.reveal().slice(keyPrefix.length), 'base64');
  const signature = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': `${timestamp}`, 'webhook-signature': `v1,${signature}` };
}
