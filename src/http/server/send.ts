/**
 * Puts an answer on the wire: standard headers, the answer's own over them, length, body. Whole answers go out in one
 * write, with nothing between them and Node's own response.
 *
 * @module
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { type Answer, type StreamedAnswer, standardHeaderLines } from '../kit/answer.js';

export interface Sending {
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly isTls: boolean;
  /** Whether the connection is closed after it. */
  readonly isLast: boolean;
}

/** The length is told of everything but what has no content by its status, and of what HEAD has no text of. */
export function sendWhole(sending: Sending, { status, contentType, body, headers }: Answer): void {
  const { response } = sending;
  if (contentType === null) {
    const hasLength = status >= 200 && status !== 204 && status !== 304 && response.req.method !== 'HEAD';
    writeHead(sending, status, headers, null, hasLength ? '0' : null);
    response.end();
    return;
  }
  writeHead(sending, status, headers, contentType, String(Buffer.byteLength(body)));
  response.end(body);
}

/** What is made while it is sent goes in chunks; when the client goes away its source is ended, and the other way. */
export function sendStream(sending: Sending, { status, contentType, headers }: StreamedAnswer, stream: Readable): void {
  const { response } = sending;
  writeHead(sending, status, headers, contentType, null);
  stream.once('error', () => response.destroy());
  if (response.destroyed || response.closed) {
    stream.destroy();
    return;
  }
  response.once('close', () => stream.destroy());
  stream.pipe(response);
}

function writeHead(
  { response, requestId, isTls, isLast }: Sending,
  status: number,
  own: Readonly<Record<string, string>> | undefined,
  contentType: string | null,
  length: string | null,
): void {
  // As names and values in turn, which Node writes down as they come, without a table of them.
  const lines = standardHeaderLines(requestId, isTls);
  if (contentType !== null) lines.push('content-type', contentType);
  if (length !== null) lines.push('content-length', length);
  let isOver = false;
  for (const name in own) {
    const value = own[name];
    if (value === undefined) continue;
    isOver ||= lines.includes(name);
    lines.push(name, value);
  }
  if (isLast && own?.['connection'] === undefined) lines.push('connection', 'close');
  response.writeHead(status, isOver ? onlyTheLast(lines) : lines);
}

/** An answer's own headers stand in the place of the standard ones. */
function onlyTheLast(lines: readonly string[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (let at = 0; at + 1 < lines.length; at += 2) headers[lines[at] ?? ''] = lines[at + 1];
  return headers;
}
