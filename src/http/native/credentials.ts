/** How our own API is opened: an API key or one of our own access tokens in `Authorization`, as bearer or bare. @module */
import type { SlotTable } from '../kit/credentials.js';

export const accepts = ['api_key', 'native_token'] as const;

export const slots: SlotTable = { authorization: ['bare_api_key', 'bearer_api_key', 'bare_jwt', 'bearer_jwt'] };
