/** Data sessions of MariaDB, and of what knows no RETURNING, as MySQL. @module */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { quoteName } from '../../src/connectors/mysql/quote.js';
import { describeWith, mariadbSql, shared } from '../servers/index.js';
import { canary, clock, localDialler, targetOf } from './connector-bench.js';
import type { DataSubject } from './data-bench.js';
import { keepsDataContract } from './data-session.contract.js';

describeWith('mariadb', 'data sessions', () => {
  describe('of MariaDB', () => keeps('MariaDB', true));
  describe('of a server without RETURNING', () => keeps('MySQL', false));
});

function keeps(engine: string, mayReturn: boolean): void {
  const connector = createMysqlConnector({ dialler: localDialler(), clock, mayReturn });
  const password = canary();
  const database = `data_${randomBytes(4).toString('hex')}`;
  let subject: DataSubject;

  beforeAll(async () => {
    const server = shared('mariadb');
    const sql = (text: string, within?: string) =>
      mariadbSql(server, text, within === undefined ? {} : { database: within });
    await sql(`create database ${database} character set utf8mb4 collate utf8mb4_general_ci`);
    await sql(`create user ${database}@'%' identified by '${password}'`);
    await sql(`grant all on ${database}.* to ${database}@'%'`);
    subject = {
      engine: 'mysql',
      connector,
      target: targetOf({ host: server.host, port: server.port, username: database, password, database }),
      schema: database,
      types: {
        flag: 'boolean',
        small: 'smallint',
        medium: 'int',
        large: 'bigint',
        exact: 'decimal(20,4)',
        single: 'float',
        double: 'double',
        word: 'varchar(100)',
        bytes: 'varbinary(20)',
        day: 'date',
        hour: 'time(6)',
        moment: 'datetime(6)',
        instant: 'timestamp(6) null',
        uid: 'uuid',
        bits: 'bit(8)',
        mood: "enum('happy', 'sad', 'so so')",
      },
      numberedKey: 'integer not null auto_increment primary key',
      quote: quoteName,
      table: (name) => quoteName(name),
      sql: (text) => sql(text, database),
      slowQuery: 'select sleep(30) as n',
      rowsQuery: (count) => `select seq as id, concat('label of the row ', seq) as label from seq_1_to_${count}`,
      async running() {
        const [row] = await sql(
          `select count(*) as n from information_schema.processlist where user = '${database}' and command <> 'Sleep'`,
        );
        return Number(row?.['n']);
      },
    };
  });

  afterAll(async () => {
    const server = shared('mariadb');
    await mariadbSql(server, `drop database ${database}`);
    await mariadbSql(server, `drop user ${database}@'%'`);
  });

  keepsDataContract(engine, () => subject);
}
