/** Keys that sign what a webhook is told, as the Standard Webhooks scheme writes them. @module */
import type { Ids } from '../../kernel/ids.js';
import { Secret } from '../../kernel/secret.js';

/** The scheme asks for 24 to 64 bytes. */
const keyBytes = 32;

/** `whsec_` and the key in base64. */
export function makeWebhookKey(ids: Ids): Secret {
  return new Secret(`whsec_${Buffer.from(ids.bytes(keyBytes)).toString('base64')}`);
}
