/** What it costs to be asked who it is: every credential beside a bare Fastify that asks nobody. @module */
import type { Goal, Job, Way } from '../job.js';
import type { Credential, Headers } from '../sign-in.js';
import { openWorld } from '../world.js';

export const verifyJob: Job = {
  name: 'verify',
  title: 'A checked request',
  what: 'A small answer to a caller with a token of each family, our own EdDSA token or an API key, beside the same answer of a bare Fastify and of node:http to anybody.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const { server, credentials } = await openWorld(context);
    const fastify = await context.startBare('hello-fastify.mjs');
    const http = await context.startBare('hello-http.mjs');
    const bare: Way[] = [
      { name: 'bare Fastify', run: () => context.load(fastify, { path: '/' }) },
      { name: 'node:http', run: () => context.load(http, { path: '/' }) },
    ];
    const checked = credentials.map((credential): Way => {
      return { name: credential.name, run: () => context.load(server, orderFor(credential)) };
    });
    const goals = checked.flatMap(({ name }): Goal[] => [
      { way: name, measure: 'perSecond', to: 'bare Fastify', bound: { atLeast: name === 'API key' ? 0.6 : 0.65 } },
      { way: name, measure: 'p99Ms', to: 'bare Fastify', bound: { atMost: 3 } },
      { way: name, measure: 'cpuMicros', to: 'bare Fastify' },
    ]);
    return { cases: [{ name: 'hello', ways: [...bare, ...checked], goals }] };
  },
};

/** The least each may ask for at a door of its own. */
export function orderFor({ name, headers }: Credential): {
  path: string;
  headers: Headers;
} {
  switch (name) {
    case 'native token':
      return { path: '/admin/v1/session', headers };
    case 'cloudio token':
    case 'onedb token':
      // Their own doors have none that is small and brings no body along: what a proxy asks, then.
      return { path: '/verify', headers };
    default:
      return { path: '/test/secure', headers };
  }
}
