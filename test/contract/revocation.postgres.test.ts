/** Revocation on PostgreSQL. @module */
import { describeWith } from '../servers/index.js';
import { describeRevocation } from './revocation.contract.js';
import { createPostgresStoreDatabase } from './store-databases.js';

describeWith('postgres', 'revocation on PostgreSQL', () => {
  describeRevocation(createPostgresStoreDatabase);
});
