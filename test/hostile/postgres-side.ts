/** The PostgreSQL protocol from the server's side: messages, TLS on request, and a right SCRAM exchange. @module */
import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Conversation, TlsMaterial } from './conversation.js';

type Part = string | readonly number[] | Buffer;

/** A message; texts are given with their closing zero. */
export function message(type: string, ...parts: readonly Part[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

export const int16 = (value: number) => [(value >> 8) & 255, value & 255];
export const int32 = (value: number) => [(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];

export const authOk = message('R', int32(0));
export const askCleartext = message('R', int32(3));
export const askMd5 = message('R', int32(5), 'salt');
export const askScram = message('R', int32(10), 'SCRAM-SHA-256\0\0');
export const readyForQuery = message('Z', 'I');
export const keyData = message('K', int32(4_711), int32(1_147));
export const version = message('S', 'server_version\0', '15.18\0');
export const opened = Buffer.concat([authOk, version, keyData, readyForQuery]);
export const rowDescription = message(
  'T',
  int16(1),
  '?column?\0',
  int32(0),
  int16(0),
  int32(23),
  int16(4),
  [255, 255, 255, 255],
  int16(0),
);
export const dataRow = message('D', int16(1), int32(1), '1');
export const commandComplete = message('C', 'SELECT 1\0');
export const answered = Buffer.concat([rowDescription, dataRow, commandComplete, readyForQuery]);

export function error(state: string, text: string, routine = 'Hostile'): Buffer {
  return message(
    'E',
    'SFATAL\0',
    'VFATAL\0',
    `C${state}\0`,
    `M${text}\0`,
    `D${text}\0`,
    `H${text}\0`,
    `R${routine}\0`,
    '\0',
  );
}

export function notice(text: string): Buffer {
  return message('N', 'SNOTICE\0', 'C00000\0', `M${text}\0`, '\0');
}

/** Hears the client out up to its start-up message. @param tls  What an SSLRequest is answered with. */
export async function startUp(side: Conversation, tls: TlsMaterial | null): Promise<void> {
  for (;;) {
    const header = await side.read(8);
    const length = header.readUInt32BE(0);
    const code = header.readUInt32BE(4);
    if (code === 80_877_103) {
      await side.write(Buffer.from(tls === null ? 'N' : 'S'));
      if (tls !== null) await side.startTls(tls);
      continue;
    }
    await side.read(length - 8);
    // A CancelRequest is answered by hanging up.
    if (code === 80_877_102) {
      side.end();
      await side.silence();
    }
    return;
  }
}

export async function readMessage(side: Conversation): Promise<{ readonly type: string; readonly body: Buffer }> {
  const header = await side.read(5);
  return { type: header.toString('latin1', 0, 1), body: await side.read(header.readUInt32BE(1) - 4) };
}

/** Reads until the client waits for an answer: a simple query, or a Sync or Flush after anything else. */
export async function question(side: Conversation): Promise<void> {
  for (;;) {
    const { type } = await readMessage(side);
    if (type === 'Q' || type === 'S' || type === 'H') return;
    if (type === 'X') {
      side.end();
      await side.silence();
    }
  }
}

export interface ScramSteps {
  /** The client's nonce in, the server-first-message out. */
  readonly first?: (clientNonce: string, honest: string) => string;
  /** What follows the client's proof; `honest` is the server-final-message. */
  readonly final?: (honest: string) => Buffer;
}

export const saslContinue = (text: string) => message('R', int32(11), text);
export const saslFinal = (text: string) => message('R', int32(12), text);

/** SCRAM-SHA-256 (RFC 5802) by a server that knows the password, up to server-final; `steps` says where it lies. */
export async function scram(side: Conversation, password: string, steps: ScramSteps = {}): Promise<void> {
  await side.write(askScram);
  const { body } = await readMessage(side);
  const clientFirst = body.toString('utf8', body.indexOf(0) + 5);
  const bare = clientFirst.replace(/^[^,]*,[^,]*,/, '');
  const clientNonce = /r=([^,]+)/.exec(bare)?.[1] ?? '';
  const salt = randomBytes(16);
  const honestFirst = `r=${clientNonce}${randomBytes(12).toString('base64')},s=${salt.toString('base64')},i=4096`;
  const serverFirst = steps.first?.(clientNonce, honestFirst) ?? honestFirst;
  await side.write(saslContinue(serverFirst));
  const final = (await readMessage(side)).body.toString('utf8').replace(/,p=.*$/, '');
  const salted = pbkdf2Sync(password, salt, 4_096, 32, 'sha256');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  const signature = createHmac('sha256', serverKey).update(`${bare},${serverFirst},${final}`).digest('base64');
  await side.write(steps.final?.(`v=${signature}`) ?? saslFinal(`v=${signature}`));
}
