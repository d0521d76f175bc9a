/**
 * Whether a request comes from this machine itself: the peer is a loopback address, the Host header is a loopback name
 * (which stops DNS rebinding) and no header says that a proxy stands between.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

const loopbackPeer = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$|^::1$/;
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

export function isFromLoopback(request: IncomingMessage): boolean {
  return (
    loopbackPeer.test(request.socket.remoteAddress ?? '') &&
    loopbackHost.test(request.headers.host ?? '') &&
    !Object.keys(request.headers).some(
      (name) => name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded-'),
    )
  );
}

/** Address of the peer, an IPv4 one in its own notation even when the socket is a dual one. */
export function peerAddress(socket: object): string | null {
  const address = 'remoteAddress' in socket ? socket.remoteAddress : undefined;
  return typeof address === 'string' ? address.replace(/^::ffff:(?=\d)/, '') : null;
}
