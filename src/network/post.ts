/**
 * One HTTP request with a body, to a URL that somebody named: through the one dialler like everything else, so that it
 * reaches what a connection test may reach and nothing more. Redirects are not followed and the answer is not read.
 *
 * @module
 */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.js';
import { type Dialler, limitSignal } from './dial.js';
import { guardStream } from './guard-stream.js';
import { parseHost } from './host-grammar.js';
import { startTls } from './start-tls.js';

export interface PosterOptions {
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** PEM trust anchors for https; absent: the system's. */
  readonly ca?: string;
}

export interface Poster {
  /**
   * Never throws for what a name server, a network or a peer does.
   *
   * @param headers  Complete but for host and length.
   * @returns the status, or `null` when there was none: not reached, not allowed, not who it should be, no answer.
   */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    limits: { readonly totalMs: number; readonly signal: AbortSignal },
  ): Promise<{ readonly status: number } | null>;
  /** Whether the text is an absolute http(s) URL without user info and fragment, whose host the dialler's grammar takes. */
  isUrl(text: string): boolean;
}

const maxHeadBytes = 16_384;
const maxBodyBytes = 65_536;
const stageMs = 5_000;
/** For the rest of an answer whose status is known. */
const bodyMs = 1_000;

export function createPoster({ dialler, clock, ca }: PosterOptions): Poster {
  async function connect(place: Place, signal: AbortSignal): Promise<Socket | null> {
    const dialled = await dialler.dial(place, { stageMs, signal });
    if (!dialled.ok) return null;
    if (!place.isTls) return dialled.socket;
    const limited = limitSignal(signal, stageMs);
    try {
      const settings = { mode: 'verify-full' as const, ...(ca === undefined ? {} : { ca }) };
      const secured = await startTls(dialled.socket, place.host, settings, clock.nowMs(), limited.signal);
      return secured.ok ? secured.socket : null;
    } finally {
      limited.stop();
    }
  }

  return {
    isUrl: (text) => placeOfUrl(text) !== null,

    async post(url, headers, body, { totalMs, signal }) {
      const place = placeOfUrl(url);
      if (place === null) return null;
      const limited = limitSignal(signal, totalMs);
      try {
        const socket = await connect(place, limited.signal);
        if (socket === null) return null;
        if (!limited.signal.aborted) return await exchange(socket, place, headers, body, limited.signal);
        socket.destroy();
        return null;
      } finally {
        limited.stop();
      }
    },
  };
}

interface Place {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  /** For the `Host` header. */
  readonly authority: string;
  readonly path: string;
}

/** The host as it is written: `URL` would turn `0x7f.1` and the like into an address before anybody judges it. */
const writtenUrl = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/?#\\@:[\]]+)(?::(\d{1,5}))?(?:[/?]|$)/i;

function placeOfUrl(text: string): Place | null {
  // Printable ASCII: `URL` drops line ends and tabs, wherever they stand.
  const written = /^[!-~]+$/.test(text) && !text.includes('#') ? writtenUrl.exec(text) : null;
  const hostText = written?.[2];
  if (hostText === undefined || !URL.canParse(text)) return null;
  const url = new URL(text);
  const host = parseHost(hostText.replace(/^\[|\]$/g, ''));
  if (host === null || url.hostname.replace(/^\[|\]$/g, '') !== host.text) return null;
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  if (port < 1) return null;
  return { isTls, host: host.text, port, authority: url.host, path: url.pathname + url.search };
}

/** Sends the request over the connection and closes it. */
function exchange(
  socket: Socket,
  place: Place,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number } | null> {
  return new Promise((resolve) => {
    let status: number | null = null;
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      socket.destroy();
      resolve(status === null ? null : { status });
    };
    socket.on('error', end);
    signal.addEventListener('abort', end, { once: true });

    // Interim answers, trailers and what comes after the end are counted, too.
    const guarded = guardStream(socket, maxHeadBytes + maxBodyBytes);
    const sent = request({
      createConnection: () => guarded,
      method: 'POST',
      path: place.path,
      headers: { ...headers, host: place.authority, 'content-length': Buffer.byteLength(body) },
      maxHeaderSize: maxHeadBytes,
    });
    sent.on('response', (response) => {
      status = response.statusCode ?? null;
      timer = setTimeout(end, bodyMs);
      // Read so that the sender is not cut off in the middle of an ordinary answer; nobody looks at it.
      response.on('end', end).on('error', end).on('close', end).resume();
    });
    sent.on('error', end);
    sent.on('close', end);
    sent.end(body);
  });
}
