/**
 * What a listener speaks, told from the few bytes it answers with: for a target whose engine nobody named, and for
 * telling "another service is on that port" from "nothing answers".
 *
 * @module
 */
import type { Socket } from 'node:net';
import { type Dialler, type DialTarget, limitSignal } from '../network/index.js';
import { ClosedByPeer, readAtLeast } from './first-bytes.js';
import type { Verdict } from './stage-walk.js';

export type Service = 'mysql' | 'postgres' | 'redis' | 'http' | 'ssh' | 'tls' | 'mail_or_ftp' | 'unknown';

/** PostgreSQL's SSLRequest: length 8, code 80877103. */
export const postgresSslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** What speaks like this; `unknown` for anything we have no name for. */
export function recognizeService(bytes: Uint8Array): Service {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  // A MySQL packet: 3 bytes of length, sequence 0, then protocol version 10 or an error.
  if (bytes.length >= 5 && bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 0xff)) return 'mysql';
  if (bytes.length === 1 && (head === 'S' || head === 'N')) return 'postgres';
  if (head.startsWith('SSH-')) return 'ssh';
  if (head.startsWith('HTTP/')) return 'http';
  if (/^(?:\+PONG|-ERR|-NOAUTH|-DENIED|-LOADING)/.test(head)) return 'redis';
  if (/^220[ -]/.test(head)) return 'mail_or_ftp';
  if (bytes[0] === 0x15 && bytes[1] === 0x03) return 'tls';
  return 'unknown';
}

/**
 * Asks a listener what it speaks, on connections of its own: who greets first is a MySQL server or something else that
 * greets; who answers an SSLRequest is a PostgreSQL server; the rest gets a line that text protocols answer. That line
 * goes out on a second connection, because Redis stops reading at the first zero byte. Nothing of the caller's is sent.
 *
 * @param firstSocket  A connection to begin with that is good for nothing else; closed here.
 * @returns the service, `silent` when it takes everything and says nothing, `null` when it could not be dialled, or hung up on us unasked.
 */
export async function identifyService(
  dialler: Dialler,
  { host, port }: DialTarget,
  stageMs: number,
  signal: AbortSignal,
  firstSocket?: Socket,
): Promise<Service | 'silent' | null> {
  const shareMs = stageMs / 3;
  const first = firstSocket ?? (await open());
  if (first === null) return null;
  const binary = await converse(first, [
    { question: null, waitMs: Math.min(shareMs, greetingMs) },
    { question: postgresSslRequest, waitMs: shareMs },
  ]);
  if (binary === 'hung_up') return null;
  if (binary !== 'silent' || signal.aborted) return binary;
  const second = await open();
  if (second === null) return 'silent';
  const text = await converse(second, [{ question: 'PING\r\n\r\n', waitMs: shareMs }]);
  return text === 'hung_up' ? 'silent' : text;

  async function open(): Promise<Socket | null> {
    const dialled = await dialler.dial({ host, port }, { stageMs: shareMs, signal });
    return dialled.ok ? dialled.socket : null;
  }

  async function converse(
    socket: Socket,
    turns: readonly { readonly question: Buffer | string | null; readonly waitMs: number }[],
  ): Promise<Service | 'silent' | 'hung_up'> {
    try {
      for (const { question, waitMs } of turns) {
        if (question !== null) socket.write(question);
        const limited = limitSignal(signal, waitMs);
        try {
          return recognizeService(await readAtLeast(socket, 1, limited.signal));
        } catch {
          if (signal.aborted) return 'silent';
          // One that hangs up on a question is none of those that understand it.
          if (socket.destroyed || socket.readableEnded) return question === null ? 'hung_up' : 'unknown';
        } finally {
          limited.stop();
        }
      }
      return 'silent';
    } finally {
      socket.destroy();
    }
  }
}

/** Time for a greeting. One that comes later is still recognized, as the answer to a question. */
const greetingMs = 250;

/** Another service than the one looked for is on that port. */
export class OtherService extends Error {
  readonly service: Service;

  constructor(service: Service) {
    super('another service is on that port');
    this.service = service;
  }
}

/**
 * Waits for a server's first words; when they are slow to come, asks on the side whether something else lives there.
 *
 * @param firstWords  Rejects by itself when the time is up.
 * @param waitMs      How long the first words may take before the question is asked, and the question itself.
 * @throws OtherService  when something else answers.
 */
export async function unlessOtherService<T>(
  firstWords: Promise<T>,
  expected: Service,
  waitMs: number,
  identify: (limitMs: number) => Promise<Service | 'silent' | null>,
): Promise<T> {
  let ask = (): void => undefined;
  const timer = setTimeout(() => ask(), waitMs);
  try {
    return await new Promise<T>((resolve, reject) => {
      firstWords.then(resolve, reject);
      ask = () => {
        identify(waitMs).then(
          (found) => {
            if (isOther(found, expected)) reject(new OtherService(found));
          },
          () => undefined,
        );
      };
    });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a fault of the first exchange. A peer that hangs up instead of greeting may be something else altogether: it is
 * asked.
 *
 * @param judge     The engine's table.
 * @param identify  Asks, on a connection of its own.
 */
export async function judgeGreetingFault(
  fault: unknown,
  expected: Service,
  judge: (fault: unknown) => Verdict,
  identify: () => Promise<Service | 'silent' | null>,
): Promise<Verdict> {
  const verdict = judge(fault);
  const isHungUp = fault instanceof ClosedByPeer || verdict.reason === 'TCP_RESET';
  if (!isHungUp) return verdict;
  const found = await identify();
  return isOther(found, expected) ? judge(new OtherService(found)) : verdict;
}

function isOther(found: Service | 'silent' | null, expected: Service): found is Service {
  return found !== null && found !== 'silent' && found !== expected;
}
