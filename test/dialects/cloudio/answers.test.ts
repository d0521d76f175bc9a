/** Answers of cloudio that are long, that fail on the way, and requests that reach more than one database. @module */
import { describe, expect, test } from 'vitest';
import { describeWith } from '../../servers/index.js';
import { employeesSql, makeDatabase, openDataHouse, operator } from './data-house.js';

describe('a long answer', () => {
  test('is sent while it is read, and is whole', async () => {
    const house = await openDataHouse('sqlite', async (database) => {
      await database.sql('create table wide (id integer primary key, filler varchar(1000))');
      await database.sql(`insert into wide
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
        select i, printf('%0600d', i) from n`);
    });
    try {
      await house.grant('wide');
      const query = { sort: { id: 1 }, limit: 10_000 };
      const { status, headers, body } = await house.api({ A: { ds: 'Wide', query }, B: { ds: 'Wide', query } });
      expect(status).toBe(200);
      expect(headers['transfer-encoding']).toBe('chunked');
      for (const alias of ['A', 'B']) {
        const { data, rowsFetched } = (
          body as { data: Record<string, { data: { id: number }[]; rowsFetched: number }> }
        ).data[alias] ?? { data: [], rowsFetched: 0 };
        expect(rowsFetched).toBe(10_000);
        expect(data.map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
      }
      expect(house.world.faults).toEqual([]);
    } finally {
      await house.close();
    }
  });
});

describe('a request over two databases', () => {
  test('may query both and write to one', async () => {
    const house = await openDataHouse('sqlite', (database) => database.sql(employeesSql('sqlite')));
    const other = await makeDatabase('sqlite');
    try {
      await other.sql('create table notes (id integer primary key, note varchar(100))');
      const actor = { principal: house.world.identity.localPrincipal('cli'), ...operator };
      const { registry } = house.world.core.sources;
      await registry.add(actor, {
        ...{ name: 'second', organisation: 'acme', purpose: 'read_write' },
        target: other.target as unknown as Parameters<typeof registry.add>[1]['target'],
      });
      await house.grant('EMPLOYEES');
      await house.grant('notes', {}, { source: 'second' });
      const insert = { ds: 'Notes', data: [{ _rs: 'I', note: 'x' }] };
      const both = await house.api({ A: { ds: 'Employees', query: {} }, B: { ds: 'Notes', query: {} }, C: insert });
      expect(both).toMatchObject({ status: 200, body: { data: { A: { rowsFetched: 4 }, B: { rowsFetched: 1 } } } });
      const written = await house.api({ A: { ds: 'Employees', data: [{ _rs: 'I', name: 'x' }] }, B: insert });
      expect(written).toMatchObject({
        ...{ status: 400, body: { title: 'Invalid Request', message: 'One request can only write to one database.' } },
      });
      expect(await house.rows({}, 'Notes')).toHaveLength(1);
      expect(await house.rows({})).toHaveLength(4);
    } finally {
      await house.close();
      await other.drop();
    }
  });
});

describeWith('postgres', 'a query that fails at the database', () => {
  test('is refused, and says so when posts of its request were kept before', async () => {
    const house = await openDataHouse('postgres', async (database) => {
      await database.sql(employeesSql('postgres'));
      await database.sql('create view broken as select "EMP_ID" as id, 1 / ("EMP_ID" - 1) as share from "EMPLOYEES"');
    });
    try {
      await house.grant('EMPLOYEES');
      await house.grant('broken', { operations: ['query'] });
      const broken = { ds: 'Broken', query: { filter: [{ share: { gte: 0 } }] } };
      const alone = await house.api({ A: broken });
      expect(alone).toMatchObject({
        ...{ status: 400, body: { title: 'Invalid Request', message: 'The database did not take a value.' } },
      });
      const after = await house.api({ A: broken, B: { ds: 'Employees', data: [{ _rs: 'I', name: 'kept' }] } });
      expect(after).toMatchObject({
        status: 400,
        body: { message: 'The database did not take a value. What was posted with it has been kept.' },
      });
      expect(await house.rows({ data: { name: 'kept' } })).toHaveLength(1);
    } finally {
      await house.close();
    }
  });

  test('on a table that is gone is not found', async () => {
    const house = await openDataHouse('postgres', (database) => database.sql(employeesSql('postgres')));
    try {
      await house.grant('EMPLOYEES');
      expect(await house.rows({ limit: 1 })).toHaveLength(1);
      await house.database.sql('drop table "EMPLOYEES"');
      const gone = await house.api({ A: { ds: 'Employees', query: {} } });
      expect(gone).toMatchObject({ status: 404, body: { code: 404, status: 'ERROR', title: 'Not Found' } });
      expect(JSON.stringify(gone.body)).not.toContain('EMPLOYEES');
      expect(house.world.faults).toEqual([]);
    } finally {
      await house.close();
    }
  });
});
