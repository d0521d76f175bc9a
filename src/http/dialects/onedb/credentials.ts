/** Where the onedb family carries its token: `Authorization: Bearer`, and nowhere else. @module */
import type { SlotTable } from '../../kit/credentials.js';

export const bearerOnly: SlotTable = { authorization: ['bearer_jwt'] };
