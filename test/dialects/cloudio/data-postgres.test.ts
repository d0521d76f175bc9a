/** Queries and posts of the cloudio family on PostgreSQL. @module */
import { describeWith } from '../../servers/index.js';
import { cloudioData } from './data.contract.js';
import { cloudioGrants } from './grants.contract.js';

describeWith('postgres', 'the data of cloudio on PostgreSQL', () => cloudioData('postgres'));
describeWith('postgres', 'the grants of cloudio on PostgreSQL', () => cloudioGrants('postgres'));
