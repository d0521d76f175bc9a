/**
 * What a job works with: the shipped server on the store it is asked for, bare processes beside it, a PostgreSQL of its
 * own, loads of the run's length; and the end of all of them.
 *
 * @module
 */
import { createInstallation, type Environment, type Installation } from '../test/e2e/support/program.js';
import {
  createPostgresDatabase,
  postgresUrl,
  type RunningPostgres,
  startPostgresWith,
} from '../test/servers/postgres.js';
import { chosenWay, findPrograms } from '../test/servers/programs.js';
import { type House, openHouse } from './house.js';
import type { Sample } from './job.js';
import { type LoadOrder, load } from './load.js';
import { type AskedWorker, type MeasuredServer, prepareMonitor, startBare, startWorker } from './processes.js';

export type StoreName = 'sqlite' | 'postgres';

export interface BenchContext {
  readonly store: StoreName;
  readonly isSmoke: boolean;
  /** Of one measurement. */
  readonly seconds: number;
  /** A number of the full run, or the tiny one that only shows that the job works. */
  size(full: number, smoke: number): number;
  /** For so long, or so few, as one measurement is. */
  until(): { readonly seconds: number } | { readonly requests: number };
  /** A fresh installation on the store of this run, not started. */
  install(settings?: Environment): Promise<Installation>;
  /** Works on the tables of an installation, as another process of it would; closed before it is started. */
  house<T>(installation: Installation, work: (house: House) => Promise<T>): Promise<T>;
  start(installation: Installation, settings?: Environment): Promise<MeasuredServer>;
  startBare(name: string, settings?: Readonly<Record<string, unknown>>): Promise<MeasuredServer>;
  startWorker(name: string): AskedWorker;
  /** Loads a server, and tells what it did and what it used for it. */
  load(server: MeasuredServer, order: Omit<LoadOrder, 'url' | 'connections' | 'until'> & LoadShape): Promise<Sample>;
  /** The server of the sources, one for the whole run; started when it is first asked for. */
  postgres(): Promise<RunningPostgres>;
  /** Done when the job is over, the last one first. */
  defer(end: () => unknown): void;
}

export interface LoadShape {
  readonly path: string;
  readonly connections?: number;
  readonly until?: LoadOrder['until'];
}

export interface Run {
  context(store: StoreName): { readonly context: BenchContext; close(): Promise<void> };
  close(): Promise<void>;
}

/** Of one `npm run bench`. Each job has a context of its own; where nothing is measured, all of a store have one. */
export function openRun({ isSmoke, seconds }: { readonly isSmoke: boolean; readonly seconds: number }): Run {
  const started: Promise<RunningPostgres>[] = [];
  const postgres = onlyOnce(started);
  // Of its own: what our tables are in is no target.
  const storePostgres = onlyOnce(started);
  const parts = { isSmoke, seconds, postgres, storePostgres };
  const kept = new Map<StoreName, ReturnType<Run['context']>>();
  return {
    context(store) {
      if (!isSmoke) return openContext({ store, ...parts });
      const one = kept.get(store) ?? openContext({ store, ...parts });
      kept.set(store, one);
      return { context: one.context, close: async () => {} };
    },
    async close() {
      for (const one of kept.values()) await one.close();
      for (const server of started) await (await server).stop();
    },
  };
}

function onlyOnce(started: Promise<RunningPostgres>[]): () => Promise<RunningPostgres> {
  let mine: Promise<RunningPostgres> | null = null;
  return () => {
    if (mine === null) {
      mine = startPostgres();
      started.push(mine);
    }
    return mine;
  };
}

let programs: ReturnType<typeof findPrograms> | null = null;

/** Looked for once. */
export async function findPostgres(): Promise<Awaited<ReturnType<typeof findPrograms>>['postgres']> {
  programs ??= findPrograms(chosenWay(), () => {});
  return (await programs).postgres;
}

async function startPostgres(): Promise<RunningPostgres> {
  const postgres = await findPostgres();
  if (!postgres.available) throw new Error(postgres.reason);
  // As durable as it is anywhere else, or its commits would be compared with nothing.
  const settings = { fsync: 'on', full_page_writes: 'on', shared_buffers: '256MB', max_connections: 200 };
  return startPostgresWith(postgres, { settings: { ...settings, max_locks_per_transaction: 2_048 } });
}

interface Parts {
  readonly store: StoreName;
  readonly isSmoke: boolean;
  readonly seconds: number;
  postgres(): Promise<RunningPostgres>;
  storePostgres(): Promise<RunningPostgres>;
}

function openContext({ store, isSmoke, seconds, postgres, storePostgres }: Parts): ReturnType<Run['context']> {
  const ends: (() => unknown)[] = [];
  const defer = (end: () => unknown) => void ends.push(end);
  const until = () => (isSmoke ? { requests: 24 } : { seconds });
  const context: BenchContext = {
    ...{ store, isSmoke, seconds, postgres, defer, until },
    size: (full, smoke) => (isSmoke ? smoke : full),

    async install(settings = {}) {
      const storeUrl: Environment =
        store === 'sqlite' ? {} : { LATCHKEY_STORE_URL: await storeDatabase(storePostgres) };
      const installation = createInstallation({ LATCHKEY_HTTPS_PORT: 'off', ...quiet, ...storeUrl, ...settings });
      defer(() => installation.remove());
      return installation;
    },

    house: openHouse,

    async start(installation, settings = {}) {
      const monitor = prepareMonitor();
      const program = await installation.start({ environment: { ...monitor.environment, ...settings } });
      defer(async () => {
        await program.stop();
        monitor.remove();
      });
      return {
        ...{ url: program.http, pid: program.pid },
        begin: async () => void (await monitor.ask('begin')),
        end: () => monitor.ask('end'),
        profile: async (file) => void (await monitor.ask(`profile ${file}`)),
        stop: async () => void (await program.stop()),
      };
    },

    async startBare(name, settings) {
      const bare = await startBare(name, settings);
      defer(() => bare.stop());
      return bare;
    },

    startWorker(name) {
      const worker = startWorker(name);
      defer(() => worker.stop());
      return worker;
    },

    async load(measured, { path, connections = isSmoke ? 2 : 32, until: given, ...order }) {
      await measured.begin();
      const told = await load({ ...order, url: `${measured.url}${path}`, connections, until: given ?? until() });
      const used = await measured.end();
      return {
        ...{ perSecond: told.perSecond, p50Ms: told.p50Ms, p99Ms: told.p99Ms },
        ...{ cpuMicros: used.cpuMicros / told.answers, rssMegabytes: used.rssBytes / 1e6 },
        delayP999Ms: used.delayP999Ms,
      };
    },
  };
  return {
    context,
    async close() {
      for (const end of ends.reverse()) await end();
    },
  };
}

/** Logs go where logs go, and a line for each request is part of what is measured only where a disk takes it. */
const quiet: Environment = { LATCHKEY_LOG_LEVEL: 'warn' };

async function storeDatabase(postgres: () => Promise<RunningPostgres>): Promise<string> {
  const server = await postgres();
  return postgresUrl(server, await createPostgresDatabase(server, 'store'));
}
