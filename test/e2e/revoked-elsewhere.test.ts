/**
 * What the terminal revokes while the program serves: two processes on one store, of which one answers for credentials
 * from memory. When the command has ended, nothing of what it revoked is let in.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type RunningProgram } from './support/program.js';

const installation = createInstallation();
const password = 'tangerine orbit cactus lamp';
const after = 300;
let server: RunningProgram;

beforeAll(async () => {
  for (const name of ['nightly', 'other']) {
    const made = await installation.run(['service-account', 'add', name, '--password-stdin'], {
      stdin: `${password}\n`,
    });
    expect(made, made.stderr).toMatchObject({ code: 0 });
  }
  server = await installation.start();
});

afterAll(async () => {
  expect(await server?.stop()).toBe(0);
  installation.remove();
});

async function signIn(username: string): Promise<string> {
  const response = await fetch(`${server.http}/user/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  expect(response.status).toBe(200);
  return String(((await response.json()) as Record<string, unknown>)['Token']);
}

async function statusOf(token: string): Promise<number> {
  const response = await fetch(`${server.http}/test/secure`, { headers: { authorization: token } });
  await response.arrayBuffer();
  return response.status;
}

async function answeredFromMemory(): Promise<number> {
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  return Number(/^latchkey_credentials_found_total (\d+)$/m.exec(metrics)?.[1]);
}

/** Uses the token all the time while the command runs, and then some. */
async function usedDuring(token: string, command: readonly string[]): Promise<readonly [number, number[]]> {
  let isOver = false;
  let accepted = 0;
  const using = (async () => {
    while (!isOver) if ((await statusOf(token)) === 200) accepted += 1;
  })();
  const { code, stderr } = await installation.run(command);
  isOver = true;
  expect(code, stderr).toBe(0);
  const late: number[] = [];
  for (let use = 0; use < after; use += 1) late.push(await statusOf(token));
  await using;
  return [accepted, late];
}

describe('a command beside the running program', () => {
  it('has ended every session under a signing key that it revoked', async () => {
    const token = await signIn('nightly');
    const before = await answeredFromMemory();
    const [accepted, late] = await usedDuring(token, ['keys', 'rotate', '--family', 'precrime', '--revoke-old']);
    expect(accepted).toBeGreaterThan(20);
    expect(new Set(late)).toEqual(new Set([401]));
    expect((await answeredFromMemory()) - before).toBeGreaterThan(20);
    expect(await statusOf(await signIn('nightly'))).toBe(200);
  });

  it('has revoked what was issued to one user, and nothing of another', async () => {
    const [token, other] = [await signIn('nightly'), await signIn('other')];
    const [accepted, late] = await usedDuring(token, ['session', 'revoke', '--user', 'nightly']);
    expect(accepted).toBeGreaterThan(20);
    expect(new Set(late)).toEqual(new Set([401]));
    expect(await statusOf(other)).toBe(200);
  });

  it('has let go of nobody whose token it did not touch', async () => {
    const token = await signIn('other');
    const [, late] = await usedDuring(token, ['session', 'revoke', '--user', 'nightly']);
    expect(new Set(late)).toEqual(new Set([200]));
  });
});
