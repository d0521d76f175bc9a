/** Ends on the server what a session of ours still runs there (protocol message CancelRequest). @module */
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal, startTls } from '../../network/index.js';
import type { ConnectionTarget } from '../../sources/index.js';
import { readAtLeast } from '../first-bytes.js';
import { type CancelKey, requestTls } from './connect.js';

/**
 * Asks the server to cancel; it never says whether it did. The key goes out encrypted when the session was.
 *
 * @param limitMs  For all of it. What fails here is left alone: the session is being closed anyway.
 */
export async function cancelQuery(
  { dialler, clock }: { readonly dialler: Dialler; readonly clock: Clock },
  target: ConnectionTarget,
  key: CancelKey | null,
  isEncrypted: boolean,
  limitMs: number,
): Promise<void> {
  if (key === null) return;
  const limited = limitSignal(new AbortController().signal, limitMs);
  const dialled = await dialler.dial(target, { stageMs: limitMs, signal: limited.signal });
  if (!dialled.ok) return limited.stop();
  let stream = dialled.socket;
  try {
    if (isEncrypted) {
      if (!(await requestTls(stream, limited.signal))) return;
      const tls = await startTls(stream, target.host, target.tls, clock.nowMs(), limited.signal);
      if (!tls.ok) return;
      stream = tls.socket;
    }
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80_877_102, 4);
    request.writeInt32BE(key.processId, 8);
    request.writeInt32BE(key.secretKey, 12);
    stream.write(request);
    // The server hangs up when it has passed the request on.
    await readAtLeast(stream, 1, limited.signal);
  } catch {
    // Hung up, as it should, or out of time.
  } finally {
    limited.stop();
    stream.destroy();
    dialled.socket.destroy();
  }
}
