/** A hundred rows, and writing one and a hundred, through both APIs of data beside a bare Fastify with the driver. @module */
import type { BenchContext } from '../context.js';
import type { Case, Goal, Job, Way } from '../job.js';
import { hundredPeople } from '../people.js';
import type { MeasuredServer } from '../processes.js';
import { asJson, bearer } from '../sign-in.js';
import { type CloudioSession, openWorld, type Place, sourceConnections, type World } from '../world.js';

export const rowsJob: Job = {
  name: 'rows',
  title: 'A hundred rows',
  what: 'The first hundred of the rows a role may see, with a token and with masks, through /data/v1 and /v1/api, beside a bare Fastify that runs the same statement for anybody.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const world = await openWorld(context);
    const cases: Case[] = [];
    for (const place of world.places) {
      const bare = await startBareRows(context, place);
      const native = (key: string) =>
        context.load(world.server, {
          path: `/data/v1/${place.source}/${place.people}?limit=100`,
          headers: bearer(key),
        });
      const body = JSON.stringify({ A: { ds: place.people, query: { sort: { id: 1 }, limit: 100 } } });
      const ways: Way[] = [
        { name: bareName(place), run: () => context.load(bare, { path: '/rows' }) },
        { name: '/data/v1', run: () => native(world.key) },
        { name: '/v1/api', run: () => context.load(world.server, cloudioOrder(world.cloudio.caller, body)) },
        { name: '/data/v1, masks', run: () => native(world.maskedKey) },
        { name: '/v1/api, masks', run: () => context.load(world.server, cloudioOrder(world.cloudio.masked, body)) },
      ];
      const goals = ways.slice(1).flatMap(({ name }): Goal[] => [
        {
          ...{ way: name, measure: 'perSecond', to: bareName(place) },
          bound: { atLeast: name.endsWith('masks') ? 0.8 : 1 },
        },
        { way: name, measure: 'cpuMicros', to: bareName(place) },
      ]);
      cases.push({ name: sourceTitle(place), ways, goals });
    }
    return { cases };
  },
};

export const writeJob: Job = {
  name: 'write',
  title: 'Writing rows',
  what: 'One row and a hundred rows added and handed back through /data/v1 and /v1/api, beside a bare Fastify that adds them with one statement.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const world = await openWorld(context);
    const cases: Case[] = [];
    for (const place of world.places) {
      const bare = await startBareRows(context, place);
      for (const count of [1, 100]) cases.push(writeCase(context, world, place, bare, count));
    }
    return { cases };
  },
};

function writeCase(context: BenchContext, world: World, place: Place, bare: MeasuredServer, count: number): Case {
  const entries = Array.from({ length: count }, (_, at) => ({ name: `Entry ${at}`, amount: at + 0.5, note: null }));
  const plain = JSON.stringify(count === 1 ? entries[0] : entries);
  const posted = { A: { ds: place.entries, data: entries.map((entry) => ({ _rs: 'I', ...entry })) } };
  const connections = context.size(8, 2);
  const post = { method: 'POST' as const, connections };
  const native = {
    ...{ ...post, path: `/data/v1/${place.source}/${place.entries}`, body: plain },
    headers: { ...asJson, ...bearer(world.key) },
  };
  const cloudio = { ...cloudioOrder(world.cloudio.caller, JSON.stringify(posted)), connections };
  const ways: Way[] = [
    {
      name: bareName(place),
      run: () => context.load(bare, { ...post, path: '/entries', headers: asJson, body: plain }),
    },
    { name: '/data/v1', run: () => context.load(world.server, native) },
    { name: '/v1/api', run: () => context.load(world.server, cloudio) },
  ];
  const goals = ways.slice(1).map(({ name }) => ({ way: name, measure: 'perSecond', to: bareName(place) }));
  return { name: `${sourceTitle(place)}, ${count} row${count === 1 ? '' : 's'}`, ways, goals };
}

function cloudioOrder({ headers, csrf }: CloudioSession, body: string) {
  const { authorization = '' } = headers;
  const path = `/v1/api?csrf=${encodeURIComponent(csrf)}`;
  return { path, method: 'POST' as const, headers: { ...asJson, authorization }, body };
}

async function startBareRows(context: BenchContext, place: Place): Promise<MeasuredServer> {
  if (place.source === 'lite') {
    return context.startBare('rows-sqlite.mjs', { file: place.database, sql: hundredPeople });
  }
  const { host, port, superuser: user, password } = await context.postgres();
  const connect = { host, port, user, password, database: place.database, max: sourceConnections };
  return context.startBare('rows-postgres.mjs', { connect, sql: hundredPeople });
}

function bareName(place: Place): string {
  return place.source === 'pg' ? 'bare Fastify + pg' : 'bare Fastify + SQLite';
}

function sourceTitle(place: Place): string {
  return place.source === 'pg' ? 'PostgreSQL source' : 'SQLite source';
}
