/** The store of sources on embedded SQLite. @module */
import { describe } from 'vitest';
import { describeSourceStore } from './source-store.contract.js';
import { createSqliteDatabase } from './store-databases.js';

describe('store of sources on SQLite', () => {
  describeSourceStore(createSqliteDatabase);
});
