/**
 * How the program begins and ends: first start, the one-time setup link, the readiness file, a stop that loses nothing.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from './support/program.js';

const made: Installation[] = [];

function installation(extra: Record<string, string> = {}): Installation {
  const one = createInstallation(extra);
  made.push(one);
  return one;
}

afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

async function complete(link: string, username: string, password: string): Promise<Response> {
  return fetch(link, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(link).origin },
    body: new URLSearchParams({ username, password, confirm: password }),
  });
}

describe('the first start', () => {
  it('makes private files, says where it listens, and takes both away when it ends', async () => {
    const one = installation();
    const server = await one.start();
    expect(statSync(one.dataDir).mode & 0o777).toBe(0o700);
    for (const file of ['master.key', 'latchkey.db', 'listener-key.pem', 'server.json']) {
      expect(statSync(join(one.dataDir, file)).mode & 0o077, file).toBe(0);
    }
    expect(Buffer.from(readFileSync(join(one.dataDir, 'master.key'), 'utf8').trim(), 'base64')).toHaveLength(32);
    await expect.poll(() => server.stdout()).toContain('"msg":"ready"');
    const ready = server
      .stdout()
      .split('\n')
      .find((line) => line.includes('"msg":"ready"'));
    expect(JSON.parse(ready ?? '')).toMatchObject({ http: server.http, https: server.https });
    expect((await fetch(`${server.http}/readyz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(existsSync(join(one.dataDir, 'server.json'))).toBe(false);
    await expect(fetch(`${server.http}/livez`)).rejects.toThrow();
  });

  it('prints a link with which one administrator is made, once, and no log line holds it', async () => {
    const one = installation({ LATCHKEY_HTTPS_PORT: 'off' });
    const server = await one.start();
    const link = await server.setupLink();
    // Opening it, as a link preview does, does not use it up.
    for (let time = 0; time < 2; time += 1) {
      const page = await fetch(link);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await page.text()).not.toContain('<script');
    }
    const weak = await complete(link, 'root', 'short');
    expect(weak.status).toBe(400);
    expect(await weak.text()).not.toContain('value="short"');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => complete(link, `root${index}`, 'a long administrators phrase')),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    const users = await one.run(['user', 'list', '--json']);
    const listed = (JSON.parse(users.stdout) as { users: { username: string }[] }).users;
    expect(listed).toHaveLength(1);
    const login = await fetch(`${server.http}/user/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: listed[0]?.username, password: 'a long administrators phrase' }),
    });
    expect(login.status).toBe(200);
    expect(server.stdout()).not.toContain(link.split('/').at(-1));
    await server.stop();
    const again = await one.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(again.stderr()).not.toContain('/setup/');
    await again.stop();
  });

  it('has no account with a known password', async () => {
    const server = await installation().start();
    const pairs = ['api', 'admin', 'root', 'steve', 'john.doe', 'latchkey'].flatMap((name) =>
      [name, 'admin', 'password', 'SecurePass123!', 'steve-demo-secret', ''].map(
        (password) => [name, password] as const,
      ),
    );
    for (const [username, password] of pairs) {
      const answer = await fetch(`${server.http}/api/authenticate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
      expect([400, 401]).toContain(answer.status);
    }
    await server.stop();
  });
});

describe('a stop', () => {
  it('answers what is in flight before it ends', async () => {
    const one = installation({ LATCHKEY_PASSWORD_MEMORY_KIB: '524288' });
    expect(
      (await one.run(['user', 'add', 'ada', '--password-stdin'], { stdin: 'quiet river stone bridge lantern' })).code,
    ).toBe(0);
    const server = await one.start();
    const body = JSON.stringify({ username: 'ada', password: 'quiet river stone bridge lantern' });
    const logins = [1, 2, 3].map(() =>
      fetch(`${server.http}/user/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
    );
    // Long enough for the requests to have been read, short against three hashes of half a gibibyte.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const stopped = server.stop();
    expect((await Promise.all(logins)).map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(await stopped).toBe(0);
  });
});

describe('a start that cannot be', () => {
  it('says so in one line and leaves nothing running when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const refused = await installation().run(['serve'], { environment: { LATCHKEY_HTTP_PORT: port } });
    taken.close();
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('EADDRINUSE');
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a master key that others can read, and one of another installation', async () => {
    const one = installation();
    expect((await one.run(['doctor'])).code).toBe(1);
    const keyFile = join(one.dataDir, 'master.key');
    const foreign = await one.run(['user', 'list'], {
      environment: { LATCHKEY_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') },
    });
    expect(foreign.code).not.toBe(0);
    const key = readFileSync(keyFile);
    writeFileSync(join(one.dataDir, 'exposed.key'), key, { mode: 0o644 });
    const exposed = await one.run(['user', 'list'], {
      environment: { LATCHKEY_MASTER_KEY_FILE: join(one.dataDir, 'exposed.key') },
    });
    expect(exposed.code).not.toBe(0);
    expect(exposed.stderr + foreign.stderr).not.toContain(key.toString().trim());
  });

  it('makes no new master key where the one of the store is missing, and starts with it again', async () => {
    const one = installation();
    expect((await one.run(['org', 'list'])).code).toBe(0);
    const keyFile = join(one.dataDir, 'master.key');
    const key = readFileSync(keyFile);
    rmSync(keyFile);
    const refused = await one.run(['serve']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('master key')]);
    expect(existsSync(keyFile)).toBe(false);
    writeFileSync(keyFile, key, { mode: 0o600 });
    expect((await one.run(['org', 'list'])).code).toBe(0);
    // Nothing was ever sealed: the store cannot be one of ours.
    const other = installation();
    mkdirSync(other.dataDir, { recursive: true });
    writeFileSync(join(other.dataDir, 'latchkey.db'), 'not a database at all, but long enough to be read as one');
    expect((await other.run(['serve'])).code).not.toBe(0);
    expect(existsSync(join(other.dataDir, 'master.key'))).toBe(false);
  });

  it('runs the demo on loopback only', async () => {
    const refused = await installation().run(['demo'], { environment: { LATCHKEY_HOST: '0.0.0.0' } });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('loopback');
  });
});
