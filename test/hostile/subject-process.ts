/**
 * The process under test: the connectors as the program has them, asked by its parent, and measured while they work.
 * Beside the verbs of a connector it has careless ones, each with one fault that the judges must see.
 *
 * @module
 */
import { pbkdf2 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { createMysqlConnector } from '../../src/connectors/mysql/index.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createTargetPolicy, type Dialler } from '../../src/network/index.js';
// Past the door, so that this process loads no more of the room than it asks for.
import { catalogGroups } from '../../src/sources/catalog.js';
import type { ConnectionTarget, Connector, ProbeResult } from '../../src/sources/index.js';
import type { Protocol } from './behaviour.js';
import type { Verb } from './verbs.js';

export interface SubjectRequest {
  readonly id: number;
  readonly verb: Verb;
  readonly protocol: Protocol;
  readonly port: number;
  readonly tls: { readonly mode: 'disable' | 'prefer' | 'verify-full'; readonly ca?: string };
  readonly isStranger: boolean;
  readonly password: string;
  readonly file: string;
  readonly totalMs: number;
  readonly stageMs: number;
}

export interface Told {
  /** `passed`, or `stage:REASON` of the first failed stage. */
  readonly verdict: string;
  /** Every reason that was given. */
  readonly reasons: readonly string[];
  /** All of it, for "must not contain". */
  readonly text: string;
  /** The code of what was thrown while a catalogue was read. */
  readonly thrown: string | null;
  readonly ms: number;
}

/** Since the last measurement was begun. */
export interface Measured {
  /** Longest time the event loop was held by work of its own, milliseconds. */
  readonly heldMs: number;
  /** Longest time it was late for whatever reason. */
  readonly delayMs: number;
  readonly cpuMs: number;
  readonly grownBytes: number;
}

const derive = promisify(pbkdf2);
const tickMs = 5;
const histogram = monitorEventLoopDelay({ resolution: 10 });
let begun = { rss: 0, peak: 0, cpu: process.cpuUsage(), heldMs: 0 };
let last = performance.now();
let lastWorkedMs = workedMs();

/** Time this thread was on a processor, milliseconds; where that cannot be told, time as such. */
function workedMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

setInterval(() => {
  const now = performance.now();
  const worked = workedMs();
  // Late by what it did itself: not by other programs, nor by a machine that gave it no time.
  const held = Math.min(now - last - tickMs, worked - lastWorkedMs);
  last = now;
  lastWorkedMs = worked;
  begun.heldMs = Math.max(begun.heldMs, held);
  begun.peak = Math.max(begun.peak, process.memoryUsage.rss());
}, tickMs);

function begin(): void {
  globalThis.gc?.();
  const rss = process.memoryUsage.rss();
  begun = { rss, peak: rss, cpu: process.cpuUsage(), heldMs: 0 };
  last = performance.now();
  lastWorkedMs = workedMs();
  histogram.reset();
  histogram.enable();
}

function measure(): Measured {
  const cpu = process.cpuUsage(begun.cpu);
  return {
    heldMs: begun.heldMs,
    delayMs: histogram.max / 1e6,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    grownBytes: Math.max(begun.peak, process.memoryUsage.rss()) - begun.rss,
  };
}

const clock = { nowMs: () => Date.now() };
const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => [] });
const near = createDialler({ policy });
/** The same dialler, that takes every peer for another machine. */
const far: Dialler = {
  async dial(target, limits) {
    const dialled = await near.dial(target, limits);
    return dialled.ok ? { ...dialled, isLoopback: false } : dialled;
  },
};

function connectorOf(protocol: Protocol, isStranger: boolean): Connector {
  const options = { dialler: isStranger ? far : near, clock };
  return protocol === 'postgres' ? createPostgresConnector(options) : createMysqlConnector(options);
}

process.on(
  'message',
  (request: SubjectRequest | { readonly id: number; readonly verb: 'begin' | 'measure' | 'ping' }) => {
    const done =
      'port' in request
        ? meet(request)
        : Promise.resolve(request.verb === 'begin' ? begin() : request.verb === 'measure' ? measure() : 'here');
    done.then(
      (value) => process.send?.({ id: request.id, value }),
      (fault: unknown) => process.send?.({ id: request.id, fault: String(fault) }),
    );
  },
);
process.on('disconnect', () => process.exit());

async function meet(request: SubjectRequest): Promise<Told> {
  const { protocol, port, tls, password, totalMs, stageMs } = request;
  const target: ConnectionTarget = {
    engine: protocol,
    host: 'localhost',
    port,
    username: 'app',
    authType: 'basic',
    database: 'app',
    tls,
    password: new Secret(password),
  };
  const limits = { totalMs, stageMs, signal: new AbortController().signal };
  const connector = connectorOf(protocol, request.isStranger);
  const startedMs = performance.now();
  const spent = () => performance.now() - startedMs;
  switch (request.verb) {
    case 'probe':
      return tell(await connector.probe(target, limits), null, null, spent());
    case 'preflight': {
      const asked = {
        purpose: 'read' as const,
        schemas: null,
        roundTripMs: 1_000,
        statementMs: 1_000,
        catalogTables: 1_000,
      };
      const { probe, findings } = await connector.preflight(target, asked, limits);
      return tell(probe, findings, null, spent());
    }
    case 'openCatalog': {
      const asked = { schemas: null, names: [], groups: new Set(catalogGroups), after: null, limit: null };
      const { probe, reading } = await connector.openCatalog(target, asked, {
        ...limits,
        readMs: totalMs,
        connections: 2,
      });
      const read: unknown[] = [];
      let thrown: string | null = null;
      try {
        if (reading !== null) {
          read.push(reading.server, ...reading.schemas.slice(0, 100));
          for await (const item of reading.items()) if (read.length < 1_000) read.push(item);
        }
      } catch (fault) {
        thrown = fault instanceof AppError ? fault.code : `not ours: ${String(fault)}`;
      } finally {
        await reading?.close();
      }
      return tell(probe, read, thrown, spent());
    }
    default:
      return careless(request, target, spent);
  }
}

function tell(result: ProbeResult, more: unknown, thrown: string | null, ms: number): Told {
  const failed = result.steps.find((step) => step.status === 'fail');
  const findings = Array.isArray(more) ? (more as readonly { readonly reason?: unknown }[]) : [];
  const reasons = [...result.steps, ...findings].map((one) => one.reason).filter((one) => typeof one === 'string');
  return {
    verdict: failed === undefined ? 'passed' : `${failed.stage}:${failed.reason}`,
    reasons,
    text: JSON.stringify([result, more, thrown]),
    thrown,
    ms,
  };
}

/** Clients as one should not write them: each has the fault it is named for and no other. */
async function careless(request: SubjectRequest, target: ConnectionTarget, spent: () => number): Promise<Told> {
  const honest = (verdict = 'passed', text = '') => ({ verdict, reasons: [], text, thrown: null, ms: spent() });
  switch (request.verb) {
    case 'hang':
      await new Promise((resolve) => setTimeout(resolve, request.totalMs + 1_500));
      return honest();
    case 'hold':
      {
        // Of its own time, so that a busy machine does not make it shorter.
        const begunAt = process.cpuUsage();
        for (let user = 0; user < 300_000; user = process.cpuUsage(begunAt).user);
      }
      return honest();
    case 'hoard': {
      const hoard: Buffer[] = [];
      for (let count = 0; count < 80; count += 1) hoard.push(Buffer.alloc(1_048_576, count));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return honest(hoard.length === 80 ? 'passed' : '');
    }
    case 'burn':
      await Promise.all(Array.from({ length: 4 }, () => derive(request.password, 'salt', 3_000_000, 32, 'sha256')));
      return honest();
    case 'sendFile':
      await send(target.port, readFileSync(request.file));
      return honest();
    case 'sendPassword':
      await send(target.port, Buffer.from(request.password));
      return honest();
    case 'echo':
      return honest('passed', `the server said: ${request.file} marker-${request.password.slice(-8)} \u001b[31m`);
    case 'hide':
      return honest('authenticate:STAGE_TIMEOUT');
    case 'unclassified':
      return { ...honest(), reasons: ['UNCLASSIFIED'] };
    case 'crash':
      setTimeout(() => {
        throw new Error('nobody caught this');
      });
      return new Promise(() => undefined);
    default:
      throw new Error(`no such verb: ${request.verb}`);
  }
}

async function send(port: number, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    setTimeout(() => socket.destroy(), 300);
  });
}
