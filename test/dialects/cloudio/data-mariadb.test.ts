/** Queries and posts of the cloudio family on MariaDB. @module */
import { describeWith } from '../../servers/index.js';
import { cloudioData } from './data.contract.js';
import { cloudioGrants } from './grants.contract.js';

describeWith('mariadb', 'the data of cloudio on MariaDB', () => cloudioData('mariadb'));
describeWith('mariadb', 'the grants of cloudio on MariaDB', () => cloudioGrants('mariadb'));
