/** The store of sources on PostgreSQL. @module */
import { describeWith } from '../servers/index.js';
import { describeSourceStore } from './source-store.contract.js';
import { createPostgresStoreDatabase } from './store-databases.js';

describeWith('postgres', 'store of sources on PostgreSQL', () => {
  describeSourceStore(createPostgresStoreDatabase);
});
