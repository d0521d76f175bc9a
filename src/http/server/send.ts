/**
 * Puts an answer on the wire: standard headers, the answer's own over them, length, body. Whole answers go out in one
 * write, with nothing between them and Node's own response.
 *
 * @module
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { type Answer, type StreamedAnswer, standardHeaderLines } from '../kit/answer.js';
import { isTls } from '../kit/loopback.js';
import type { Exchange } from './exchange.js';

type Sending = Pick<Exchange, 'request' | 'response' | 'requestId'>;

/**
 * The length is told of everything but what has no content by its status, and of what HEAD has no text of.
 *
 * @param isLast  Whether the connection is closed after it.
 */
export function sendWhole(sending: Sending, answer: Answer, isLast: boolean): void {
  const { request, response } = sending;
  const { status, contentType, body } = answer;
  if (contentType === null) {
    const hasLength = status >= 200 && status !== 204 && status !== 304 && request.method !== 'HEAD';
    writeHead(sending, answer, hasLength ? '0' : null, isLast);
    response.end();
    return;
  }
  const bytes = Buffer.byteLength(body);
  writeHead(sending, answer, String(bytes), isLast);
  // As long in bytes as in characters: it is ASCII, and what goes out with the head needs no encoder.
  if (typeof body === 'string') response.end(body, bytes === body.length ? 'latin1' : 'utf8');
  else response.end(body);
}

/** What is made while it is sent goes in chunks; when the client goes away its source is ended, and the other way. */
export function sendStream(sending: Sending, answer: StreamedAnswer, stream: Readable, isLast: boolean): void {
  const { response } = sending;
  writeHead(sending, answer, null, isLast);
  stream.once('error', () => response.destroy());
  if (response.destroyed || response.closed) {
    stream.destroy();
    return;
  }
  response.once('close', () => stream.destroy());
  stream.pipe(response);
}

function writeHead(
  { request, response, requestId }: Sending,
  { status, contentType, headers }: Answer | StreamedAnswer,
  length: string | null,
  isLast: boolean,
): void {
  // As names and values in turn, which Node writes down as they come, without a table of them.
  const lines = standardHeaderLines(requestId, isTls(request.socket), contentType, length);
  let isOver = false;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    isOver ||= lines.includes(name);
    lines.push(name, value);
  }
  if (isLast && headers?.['connection'] === undefined) lines.push('connection', 'close');
  response.writeHead(status, isOver ? onlyTheLast(lines) : lines);
}

/** An answer's own headers stand in the place of the standard ones. */
function onlyTheLast(lines: readonly string[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (let at = 0; at + 1 < lines.length; at += 2) headers[lines[at] ?? ''] = lines[at + 1];
  return headers;
}
