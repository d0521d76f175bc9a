import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerDns } from '../../test/servers/name-server.js';
import { parseHost } from './host-grammar.js';
import { createResolver } from './resolve.js';
import { createSystemLookup } from './system-lookup.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-names-'));
const hostsFile = join(folder, 'hosts');
const resolvFile = join(folder, 'resolv.conf');

let server: Socket;
let asked: string[];
let names: Map<string, readonly string[] | 'silence' | 'refused'>;
let port: number;

beforeEach(async () => {
  asked = [];
  names = new Map();
  writeFileSync(hostsFile, '127.0.0.1 localhost\n10.0.0.7 Db.Internal db # ours\nfd00::7 db\n');
  writeFileSync(resolvFile, 'nameserver 127.0.0.1\nsearch corp.example. other.example\noptions ndots:2\n');
  server = createSocket('udp4');
  server.on('message', (question, from) => {
    const answer = answerDns(question, (name, kind) => {
      asked.push(`${kind} ${name}`);
      const found = names.get(name);
      if (found === 'silence' || found === 'refused') return found;
      return found?.filter((address) => address.includes(':') === (kind === 'AAAA'));
    });
    if (answer !== null) server.send(answer, from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  port = server.address().port;
});

afterEach(() => {
  server.close();
});

function look(name: string, limitMs = 3_000) {
  const options = { hostsFile, resolvFile, servers: [`127.0.0.1:${port}`], lastResort: null };
  return createSystemLookup(options)(name, AbortSignal.timeout(limitMs));
}

describe('a name', () => {
  test('of the hosts file is asked of nobody', async () => {
    expect(await look('db')).toEqual(['10.0.0.7', 'fd00::7']);
    expect(await look('db.internal')).toEqual(['10.0.0.7']);
    expect(asked).toEqual([]);
  });

  test('has its addresses of both kinds, IPv4 first', async () => {
    names.set('a.b.example', ['2001:db8::1', '192.0.2.1', '192.0.2.2']);
    expect(await look('a.b.example')).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
  });

  test('with few dots is looked for below the domains of this machine first', async () => {
    names.set('reports.other.example', ['192.0.2.9']);
    expect(await look('reports')).toEqual(['192.0.2.9']);
    expect(asked.map((one) => one.split(' ')[1])).toEqual([
      ...['reports.corp.example', 'reports.corp.example', 'reports.other.example', 'reports.other.example'],
    ]);
  });

  test('nobody has is not found', async () => {
    await expect(look('nobody.has.this')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('whose second kind is never answered has its first kind soon', async () => {
    server.removeAllListeners('message');
    server.on('message', (question, from) => {
      const answer = answerDns(question, (_name, kind) => (kind === 'A' ? ['192.0.2.3'] : 'silence'));
      if (answer !== null) server.send(answer, from.port, from.address);
    });
    const startedMs = performance.now();
    expect(await look('half.silent.example')).toEqual(['192.0.2.3']);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });

  test('a server refuses to tell is temporary', async () => {
    names.set('refused.by.all', 'refused');
    await expect(look('refused.by.all')).rejects.toMatchObject({
      code: expect.stringMatching(/^(EREFUSED|ESERVFAIL)$/),
    });
  });
});

describe('fifty names that are never answered', () => {
  test('do not keep others from being found, and end on time as temporary', async () => {
    for (let index = 0; index < 50; index += 1) names.set(`stuck${index}.hostile.example`, 'silence');
    for (let index = 0; index < 20; index += 1) names.set(`good${index}.fine.example`, [`192.0.2.${index}`]);
    const options = { hostsFile, resolvFile, servers: [`127.0.0.1:${port}`], lastResort: null };
    const resolver = createResolver(createSystemLookup(options));
    const find = async (name: string, limitMs: number) => {
      const host = parseHost(name);
      if (host === null) throw new Error('no host');
      const startedMs = performance.now();
      const found = await resolver.resolve(host, AbortSignal.timeout(limitMs));
      return { found, ms: performance.now() - startedMs };
    };
    const stuck = Array.from({ length: 50 }, (_, index) => find(`stuck${index}.hostile.example`, 1_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const good = await Promise.all(Array.from({ length: 20 }, (_, index) => find(`good${index}.fine.example`, 3_000)));
    for (const { found } of good) expect(found.ok).toBe(true);
    const slowestMs = Math.max(...good.map(({ ms }) => ms));
    expect(slowestMs).toBeLessThan(500);
    for (const { found, ms } of await Promise.all(stuck)) {
      expect(found).toMatchObject({ ok: false, reason: 'DNS_TEMPORARY' });
      expect(ms).toBeLessThan(1_500);
    }
  });

  test('of the kind only the system knows are asked for one at a time', async () => {
    let running = 0;
    let most = 0;
    const lookup = createSystemLookup({
      hostsFile,
      resolvFile,
      servers: [`127.0.0.1:${port}`],
      async lastResort(name) {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return name === 'printer.on.lan' ? ['192.0.2.77'] : [];
      },
    });
    const signal = AbortSignal.timeout(2_000);
    const all = await Promise.all(['printer.on.lan', 'x.on.lan', 'y.on.lan'].map((name) => lookup(name, signal)));
    expect([all[0], most]).toEqual([['192.0.2.77'], 1]);
  });
});

test('clean-up', () => rmSync(folder, { recursive: true, force: true }));
