/**
 * A MySQL or MariaDB session over a stream that was dialled here. We read the greeting and switch to TLS ourselves,
 * with our own modes and typed reasons; the driver is then given the stream and the greeting as if it had just
 * connected, with a closed list of options and of authentication plugins.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { AuthPlugin } from 'mysql2';
import type { Secret } from '../../kernel/secret.js';
import { guardStream, StreamGuardFault } from '../../network/index.js';
import { ClosedByPeer } from '../first-bytes.js';
import type { AnswerColumn } from './data-describe.js';
import { type Exchange, type ExchangeLimits, startExchange } from './data-exchange.js';
import type { Greeting } from './greeting.js';
import { createPacketGuard } from './packet-guard.js';
import { bindValues, type SqlValue } from './quote.js';
import { lost, type Row, readRows, weigh } from './read-rows.js';

export type { Row } from './read-rows.js';

/** How far the stream may be trusted with what a server asks for. */
export interface StreamTrust {
  readonly isEncrypted: boolean;
  /** TLS whose certificate was checked. */
  readonly isVerified: boolean;
  /** The peer is this machine. */
  readonly isLoopback: boolean;
}

export interface SessionLogin {
  readonly username: string;
  readonly database: string;
  readonly password: Secret;
}

/** We do not give what the server asks for. */
export class ServerRequestDeclined extends Error {
  readonly asked: 'local_file' | 'cleartext';

  constructor(asked: ServerRequestDeclined['asked']) {
    super('what the server asks for was declined');
    this.asked = asked;
  }
}

/** What a server may send over a whole session. */
export interface SessionBudget {
  readonly sessionBytes: number;
  /** Of one packet, which is one row at most. */
  readonly maxPacketBytes: number;
  readonly maxPackets: number;
}

export interface RowLimits {
  /** Aborted when nobody waits for the rows any more; what the server still does is ended by a `KILL QUERY`. */
  readonly signal: AbortSignal;
  /** More rows than these, or more than 24 MiB of them, are a {@link TooManyRows}. */
  readonly maxRows: number;
}

export class TooManyRows extends Error {}

export interface Session {
  /** What `KILL QUERY` wants. */
  readonly threadId: number;
  /** The proof was accepted and the database is open. */
  readonly ready: Promise<void>;
  /** Asks one question and ignores the answer. */
  ask(sql: string): Promise<void>;
  /** All rows of an answer. @throws TooManyRows, what the server says, and the reason of the signal. */
  rows(sql: string, values: readonly SqlValue[], limits: RowLimits): Promise<readonly Row[]>;
  /** The same where a server says what its columns are, and each version has others: `SHOW …`. */
  namedRows(sql: string, limits: RowLimits): Promise<readonly ReadonlyMap<string, string | null>[]>;
  /**
   * The rows of an answer in batches, as fast as they are taken: while the reader is busy the socket is paused, and
   * the server waits. A reader that leaves before the end has the session closed.
   */
  batches(sql: string, values: readonly SqlValue[], signal: AbortSignal): AsyncGenerator<readonly Row[], void>;
  /** Of the last answer that had rows. */
  warnings(): number;
  /** Asks one question of data; the next may be asked when it has ended, or waits for that. */
  exchange(sql: string, limits: ExchangeLimits): Exchange;
  /**
   * Has the server parse a statement without running it. Nothing else may be asked meanwhile.
   *
   * @returns what its answer would have, and how many places for values it has.
   */
  prepare(sql: string): Promise<{ readonly columns: readonly AnswerColumn[]; readonly places: number }>;
  close(): void;
}

/** Asks the server to go on in TLS (Protocol::SSLRequest); the next bytes on the socket are TLS. */
export function requestTls(socket: Socket): void {
  const packet = Buffer.alloc(36);
  packet.writeUIntLE(32, 0, 3);
  packet[3] = 1;
  packet.writeUInt32LE(clientFlags | tlsFlag.value, 4);
  packet[12] = utf8mb4;
  socket.write(packet);
}

let library: typeof import('mysql2') | null = null;

/** Starts a session on a stream whose greeting was read. @param budget  {@link probeBudget} when absent. */
export async function startSession(
  stream: Socket,
  greeting: Greeting,
  trust: StreamTrust,
  login: SessionLogin,
  budget: SessionBudget = probeBudget,
): Promise<Session> {
  // Not loaded before somebody reaches for a database of its kind, and asked for once.
  library ??= await import('mysql2');
  const { createConnection } = library;
  const { authPlugins: standard } = library as unknown as { authPlugins: StandardPlugins };
  let warnings = 0;
  let isPreparing = false;
  const admit = createPacketGuard(
    budget.maxPacketBytes,
    budget.maxPackets,
    (count) => {
      warnings = count;
    },
    () => isPreparing,
  );
  const connection = createConnection({
    stream: guardStream(stream, budget.sessionBytes, admit),
    user: login.username,
    password: login.password.reveal(),
    database: login.database,
    charset: 'UTF8MB4_UNICODE_CI',
    connectTimeout: 0,
    // Nothing stays prepared, and the driver makes room for 16,000 with every connection: half a megabyte.
    maxPreparedStatements: 1,
    trace: false,
    // Row parsers are not compiled from what a server says its columns are.
    disableEval: true,
    flags: [
      ...unusedFlags.map((name) => `-${name}`),
      ...Object.keys(usedFlags),
      ...(trust.isEncrypted ? [tlsFlag.name] : []),
    ],
    connectAttributes: { program_name: 'latchkey' },
    infileStreamFactory: () => {
      throw new ServerRequestDeclined('local_file');
    },
    authPlugins: choosePlugins(standard, trust),
  });
  connection.on('error', ignore);
  const driver = connection as unknown as DriverConnection;
  if (driver.config.clientFlags !== (trust.isEncrypted ? clientFlags | tlsFlag.value : clientFlags)) {
    throw new TypeError('the driver would not send the capabilities that were announced');
  }
  const sequenceId = trust.isEncrypted ? 1 : 0;
  driver.sequenceId = sequenceId;
  // The driver complains to the console about packets out of order, as often as a server sends them.
  const handlePacket = driver.handlePacket.bind(connection);
  driver.handlePacket = (packet) => {
    // One that waits while the reader is busy comes by here again.
    if (packet !== undefined && !driver._paused && packet.sequenceId !== driver.sequenceId) {
      stream.destroy(new StreamGuardFault('DRIVER_FAULT'));
      return;
    }
    handlePacket(packet);
  };
  const ready = new Promise<void>((resolve, reject) => {
    connection.once('connect', () => resolve());
    connection.once('error', reject);
    // A peer that hung up before anybody listened says so no more.
    if (stream.destroyed || stream.readableEnded) reject(new ClosedByPeer());
  });
  ready.catch(ignore);
  stream.unshift(greeting.replay(sequenceId));
  stream.resume();

  function close(): void {
    stream.setTimeout(closeMs, () => stream.destroy());
    connection.end(() => stream.destroy());
  }

  function batches(sql: string, values: readonly SqlValue[], signal: AbortSignal) {
    return readRows(connection, stream, bindValues(sql, values), signal);
  }

  async function collect(answer: AsyncIterable<readonly Row[]>, maxRows: number): Promise<readonly Row[]> {
    const all: Row[] = [];
    let bytes = 0;
    for await (const batch of answer) {
      bytes += batch.reduce((sum, row) => sum + weigh(row), 0);
      if (all.length + batch.length > maxRows || bytes > maxAnswerBytes) throw new TooManyRows();
      all.push(...batch);
    }
    return all;
  }

  return {
    threadId: greeting.threadId,
    ready,
    warnings: () => warnings,
    batches,
    rows: (sql, values, { signal, maxRows }) => collect(batches(sql, values, signal), maxRows),
    async namedRows(sql, { signal, maxRows }) {
      let columns: readonly string[] = [];
      const answer = readRows(connection, stream, sql, signal, (names) => {
        columns = names;
      });
      const rows = await collect(answer, maxRows);
      return rows.map((row) => new Map(columns.map((name, index) => [name, row[index] ?? null])));
    },
    exchange: (sql, limits) => startExchange(connection, stream, sql, limits),
    prepare(sql) {
      isPreparing = true;
      return new Promise((resolve, reject) => {
        const onLost = (fault: unknown = lost()) => settle(() => reject(fault));
        const settle = (how: () => void) => {
          isPreparing = false;
          connection.removeListener('error', onLost);
          stream.removeListener('close', onClosed);
          how();
        };
        const onClosed = () => onLost();
        connection.on('error', onLost);
        stream.on('close', onClosed);
        connection.prepare(sql, (fault, statement) => {
          if (fault !== null) return onLost(fault);
          const { columns, parameters } = statement as unknown as PreparedAnswer;
          settle(() => resolve({ columns, places: parameters.length }));
          connection.unprepare(sql);
        });
        if (stream.destroyed) onClosed();
      });
    },
    close,
    async ask(sql) {
      let rows = 0;
      for await (const batch of batches(sql, [], new AbortController().signal)) {
        rows += batch.length;
        if (rows > maxIgnoredRows) throw new TooManyRows();
      }
    },
  };
}

/** Of all rows that are kept at once; a row of many short values weighs more in memory than on the wire. */
const maxAnswerBytes = 25_165_824;
const maxIgnoredRows = 1_000;

/** A login and one row need a few hundred bytes. */
export const probeBudget: SessionBudget = { sessionBytes: 1_048_576, maxPacketBytes: 65_536, maxPackets: 10_000 };
const closeMs = 1_000;
const utf8mb4 = 224;

/** What we tell the server we can do: what one login and one question need. */
const usedFlags = {
  LONG_PASSWORD: 0x0000_0001,
  // A write tells the rows it was for, also those that were so already.
  FOUND_ROWS: 0x0000_0002,
  LONG_FLAG: 0x0000_0004,
  CONNECT_WITH_DB: 0x0000_0008,
  PROTOCOL_41: 0x0000_0200,
  TRANSACTIONS: 0x0000_2000,
  SECURE_CONNECTION: 0x0000_8000,
  MULTI_RESULTS: 0x0002_0000,
  PLUGIN_AUTH: 0x0008_0000,
  CONNECT_ATTRS: 0x0010_0000,
  PLUGIN_AUTH_LENENC_CLIENT_DATA: 0x0020_0000,
} as const;
const tlsFlag = { name: 'SSL', value: 0x0000_0800 } as const;
const clientFlags = Object.values(usedFlags).reduce((all, flag) => all | flag, 0);

/** What the driver would announce by itself; LOCAL_FILES lets a server ask for files of ours. */
const unusedFlags = [
  'LOCAL_FILES',
  'ODBC',
  'IGNORE_SPACE',
  'IGNORE_SIGPIPE',
  'RESERVED',
  'SESSION_TRACK',
  'CLIENT_QUERY_ATTRIBUTES',
  'MULTI_STATEMENTS',
] as const;

/** What this file uses of the driver's connection, which its types leave out. */
interface DriverConnection {
  readonly config: { readonly clientFlags: number };
  sequenceId: number;
  readonly _paused: boolean;
  handlePacket(packet?: { readonly sequenceId: number }): void;
}

/** What the driver knows of a statement that was prepared. */
interface PreparedAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly parameters: readonly unknown[];
}

interface StandardPlugins {
  readonly caching_sha2_password: (options: { readonly overrideIsSecure: boolean }) => AuthPlugin;
  readonly sha256_password: (options: object) => AuthPlugin;
  readonly mysql_clear_password: (options: object) => AuthPlugin;
}

/**
 * The plugins a server may ask for. `mysql_native_password` proves without showing and is the driver's own. The others
 * show the password at some point: in clear inside TLS, or under a key the server just sent, which is the same to
 * whoever pretends to be the server. So they need a verified peer, or one that is this machine; `mysql_clear_password`
 * is never used without verified TLS.
 */
function choosePlugins(standard: StandardPlugins, trust: StreamTrust): Record<string, AuthPlugin> {
  const mayShow = trust.isVerified || trust.isLoopback;
  const cachingSha2 = standard.caching_sha2_password({ overrideIsSecure: trust.isEncrypted });
  const decline: AuthPlugin = () => () => {
    throw new ServerRequestDeclined('cleartext');
  };
  return {
    caching_sha2_password: mayShow ? unlessUnusable(cachingSha2) : withoutFullExchange(cachingSha2),
    sha256_password: mayShow ? unlessUnusable(standard.sha256_password({})) : decline,
    mysql_clear_password: trust.isVerified ? standard.mysql_clear_password({}) : decline,
  };
}

/** Answers the challenge, and stops where the server has not seen the password lately and wants it whole. */
function withoutFullExchange(plugin: AuthPlugin): AuthPlugin {
  return (metadata) => {
    const answer = plugin(metadata);
    return (data) => {
      if (data.length === 1 && data[0] === performFullAuthentication) throw new ServerRequestDeclined('cleartext');
      return answer(data);
    };
  };
}

/** A public key that is none, or too small for the password, is nothing to encrypt with. */
function unlessUnusable(plugin: AuthPlugin): AuthPlugin {
  return (metadata) => {
    const answer = plugin(metadata);
    return (data) => {
      try {
        return answer(data);
      } catch {
        throw new ServerRequestDeclined('cleartext');
      }
    };
  };
}

const performFullAuthentication = 4;

function ignore(): void {}
