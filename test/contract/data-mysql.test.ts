/** Data sessions of MariaDB, and of what knows no RETURNING, as MySQL. @module */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { quoteName } from '../../src/connectors/mysql/quote.js';
import { describeWith, mariadbSql, shared } from '../servers/index.js';
import { canary, clock, localDialler, targetOf } from './connector-bench.js';
import {
  codeOf,
  type DataSubject,
  is,
  limits,
  openSession,
  readRelation,
  relationOfQuery,
  startTurnCounter,
  talk,
} from './data-bench.js';
import { keepsDataContract } from './data-session.contract.js';
import { heldBytes } from './held-bytes.js';

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

  describe(`besides, of ${engine}`, () => {
    test('a table that cannot roll back is not written', async () => {
      const { sql, table } = subject;
      await sql(`create table ${table('loose')} (id int primary key, a int) engine = MyISAM`);
      const session = await openSession(subject);
      const { keep, insert, count, update, remove } = talk(session, await readRelation(subject, 'loose'));
      expect(await codeOf(keep(() => insert([{ id: 1, a: 1 }])))).toBe('sources.query_refused');
      expect(await codeOf(keep(() => update({ a: 1 }, null)))).toBe('sources.query_refused');
      expect(await codeOf(keep(() => remove(null)))).toBe('sources.query_refused');
      expect(await count(null)).toBe(0);
      session.close();
    });

    test('a select on a session that is warm is one question and one answer', async () => {
      const counter = await startTurnCounter(subject.target);
      const target = { ...subject.target, host: '127.0.0.1', port: counter.port };
      const session = await openSession({ ...subject, target });
      const people = await readRelation(subject, 'people');
      const { select } = talk(session, people);
      for (const name of ['first', 'Ann']) await select({ filter: is('name', name) });
      const before = counter.turns();
      expect(await select({ filter: is('name', 'ann'), limit: 10 })).toHaveLength(1);
      expect(await select({ filter: is('name', 'nobody') })).toHaveLength(0);
      expect(counter.turns() - before).toBe(2);
      session.close();
      await counter.close();
    });

    test('rows of a megabyte come in the pace they are taken', async () => {
      const session = await openSession(subject);
      const wide = await relationOfQuery(session, "select seq, repeat('x', 1048576) as a from seq_1_to_120");
      const { scope } = talk(session, wide);
      const before = heldBytes();
      let rows = 0;
      let peak = 0;
      for await (const batch of session.select(scope.select({}), limits())) {
        rows += batch.length;
        peak = Math.max(peak, heldBytes());
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(rows).toBe(120);
      expect((peak - before) / 1_048_576).toBeLessThan(100);
      session.close();
    });

    test('nothing is written outside a transaction, whatever a named query calls', async () => {
      const { sql, table } = subject;
      await sql(
        `create function sneak() returns int modifies sql data begin insert into ${table('heap')} values (1, 'sneaked'); return 1; end`,
      );
      const session = await openSession(subject);
      expect(
        await codeOf(relationOfQuery(session, 'select sneak() as n').then((one) => talk(session, one).select())),
      ).toBe('sources.query_refused');
      expect(await talk(session, await readRelation(subject, 'heap')).count(null)).toBe(0);
      session.close();
    });

    test('describing runs nothing', async () => {
      const session = await openSession(subject);
      const startedMs = performance.now();
      expect((await session.describe('select sleep(3) as n from (select 1 as a) as b', limits())).length).toBe(1);
      expect(performance.now() - startedMs).toBeLessThan(1_500);
      expect(await codeOf(session.describe('select ? as a', limits()))).toBe('sources.query_refused');
      expect(session.isUsable()).toBe(true);
      session.close();
    });

    test('texts of another character set are found by what they are', async () => {
      const { sql, table } = subject;
      await sql(
        `create table ${table('old')} (id int primary key, a varchar(20) character set latin1 collate latin1_german1_ci, key (a))`,
      );
      const session = await openSession(subject);
      const { keep, insert, select, update } = talk(session, await readRelation(subject, 'old'));
      await keep(() =>
        insert([
          { id: 1, a: 'Müller' },
          { id: 2, a: 'Muller' },
          { id: 3, a: 'müller' },
        ]),
      );
      expect(await select({ columns: ['id'], filter: is('a', 'Müller') })).toEqual([['1']]);
      expect(await select({ columns: ['id'], filter: is('a', '日本') })).toEqual([]);
      expect(await select({ columns: ['id'], filter: { kind: 'not', filter: is('a', '日本') } })).toHaveLength(3);
      const range = { kind: 'compare', column: 'a', operator: 'lt', value: '日本' } as const;
      expect(await select({ columns: ['id'], filter: range })).toHaveLength(3);
      await keep(() =>
        update({ a: 'Maier' }, { kind: 'in', column: 'a', isNegated: false, values: ['日本', 'Muller'] }),
      );
      const begins = { kind: 'text', column: 'a', match: 'starts', isNegated: false, text: 'Mü' } as const;
      expect(await select({ columns: ['a'], filter: begins })).toEqual([['Müller']]);
      expect(await codeOf(keep(() => insert([{ id: 4, a: '日本' }])))).toBe('sources.value_refused');
      session.close();
    });

    test('two that wait for each other: one is told to try again, and what it began is gone', async () => {
      const [one, other] = [await openSession(subject), await openSession(subject)];
      const people = await readRelation(subject, 'people');
      await one.begin(limits());
      await other.begin(limits());
      const first = talk(one, people);
      const second = talk(other, people);
      await first.update({ points: 1 }, is('id', 1));
      await second.update({ points: 1 }, is('id', 2));
      const crossing = [
        codeOf(first.update({ points: 2 }, is('id', 2))),
        codeOf(second.update({ points: 2 }, is('id', 1))),
      ];
      expect((await Promise.all(crossing)).sort()).toEqual(['none', 'sources.serialization_failed']);
      const commits = await Promise.all([codeOf(one.commit(limits())), codeOf(other.commit(limits()))]);
      expect(commits.sort()).toEqual(['none', 'sources.query_refused']);
      await Promise.all([one.rollback(), other.rollback()]);
      await first.keep(() => first.update({ points: 3 }, is('id', 1)));
      one.close();
      other.close();
    });

    test('the session is the same whatever the server has set', async () => {
      const session = await openSession(subject);
      const text = `select timestamp '2020-01-01 00:00:00' as a, @@time_zone as b, @@sql_mode as c, @@transaction_isolation as d`;
      const { select } = talk(
        session,
        await relationOfQuery(session, text.replace('@@transaction_isolation', '@@tx_isolation')),
      );
      expect(await select()).toEqual([
        [
          '2020-01-01T00:00:00',
          '+00:00',
          'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
          'READ-COMMITTED',
        ],
      ]);
      session.close();
    });
  });
}
