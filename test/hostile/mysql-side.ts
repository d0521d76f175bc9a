/** The MySQL protocol from the server's side: packets, the greeting, a login by any plugin. @module */
import type { Conversation, TlsMaterial } from './conversation.js';

type Part = string | readonly number[] | Buffer;

/** @param sequenceId  Of the packet; the client counts along. */
export function packet(sequenceId: number, ...parts: readonly Part[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const header = Buffer.alloc(4);
  header.writeUIntLE(Math.min(body.length, 0xff_ffff), 0, 3);
  header[3] = sequenceId & 255;
  return Buffer.concat([header, body]);
}

export const scramble = Buffer.from('abcdefghijklmnopqrst');
const caps = { tls: 0x0800, compress: 0x0020, localFiles: 0x0080 } as const;
/** LONG_PASSWORD, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION. */
const lower = 0x0001 | 0x0004 | 0x0008 | 0x0200 | 0x2000 | 0x8000;
/** MULTI_RESULTS, PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC_CLIENT_DATA. */
const upper = 0x0002 | 0x0008 | 0x0010 | 0x0020;

export interface GreetingShape {
  readonly version?: string;
  readonly plugin?: string;
  readonly isTls?: boolean;
  readonly isCompressed?: boolean;
  readonly everything?: boolean;
  readonly authLength?: number;
  readonly protocol?: number;
  readonly sequenceId?: number;
}

/** Protocol::HandshakeV10. */
export function greeting(shape: GreetingShape = {}): Buffer {
  let low = lower | (shape.isTls === true ? caps.tls : 0) | (shape.isCompressed === true ? caps.compress : 0);
  let high = upper;
  if (shape.everything === true) {
    low = 0xffff & ~caps.tls;
    high = 0xffff;
  }
  return packet(
    shape.sequenceId ?? 0,
    [shape.protocol ?? 10],
    `${shape.version ?? '8.0.36'}\0`,
    [7, 0, 0, 0],
    scramble.subarray(0, 8),
    [0],
    [low & 255, low >> 8],
    [45],
    [2, 0],
    [high & 255, high >> 8],
    [shape.authLength ?? 21],
    Buffer.alloc(10),
    scramble.subarray(8),
    [0],
    `${shape.plugin ?? 'mysql_native_password'}\0`,
  );
}

/** An OK packet. @param status  `SERVER_STATUS_AUTOCOMMIT` when absent; 8 more says that another result follows. */
export const okPacket = (sequenceId: number, status = 2) => packet(sequenceId, [0, 0, 0, status, 0, 0, 0]);
export const eofPacket = (sequenceId: number, status = 2) => packet(sequenceId, [0xfe, 0, 0, status, 0]);
export const switchTo = (sequenceId: number, plugin: string, data: Buffer = scramble) =>
  packet(sequenceId, [0xfe], `${plugin}\0`, data, [0]);
export const more = (sequenceId: number, data: Part) => packet(sequenceId, [1], data);

export function errorPacket(sequenceId: number, errno: number, text: string, state = 'HY000'): Buffer {
  return packet(sequenceId, [0xff, errno & 255, errno >> 8], `#${state}`, text);
}

const lenenc = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  return Buffer.concat([Buffer.from([0xfc, bytes.length & 255, bytes.length >> 8]), bytes]);
};

/** Protocol::ColumnDefinition41 of a number. */
export function column(sequenceId: number, name: string, type = 8): Buffer {
  const fixed = [0x0c, 63, 0, 21, 0, 0, 0, type, 0x81, 0, 0, 0, 0];
  return packet(sequenceId, lenenc('def'), lenenc(''), lenenc(''), lenenc(''), lenenc(name), lenenc(''), fixed);
}

export const row = (sequenceId: number, ...values: readonly string[]) => packet(sequenceId, ...values.map(lenenc));

/** A result of one column and one row. */
export function answered(): Buffer {
  return Buffer.concat([packet(1, [1]), column(2, '1'), eofPacket(3), row(4, '1'), eofPacket(5)]);
}

export async function readPacket(side: Conversation): Promise<{ readonly sequenceId: number; readonly body: Buffer }> {
  const header = await side.read(4);
  return { sequenceId: header[3] ?? 0, body: await side.read(header.readUIntLE(0, 3)) };
}

/**
 * Greets and hears the client out up to its handshake response.
 *
 * @param tls  The client is told that there is TLS, and it is spoken when the client asks.
 * @returns the sequence number of the next packet.
 */
export async function greet(
  side: Conversation,
  tls: TlsMaterial | null = null,
  shape: GreetingShape = {},
): Promise<number> {
  await side.write(greeting({ ...shape, isTls: tls !== null }));
  const first = await readPacket(side);
  if (first.body.length > 32 || tls === null) return first.sequenceId + 1;
  await side.startTls(tls);
  return (await readPacket(side)).sequenceId + 1;
}

/** The next command; hangs up on a goodbye. */
export async function command(side: Conversation): Promise<Buffer> {
  const { body } = await readPacket(side);
  if (body[0] === 1) {
    side.end();
    await side.silence();
  }
  return body;
}
