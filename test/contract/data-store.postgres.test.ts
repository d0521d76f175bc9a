/** The store of datasets and grants on PostgreSQL. @module */
import { describeWith } from '../servers/index.js';
import { describeDataStore } from './data-store.contract.js';
import { createPostgresStoreDatabase } from './store-databases.js';

describeWith('postgres', 'store of datasets and grants on PostgreSQL', () => {
  describeDataStore(createPostgresStoreDatabase);
});
