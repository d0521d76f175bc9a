/**
 * The first packet of a MySQL or MariaDB server, read before any driver sees the stream: which server it is, whether
 * it can speak TLS, or why it will not talk to us.
 *
 * @module
 */
import type { Socket } from 'node:net';
import { readAtLeast } from '../first-bytes.js';
import { OtherService, recognizeService } from '../service-identity.js';

export interface Greeting {
  /** `MariaDB 10.11.19`, `MySQL 8.0.36`. */
  readonly serverVersion: string;
  /** What `KILL QUERY` wants. */
  readonly threadId: number;
  readonly canTls: boolean;
  /** The packet for the driver, without the capabilities we do not use. @param sequenceId  0, or 1 after an SSLRequest. */
  replay(sequenceId: number): Buffer;
}

/** The server's first word was an error: it has no place for us, or no wish. */
export class RefusedAtGreeting extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super('the server refused before it greeted');
    this.errno = errno;
  }
}

/** @throws OtherService, RefusedAtGreeting, and what reading throws. */
export async function readGreeting(socket: Socket, signal: AbortSignal): Promise<Greeting> {
  let bytes = await readAtLeast(socket, headerBytes, signal);
  const length = bytes.readUIntLE(0, 3);
  if (recognizeService(bytes.subarray(0, 5)) !== 'mysql' && bytes.length > headerBytes) throw other(bytes);
  if (length === 0 || length > maxGreetingBytes) throw other(bytes);
  const wanted = headerBytes + length;
  if (bytes.length < wanted) bytes = Buffer.concat([bytes, await readAtLeast(socket, wanted - bytes.length, signal)]);
  // More than one packet before we said a word would be read as if it had come encrypted.
  if (bytes.length > wanted || socket.readableLength > 0) throw other(bytes);
  if (recognizeService(bytes) !== 'mysql') throw other(bytes);
  if (bytes[headerBytes] === 0xff) {
    if (length < 3) throw other(bytes);
    throw new RefusedAtGreeting(bytes.readUInt16LE(headerBytes + 1));
  }
  return parseGreeting(bytes);
}

const headerBytes = 4;
const maxGreetingBytes = 4_096;

/** Protocol::HandshakeV10 and its MariaDB variant. */
function parseGreeting(bytes: Buffer): Greeting {
  const versionEnd = bytes.indexOf(0, headerBytes + 1);
  const lowerAt = versionEnd + 1 + 4 + 8 + 1;
  const upperAt = lowerAt + 2 + 1 + 2;
  const reservedAt = upperAt + 2 + 1;
  if (versionEnd === -1 || bytes.length < reservedAt + 10) throw other(bytes);
  const lower = bytes.readUInt16LE(lowerAt);
  return {
    serverVersion: nameVersion(bytes.toString('latin1', headerBytes + 1, versionEnd)),
    threadId: bytes.readUInt32LE(versionEnd + 1),
    canTls: (lower & capability.tls) !== 0,
    replay(sequenceId) {
      const copy = Buffer.from(bytes);
      copy[3] = sequenceId;
      copy.writeUInt16LE(copy.readUInt16LE(upperAt) & ~capability.upperUnused, upperAt);
      // MariaDB puts capabilities of its own where MySQL has zeros.
      if ((lower & capability.mysql) === 0) copy.writeUInt32LE(0, reservedAt + 6);
      return copy;
    },
  };
}

const capability = {
  /** CLIENT_LONG_PASSWORD; a MariaDB server leaves it out. */
  mysql: 0x0001,
  tls: 0x0800,
  /** CLIENT_QUERY_ATTRIBUTES and MULTI_FACTOR_AUTHENTICATION, in the upper half. */
  upperUnused: 0x0800 | 0x1000,
} as const;

function nameVersion(text: string): string {
  // MariaDB puts this in front for clients that only compare numbers.
  const version = text.replace(/^5\.5\.5-/, '');
  const number = /^\d[\d.]{0,31}/.exec(version)?.[0] ?? 'of unknown version';
  return `${/mariadb/i.test(version) ? 'MariaDB' : 'MySQL'} ${number}`;
}

function other(bytes: Uint8Array): OtherService {
  const service = recognizeService(bytes);
  return new OtherService(service === 'mysql' ? 'unknown' : service);
}
