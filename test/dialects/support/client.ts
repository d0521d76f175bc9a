/**
 * A client that sends exactly what a test says: paths are not normalised, headers may come twice, nothing is added but
 * Host and Content-Length.
 *
 * @module
 */
import { Agent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { World } from './world.js';

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  readonly isTls?: boolean;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Decoded when it is JSON. */
  readonly body: unknown;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const tlsAgent = new TlsAgent({ keepAlive: true, rejectUnauthorized: false });

export function send(world: World, sent: Sent): Promise<Received> {
  const isJson = sent.body !== undefined && typeof sent.body !== 'string' && !(sent.body instanceof Uint8Array);
  const body = isJson ? JSON.stringify(sent.body) : (sent.body as string | Uint8Array | undefined);
  const headers: Record<string, string | string[]> = {};
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  if (isJson) headers['content-type'] = 'application/json';
  for (const [name, value] of Object.entries(sent.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  const { hostname, port } = new URL(sent.isTls === true ? world.tlsUrl : world.plainUrl);
  const options = { hostname, port, method: sent.method ?? 'GET', path: sent.path, headers };
  return new Promise((resolve, reject) => {
    const request =
      sent.isTls === true ? tlsRequest({ ...options, agent: tlsAgent }) : plainRequest({ ...options, agent });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(named),
          text,
          body: decode(text, String(response.headers['content-type'])),
        });
      });
    });
    request.end(body);
  });
}

function decode(text: string, contentType: string): unknown {
  return /^application\/(?:problem\+)?json/.test(contentType) && text !== ''
    ? (JSON.parse(text) as unknown)
    : undefined;
}
