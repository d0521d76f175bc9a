/** Queries and posts of the cloudio family on SQLite. @module */
import { describe } from 'vitest';
import { cloudioData } from './data.contract.js';
import { cloudioGrants } from './grants.contract.js';

describe('the data of cloudio on SQLite', () => cloudioData('sqlite'));
describe('the grants of cloudio on SQLite', () => cloudioGrants('sqlite'));
