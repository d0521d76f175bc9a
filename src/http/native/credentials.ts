/** How our own API is opened: an API key in `Authorization`, as bearer or bare. @module */
import type { SlotTable } from '../kit/credentials.js';

export const accepts = ['api_key'] as const;

export const slots: SlotTable = { authorization: ['bare_api_key', 'bearer_api_key'] };
