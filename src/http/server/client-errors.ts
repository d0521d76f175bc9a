/**
 * Answers requests that never became one: what Node's parser refused, headers too large, requests that came too slowly.
 * The answer is written on the bare socket, in the shape of the family whose path was asked for as far as one is
 * known, and the connection is closed: nothing after a framing error can be trusted to be a request.
 *
 * @module
 */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AppError } from '../../kernel/errors.js';
import type { Core } from '../core.js';
import { httpErrors } from '../errors.js';
import { standardHeaders } from '../kit/answer.js';
import { type Family, familyOf } from '../kit/family.js';
import { refusalAnswer } from '../kit/refusal.js';
import { rawPathOf } from '../kit/url.js';
import { openExchanges } from './connections.js';
import type { Listener } from './listeners.js';

export interface RefusedConnection {
  readonly family: string;
  readonly status: number;
  readonly requestId: string;
  readonly socket: Duplex;
}

/** How long a refused client may go on sending before the connection is cut. */
const lingerMs = 500;

export function answerClientErrors(
  listener: Listener,
  families: readonly Family[],
  { clock, ids }: Pick<Core, 'clock' | 'ids'>,
  onRefused: (refused: RefusedConnection) => void,
): void {
  const { server, isTls } = listener;
  const refused = new WeakSet<Duplex>();

  server.on('clientError', (fault: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    if (fault.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const exchanges = openExchanges(socket);
    // Only the last one can be incomplete: it is its body that is broken or late.
    const broken = exchanges.find(({ req }) => !req.complete);
    const target = broken?.req.url ?? (exchanges.length === 0 ? targetOf(fault.rawPacket) : null);
    const answerAndEnd = () => {
      if (socket.destroyed) return;
      // Its answer is on the wire already; a second one would be read as the answer to something else.
      if (broken?.headersSent === true) socket.destroy();
      else write(socket, errorOf(fault), target);
    };
    const whole = exchanges.filter((exchange) => exchange !== broken);
    if (whole.length === 0) answerAndEnd();
    else whole.at(-1)?.once('close', answerAndEnd);
  });

  server.on('connect', (_request, socket) => {
    write(socket, httpErrors.method_not_allowed({ details: { allow: [] } }), null);
  });

  function write(socket: Duplex, error: AppError, target: string | null): void {
    const requestId = ids.uuid();
    const family = familyOf(families, target);
    const path = target === null ? null : rawPathOf(target);
    const answer = refusalAnswer(family, error, { requestId, path });
    const lines = {
      ...standardHeaders(requestId, isTls),
      ...(answer.contentType === null ? {} : { 'content-type': answer.contentType }),
      ...answer.headers,
      date: new Date(clock.nowMs()).toUTCString(),
      'content-length': String(Buffer.byteLength(answer.body)),
      connection: 'close',
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    onRefused({ family: family.name, status: answer.status, requestId, socket });
    socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n${head.join('')}\r\n${answer.body}`);
    // Bytes that lie unread when a socket is destroyed make the kernel reset the connection, answer and all.
    socket.removeAllListeners('data');
    socket.on('data', () => {});
    socket.on('error', () => {});
    setTimeout(() => socket.destroy(), lingerMs).unref();
  }
}

function errorOf(fault: NodeJS.ErrnoException): AppError {
  switch (fault.code) {
    case 'HPE_HEADER_OVERFLOW':
      return httpErrors.headers_too_large({ cause: fault });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return httpErrors.body_too_large({ cause: fault });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return httpErrors.request_timeout({ cause: fault });
    default:
      return httpErrors.request_malformed({ cause: fault });
  }
}

/** The request target of the first line, where the packet that failed begins with one. */
function targetOf(packet: Buffer | undefined): string | null {
  if (packet === undefined) return null;
  const line = packet.subarray(0, 2_048).toString('latin1');
  return /^[A-Z-]{1,32} (\S+) HTTP\/1\.[01]\r?\n/.exec(line)?.[1] ?? null;
}
