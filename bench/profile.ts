/**
 * `tsx bench/profile.ts [--seconds 5] [--store sqlite|postgres] [--out <folder>]`: where the processor is while requests
 * are checked. Prints processor time for each request beside a bare Fastify's, and for each credential the functions in
 * which most of it goes by, by file; with `--out` the profiles are kept for a flame graph. Shares of time are of one
 * process, so they hold on a busy machine, too.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openRun } from './context.js';
import { median, shown } from './figures.js';
import { orderFor } from './jobs/verify.js';
import type { MeasuredServer } from './processes.js';
import { type Place, placeInSources } from './program-map.js';
import { asText } from './report.js';
import { openWorld } from './world.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    store: { type: 'string', default: 'sqlite' },
    out: { type: 'string' },
  },
});
const shownEntries = 25;

/** As V8 writes it; times are microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: Place & { readonly functionName: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const run = openRun({ isSmoke: false, seconds: Number(values.seconds) });
const { context, close } = run.context(values.store === 'postgres' ? 'postgres' : 'sqlite');
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'latchkey-profile-'));
mkdirSync(folder, { recursive: true });
try {
  const { server, credentials } = await openWorld(context);
  const bare = await context.startBare('hello-fastify.mjs');
  const told: [string, MeasuredServer, ReturnType<typeof orderFor>][] = [
    ['bare Fastify', bare, { path: '/', headers: {} }],
    ...credentials.map((one): [string, MeasuredServer, ReturnType<typeof orderFor>] => [
      one.name,
      server,
      orderFor(one),
    ]),
  ];
  const micros = new Map<string, number[]>();
  // Without the profiler, which costs time itself; in turns.
  for (let round = 0; round < 3; round += 1) {
    for (const [name, measured, order] of told) {
      const { cpuMicros = 0 } = await context.load(measured, order);
      micros.set(name, [...(micros.get(name) ?? []), cpuMicros]);
    }
  }
  const bareMicros = median(micros.get('bare Fastify') ?? []);
  const rows = [...micros].map(([name, list]) => [name, shown(median(list)), `${shown(median(list) / bareMicros)} ×`]);
  console.log(`${asText([['', 'CPU µs each', 'beside bare Fastify'], ...rows])}\n`);
  for (const [name, measured, order] of told) {
    const file = join(folder, `${name.replaceAll(' ', '-')}.cpuprofile`);
    await measured.profile(file);
    await context.load(measured, order);
    await measured.profile(file);
    const profile = inSources(JSON.parse(readFileSync(file, 'utf8')) as Profile);
    writeFileSync(file, JSON.stringify(profile));
    console.log(`${name}\n${describe(profile)}\n`);
  }
} finally {
  await close();
  await run.close();
  if (values.out === undefined) rmSync(folder, { recursive: true, force: true });
}

function inSources({ nodes, ...rest }: Profile): Profile {
  return { ...rest, nodes: nodes.map((node) => ({ ...node, callFrame: placeInSources(node.callFrame) })) };
}

/** Self time of functions, by file, without the time in which there was nothing to do. */
function describe({ nodes, samples, timeDeltas }: Profile): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const self = new Map<string, number>();
  const files = new Map<string, number>();
  let total = 0;
  samples.forEach((id, at) => {
    const frame = frames.get(id);
    const micros = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)') return;
    const file = shortName(frame.url);
    const entry = `${file}\0${frame.functionName || '(anonymous)'}:${frame.lineNumber + 1}`;
    total += micros;
    self.set(entry, (self.get(entry) ?? 0) + micros);
    files.set(file, (files.get(file) ?? 0) + micros);
  });
  const share = (micros: number) => `${((100 * micros) / total).toFixed(1)} %`;
  const top = [...self].sort(([, one], [, other]) => other - one).slice(0, shownEntries);
  const inFile = (file: string) => top.filter(([entry]) => entry.startsWith(`${file}\0`));
  const order = [...new Set(top.map(([entry]) => entry.split('\0')[0] ?? ''))].sort(
    (one, other) => (files.get(other) ?? 0) - (files.get(one) ?? 0),
  );
  return asText(
    [['', 'self', 'of all of the file']].concat(
      order.flatMap((file) => [
        [file, '', share(files.get(file) ?? 0)],
        ...inFile(file).map(([entry, micros]) => [`  ${entry.split('\0')[1]}`, share(micros), '']),
      ]),
    ),
  );
}

function shortName(url: string): string {
  if (url === '') return '(the engine itself)';
  const library = url.lastIndexOf('/node_modules/');
  if (library !== -1) return url.slice(library + '/node_modules/'.length);
  const ours = Math.max(url.lastIndexOf('/dist/'), url.lastIndexOf('/src/'));
  return ours === -1 ? url : url.slice(ours + 1);
}
