/** Revocation on embedded SQLite. @module */
import { describe } from 'vitest';
import { describeRevocation } from './revocation.contract.js';
import { createSqliteDatabase } from './store-databases.js';

describe('revocation on SQLite', () => {
  describeRevocation(createSqliteDatabase);
});
