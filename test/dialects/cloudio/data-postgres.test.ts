/** Queries and posts of the cloudio family on PostgreSQL. @module */
import { describeWith } from '../../servers/index.js';
import { cloudioData } from './data.contract.js';

describeWith('postgres', 'the data of cloudio on PostgreSQL', () => cloudioData('postgres'));
