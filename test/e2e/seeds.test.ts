/**
 * The published examples of the four families, as printed, against `latchkey demo`. Only the host and port of the
 * address differ.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, postgresSql, shared } from '../servers/index.js';
import { createInstallation, type RunningProgram } from './support/program.js';

const execute = promisify(execFile);
const installation = createInstallation();
let demo: RunningProgram;

beforeAll(async () => {
  demo = await installation.start({ command: 'demo' });
});

afterAll(async () => {
  await demo?.stop();
  installation.remove();
});

/** Runs a shell command as a person would paste it, and says what it printed and which status it got. */
async function paste(command: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const { stdout } = await execute('bash', ['-c', `${command} -s -w '\\n%{http_code}'`]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: JSON.parse(stdout.slice(0, at)) as Record<string, unknown> };
}

async function hasPythonRequests(): Promise<boolean> {
  return execute('python3', ['-c', 'import requests']).then(
    () => true,
    () => false,
  );
}

describeWith('postgres', 'Test Authentication (seed 000)', () => {
  const database = 'databasename';
  let port = 0;

  beforeAll(async () => {
    const server = shared('postgres');
    port = server.port;
    await postgresSql(server, `CREATE DATABASE ${database}`);
    await postgresSql(server, "CREATE ROLE username LOGIN PASSWORD 'password'");
  });

  function curl(password: string): string {
    return `curl -X POST "${demo.http}/workflows/v1/auth" \\
-H "Content-Type: application/json" \\
-d '{
"authType": "basic",
"host": "localhost",
"port": ${port},
"username": "username",
"password": "${password}",
"database": "${database}"
}'`;
  }

  it('answers the cURL example with success', async () => {
    expect(await paste(curl('password'))).toMatchObject({
      status: 200,
      body: { success: true, message: 'Authentication successful' },
    });
  });

  it('answers a wrong password with 500 and a typed verdict, as the error codes say', async () => {
    const answer = await paste(curl('not-the-password'));
    expect(answer.status).toBe(500);
    expect(answer.body['success']).toBe(false);
    expect(JSON.stringify(answer.body)).toContain('AUTH_INVALID_CREDENTIALS');
    expect(JSON.stringify(answer.body)).not.toContain('not-the-password');
  });

  it('answers the Python example with success', async (context) => {
    if (!(await hasPythonRequests())) return context.skip('python3 with requests is not installed');
    const program = `import requests
response = requests.post(
"${demo.http}/workflows/v1/auth",
json={
"authType": "basic",
"host": "localhost",
"port": ${port},
"username": "username",
"password": "password",
"database": "${database}"
}
)
auth_result = response.json()
import json
print(json.dumps([response.status_code, auth_result]))`;
    const { stdout } = await execute('python3', ['-c', program]);
    expect(JSON.parse(stdout)).toEqual([
      200,
      expect.objectContaining({ success: true, message: 'Authentication successful' }),
    ]);
  });
});

describe('JWT and API key authentication (seed 001)', () => {
  it('signs in with the documented user and adds, lists and deletes an auth header', async () => {
    const login = await paste(
      `curl -X POST "${demo.http}/user/login" -H "Content-Type: application/json" -d '{"username":"john.doe","password":"SecurePass123!"}'`,
    );
    expect(login.status).toBe(200);
    expect(login.body).toMatchObject({
      Id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      Created: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/),
      Username: 'john.doe',
      Firstname: 'John',
      Lastname: 'Doe',
      PasswordExpiration: '0001-01-01T00:00:00',
    });
    const token = String(login.body['Token']);
    expect(token.split('.')[0]).toBe('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9');
    const add = await paste(
      `curl -X POST "${demo.http}/authheader/add" -H "Authorization: ${token}" -H "Content-Type: application/json" -d '{"name":"production-api-key"}'`,
    );
    expect(add).toMatchObject({ status: 200, body: { name: 'production-api-key' } });
    expect(Object.keys(add.body).sort()).toEqual(['created', 'id', 'name', 'token']);
    const list = await paste(`curl "${demo.http}/authheader/list" -H "Authorization: ${token}"`);
    expect(list.body).toEqual([add.body]);
    const removed = await paste(
      `curl -X POST "${demo.http}/authheader/delete" -H "Authorization: ${token}" -H "Content-Type: application/json" -d '{"text":"${String(add.body['token'])}"}'`,
    );
    expect(removed).toEqual({ status: 200, body: { message: 'Success' } });
  });

  it('answers wrong credentials with 401', async () => {
    const answer = await paste(
      `curl -X POST "${demo.http}/user/login" -H "Content-Type: application/json" -d '{"username":"john.doe","password":"wrong"}'`,
    );
    expect(answer).toEqual({ status: 401, body: { message: 'Incorrect credentials' } });
  });
});

describe('Authentication of a service account (seed 002)', () => {
  it('answers the fetch example with every documented field', async () => {
    const resp = await fetch(`${demo.http}/v1/auth`, {
      method: 'POST',
      headers: {
        Authorization: `Token ${btoa('steve:steve-demo-secret')}`,
        'Content-Type': 'application/json',
      },
      body: '{}',
    });
    const json = (await resp.json()) as Record<string, unknown>;
    expect(resp.status).toBe(200);
    expect(Object.keys(json)).toEqual([
      'orgUid',
      'sessionId',
      'userName',
      'displayName',
      'emailAddress',
      'csrf',
      'jwt',
      'status',
    ]);
    expect(json).toMatchObject({
      orgUid: 'cloudio',
      userName: 'steve',
      displayName: 'Steve',
      emailAddress: 'name@cloudio.io',
      status: 'OK',
    });
    const claims = JSON.parse(Buffer.from(String(json['jwt']).split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ session: json['sessionId'], csrf: json['csrf'], org_uid: 'cloudio' });
  });

  it('answers wrong credentials with the documented body', async () => {
    const answer = await paste(
      `curl -X POST "${demo.http}/v1/auth" -H "Authorization: Token $(printf steve:wrong | base64)" -H "Content-Type: application/json" -d '{}'`,
    );
    expect(answer).toEqual({
      status: 403,
      body: {
        code: 403,
        status: 'ERROR',
        title: 'Access Denied',
        message: 'Access Denied - Invalid username and/or password!',
      },
    });
  });
});

describe('Authenticate (seed 003)', () => {
  function curl(password: string): string {
    return `curl -X POST "${demo.https}/api/authenticate" \\
-H "Content-Type: application/json" \\
-d '{
"username": "api",
"password": "${password}"
}' -k`;
  }

  it('answers the cURL example with a token of exactly the documented form', async () => {
    const answer = await paste(curl('api'));
    expect(answer).toEqual({
      status: 200,
      body: { id: 10, message: 'Token has been generated!', success: true, token: expect.any(String) },
    });
    const [header, payload, signature] = String(answer.body['token']).split('.');
    expect(Buffer.from(header ?? '', 'base64url').toString()).toBe('{"alg":"HS512"}');
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as { exp: number; iat: number };
    expect(Object.keys(claims).sort()).toEqual(['exp', 'iat', 'sub']);
    expect(claims).toMatchObject({ sub: 'api' });
    expect(claims.exp - claims.iat).toBe(18_000);
    expect(Buffer.from(signature ?? '', 'base64url')).toHaveLength(64);
  });

  it('answers wrong credentials with id 11', async () => {
    expect(await paste(curl('wrong'))).toEqual({
      status: 401,
      body: { id: 11, message: 'Invalid username or password', success: false },
    });
  });
});

describe('the sample database', () => {
  it('is a stored source, which the printed commands reach, check, describe and compare', async () => {
    const printed = demo.stdout();
    expect(printed).toContain(`LATCHKEY_DATA_DIR=${installation.dataDir} npx latchkey source test sample\n`);
    for (const [args, expected] of [
      [['test', 'sample'], 'The test passed'],
      [['preflight', 'sample'], 'Ready'],
      [['metadata', 'sample'], 'table  employees'],
      [['metadata', 'sample', '--format', 'mermaid'], 'erDiagram'],
      [['snapshot', 'sample'], 'Snapshot of sample'],
      [['diff', 'sample'], ''],
    ] as const) {
      expect(printed).toContain(`source ${args.join(' ')}`);
      const ran = await installation.run(['source', ...args]);
      expect({ args, ...ran }).toMatchObject({ code: 0, stdout: expect.stringContaining(expected) });
    }
  });
});
