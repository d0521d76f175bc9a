/**
 * The two sockets we listen on, one handler behind both. Every limit of the connection itself stands here.
 *
 * @module
 */
import { constants } from 'node:crypto';
import { createServer as createHttpServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Secret } from '../../kernel/secret.js';
import { beginExchange, isAnswered } from './connections.js';

export interface ListenAt {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export interface ListenAtTls extends ListenAt {
  /** PEM chain. */
  readonly certificate: string;
  /** PEM. */
  readonly key: Secret;
}

export interface ConnectionLimits {
  /** Request line and all header lines together. */
  readonly maxHeaderBytes: number;
  /** Until the headers are complete. */
  readonly headersTimeoutMs: number;
  /** Until the whole request is there. */
  readonly requestTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveTimeoutMs: number;
}

export interface Listener {
  readonly server: Server;
  readonly isTls: boolean;
  readonly at: ListenAt;
  /** Every TCP connection that is open. */
  readonly connections: ReadonlySet<Socket>;
  /** The same, as requests name them: where there is TLS, that is another object. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Forward secrecy and authenticated encryption only; TLS 1.3 brings its own suites (RFC 9325 §4.2). */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export function createPlainListener(at: ListenAt, limits: ConnectionLimits, handler: RequestListener): Listener {
  return prepare(createHttpServer(serverOptions(limits)), at, false, handler);
}

export function createTlsListener(at: ListenAtTls, limits: ConnectionLimits, handler: RequestListener): Listener {
  const server = createHttpsServer({
    ...serverOptions(limits),
    cert: at.certificate,
    key: at.key.reveal(),
    minVersion: 'TLSv1.2',
    ciphers,
    honorCipherOrder: true,
    ecdhCurve: 'X25519:P-256:P-384',
    handshakeTimeout: limits.headersTimeoutMs,
    ALPNProtocols: ['http/1.1'],
    // A client that renegotiates makes us pay for handshakes; nobody needs it.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
  return prepare(server, at, true, handler);
}

/** @returns the base URL that was bound. */
export function listen(listener: Listener): Promise<string> {
  const { server, at } = listener;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: at.host, port: at.port }, () => {
      server.off('error', reject);
      const { port } = server.address() as AddressInfo;
      const host = at.host.includes(':') ? `[${at.host}]` : at.host;
      resolve(`${listener.isTls ? 'https' : 'http'}://${host}:${port}`);
    });
  });
}

/** How long after the stop began a connection may have asked nothing: what it sent may still be on its way to us. */
const silenceMs = 1_000;

/**
 * Stops accepting, lets requests in flight finish, then closes what is left.
 *
 * @param graceMs  How long requests in flight may take.
 */
export async function closeListener(listener: Listener, graceMs: number): Promise<void> {
  const { server, connections, sockets } = listener;
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose answer was on its way when we began becomes idle a moment later.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const silent = setTimeout(() => {
    for (const socket of sockets) if (isAnswered(socket)) socket.destroy();
  }, silenceMs);
  const deadline = setTimeout(() => {
    for (const socket of connections) socket.destroy();
  }, graceMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(silent);
  clearTimeout(deadline);
}

function serverOptions(limits: ConnectionLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
    insecureHTTPParser: false,
    // A missing Host is refused by the walk, in the family's shape and with our headers.
    requireHostHeader: false,
  };
}

function prepare(server: Server, at: ListenAt, isTls: boolean, handler: RequestListener): Listener {
  // Node drops headers beyond a count in silence, credentials among them; the size limit bounds them already.
  server.maxHeadersCount = 0;
  const answer: RequestListener = (request, response) => {
    beginExchange(request, response);
    handler(request, response);
  };
  server.on('request', answer);
  // Without this listener Node answers 417 by itself, without our headers; the walk refuses it.
  server.on('checkExpectation', answer);

  const [connections, sockets] = [new Set<Socket>(), new Set<Socket>()];
  const watch = (event: string, open: Set<Socket>) =>
    server.on(event, (socket: Socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
  watch('connection', connections);
  watch(isTls ? 'secureConnection' : 'connection', sockets);
  return { server, isTls, at, connections, sockets };
}
