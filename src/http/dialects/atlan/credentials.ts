/**
 * Where the atlan family carries credentials. The published API names none, so any credential of the house is taken:
 * tokens of the three families in `Authorization` (a cloudio session with its csrf value in `X-CSRF-Token`), API keys
 * there as bearer or in `X-Authorization`.
 *
 * @module
 */
import type { SlotTable } from '../../kit/credentials.js';

export const accepts = ['precrime_token', 'cloudio_session', 'onedb_token', 'api_key'] as const;

export const slots: SlotTable = {
  authorization: ['bare_jwt', 'bearer_jwt', 'bearer_api_key'],
  'x-authorization': ['bare_api_key'],
};
