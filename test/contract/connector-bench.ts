/**
 * What the tests of connectors share: a dialler that may reach this machine, targets with a canary for a password,
 * and listeners that play a part.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Clock } from '../../src/kernel/clock.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createTargetPolicy, type Dialler } from '../../src/network/index.js';
import type {
  ConnectionTarget,
  Connector,
  ProbeLimits,
  ProbeResult,
  ProbeStep,
  Reason,
  Stage,
} from '../../src/sources/index.js';

export const clock: Clock = { nowMs: () => Date.now() };

export function localDialler(): Dialler {
  return createDialler({
    policy: createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => [] }),
  });
}

/** A password that would be found anywhere it turned up. */
export function canary(): string {
  return `canary-${randomBytes(9).toString('hex')}`;
}

export function targetOf(
  fields: Partial<Omit<ConnectionTarget, 'password'>> & { readonly password?: string },
): ConnectionTarget {
  return {
    engine: null,
    host: 'localhost',
    port: 1,
    username: 'nobody',
    authType: 'basic',
    database: 'nothing',
    tls: { mode: 'prefer' },
    ...fields,
    password: new Secret(fields.password ?? canary()),
  };
}

export const quietLimits = (limits: Partial<ProbeLimits> = {}): ProbeLimits => ({
  totalMs: 10_000,
  stageMs: 3_000,
  signal: new AbortController().signal,
  ...limits,
});

/** Everything a probe said, for "must not contain" checks. */
export interface Told {
  readonly result: ProbeResult;
  /** `stage:status[:reason]` in the order of the probe. */
  readonly walk: readonly string[];
  readonly failure: { readonly stage: Stage; readonly reason: Reason | null } | null;
  readonly evidence: ProbeStep['evidence'];
  readonly text: string;
  readonly ms: number;
}

/** Probes, and checks what holds for every probe: no password in what is told, one failure at most, known stages. */
export async function probe(
  connector: Connector,
  target: ConnectionTarget,
  limits: Partial<ProbeLimits> = {},
): Promise<Told> {
  const startedMs = performance.now();
  const result = await connector.probe(target, quietLimits(limits));
  const ms = performance.now() - startedMs;
  const text = JSON.stringify(result);
  const password = target.password.reveal();
  for (const spelling of [password, Buffer.from(password).toString('base64'), Buffer.from(password).toString('hex')]) {
    if (spelling !== '' && text.includes(spelling)) throw new Error('the password turned up in the result of a probe');
  }
  const failed = result.steps.filter((step) => step.status === 'fail');
  if (failed.length > 1) throw new Error('a probe failed twice');
  const [failure = null] = failed;
  return {
    result,
    walk: result.steps.map((step) => [step.stage, step.status, ...(step.reason ? [step.reason] : [])].join(':')),
    failure: failure === null ? null : { stage: failure.stage, reason: failure.reason },
    evidence: failure?.evidence ?? {},
    text,
    ms,
  };
}

export interface Actor {
  readonly port: number;
  /** Bytes that arrived, of every connection. */
  received(): Buffer;
  connections(): number;
  close(): Promise<void>;
}

/** A listener that plays a part: `play` is called for each connection. */
export async function startActor(play: (socket: Socket) => void, host = '127.0.0.1'): Promise<Actor> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => chunks.push(chunk));
    play(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return {
    port: address.port,
    received: () => Buffer.concat(chunks),
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Meets servers that begin with a given opening and go on with noise: the probe ends in time with a failure, and
 * nothing escapes from the driver (vitest fails a run with an unhandled error).
 *
 * @param openings  Latin-1 texts of bytes.
 */
export async function survivesNoise(
  connector: Connector,
  targetAt: (port: number) => ConnectionTarget,
  openings: readonly string[],
): Promise<void> {
  // A fixed generator (mulberry32), so that a failure can be had again.
  let state = 20_261_122;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const noise = () => {
    const bytes = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
    // Half of it looks like a message: a known type and a small length, in both protocols' places for them.
    if (random() < 0.5) bytes.write('RESZKTDCNt1234\xff\xfe\x00'[Math.floor(random() * 17)] ?? 'R', 0, 'latin1');
    if (random() < 0.5 && bytes.length > 4) bytes.writeUInt32BE(4 + Math.floor(random() * 20), 1);
    return bytes;
  };
  for (let round = 0; round < 60; round += 1) {
    const opening = Buffer.from(openings[round % openings.length] ?? '', 'latin1');
    const actor = await startActor((socket) => {
      if (opening.length > 1) socket.write(opening);
      socket.on('data', () => {
        if (opening.length === 1 && socket.bytesWritten === 0) socket.write(opening);
        else if (!socket.destroyed) socket.write(noise());
      });
    });
    const told = await probe(connector, targetAt(actor.port), { totalMs: 900, stageMs: 150 });
    if (told.failure === null) throw new Error(`round ${round} passed`);
    if (told.ms > 1_500) throw new Error(`round ${round} took ${Math.round(told.ms)} ms`);
    await actor.close();
  }
}
