/** Queries and posts of the cloudio family on SQLite. @module */
import { describe } from 'vitest';
import { cloudioData } from './data.contract.js';

describe('the data of cloudio on SQLite', () => cloudioData('sqlite'));
