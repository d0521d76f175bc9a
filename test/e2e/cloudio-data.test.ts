/**
 * The published examples of querying and posting data sources (seed 002 and its neighbours), as printed, against
 * `latchkey demo`; and the commands the demo prints for them, pasted.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type RunningProgram } from './support/program.js';

const execute = promisify(execFile);
const installation = createInstallation();
let demo: RunningProgram;
let csrf: string;
let jwt: string;

beforeAll(async () => {
  demo = await installation.start({ command: 'demo' });
  const response = await fetch(`${demo.http}/v1/auth`, {
    method: 'POST',
    headers: { Authorization: `Token ${btoa('steve:steve-demo-secret')}`, 'Content-Type': 'application/json' },
    body: '{}',
  });
  ({ csrf, jwt } = (await response.json()) as { csrf: string; jwt: string });
});

afterAll(async () => {
  await demo?.stop();
  installation.remove();
});

async function api(body: unknown): Promise<{ status: number; text: string; json: Record<string, unknown> }> {
  const response = await fetch(`${demo.http}/v1/api?csrf=${csrf}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${jwt}`, 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) as Record<string, unknown> };
}

describe('the published query', () => {
  it('answers the rows it asks for, to the byte but for the time it took', async () => {
    const { status, text } = await api(`{
      "EmployeesAlias": {
        "ds": "Employees",
        "query": {
          "filter": [
            { "name": { "is": "Steve" } },
            { "salary": { "eq": 12345 } },
            { "lastUpdateDate": { "after": "2020-11-30T23:59:59.999Z" } }
          ],
          "projection": { "name": 1 },
          "sort": { "name": 1, "lastUpdateDate": -1 },
          "offset": 0,
          "limit": 10
        }
      }
    }`);
    expect(status).toBe(200);
    expect(text.replace(/"queryElapsed":\d+/, '"queryElapsed":6')).toBe(
      '{"status":"OK","data":{"EmployeesAlias":{"data":[{"name":"Steve","_rs":"Q"}],"queryElapsed":6,"rowsFetched":1}}}',
    );
  });

  it('answers the same for selectAttributeCodeList', async () => {
    const query = { filter: [{ name: { is: 'Steve' } }], selectAttributeCodeList: ['name'], limit: 10 };
    expect((await api({ EmployeesAlias: { ds: 'Employees', query } })).json).toMatchObject({
      data: { EmployeesAlias: { data: [{ name: 'Steve', _rs: 'Q' }], rowsFetched: 1 } },
    });
  });

  it('refuses what it cannot do with the published body', async () => {
    expect((await api({ A: { ds: 'Employees', query: { projection: { nmae: 1 } } } })).json).toEqual({
      code: 400,
      status: 'ERROR',
      title: 'Invalid Request',
      message:
        'There is no such attribute, or it may not be used. Field: nmae. Attributes are columns in camelCase: LAST_UPDATE_DATE is lastUpdateDate.',
    });
  });
});

describe('the published post', () => {
  const rows = [
    { _rs: 'I', name: 'Steve' },
    { _rs: 'U', empId: 999, name: 'Steve', lastUpdateDate: '2020-11-30T23:59:59.999Z' },
    { _rs: 'D', empId: 123, lastUpdateDate: '2020-11-30T23:59:59.999Z' },
  ];

  it('inserts, updates and deletes, and answers every record', async () => {
    const { status, text, json } = await api({ EmployeesAlias: { ds: 'Employees', data: rows } });
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'OK',
      data: {
        EmployeesAlias: {
          data: [
            expect.objectContaining({ active: 'Y', createdBy: 'steve', empId: 10_001, name: 'Steve', _rs: 'Q' }),
            expect.objectContaining({ createdBy: 'demo', empId: 999, name: 'Steve', lastUpdatedBy: 'steve', _rs: 'Q' }),
            expect.objectContaining({ empId: 123, lastUpdatedBy: 'demo', _rs: 'Q' }),
          ],
        },
      },
    });
    const stamp =
      /"active":"Y","createdBy":"steve","creationDate":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","departmentId":null,"empId":10001,/;
    expect(Math.abs(Date.parse(stamp.exec(text)?.[1] ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it('is a conflict the second time, and then nothing of it is done', async () => {
    expect(await api({ EmployeesAlias: { ds: 'Employees', data: rows } })).toMatchObject({
      status: 409,
      json: {
        code: 409,
        status: 'ERROR',
        title: 'Conflict',
        message: expect.stringMatching(/^Record has been changed or deleted/),
      },
    });
    const query = { aggregateList: [{ function: 'COUNT', alias: 'steves' }], filter: [{ name: { is: 'Steve' } }] };
    expect((await api({ A: { ds: 'Employees', query } })).json).toMatchObject({
      data: { A: { data: [{ steves: 3, _rs: 'Q' }] } },
    });
  });
});

describe('the demo', () => {
  it('prints commands that sign in, query and post when they are pasted together', async () => {
    const printed = demo.stdout();
    const from = printed.indexOf('3  Sign in as a service account');
    const commands = printed.slice(from, printed.indexOf('\n\n', from)).split('\n').slice(1);
    expect(commands.length).toBeGreaterThanOrEqual(4);
    const { stdout } = await execute('sh', ['-c', commands.map((line) => `${line.trim()}; echo`).join('\n')]);
    expect(stdout).toContain('"Found":{"data":[{');
    expect(stdout).toContain('"Added":{"data":[{"active":"Y"');
    expect(stdout).not.toContain('ERROR');
  });
});
