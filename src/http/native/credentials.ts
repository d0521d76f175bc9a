/**
 * How our own API is opened: an API key or one of our own access tokens in `Authorization`, as bearer or bare; or a
 * session of the console by its cookie.
 *
 * @module
 */
import type { SlotTable } from '../kit/credentials.js';

export const cookieSlot: SlotTable = { cookie: ['console_cookie'] };

/** What comes in a header: for programs that are never a browser. */
export const headerSlots: SlotTable = { authorization: ['bare_api_key', 'bearer_api_key', 'bare_jwt', 'bearer_jwt'] };

export const accepts = ['api_key', 'native_token', 'console_session'] as const;

export const slots: SlotTable = { ...headerSlots, ...cookieSlot };

/** Whoever is signed in, at whatever door; a session that has a csrf value brings it along. No key. */
export const signedIn = {
  accepts: ['precrime_token', 'cloudio_session', 'native_token', 'console_session'],
  slots: { authorization: ['bare_jwt', 'bearer_jwt'], ...cookieSlot },
} as const;

/** Whoever is signed in, and API keys. */
export const signedInOrKey = {
  accepts: [...signedIn.accepts, 'api_key'],
  slots,
} as const;
