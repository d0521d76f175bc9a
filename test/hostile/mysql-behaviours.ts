/** What a hostile server does in the MySQL protocol, and what a probe may say to it. @module */
import { generateKeyPairSync } from 'node:crypto';
import { type Behaviour, cutEverywhere } from './behaviour.js';
import type { Conversation } from './conversation.js';
import {
  answered,
  column,
  command,
  eofPacket,
  errorPacket,
  greet,
  greeting,
  more,
  okPacket,
  packet,
  readPacket,
  row,
  scramble,
  switchTo,
} from './mysql-side.js';

const mismatch = ['handshake:PROTOCOL_MISMATCH'];
const declined = ['authenticate:AUTH_PLUGIN_UNSUPPORTED'];
const failedQuery = ['query:QUERY_FAILED'];
const slowLogin = ['authenticate:STAGE_TIMEOUT', 'authenticate:TOTAL_TIMEOUT'];
const slowGreeting = ['handshake:STAGE_TIMEOUT', 'handshake:TOTAL_TIMEOUT'];

type Play = Behaviour['play'];

const sends =
  (...parts: readonly Buffer[]): Play =>
  async (side) => {
    await side.write(Buffer.concat(parts));
    await side.silence();
  };
/** A plain greeting, and what follows the handshake response. */
const logsIn =
  (answer: (side: Conversation, next: number, props: Parameters<Play>[1]) => Promise<void>): Play =>
  async (side, props) => {
    await answer(side, await greet(side), props);
    await side.silence();
  };
/** A login that lets everybody in, then `answer` to every command. */
const answers = (answer: (side: Conversation, props: Parameters<Play>[1]) => Promise<void>): Play =>
  logsIn(async (side, next, props) => {
    await side.write(okPacket(next));
    for (;;) {
      await command(side);
      await answer(side, props);
    }
  });
const answersWith = (...parts: readonly Buffer[]) => answers((side) => side.write(Buffer.concat(parts)));
const honest = answersWith(answered());
const switches = (plugin: string, data?: Buffer): Play =>
  logsIn(async (side, next) => {
    await side.write(switchTo(next, plugin, data));
    await readPacket(side);
    await side.write(okPacket(next + 2));
    for (;;) {
      await command(side);
      await side.write(answered());
    }
  });
/** caching_sha2_password that wants the password whole. */
const fullExchange = (key: (side: Conversation) => Promise<Buffer>): Play =>
  logsIn(async (side, next) => {
    await side.write(switchTo(next, 'caching_sha2_password'));
    const token = await readPacket(side);
    await side.write(more(token.sequenceId + 1, [4]));
    const asked = await readPacket(side);
    await side.write(more(asked.sequenceId + 1, await key(side)));
    const proof = await readPacket(side);
    await side.write(okPacket(proof.sequenceId + 1));
    for (;;) {
      await command(side);
      await side.write(answered());
    }
  });
let bigKey: string | undefined;
const pem = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
const files = [
  '/etc/passwd',
  '/proc/self/environ',
  '../../../etc/shadow',
  'C:\\windows\\win.ini',
  '',
  '\0',
  `/dev/zero`,
  'a'.repeat(4_000),
];
const askFor = (sequenceId: number, file: string) => packet(sequenceId, [0xfb], file);
const bigPacket = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 1]), Buffer.alloc(65_536)]);
const ansi = '\u001b[2J\u001b]0;owned\u0007\u001b[31m';
const columnsOf = (names: readonly string[]) => [
  packet(1, names.length < 251 ? [names.length] : [0xfc, names.length & 255, names.length >> 8]),
  ...names.map((name, index) => column(index + 2, name)),
];

export const mysqlBehaviours: readonly Behaviour[] = [
  { name: 'a right login (control)', expect: ['passed'], play: honest },
  {
    name: 'clear password over verified TLS (control: shows the password)',
    expect: ['passed'],
    tls: 'verify-full',
    mayHavePassword: true,
    async play(side, { trusted }) {
      const next = await greet(side, trusted);
      await side.write(switchTo(next, 'mysql_clear_password', Buffer.alloc(0)));
      await readPacket(side);
      await side.write(okPacket(next + 2));
      await command(side);
      await side.write(answered());
      await side.silence();
    },
  },

  // The greeting.
  { name: 'silence from the start', expect: slowGreeting, isSlow: true, play: (side) => side.silence() },
  {
    name: 'a greeting of one byte per 100 ms',
    expect: [...slowGreeting, ...mismatch],
    isSlow: true,
    play: (side) => side.drip(greeting(), 100),
  },
  {
    name: 'a greeting of 16 MB',
    expect: mismatch,
    play: async (side) => {
      await side.write(Buffer.from([0xff, 0xff, 0xff, 0, 10]));
      await side.flood(Buffer.alloc(65_536, 0x41));
    },
  },
  { name: 'a greeting of 8 KB', expect: mismatch, play: sends(greeting({ version: '8'.repeat(8_000) })) },
  { name: 'a greeting without an end of its version', expect: mismatch, play: sends(packet(0, [10], 'x'.repeat(200))) },
  { name: 'an empty greeting', expect: mismatch, play: sends(packet(0)) },
  { name: 'a greeting cut short', expect: mismatch, play: sends(packet(0, [10], '8.0.36\0', [1, 0])) },
  { name: 'an old protocol', expect: mismatch, play: sends(greeting({ protocol: 9 })) },
  { name: 'a greeting out of order', expect: mismatch, play: sends(greeting({ sequenceId: 5 })) },
  {
    name: 'plain text injected behind the greeting',
    expect: mismatch,
    tls: 'prefer',
    play: sends(greeting({ isTls: true }), okPacket(2)),
  },
  { name: 'TLS stripped', expect: ['tls:TLS_NOT_SUPPORTED_BY_SERVER'], tls: 'verify-full', play: sends(greeting()) },
  {
    name: 'a certificate of nobody',
    expect: ['tls:TLS_UNTRUSTED_ISSUER'],
    tls: 'verify-full',
    async play(side, { untrusted }) {
      await greet(side, untrusted);
      await side.silence();
    },
  },
  {
    name: 'silence in the TLS handshake',
    expect: ['tls:STAGE_TIMEOUT', 'tls:TOTAL_TIMEOUT'],
    isSlow: true,
    tls: 'prefer',
    play: sends(greeting({ isTls: true })),
  },
  {
    name: 'a TLS record that is none',
    expect: ['tls:TLS_VERSION_OR_CIPHER'],
    tls: 'prefer',
    async play(side) {
      await side.write(greeting({ isTls: true }));
      await readPacket(side);
      await side.write(Buffer.alloc(400, 0x41));
      await side.silence();
    },
  },
  {
    name: 'plain text where TLS was agreed',
    expect: ['tls:TLS_VERSION_OR_CIPHER', 'tls:TCP_RESET'],
    tls: 'prefer',
    async play(side) {
      await side.write(greeting({ isTls: true }));
      await readPacket(side);
      await side.write(okPacket(2));
      await side.silence();
    },
  },
  {
    name: 'every capability there is',
    expect: ['passed', ...declined, ...mismatch, ...failedQuery],
    async play(side) {
      await side.write(greeting({ everything: true }));
      const { sequenceId } = await readPacket(side);
      await side.write(okPacket(sequenceId + 1));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    },
  },
  {
    name: 'compression nobody asked for',
    expect: [...mismatch, ...slowLogin, 'authenticate:TCP_RESET'],
    isSlow: true,
    async play(side) {
      await side.write(greeting({ isCompressed: true }));
      await readPacket(side);
      await side.write(Buffer.concat([Buffer.from([11, 0, 0, 0, 0, 0, 0]), okPacket(2)]));
      await side.silence();
    },
  },
  {
    name: 'a version in ANSI',
    expect: ['passed'],
    async play(side) {
      await side.write(greeting({ version: `${ansi}8.0` }));
      const { sequenceId } = await readPacket(side);
      await side.write(okPacket(sequenceId + 1));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    },
  },
  {
    name: 'the password for a version',
    expect: ['passed'],
    async play(side, { password }) {
      await side.write(greeting({ version: `8.0-${password}` }));
      const { sequenceId } = await readPacket(side);
      await side.write(okPacket(sequenceId + 1));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    },
  },
  {
    name: 'a scramble of no bytes',
    expect: ['passed', ...mismatch],
    async play(side) {
      await side.write(
        packet(
          0,
          [10],
          '8.0.36\0',
          [7, 0, 0, 0],
          scramble.subarray(0, 8),
          [0],
          [0x0d, 0xa2, 45, 2, 0, 0x3a, 0, 0],
          Buffer.alloc(10),
        ),
      );
      const { sequenceId } = await readPacket(side);
      await side.write(okPacket(sequenceId + 1));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    },
  },
  ...(
    [
      [1040, 'TOO_MANY_CONNECTIONS'],
      [1129, 'CLIENT_HOST_BLOCKED'],
      [1130, 'CLIENT_HOST_NOT_PERMITTED'],
      [1053, 'SERVER_SHUTTING_DOWN'],
    ] as const
  ).map(
    ([errno, reason]): Behaviour => ({
      name: `error ${errno} for a greeting, in ANSI`,
      expect: [`handshake:${reason}`],
      async play(side, { marker }) {
        await side.write(packet(0, [0xff, errno & 255, errno >> 8], `${ansi}${marker}`));
        await side.silence();
      },
    }),
  ),
  {
    name: 'an error nobody has for a greeting',
    expect: ['handshake:UNCLASSIFIED'],
    isUnknownCode: true,
    play: sends(packet(0, [0xff, 0x0f, 0xff], 'x')),
  },
  { name: 'an error of one byte for a greeting', expect: mismatch, play: sends(packet(0, [0xff])) },
  ...(
    [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      '-ERR unknown command\r\n',
      'SSH-2.0-OpenSSH_9.6\r\n',
      '220 mail ready\r\n',
      '<html><script>alert(1)</script>',
    ] as const
  ).map(
    (text): Behaviour => ({
      name: `another service: ${JSON.stringify(text.slice(0, 8))}`,
      expect: mismatch,
      async play(side) {
        await side.write(Buffer.from(text, 'latin1'));
        side.end();
        await side.silence();
      },
    }),
  ),
  {
    name: 'hangs up at once',
    expect: ['handshake:TCP_RESET', 'tcp:TCP_RESET'],
    async play(side) {
      side.end();
      await side.silence();
    },
  },
  {
    name: 'resets at once',
    expect: ['handshake:TCP_RESET', 'tcp:TCP_RESET'],
    async play(side) {
      side.reset();
    },
  },

  {
    name: 'resets right after the TLS handshake',
    tls: 'prefer',
    expect: ['authenticate:TCP_RESET', 'tls:TCP_RESET'],
    async play(side, { untrusted }) {
      await side.write(greeting({ isTls: true }));
      await readPacket(side);
      await side.startTls(untrusted);
      side.reset();
    },
  },
  {
    name: 'hangs up right after the TLS handshake',
    tls: 'prefer',
    expect: ['authenticate:TCP_RESET', 'tls:TCP_RESET'],
    async play(side, { untrusted }) {
      await side.write(greeting({ isTls: true }));
      await readPacket(side);
      await side.startTls(untrusted);
      side.end();
      await side.silence();
    },
  },

  // The proof of identity.
  { name: 'silence after the proof', expect: slowLogin, isSlow: true, play: logsIn((side) => side.silence()) },
  {
    name: 'one byte per 100 ms after the proof',
    expect: [...slowLogin, 'authenticate:AUTH_INVALID_CREDENTIALS'],
    isSlow: true,
    play: logsIn((side, next) => side.drip(errorPacket(next, 1045, 'no'), 100)),
  },
  {
    name: 'a refusal and then silence',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    play: logsIn((side, next) => side.write(errorPacket(next, 1045, 'no', '28000'))),
  },
  {
    name: 'a refusal that drips in time',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    play: logsIn((side, next) => side.drip(errorPacket(next, 1045, 'no', '28000'), 2)),
  },
  {
    name: 'a refusal that echoes the password in ANSI',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    play: logsIn((side, next, { password, marker }) =>
      side.write(errorPacket(next, 1045, `${ansi}${password}${marker}`, password.slice(0, 5))),
    ),
  },
  {
    name: 'a refusal of 60 KB in invalid UTF-8',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    play: logsIn((side, next) => side.write(packet(next, [0xff, 0x15, 0x04], '#28000', Buffer.alloc(60_000, 0xed)))),
  },
  {
    name: 'a refusal of 1 MB',
    expect: mismatch,
    play: logsIn((side, next) => side.write(errorPacket(next, 1045, 'x'.repeat(1_000_000)))),
  },
  {
    name: 'an error nobody has',
    expect: ['authenticate:UNCLASSIFIED'],
    isUnknownCode: true,
    play: logsIn((side, next) => side.write(errorPacket(next, 64_999, '<b>'))),
  },
  {
    name: 'an error with number zero',
    expect: ['authenticate:UNCLASSIFIED', ...mismatch],
    isUnknownCode: true,
    play: logsIn((side, next) => side.write(errorPacket(next, 0, 'x'))),
  },
  { name: 'wants the password in clear', expect: declined, play: switches('mysql_clear_password', Buffer.alloc(0)) },
  {
    name: 'wants the password in clear, in the greeting',
    expect: ['passed', ...declined],
    async play(side) {
      await side.write(greeting({ plugin: 'mysql_clear_password' }));
      const { sequenceId } = await readPacket(side);
      await side.write(okPacket(sequenceId + 1));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    },
  },
  {
    name: 'wants the password in clear in unverified TLS',
    expect: declined,
    tls: 'prefer',
    async play(side, { untrusted }) {
      const next = await greet(side, untrusted);
      await side.write(switchTo(next, 'mysql_clear_password', Buffer.alloc(0)));
      await side.silence();
    },
  },
  ...[
    'dialog',
    'mysql_old_password',
    'client_ed25519',
    'authentication_ldap_sasl_client',
    'nobody_has_this',
    '',
    '__proto__',
    'constructor',
    'toString',
    'x'.repeat(50_000),
  ].map(
    (plugin): Behaviour => ({
      name: `wants the plugin ${JSON.stringify(plugin.slice(0, 32))}`,
      expect: [...declined, ...mismatch],
      play: logsIn((side, next) => side.write(switchTo(next, plugin))),
    }),
  ),
  {
    name: 'wants the oldest plugin, by one byte',
    expect: [...declined, ...mismatch],
    play: logsIn((side, next) => side.write(packet(next, [0xfe]))),
  },
  {
    name: 'wants sha256_password as a stranger',
    expect: declined,
    isStranger: true,
    play: switches('sha256_password'),
  },
  {
    name: 'wants sha256_password as a stranger in unverified TLS',
    expect: declined,
    isStranger: true,
    tls: 'prefer',
    async play(side, { untrusted }) {
      const next = await greet(side, untrusted);
      await side.write(switchTo(next, 'sha256_password'));
      await side.silence();
    },
  },
  {
    name: 'wants the whole password as a stranger',
    expect: declined,
    isStranger: true,
    play: fullExchange(async () => Buffer.from(pem(2_048))),
  },
  {
    name: 'wants the whole password as a stranger in unverified TLS',
    expect: declined,
    isStranger: true,
    tls: 'prefer',
    async play(side, { untrusted }) {
      const next = await greet(side, untrusted);
      await side.write(switchTo(next, 'caching_sha2_password'));
      const token = await readPacket(side);
      await side.write(more(token.sequenceId + 1, [4]));
      await side.silence();
    },
  },
  {
    name: 'caching_sha2_password that remembers (control)',
    expect: ['passed'],
    play: logsIn(async (side, next) => {
      await side.write(switchTo(next, 'caching_sha2_password'));
      const token = await readPacket(side);
      await side.write(Buffer.concat([more(token.sequenceId + 1, [3]), okPacket(token.sequenceId + 2)]));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    }),
  },
  {
    name: 'a public key that is none',
    expect: [...declined, ...mismatch],
    play: fullExchange(async () => Buffer.from('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')),
  },
  {
    name: 'a public key of 512 bits',
    expect: ['passed', ...declined, ...mismatch],
    play: fullExchange(async () =>
      Buffer.from(
        '-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n-----END PUBLIC KEY-----',
      ),
    ),
  },
  {
    name: 'a public key of 16,384 bits',
    expect: ['passed', ...declined, ...mismatch],
    play: fullExchange(async () => {
      bigKey ??= absurdKey(16_384);
      return Buffer.from(bigKey);
    }),
  },
  {
    name: 'a public key of 300,000 bits',
    expect: [...declined, ...mismatch],
    play: fullExchange(async () => Buffer.from(absurdKey(300_000))),
  },
  {
    name: 'a public key of 60 KB of garbage',
    expect: [...declined, ...mismatch],
    play: fullExchange(async () => Buffer.alloc(60_000, 0x41)),
  },
  {
    name: 'a switch without end',
    expect: mismatch.concat(declined),
    play: logsIn(async (side, next) => {
      for (let at = next; ; at += 2) {
        await side.write(switchTo(at, 'mysql_native_password'));
        await readPacket(side);
      }
    }),
  },
  {
    name: 'challenges without end',
    expect: mismatch.concat(declined),
    play: logsIn(async (side, next) => {
      await side.write(switchTo(next, 'caching_sha2_password'));
      await readPacket(side);
      for (let at = next + 2; ; at += 1) await side.write(more(at, 'x'));
    }),
  },
  {
    name: 'a challenge nobody asked for',
    expect: mismatch.concat(declined),
    play: logsIn((side, next) => side.write(more(next, 'x'.repeat(100)))),
  },
  {
    name: 'a scramble of three bytes',
    expect: ['passed', ...declined, ...mismatch],
    play: switches('mysql_native_password', Buffer.from('abc')),
  },
  {
    name: 'wants a file during the login',
    expect: mismatch,
    play: logsIn((side, next, { file }) => side.write(askFor(next, file))),
  },
  {
    name: 'wants a file instead of a greeting',
    expect: mismatch,
    async play(side, { file }) {
      await side.write(askFor(0, file));
      await side.silence();
    },
  },
  { name: 'a result during the login', expect: mismatch, play: logsIn((side) => side.write(answered())) },
  {
    name: 'an empty packet during the login',
    expect: mismatch,
    play: logsIn((side, next) => side.write(packet(next))),
  },
  { name: 'packets out of order', expect: mismatch, play: logsIn((side, next) => side.flood(okPacket(next + 3))) },
  { name: 'a packet of 16 MB during the login', expect: mismatch, play: logsIn((side) => side.flood(bigPacket)) },
  {
    name: 'yes twice',
    expect: ['passed', ...mismatch, ...failedQuery, 'query:CONNECTION_LOST'],
    play: logsIn(async (side, next) => {
      await side.write(Buffer.concat([okPacket(next), okPacket(next + 1)]));
      for (;;) {
        await command(side);
        await side.write(answered());
      }
    }),
  },
  {
    name: 'yes without end',
    expect: ['passed', ...mismatch, ...failedQuery, 'query:CONNECTION_LOST'],
    play: logsIn((side, next) => side.flood(okPacket(next))),
  },

  // The answer to a question.
  { name: 'wants our file', expect: failedQuery, play: answers((side, { file }) => side.write(askFor(1, file))) },
  ...files.map(
    (file): Behaviour => ({
      name: `wants the file ${JSON.stringify(file.slice(0, 24))}`,
      expect: [...failedQuery],
      play: answersWith(askFor(1, file)),
    }),
  ),
  {
    name: 'wants a file after a result',
    expect: failedQuery,
    play: answers((side, { file }) =>
      side.write(
        Buffer.concat([packet(1, [1]), column(2, '1'), eofPacket(3), row(4, '1'), eofPacket(5, 10), askFor(6, file)]),
      ),
    ),
  },
  {
    name: 'wants a file after an OK with more to come',
    expect: failedQuery,
    play: answers((side, { file }) => side.write(Buffer.concat([okPacket(1, 10), askFor(2, file)]))),
  },
  {
    name: 'wants files without end',
    expect: failedQuery,
    play: answers((side, { file }) => side.flood(askFor(1, file))),
  },
  {
    name: 'rows without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(Buffer.concat([packet(1, [1]), column(2, '1'), eofPacket(3)]));
      await side.flood(Buffer.concat(Array.from({ length: 256 }, (_, index) => row(index + 4, '1'))));
    }),
  },
  {
    name: 'long rows without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(Buffer.concat([packet(1, [1]), column(2, '1'), eofPacket(3)]));
      await side.flood(
        Buffer.concat(Array.from({ length: 256 }, (_, index) => row(index + 4, 'x'.repeat(40_000)))),
        1_073_741_824,
      );
    }),
  },
  {
    name: 'a row of 16 MB in parts without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(Buffer.concat([packet(1, [1]), column(2, '1'), eofPacket(3)]));
      await side.flood(Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 4]), Buffer.alloc(16_777_215)]));
    }),
  },
  {
    name: 'a value longer than its row',
    expect: ['passed', ...failedQuery],
    play: answersWith(
      packet(1, [1]),
      column(2, '1'),
      eofPacket(3),
      packet(4, [0xfd, 0xff, 0xff, 0xff], 'x'),
      eofPacket(5),
    ),
  },
  {
    name: 'a value of 2^63 bytes',
    expect: ['passed', ...failedQuery],
    play: answersWith(
      packet(1, [1]),
      column(2, '1'),
      eofPacket(3),
      packet(4, [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 'xxxxxxxx'),
      eofPacket(5),
    ),
  },
  {
    name: 'more than four thousand million columns',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(packet(1, [0xfe, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0]));
      await side.flood(Buffer.concat(Array.from({ length: 256 }, (_, index) => column(index + 2, 'c'))));
    }),
  },
  {
    name: 'columns named __proto__ and constructor, ten thousand times',
    expect: ['passed', ...failedQuery],
    play: answersWith(
      ...columnsOf(
        Array.from({ length: 10_000 }, (_, index) => ['__proto__', 'constructor', 'hasOwnProperty'][index % 3] ?? ''),
      ),
      eofPacket(10_002),
      packet(10_003, Buffer.concat(Array<Buffer>(10_000).fill(Buffer.from([1, 0x31])))),
      eofPacket(10_004),
    ),
  },
  {
    name: 'a column of a type nobody has',
    expect: ['passed', ...failedQuery],
    play: answersWith(packet(1, [1]), column(2, '1', 0x99), eofPacket(3), row(4, '1'), eofPacket(5)),
  },
  {
    name: 'a column that is cut short',
    expect: ['passed', ...failedQuery],
    play: answersWith(packet(1, [1]), packet(2, [3, 0x64]), eofPacket(3), row(4, '1'), eofPacket(5)),
  },
  {
    name: 'a geometry that is none',
    expect: ['passed', ...failedQuery],
    play: answersWith(
      packet(1, [1]),
      column(2, '1', 0xff),
      eofPacket(3),
      packet(
        4,
        [25],
        [0, 0, 0, 0, 1, 7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 1, 0],
      ),
      eofPacket(5),
    ),
  },
  {
    name: 'JSON that is none',
    expect: ['passed', ...failedQuery],
    play: answersWith(packet(1, [1]), column(2, '1', 0xf5), eofPacket(3), row(4, '{"__proto__":'), eofPacket(5)),
  },
  {
    name: 'results without end',
    expect: failedQuery,
    play: answers(async (side) => {
      for (let at = 1; ; at += 256)
        await side.write(Buffer.concat(Array.from({ length: 256 }, (_, index) => okPacket(at + index, 10))));
    }),
  },
  {
    name: 'errors without end',
    expect: failedQuery,
    play: answers((side, { marker }) => side.flood(errorPacket(1, 1064, marker))),
  },
  {
    name: 'warnings by the thousand in an OK',
    expect: ['passed'],
    play: answersWith(packet(1, [0, 0, 0, 2, 0, 0xff, 0xff], 'x'.repeat(60_000))),
  },
  {
    name: 'an OK with a session state of 60 KB',
    expect: ['passed', ...failedQuery],
    play: answersWith(packet(1, [0, 0, 0, 2, 0x40, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff], Buffer.alloc(60_000, 0xff))),
  },
  {
    name: 'an error in ANSI, to a question',
    expect: failedQuery,
    play: answers((side, { marker, password }) => side.write(errorPacket(1, 1064, `${ansi}${marker}${password}`))),
  },
  {
    name: 'packets out of order, to a question',
    expect: failedQuery,
    play: answersWith(packet(9, [1]), column(2, '1')),
  },
  {
    name: 'empty packets without end',
    expect: failedQuery,
    play: answers((side) => side.flood(Buffer.concat(Array.from({ length: 256 }, (_, index) => packet(index + 1))))),
  },
  {
    name: 'hangs up at a question',
    expect: ['query:CONNECTION_LOST'],
    play: answers(async (side) => {
      side.end();
      await side.silence();
    }),
  },
  {
    name: 'resets at a question',
    expect: ['query:CONNECTION_LOST'],
    play: answers(async (side) => {
      side.reset();
      await side.silence();
    }),
  },
  {
    name: 'silence at a question',
    expect: ['query:QUERY_TIMEOUT'],
    isSlow: true,
    play: answers((side) => side.silence()),
  },
  {
    name: 'one byte per 100 ms at a question',
    expect: ['query:QUERY_TIMEOUT'],
    isSlow: true,
    play: answers((side) => side.drip(answered(), 100)),
  },
  {
    name: 'silence at a question and a flood at its cancelling',
    expect: ['query:QUERY_TIMEOUT'],
    isSlow: true,
    async play(side, props) {
      if (props.visit > 0) return side.flood(greeting());
      return answers((one) => one.silence())(side, props);
    },
  },

  ...cutEverywhere('a reset', 170, 7, 'reset', {
    play: honest,
    expect: ['passed', 'handshake:TCP_RESET', 'tcp:TCP_RESET', 'authenticate:TCP_RESET', 'query:CONNECTION_LOST'],
  }),
  ...cutEverywhere('an end', 170, 7, 'end', {
    play: honest,
    expect: ['passed', 'handshake:TCP_RESET', 'tcp:TCP_RESET', 'authenticate:TCP_RESET', 'query:CONNECTION_LOST'],
  }),
  ...cutEverywhere('silence', 170, 23, 'silence', {
    play: honest,
    isSlow: true,
    expect: ['passed', ...slowGreeting, ...slowLogin, 'query:QUERY_TIMEOUT'],
  }),
];

/** An RSA public key of so many bits that nobody has the private one of: made by hand, because making one takes long. */
function absurdKey(bits: number): string {
  const der = (tag: number, body: Buffer): Buffer => {
    const size = body.length;
    const length =
      size < 128
        ? [size]
        : size < 65_536
          ? [0x82, size >> 8, size & 255]
          : [0x83, size >> 16, (size >> 8) & 255, size & 255];
    return Buffer.concat([Buffer.from([tag, ...length]), body]);
  };
  const modulus = Buffer.alloc(bits / 8 + 1, 0xd5);
  modulus[0] = 0;
  const key = der(0x30, Buffer.concat([der(2, modulus), der(2, Buffer.from([1, 0, 1]))]));
  const algorithm = Buffer.from('300d06092a864886f70d0101010500', 'hex');
  const spki = der(0x30, Buffer.concat([algorithm, der(3, Buffer.concat([Buffer.from([0]), key]))]));
  return `-----BEGIN PUBLIC KEY-----\n${(spki.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END PUBLIC KEY-----\n`;
}
