/** What a proxy waits for before each request it lets through. @module */
import type { Job, Way } from '../job.js';
import { openWorld } from '../world.js';

export const forwardAuthJob: Job = {
  name: 'forward-auth',
  title: 'Asked by a proxy',
  what: 'GET /verify with each kind of credential, with and without a right to be checked, beside a bare Fastify that says yes to everybody.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const { server, credentials } = await openWorld(context);
    const fastify = await context.startBare('hello-fastify.mjs');
    const bare: Way = { name: 'bare Fastify', run: () => context.load(fastify, { path: '/' }) };
    const ours = credentials.map(({ name, headers }): Way => {
      return { name, run: () => context.load(server, { path: '/verify', headers }) };
    });
    const [first] = credentials;
    const checked: Way = {
      name: 'with an action',
      run: () => context.load(server, { path: '/verify?action=directory.manage', headers: first?.headers ?? {} }),
    };
    const goals = [...ours, checked].flatMap(({ name }) => [
      { way: name, measure: 'perSecond', to: bare.name },
      { way: name, measure: 'cpuMicros', to: bare.name },
    ]);
    return { cases: [{ name: '/verify', ways: [bare, ...ours, checked], goals }] };
  },
};
