/**
 * A PostgreSQL session over a stream that was dialled here: TLS is asked for and judged before the driver sees the
 * stream, so that no word about the user leaves over a connection that does not fit the mode.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { Client, DatabaseError, Submittable } from 'pg';
import type { Secret } from '../../kernel/secret.js';
import { guardStream, StreamGuardFault } from '../../network/index.js';
import { readAtLeast } from '../first-bytes.js';
import { OtherService, postgresSslRequest, recognizeService } from '../service-identity.js';
import { createMessageGuard } from './message-guard.js';
import {
  type Answer,
  type AnswerLimits,
  type Ask,
  closePortal,
  openPortal,
  Question,
  type QuestionWire,
  type Row,
  readPortal,
  simpleQuery,
  type Value,
} from './question.js';
import { proveByScram } from './scram.js';

/** How far the stream may be trusted with what a server asks for. */
export interface StreamTrust {
  /** TLS whose certificate was checked. */
  readonly isVerified: boolean;
  /** The peer is this machine. */
  readonly isLoopback: boolean;
}

export interface SessionLogin {
  readonly username: string;
  readonly database: string;
  /** `null`: asks to be let in and hangs up when a password is wanted. */
  readonly password: Secret | null;
}

/** We do not give what the server asks for. */
export class AuthenticationDeclined extends Error {
  readonly kind: 'cleartext' | 'md5' | 'mechanism' | 'no_password';

  constructor(kind: AuthenticationDeclined['kind']) {
    super('the authentication the server asks for was declined');
    this.kind = kind;
  }
}

export interface CancelKey {
  readonly processId: number;
  readonly secretKey: number;
}

export interface Session {
  /** The server took the user and database names and asks for proof, or for none. */
  readonly greeted: Promise<void>;
  /** The proof was accepted. */
  readonly authenticated: Promise<void>;
  /** Whether the server asked for any proof: some let everybody in. */
  wasAskedForProof(): boolean;
  /** Whether the server said that a proof is right, in whatever words: SCRAM has its own before "authenticated". */
  hasProved(): boolean;
  /** The database is open. */
  readonly ready: Promise<void>;
  /** Asks one question and ignores the answer. */
  ask(sql: string): Promise<void>;
  /**
   * Asks and collects: at most 10,000 rows and 8 MiB, else the connection ends with a `StreamGuardFault`. Questions of
   * one session wait for each other.
   *
   * @param values  Bound to `$1`, `$2` …; without any, `sql` may be several statements.
   */
  rows(sql: string, values?: readonly Value[]): Promise<readonly Row[]>;
  /**
   * Asks at once and hands rows over in batches, through a portal of the transaction that must be open: nothing beyond
   * the two batches that are read ahead is computed by the server, on the wire or in memory. Several streams and other questions
   * may take turns on one session. Leaving it early closes the portal.
   */
  stream(sql: string, values: readonly Value[], options: StreamOptions): AsyncGenerator<readonly Row[], void>;
  /**
   * Puts a conversation of the caller's own on the wire, in the shape the driver runs, when what was asked before is
   * answered. The next one begins when it has ended.
   */
  converse(conversation: Conversation): void;
  /** `15.18`, once ready. */
  version(): string | null;
  cancelKey(): CancelKey | null;
  /** Something was asked that is not answered yet. */
  isBusy(): boolean;
  close(): void;
}

export interface Conversation {
  submit(wire: QuestionWire): void;
  /** Settled when the server is ready again, or will never be. */
  readonly ended: Promise<unknown>;
}

export interface StreamOptions {
  /** Most rows of a batch. Where rows are long a batch has fewer. */
  readonly batchRows: number;
}

/** What a server may send over one session. */
export interface SessionLimits {
  readonly maxSessionBytes: number;
  readonly maxMessageBytes: number;
}

/** Enough for a login and short answers. */
export const shortSession: SessionLimits = { maxSessionBytes: 1_048_576, maxMessageBytes: 65_536 };

/** For reading much: what bounds memory is that each answer is bounded, and what bounds time is the caller's clock. */
export const longSession: SessionLimits = { maxSessionBytes: Number.MAX_SAFE_INTEGER, maxMessageBytes: 4_194_304 };

/**
 * Asks whether the server wants to speak TLS.
 *
 * @returns whether it does; nothing is left unread, so nothing can have been slipped in before the encryption.
 * @throws OtherService  when the answer is not PostgreSQL's one byte.
 */
export async function requestTls(socket: Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(postgresSslRequest);
  const answer = await readAtLeast(socket, 1, signal);
  if (answer.length > 1 || socket.readableLength > 0) throw new OtherService(recognizeService(answer));
  if (answer[0] === 0x53) return true;
  if (answer[0] === 0x4e) return false;
  throw new OtherService('unknown');
}

const answerLimits: AnswerLimits = { maxRows: 10_000, maxBytes: 8_388_608 };

/** A batch is made about this long, in bytes: rows are asked for by what those before them measured. */
const batchBytes = 131_072;
const batchesAhead = 2;
/** And ends the session when it is longer than this: a server that sends so much does not do as it is asked. */
const maxBatchBytes = 8_388_608;
const firstBatchRows = 100;

/** What this file uses of the driver's connection, which its types leave out. */
interface DriverConnection extends QuestionWire {
  connect(): void;
  startup(parameters: Readonly<Record<string, string>>): void;
  attachListeners(stream: Socket): void;
  end(): void;
  sendSCRAMClientFinalMessage(message: string): void;
  emit(event: string, value?: unknown): boolean;
  on(event: string, listener: (value: never) => void): void;
  _ending: boolean;
}

/** What this file uses of the driver's client, which its types leave out. */
interface DriverClient {
  readonly password: unknown;
  readonly saslSession: { readonly clientNonce: string; message: string; response: string; serverSignature: string };
  _handleAuthSASLContinue(message: { readonly data: string }): Promise<void>;
}

/** Has the proof made here; the nonce is drawn and the server's signature compared by the driver. */
function proveByOurselves(client: Client, connection: DriverConnection): void {
  const driver = client as unknown as DriverClient;
  driver._handleAuthSASLContinue = async ({ data }) => {
    try {
      const { password, saslSession: session } = driver;
      // A server that goes on without what we would not say.
      if (typeof password !== 'string') throw new AuthenticationDeclined('no_password');
      const { final, serverSignature } = await proveByScram(password, session.clientNonce, data);
      Object.assign(session, { message: 'SASLResponse', response: final, serverSignature });
      connection.sendSCRAMClientFinalMessage(final);
    } catch (fault) {
      connection.emit('error', fault);
    }
  };
}

let library: typeof import('pg') | null = null;

/** Starts a session; what goes wrong rejects those of its promises that are still open. */
export async function startSession(
  stream: Socket,
  trust: StreamTrust,
  login: SessionLogin,
  limits: SessionLimits = shortSession,
): Promise<Session> {
  // Not loaded before somebody reaches for a database of its kind, and asked for once.
  library ??= await import('pg');
  const { Client, Connection } = library;
  const connection = new Connection({ stream } as object) as unknown as DriverConnection;
  const startup = connection.startup.bind(connection);
  // The driver would open a socket here; ours is open already.
  connection.connect = () => {
    stream.on('error', (fault) => {
      if (!connection._ending) connection.emit('error', fault);
    });
    stream.on('close', () => connection.emit('end'));
    const guard = createMessageGuard({ ...limits, tap: () => connection.rowTap ?? null });
    connection.attachListeners(guardStream(stream, limits.maxSessionBytes, guard));
    // A peer that hung up before anybody listened says so no more.
    const isGone = stream.destroyed || stream.readableEnded;
    process.nextTick(() => connection.emit(isGone ? 'end' : 'connect'));
  };
  // The driver adds what it finds in the environment; this is all that is sent.
  connection.startup = () => {
    const { username: user, database } = login;
    startup({ user, database, application_name: 'latchkey' });
  };

  let version: string | null = null;
  let asked: 'cleartext' | 'md5' | 'sasl' | null = null;
  let isProved = false;
  let isGreeted = false;
  const greeted = settleable();
  const authenticated = settleable();
  connection.on('authenticationCleartextPassword', () => noteRequest('cleartext'));
  connection.on('authenticationMD5Password', () => noteRequest('md5'));
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    noteRequest('sasl');
    if (!mechanisms.includes('SCRAM-SHA-256')) connection.emit('error', new AuthenticationDeclined('mechanism'));
  });
  connection.on('authenticationSASLFinal', () => {
    isProved = true;
  });
  connection.on('authenticationOk', () => {
    isProved = asked !== null;
    isGreeted = true;
    greeted.resolve();
    authenticated.resolve();
  });
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    if (message.parameterName === 'server_version') version = soberVersion(message.parameterValue);
  });

  function noteRequest(kind: 'cleartext' | 'md5' | 'sasl') {
    asked = kind;
    isGreeted = true;
    greeted.resolve();
  }

  function provePassword(): string {
    if (login.password === null || login.password.isEmpty) throw new AuthenticationDeclined('no_password');
    // The password itself goes only to a peer that proved who it is.
    if (asked === 'cleartext' && !trust.isVerified) throw new AuthenticationDeclined('cleartext');
    // Its MD5 is nearly as good to whoever pretends to be the server, unless that is this machine.
    if (asked === 'md5' && !trust.isVerified && !trust.isLoopback) throw new AuthenticationDeclined('md5');
    return login.password.reveal();
  }

  const client = new Client({
    connection,
    user: login.username,
    database: login.database,
    host: 'dialled.invalid',
    port: 1,
    ssl: false,
    sslnegotiation: 'postgres',
    // A function, so that the driver never looks for a password file.
    password: () => provePassword(),
  } as object);
  client.on('error', ignore);
  proveByOurselves(client, connection);
  const ready = client.connect().then(
    () => {
      // "Ready" without a word about who we are is somebody else's byte.
      if (!isGreeted) greeted.reject(new OtherService('unknown'));
    },
    (fault: unknown) => {
      greeted.reject(fault);
      authenticated.reject(fault);
      throw fault;
    },
  );
  ready.catch(ignore);

  // One at a time: the driver has a queue of its own that it would rather not be used.
  let tail: Promise<unknown> = ready;
  let portals = 0;
  let unanswered = 0;
  function takeTurn<T>(next: () => Promise<T>): Promise<T> {
    const asked = tail.then(next, next);
    tail = asked;
    unanswered += 1;
    const settle = () => {
      unanswered -= 1;
    };
    asked.then(settle, settle);
    return asked;
  }

  function put(ask: Ask, answer: AnswerLimits): Promise<Answer> {
    return takeTurn(() => {
      const question = new Question(ask, answer);
      client.query(question as unknown as Submittable);
      return question.answer;
    });
  }

  return {
    greeted: greeted.promise,
    authenticated: authenticated.promise,
    ready,
    wasAskedForProof: () => asked !== null,
    hasProved: () => isProved,
    async ask(sql) {
      await put(simpleQuery(sql), answerLimits);
    },
    async rows(sql, values = []) {
      const ask = values.length === 0 ? simpleQuery(sql) : openPortal(sql, values, '', 0);
      return (await put(ask, answerLimits)).rows;
    },
    stream: (sql, values, { batchRows }) => streamPortal(put, `latchkey_${++portals}`, sql, values, batchRows),
    converse(conversation) {
      takeTurn(() => {
        client.query(conversation as unknown as Submittable);
        return conversation.ended;
      }).catch(ignore);
    },
    version: () => version,
    cancelKey() {
      const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null };
      return processID === null || secretKey === null ? null : { processId: processID, secretKey };
    },
    isBusy: () => unanswered > 0,
    close() {
      connection.end();
      stream.setTimeout(closeMs, () => stream.destroy());
      stream.destroySoon();
    },
  };
}

/** Opens a portal now and reads it batch by batch, some of them ahead of the caller. */
function streamPortal(
  put: (ask: Ask, limits: AnswerLimits) => Promise<Answer>,
  portal: string,
  sql: string,
  values: readonly Value[],
  batchRows: number,
): AsyncGenerator<readonly Row[], void> {
  const firstRows = Math.min(firstBatchRows, batchRows);
  const ahead = [put(openPortal(sql, values, portal, firstRows), batchOf(firstRows))];
  return readAhead();

  async function* readAhead(): AsyncGenerator<readonly Row[], void> {
    let isOver = false;
    try {
      for (let next = ahead.shift(); next !== undefined && !isOver; next = ahead.shift()) {
        const answer = await next;
        isOver = !answer.isSuspended;
        // One that pauses without having given anything would be asked for ever.
        if (!isOver && answer.rows.length === 0) throw new StreamGuardFault('MALFORMED');
        const rowBytes = answer.bytes / Math.max(1, answer.rows.length);
        const wanted = Math.max(1, Math.min(batchRows, Math.floor(batchBytes / Math.max(1, rowBytes))));
        // The server works while the caller does. A portal at its end answers what is asked too much with nothing.
        while (!isOver && ahead.length < batchesAhead) ahead.push(put(readPortal(portal, wanted), batchOf(wanted)));
        if (answer.rows.length > 0) yield answer.rows;
      }
    } finally {
      if (!isOver) put(closePortal(portal), batchOf(0)).catch(ignore);
    }
  }
}

function batchOf(maxRows: number): AnswerLimits {
  return { maxRows, maxBytes: maxBatchBytes };
}

/** Nothing but a number and how ripe it is: the rest of the text is the server's to choose. */
function soberVersion(text: string): string | null {
  return /^\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:devel|alpha|beta|rc)\d{0,2})?/.exec(text)?.[0] ?? null;
}

/** Whether a fault is an error message of the server; one without a code was not PostgreSQL's. */
export function isServerError(fault: unknown): fault is DatabaseError {
  return fault instanceof Error && fault.constructor.name === 'DatabaseError';
}

const closeMs = 1_000;

function settleable(): { promise: Promise<void>; resolve: () => void; reject: (fault: unknown) => void } {
  let resolve: () => void = ignore;
  let reject: (fault: unknown) => void = ignore;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(ignore);
  return { promise, resolve, reject };
}

function ignore(): void {}
