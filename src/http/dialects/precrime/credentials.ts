/**
 * Where the precrime family carries credentials: the session token in `Authorization`, with or without `Bearer`; an
 * API key in `X-Authorization`.
 *
 * @module
 */
import type { SlotTable } from '../../kit/credentials.js';

/** Routes about the account and its keys: a key must not be able to make keys. */
export const tokenOnly: SlotTable = { authorization: ['bare_jwt', 'bearer_jwt'] };

export const tokenOrKey: SlotTable = { ...tokenOnly, 'x-authorization': ['bare_api_key'] };
