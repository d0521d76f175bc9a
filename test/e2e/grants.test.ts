/**
 * Grants with the shipped program: a role, a user with a claim, a grant with filter and mask, why somebody may not, and
 * rows for the operator; every command a process of its own.
 *
 * @module
 */
import { dirname, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createInstallation, type Finished } from './support/program.js';

// A command is a process of its own, and there are many.
vi.setConfig({ testTimeout: 180_000 });

describe('grants at the terminal', () => {
  const one = createInstallation();
  const json = ({ stdout }: Finished) => JSON.parse(stdout) as Record<string, unknown>;
  const run = (...argv: string[]) => one.run(argv);

  beforeAll(async () => {
    const file = join(dirname(one.dataDir), 'hr.db');
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, salary INTEGER, region TEXT) STRICT;
      INSERT INTO employees VALUES (1, 'Ada', 300, 'EU'), (2, 'Bilal, B.', 200, 'US');
    `);
    database.close();
    expect((await run('source', 'add', 'hr', '--engine', 'sqlite', '--database', file)).code).toBe(0);
    expect((await run('role', 'add', 'clerk')).code).toBe(0);
    expect((await run('user', 'add', 'ada', '--role', 'clerk', '--no-password')).code).toBe(0);
  });
  afterAll(() => one.remove());

  it('are missing, explained, added as the explanation says, shown, changed and removed', async () => {
    const why = ['grant', 'explain', '--user', 'ada', '--source', 'hr', '--table', 'Employees', '--operation', 'query'];
    const filter = '{"region":{"eq":"$claims.region"}}';
    const place = ['--role', 'clerk', '--source', 'hr', '--table', 'employees'];
    const added = await run(
      'grant',
      'add',
      ...place,
      '--filter',
      filter,
      '--mask',
      'salary=null',
      '--readable',
      'name,salary',
      '--json',
    );
    expect(added.code).toBe(0);
    const { id, ...terms } = json(added);
    expect(terms).toMatchObject({
      ...{ role: 'clerk', dataset: 'Employees', operations: ['query'], readable: ['name', 'salary'], writable: null },
      ...{ filter: JSON.parse(filter), masks: { salary: 'null' } },
    });
    const granted = await run(...why, '--columns', 'name');
    expect(granted).toMatchObject({ code: 0, stdout: expect.stringContaining('ada may query Employees of hr') });
    const refused = await run(...why, '--columns', 'region', '--json');
    expect(refused.code).toBe(1);
    expect(json(refused)).toMatchObject({
      ...{ isAllowed: false, rule: 'column_not_readable' },
      remedy: `latchkey grant set ${id} --readable name,salary,region`,
    });
    const remedy = String(json(refused)['remedy']).split(' ').slice(1);
    expect((await run(...remedy)).code).toBe(0);
    expect((await run(...why, '--columns', 'region')).code).toBe(0);

    expect((await run('user', 'set', 'ada', '--claim', 'region=EU')).stdout).toContain('region=EU');
    expect(json(await run('grant', 'set', String(id), '--filter', 'none', '--mask', 'none', '--json'))).toMatchObject({
      ...{ filter: null, masks: {} },
    });
    expect((await run('grant', 'set', String(id))).code).toBe(2);
    expect((await run('grant', 'add', ...place, '--filter', '{nonsense')).code).toBe(2);
    expect((await run('grant', 'list', '--role', 'clerk')).stdout.match(/Employees/g)).toHaveLength(1);
    expect((await run('grant', 'remove', String(id))).code).toBe(0);
    expect((await run('grant', 'show', String(id))).code).toBe(1);
    expect((await run('dataset', 'rename', 'Employees', 'Staff')).code).toBe(0);
    expect(json(await run('dataset', 'list', '--json'))).toMatchObject({ datasets: [{ name: 'Staff' }] });
    expect((await run('role', 'remove', 'administrator')).code).toBe(1);
    expect((await run('role', 'remove', 'clerk')).stdout).toContain('1 user had it');
    expect(json(await run('grant', 'list', '--json'))).toEqual({ grants: [] });
  });

  it('are not needed by the operator, whose reading is in the trail', async () => {
    const plain = await run('source', 'query', 'hr', 'main.employees', '--columns', 'name,salary');
    expect(plain.stdout).toBe('name       salary\nAda        300\nBilal, B.  200\n');
    const csv = await run(
      'source',
      'query',
      'hr',
      'employees',
      '--csv',
      '--columns',
      'name',
      '--filter',
      '{"id":{"eq":2}}',
    );
    expect(csv.stdout).toBe('name\r\n"Bilal, B."\r\n');
    const rows = json(await run('source', 'query', 'hr', '--dataset', 'Staff', '--json', '--limit', '1'));
    expect(rows).toMatchObject({ rows: [{ id: 1, name: 'Ada', salary: 300, region: 'EU' }] });
    expect((await run('source', 'query', 'hr', 'unknown')).code).not.toBe(0);
    const { events } = json(await run('audit', 'list', '--json')) as {
      events: { name: string; outcome: string }[];
    };
    expect(events.filter(({ name, outcome }) => name === 'data.read' && outcome === 'ok')).toHaveLength(3);
    expect(JSON.stringify(events)).not.toContain('Bilal');
    expect((await run('audit', 'verify')).code).toBe(0);
  });
});
