/**
 * One connection as the hostile server sees it: what it may do to a client, on the socket itself or inside TLS, with
 * everything the client says kept.
 *
 * @module
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export class ClientLeft extends Error {}

export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

export class Conversation {
  #socket: Socket;
  readonly #raw: Socket;
  #pending = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #isClosed = false;
  readonly heard: Buffer[] = [];
  /** Bytes the server wrote. */
  said = 0;
  #limit = Number.POSITIVE_INFINITY;
  #atLimit: 'reset' | 'end' | 'silence' = 'silence';

  constructor(raw: Socket) {
    this.#raw = raw;
    this.#socket = raw;
    raw.on('error', () => undefined);
    raw.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
    this.#listen(raw);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** After so many bytes of the server's the connection breaks, whatever the script says. */
  breakAt(bytes: number, how: 'reset' | 'end' | 'silence'): void {
    this.#limit = bytes;
    this.#atLimit = how;
  }

  async write(bytes: Buffer): Promise<void> {
    const room = this.#limit - this.said;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.said += part.length;
    if (part.length > 0) await this.#send(part);
    if (this.said < this.#limit) return;
    if (this.#atLimit === 'reset') this.reset();
    else if (this.#atLimit === 'end') this.end();
    else await this.silence();
    throw new ClientLeft();
  }

  async #send(bytes: Buffer): Promise<void> {
    if (this.#isClosed || this.#socket.destroyed) throw new ClientLeft();
    if (this.#socket.write(bytes)) return;
    await Promise.race([once(this.#socket, 'drain').catch(() => undefined), this.#closed()]);
    if (this.#isClosed) throw new ClientLeft();
  }

  /** Exactly so many bytes; the rest stays. */
  async read(count: number): Promise<Buffer> {
    while (this.#pending.length < count) await this.#more();
    const bytes = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return bytes;
  }

  /** What is there, at least one byte. */
  async readSome(): Promise<Buffer> {
    while (this.#pending.length === 0) await this.#more();
    return this.read(this.#pending.length);
  }

  /** The same bytes again and again until the client has had enough, or this many. */
  async flood(bytes: Buffer, maxBytes = 1_073_741_824): Promise<void> {
    const times = Math.max(1, Math.floor(65_536 / bytes.length));
    const block = times === 1 ? bytes : Buffer.concat(Array<Buffer>(times).fill(bytes));
    for (let sent = 0; sent < maxBytes; sent += block.length) await this.write(block);
  }

  async drip(bytes: Buffer, everyMs: number): Promise<void> {
    for (let at = 0; at < bytes.length; at += 1) {
      await this.write(bytes.subarray(at, at + 1));
      await Promise.race([new Promise((resolve) => setTimeout(resolve, everyMs)), this.#closed()]);
      if (this.#isClosed) throw new ClientLeft();
    }
  }

  /** Until the client goes. */
  async silence(): Promise<void> {
    await this.#closed();
  }

  reset(): void {
    this.#raw.resetAndDestroy();
  }

  end(): void {
    this.#socket.end();
  }

  /** Speaks TLS from here on. @throws ClientLeft when the client does not. */
  async startTls(material: TlsMaterial, options: { readonly maxVersion?: 'TLSv1.2' } = {}): Promise<TLSSocket> {
    this.#socket.removeAllListeners('data');
    // A client need not wait for an answer before it goes on in TLS.
    this.#raw.pause();
    if (this.#pending.length > 0) this.#raw.unshift(this.#pending);
    this.#pending = Buffer.alloc(0);
    const tls = new TLSSocket(this.#raw, { isServer: true, ...material, ...options });
    tls.on('error', () => undefined);
    this.#socket = tls;
    const left = this.#closed().then(() => {
      throw new ClientLeft();
    });
    left.catch(() => undefined);
    const secured = once(tls, 'secure').catch(() => {
      throw new ClientLeft();
    });
    await Promise.race([secured, left]);
    this.#listen(tls);
    return tls;
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.heard.push(chunk);
      // What floods us is only looked at, not kept for reading.
      if (this.#pending.length < 1_048_576) this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#wake();
    });
  }

  async #more(): Promise<void> {
    if (this.#isClosed) throw new ClientLeft();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #closed(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#raw.once('close', () => resolve()));
  }
}
