/** The store of datasets and grants on embedded SQLite. @module */
import { describe } from 'vitest';
import { describeDataStore } from './data-store.contract.js';
import { createSqliteDatabase } from './store-databases.js';

describe('store of datasets and grants on SQLite', () => {
  describeDataStore(createSqliteDatabase);
});
