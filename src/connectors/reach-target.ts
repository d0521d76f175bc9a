/** The stages every networked engine begins with: policy, resolve, tcp. @module */
import type { Socket } from 'node:net';
import { type Dialler, type DialOutcome, limitSignal } from '../network/index.js';
import type { ConnectionTarget } from '../sources/index.js';
import type { StageWalk } from './stage-walk.js';

export interface Reached {
  readonly socket: Socket;
  /** The peer is this machine itself: nobody stands between. */
  readonly isLoopback: boolean;
}

/**
 * Dials the target and writes down how far it came.
 *
 * @param how  `isEveryAddressTried`: the evidence then says of every address of the name whether it answers.
 * @returns `null` when it was not reached.
 */
export async function reachTarget(
  walk: StageWalk,
  dialler: Dialler,
  target: ConnectionTarget,
  how: { readonly isEveryAddressTried?: boolean } = {},
): Promise<Reached | null> {
  const dialled = await dialInTime(walk, dialler, target, how);
  walk.add(dialled.steps);
  if (!dialled.ok) return null;
  dialled.socket.on('error', ignore);
  return { socket: dialled.socket, isLoopback: dialled.isLoopback };
}

/** A dialler keeps to the time of its stages by itself; it is told of the whole only where that could be up before. */
async function dialInTime(
  walk: StageWalk,
  dialler: Dialler,
  { host, port }: ConnectionTarget,
  how: { readonly isEveryAddressTried?: boolean },
): Promise<DialOutcome> {
  const { stageMs, leftMs, signal } = walk;
  if (leftMs > dialStages * stageMs + dialSlackMs) return dialler.dial({ host, port }, { ...how, stageMs, signal });
  const limited = limitSignal(signal, leftMs);
  try {
    return await dialler.dial({ host, port }, { ...how, stageMs, signal: limited.signal });
  } finally {
    limited.stop();
  }
}

/** Resolving, and connecting with the last attempts that were begun in time. */
const dialStages = 2;
const dialSlackMs = 1_000;

function ignore(): void {}
