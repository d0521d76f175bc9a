/**
 * Reads and decodes bodies. What a route takes is declared with the route; the request's header can only match it.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { httpErrors } from '../errors.js';
import { parseForm } from './form.js';
import { readMediaType } from './media-type.js';
import { type JsonValue, parseStrictJson } from './strict-json.js';

/**
 * What a route takes.
 * - `none`: whatever comes is not read.
 * - `json`: one JSON document, required.
 * - `optional-json`: one JSON document or nothing at all.
 * - `json-or-text`: one JSON document, or `text/plain`, which is then a string.
 * - `json-or-lines`: one JSON document, or `application/x-ndjson`, one document a line, which is then an array of them.
 * - `form`: `application/x-www-form-urlencoded`, for the pages a person fills in.
 */
export type BodyForm = 'none' | 'json' | 'optional-json' | 'json-or-text' | 'json-or-lines' | 'form';

export type Body = JsonValue | ReadonlyMap<string, string> | undefined;

const json = 'application/json';
const text = 'text/plain';
const lines = 'application/x-ndjson';
const form = 'application/x-www-form-urlencoded';

const takes: Readonly<Record<BodyForm, readonly string[]>> = {
  none: [],
  json: [json],
  'optional-json': [json],
  'json-or-text': [json, text],
  'json-or-lines': [json, lines],
  form: [form],
};

/**
 * @throws `http.media_type_unsupported`  content of another type, of no type, or with a content coding.
 * @throws `http.body_too_large` · `http.body_malformed` · `http.client_gone`
 */
export async function readBody(request: IncomingMessage, bodyForm: BodyForm, maxBodyBytes: number): Promise<Body> {
  if (bodyForm === 'none') return undefined;
  // Clients name a type for the body they do not send, `curl -d ''` a form: nothing is nothing, whatever it is called.
  if (!announcesBody(request)) return nothing(bodyForm);

  const header = request.headers['content-type'];
  const mediaType = header === undefined ? null : readMediaType(header);
  if (mediaType === null || !takes[bodyForm].includes(mediaType) || isEncoded(request)) {
    throw httpErrors.media_type_unsupported({ details: { allow: takes[bodyForm] } });
  }
  const bytes = await readBytes(request, maxBodyBytes);
  if (mediaType === form) return parseForm(bytes);
  if (mediaType === text) return decodeText(bytes);
  if (mediaType === lines) return parseLines(bytes);
  return bytes.length === 0 ? nothing(bodyForm) : parseStrictJson(bytes);
}

/** Whether the headers announce content (RFC 9112 §6.3). */
function announcesBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0);
}

/** The length the request declares, in bytes; 0 when it declares none. */
export function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** Compressed bodies are not taken: a kilobyte can hold a gigabyte. */
function isEncoded(request: IncomingMessage): boolean {
  const coding = request.headers['content-encoding'];
  return coding !== undefined && coding.toLowerCase() !== 'identity';
}

function nothing(bodyForm: BodyForm): undefined {
  if (bodyForm !== 'optional-json') throw httpErrors.body_malformed();
  return undefined;
}

/** More than any route takes, few enough to be read at once. */
const maxLines = 10_000;
const lineFeed = 0x0a;

/** @throws `http.body_malformed` · `http.body_too_large` for too many lines. */
function parseLines(bytes: Uint8Array): JsonValue {
  const documents: JsonValue[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found === -1 ? bytes.length : found;
    if (documents.length === maxLines) throw httpErrors.body_too_large({ details: { limit: maxLines } });
    documents.push(parseStrictJson(bytes.subarray(start, end)));
    start = end + 1;
  }
  return documents;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw httpErrors.body_malformed({ cause });
  }
}

function readBytes(request: IncomingMessage, maxBodyBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) return reject(httpErrors.client_gone());
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBodyBytes)
        return settle(() => reject(httpErrors.body_too_large({ details: { limit: maxBodyBytes } })));
      chunks.push(chunk);
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks, length)));
    const onGone = () => settle(() => reject(httpErrors.client_gone()));
    const settle = (outcome: () => void) => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      request.pause();
      outcome();
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** How much is read on after a refusal, and how long the client may pause. */
const lingering = { maxBytes: 1_048_576, maxMs: 1_000, maxPauseMs: 200 } as const;

/**
 * Reads on for a moment before a refusal is answered and the connection closed, so that a client still sending gets to
 * read the answer instead of a reset connection.
 */
export function linger(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (request.complete || request.destroyed) return resolve();
    let length = 0;
    const finish = () => {
      clearTimeout(end);
      clearTimeout(pause);
      request.off('data', onData).off('end', finish).off('close', finish).off('error', finish);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      pause.refresh();
      if (length > lingering.maxBytes) finish();
    };
    const end = setTimeout(finish, lingering.maxMs);
    const pause = setTimeout(finish, lingering.maxPauseMs);
    request.on('data', onData).on('end', finish).on('close', finish).on('error', finish);
    request.resume();
  });
}
