/** Connection tests beside the driver alone; and what others notice while fifty wait for a host that says nothing. @module */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { BenchContext } from '../context.js';
import type { Job, Way } from '../job.js';
import { asJson, bearer, type Headers } from '../sign-in.js';
import { openWorld } from '../world.js';

export const connectionJob: Job = {
  name: 'connection-test',
  title: 'A connection test',
  what: 'POST /admin/v1/connections/test of a PostgreSQL with right credentials, four at once, beside connect, authenticate, SELECT 1 and goodbye through the plain driver.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const { server, key } = await openWorld(context);
    const { host, port, superuser: username, password } = await context.postgres();
    const worker = context.startWorker('connect.mjs');
    const connections = context.size(4, 2);
    const until = context.until();
    const times = 'seconds' in until ? until : { times: until.requests };
    const bare: Way = {
      name: 'plain driver',
      run: () => worker.ask({ host, port, username, password, atOnce: connections, ...times }),
    };
    const ours: Way = {
      name: 'connection test',
      run: () => context.load(server, { ...testOrder(key, { host, port, username, password }), connections }),
    };
    const goals = [
      { way: ours.name, measure: 'perSecond', to: bare.name, bound: { atLeast: 0.8 } },
      { way: ours.name, measure: 'cpuMicros', to: bare.name },
    ];
    return { cases: [{ name: 'PostgreSQL', ways: [bare, ours], goals }] };
  },
};

export const deadHostJob: Job = {
  name: 'dead-host',
  title: 'Checked requests beside fifty tests of a dead host',
  what: 'Requests with a token while fifty connection tests at a time wait for a host that takes connections and says nothing, beside the same in quiet.',
  drawn: 'p99Ms',
  stores: 'both',
  async open(context) {
    const { server, key, credentials } = await openWorld(context);
    const verify = { path: '/test/secure', headers: credentials[0]?.headers ?? {} };
    const port = await listenSilently(context);
    const { path: _, ...order } = testOrder(key, { host: '127.0.0.1', port, username: 'app', password: 'secret' });
    const asker = context.startWorker('keep-asking.mjs');
    const begin = { url: `${server.url}/admin/v1/connections/test`, ...order, atOnce: context.size(50, 4) };
    const beside = async () => {
      await asker.ask({ begin });
      const told = await context.load(server, verify);
      await asker.ask({ end: true });
      return told;
    };
    const ways: Way[] = [
      { name: 'quiet', run: () => context.load(server, verify) },
      { name: 'beside a dead host', run: beside },
    ];
    const goals = [
      { way: 'beside a dead host', measure: 'p99Ms', to: 'quiet', bound: { atMost: 1.5 } },
      { way: 'beside a dead host', measure: 'perSecond', to: 'quiet' },
    ];
    return { cases: [{ name: 'verify', ways, goals }] };
  },
};

interface Target {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

function testOrder(key: string, target: Target): { path: string; method: 'POST'; headers: Headers; body: string } {
  const body = { engine: 'postgres', ...target, authType: 'basic', database: 'postgres', tls: { mode: 'disable' } };
  const headers = { ...asJson, ...bearer(key) };
  return { path: '/admin/v1/connections/test', method: 'POST', headers, body: JSON.stringify(body) };
}

/** @returns the port of a listener that never answers. */
async function listenSilently(context: BenchContext): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  context.defer(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP listener has a port');
  return address.port;
}
