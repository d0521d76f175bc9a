/** How our own API is opened: an API key or one of our own access tokens in `Authorization`, as bearer or bare. @module */
import type { SlotTable } from '../kit/credentials.js';

export const accepts = ['api_key', 'native_token'] as const;

export const slots: SlotTable = { authorization: ['bare_api_key', 'bearer_api_key', 'bare_jwt', 'bearer_jwt'] };

/** Whoever is signed in, at whatever door (a session that has a csrf value brings it along), and API keys. */
export const signedInOrKey = {
  accepts: ['precrime_token', 'cloudio_session', 'native_token', 'api_key'],
  slots,
} as const;
