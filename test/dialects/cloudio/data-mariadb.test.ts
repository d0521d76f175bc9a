/** Queries and posts of the cloudio family on MariaDB. @module */
import { describeWith } from '../../servers/index.js';
import { cloudioData } from './data.contract.js';

describeWith('mariadb', 'the data of cloudio on MariaDB', () => cloudioData('mariadb'));
