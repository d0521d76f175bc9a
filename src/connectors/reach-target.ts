/** The stages every networked engine begins with: policy, resolve, tcp. @module */
import type { Socket } from 'node:net';
import { type Dialler, limitSignal } from '../network/index.js';
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
  const limited = limitSignal(walk.signal, walk.leftMs);
  const dialled = await dialler
    .dial({ host: target.host, port: target.port }, { ...how, stageMs: walk.stageMs, signal: limited.signal })
    .finally(limited.stop);
  walk.add(dialled.steps);
  if (!dialled.ok) return null;
  dialled.socket.on('error', ignore);
  return { socket: dialled.socket, isLoopback: dialled.isLoopback };
}

function ignore(): void {}
