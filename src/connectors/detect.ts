/** Tells the engine of a target that names none, by asking the listener. @module */
import type { Dialler } from '../network/index.js';
import type { EngineDetector } from '../sources/index.js';
import { reachTarget } from './reach-target.js';
import { identifyService, type Service } from './service-identity.js';
import { StageWalk, type Verdict } from './stage-walk.js';

/** A MySQL server greets first, a PostgreSQL server answers an SSLRequest; nothing of the caller's is sent. */
export function createEngineDetector({ dialler }: { readonly dialler: Dialler }): EngineDetector {
  return {
    async detect(target, limits) {
      const walk = new StageWalk(limits);
      const reached = await reachTarget(walk, dialler, target);
      if (reached === null) return { engine: null, steps: walk.result().steps };
      const { socket } = reached;
      const { stageMs } = walk;
      const heard = await walk
        .run(
          'handshake',
          ({ signal }) => identifyService(dialler, target, stageMs * 0.9, signal, socket),
          () => ({ reason: 'PROTOCOL_MISMATCH' }),
        )
        .finally(() => socket.destroy());
      if (!heard.ok) return { engine: null, steps: walk.result().steps };
      const service = heard.value;
      if (service === 'mysql' || service === 'postgres') return { engine: service, steps: walk.result().steps };
      walk.fail('handshake', judge(service), heard.ms);
      return { engine: null, steps: walk.result().steps };
    },
  };
}

function judge(service: Service | 'silent' | null): Verdict {
  if (service === null) return { reason: 'TCP_RESET' };
  if (service === 'silent') return { reason: 'STAGE_TIMEOUT' };
  return { reason: 'PROTOCOL_MISMATCH', evidence: { speaks: service } };
}
