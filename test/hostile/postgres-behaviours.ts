/** What a hostile server does in the PostgreSQL protocol, and what a probe may say to it. @module */
import { type Behaviour, cutEverywhere } from './behaviour.js';
import type { Conversation } from './conversation.js';
import {
  answered,
  askCleartext,
  askMd5,
  askScram,
  authOk,
  commandComplete,
  dataRow,
  error,
  int16,
  int32,
  keyData,
  message,
  notice,
  opened,
  question,
  readMessage,
  readyForQuery,
  rowDescription,
  saslFinal,
  scram,
  startUp,
  version,
} from './postgres-side.js';

const mismatch = ['handshake:PROTOCOL_MISMATCH'];
const declined = ['authenticate:AUTH_PLUGIN_UNSUPPORTED', 'handshake:AUTH_PLUGIN_UNSUPPORTED'];
const failedQuery = ['query:QUERY_FAILED'];

/** Plain start-up, then what is said. */
const says =
  (...parts: readonly Buffer[]) =>
  async (side: Conversation) => {
    await startUp(side, null);
    await side.write(Buffer.concat(parts));
    await side.silence();
  };
/** A login that lets everybody in, then `answer` to every question. */
const answers =
  (answer: (side: Conversation, marker: string) => Promise<void>): Behaviour['play'] =>
  async (side, props) => {
    await startUp(side, null);
    await side.write(opened);
    for (;;) {
      await question(side);
      await answer(side, props.marker);
    }
  };
const answersWith = (...parts: readonly Buffer[]) => answers((side) => side.write(Buffer.concat(parts)));
const scramWith =
  (steps: Parameters<typeof scram>[2]): Behaviour['play'] =>
  async (side, { password }) => {
    await startUp(side, null);
    await scram(side, password, steps);
    await side.write(opened);
    for (;;) {
      await question(side);
      await side.write(answered);
    }
  };
const firstWith = (change: (honest: string) => string) => scramWith({ first: (_nonce, honest) => change(honest) });
const honest = scramWith({});
const field = (name: string) =>
  [name, '\0', Buffer.from([...int32(0), ...int16(0), ...int32(23), ...int16(0), 0, 0, 0, 0, ...int16(0)])] as const;
const columns = (names: readonly string[]) =>
  message('T', int16(names.length), ...names.flatMap((name) => field(name)));
const withLength = (type: string, length: number) => Buffer.concat([Buffer.from(type), Buffer.from(int32(length | 0))]);

const ansi = '\u001b[2J\u001b]0;owned\u0007\u001b[31m';

export const postgresBehaviours: readonly Behaviour[] = [
  { name: 'a right SCRAM login (control)', expect: ['passed'], play: honest },
  {
    name: 'cleartext over verified TLS (control: shows the password)',
    expect: ['passed'],
    tls: 'verify-full',
    mayHavePassword: true,
    async play(side, { trusted }) {
      await startUp(side, trusted);
      await side.write(askCleartext);
      await readMessage(side);
      await side.write(opened);
      await question(side);
      await side.write(answered);
      await side.silence();
    },
  },

  // Before any word about the user.
  {
    name: 'silence from the start',
    expect: ['handshake:STAGE_TIMEOUT', 'handshake:TOTAL_TIMEOUT'],
    isSlow: true,
    play: (side) => side.silence(),
  },
  {
    name: 'silence to the question of TLS',
    tls: 'prefer',
    expect: ['handshake:STAGE_TIMEOUT', 'handshake:TOTAL_TIMEOUT'],
    isSlow: true,
    play: (side) => side.silence(),
  },
  {
    name: 'silence in the TLS handshake',
    tls: 'prefer',
    expect: ['tls:STAGE_TIMEOUT', 'tls:TOTAL_TIMEOUT'],
    isSlow: true,
    async play(side) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      await side.silence();
    },
  },
  {
    name: 'a TLS handshake that drips',
    tls: 'prefer',
    expect: ['tls:STAGE_TIMEOUT', 'tls:TOTAL_TIMEOUT'],
    isSlow: true,
    async play(side) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      await side.readSome();
      await side.drip(
        Buffer.concat([Buffer.from([0x16, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xfb, 3, 3]), Buffer.alloc(16_000, 7)]),
        100,
      );
    },
  },
  {
    name: 'a TLS record that is none',
    tls: 'prefer',
    expect: ['tls:TLS_VERSION_OR_CIPHER'],
    async play(side) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      await side.readSome();
      await side.write(Buffer.alloc(400, 0x41));
      await side.silence();
    },
  },
  {
    name: 'a TLS record that never ends',
    tls: 'prefer',
    expect: ['tls:TLS_VERSION_OR_CIPHER', 'tls:STAGE_TIMEOUT', 'tls:TCP_RESET'],
    isSlow: true,
    async play(side) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      await side.readSome();
      await side.flood(
        Buffer.concat([
          Buffer.from([0x16, 3, 3, 0x40, 0]),
          Buffer.from([0x0b, 0xff, 0xff, 0xff]),
          Buffer.alloc(16_380),
        ]),
      );
    },
  },
  {
    name: 'plain text injected behind the yes to TLS',
    tls: 'prefer',
    expect: mismatch,
    async play(side, { marker }) {
      await side.read(8);
      await side.write(Buffer.concat([Buffer.from('S'), error('28P01', marker)]));
      await side.silence();
    },
  },
  {
    name: 'plain text injected behind the no to TLS',
    tls: 'prefer',
    expect: mismatch,
    async play(side) {
      await side.read(8);
      await side.write(Buffer.concat([Buffer.from('N'), authOk, readyForQuery]));
      await side.silence();
    },
  },
  {
    name: 'TLS stripped',
    tls: 'verify-full',
    expect: ['tls:TLS_NOT_SUPPORTED_BY_SERVER'],
    async play(side) {
      await startUp(side, null);
      await side.silence();
    },
  },
  {
    name: 'a certificate of nobody',
    tls: 'verify-full',
    expect: ['tls:TLS_UNTRUSTED_ISSUER'],
    async play(side, { untrusted }) {
      await startUp(side, untrusted);
      await side.silence();
    },
  },
  {
    name: 'a chain of hundreds of certificates',
    tls: 'prefer',
    expect: ['passed', 'tls:TLS_VERSION_OR_CIPHER', 'tls:TCP_RESET'],
    async play(side, { untrusted, ballast }) {
      await startUp(side, { ...untrusted, cert: `${untrusted.cert}\n${ballast}` });
      await side.write(opened);
      await question(side);
      await side.write(answered);
      await side.silence();
    },
  },
  {
    name: 'TLS renegotiation without end',
    tls: 'prefer',
    isSlow: true,
    expect: [
      'handshake:STAGE_TIMEOUT',
      'handshake:TOTAL_TIMEOUT',
      'handshake:PROTOCOL_MISMATCH',
      'handshake:TCP_RESET',
      'tcp:TCP_RESET',
      'tls:TLS_VERSION_OR_CIPHER',
    ],
    async play(side, { untrusted }) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      const tls = await side.startTls(untrusted, { maxVersion: 'TLSv1.2' });
      for (let round = 0; round < 1_000 && !side.isClosed; round += 1) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 20);
          tls.renegotiate({}, () => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
      await side.silence();
    },
  },
  ...(
    [
      'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
      '-ERR unknown command\r\n',
      'SSH-2.0-OpenSSH_9.6\r\n',
      '220 mail ready\r\n',
      '\u0015\u0003\u0001\u0000\u0002\u0002\u0046',
      '<html><script>alert(1)</script>',
    ] as const
  ).map(
    (text): Behaviour => ({
      name: `another service: ${JSON.stringify(text.slice(0, 8))}`,
      tls: 'prefer',
      expect: mismatch,
      async play(side) {
        await side.readSome();
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
    expect: ['handshake:TCP_RESET', 'handshake:PROTOCOL_MISMATCH', 'tls:TCP_RESET'],
    async play(side, { untrusted }) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      await side.startTls(untrusted);
      side.reset();
    },
  },
  {
    name: 'hangs up right after the TLS handshake',
    tls: 'prefer',
    expect: ['handshake:TCP_RESET', 'handshake:PROTOCOL_MISMATCH', 'tls:TCP_RESET'],
    async play(side, { untrusted }) {
      await side.read(8);
      await side.write(Buffer.from('S'));
      await side.startTls(untrusted);
      side.end();
      await side.silence();
    },
  },

  // The proof of identity.
  { name: 'yes without asking', expect: ['passed'], play: answersWith(answered) },
  ...[
    ['as many as are taken', 'i=100000'],
    ['2^31', 'i=2147483648'],
    ['10^7', 'i=10000000'],
    ['of twenty digits', 'i=99999999999999999999'],
    ['zero', 'i=0'],
    ['negative', 'i=-4096'],
    ['with an exponent', 'i=1e9'],
    ['missing', 'x=1'],
  ].map(
    ([what = '', text = '']): Behaviour => ({
      name: `SCRAM iterations ${what}`,
      expect: declined,
      play: firstWith((line) => line.replace('i=4096', text)),
    }),
  ),
  {
    name: 'SCRAM with a nonce of its own',
    expect: declined,
    play: firstWith((line) => line.replace(/r=[^,]+/, 'r=bm9uY2U')),
  },
  {
    name: 'SCRAM with our nonce and nothing more',
    expect: declined,
    play: scramWith({ first: (nonce, line) => line.replace(/r=[^,]+/, `r=${nonce}`) }),
  },
  { name: 'SCRAM without salt', expect: declined, play: firstWith((line) => line.replace(/s=[^,]+/, 's=')) },
  {
    name: 'SCRAM with a salt of 60 KB',
    expect: declined.concat('authenticate:AUTH_INVALID_CREDENTIALS'),
    play: firstWith((line) => line.replace(/s=[^,]+/, `s=${'A'.repeat(60_000)}`)),
  },
  {
    name: 'SCRAM with a salt of 1 MB',
    expect: mismatch,
    play: firstWith((line) => line.replace(/s=[^,]+/, `s=${'A'.repeat(1_000_000)}`)),
  },
  {
    name: 'SCRAM with a wrong signature',
    expect: declined,
    play: scramWith({ final: () => saslFinal(`v=${Buffer.alloc(32).toString('base64')}`) }),
  },
  { name: 'SCRAM with an empty signature', expect: declined, play: scramWith({ final: () => saslFinal('v=') }) },
  { name: 'SCRAM without a signature', expect: declined, play: scramWith({ final: () => saslFinal('x=1') }) },
  {
    name: 'SCRAM that ends with yes instead of a signature',
    expect: mismatch,
    play: scramWith({ final: () => Buffer.alloc(0) }),
  },
  {
    name: 'yes in the middle of SCRAM',
    expect: mismatch,
    async play(side) {
      await startUp(side, null);
      await side.write(Buffer.concat([askScram, authOk, readyForQuery]));
      await side.silence();
    },
  },
  { name: 'SCRAM refused by name', expect: declined, play: scramWith({ final: () => saslFinal('e=invalid-proof') }) },
  { name: 'SCRAM twice', expect: mismatch, play: says(askScram, askScram) },
  {
    name: 'only mechanisms nobody has',
    expect: declined,
    play: says(message('R', int32(10), 'OAUTHBEARER\0GS2-KRB5\0\0')),
  },
  {
    name: 'six thousand mechanisms',
    expect: declined,
    play: says(message('R', int32(10), 'X-MECH-00\0'.repeat(6_000), '\0')),
  },
  { name: 'cleartext asked in plain text', expect: declined, play: says(askCleartext) },
  {
    name: 'cleartext asked in unverified TLS',
    tls: 'prefer',
    expect: declined,
    async play(side, { untrusted }) {
      await startUp(side, untrusted);
      await side.write(askCleartext);
      await side.silence();
    },
  },
  { name: 'MD5 asked by a stranger', isStranger: true, expect: declined, play: says(askMd5) },
  { name: 'a downgrade from SCRAM to cleartext', expect: mismatch, play: says(askScram, askCleartext) },
  { name: 'a downgrade from MD5 to cleartext', expect: mismatch.concat(declined), play: says(askMd5, askCleartext) },
  { name: 'cleartext asked after yes', expect: mismatch, play: says(authOk, askCleartext) },
  ...[7, 8, 9, 2, 6, 13, 99, -1, 2_147_483_647].map(
    (code): Behaviour => ({
      name: `authentication request ${code}`,
      expect: [...declined, ...mismatch],
      play: says(message('R', int32(code), 'x')),
    }),
  ),
  {
    name: 'silence after the proof',
    expect: ['authenticate:STAGE_TIMEOUT', 'authenticate:TOTAL_TIMEOUT'],
    isSlow: true,
    async play(side) {
      await startUp(side, null);
      await side.write(askScram);
      await side.silence();
    },
  },
  {
    name: 'silence after yes',
    expect: ['database:STAGE_TIMEOUT', 'database:TOTAL_TIMEOUT'],
    isSlow: true,
    play: says(authOk),
  },
  {
    name: 'a refusal and then silence',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    async play(side, { password }) {
      await startUp(side, null);
      await scram(side, password, { final: () => error('28P01', 'no', 'auth_failed') });
      await side.silence();
    },
  },
  {
    name: 'a refusal that drips in time',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    async play(side) {
      await startUp(side, null);
      await side.write(askScram);
      await readMessage(side);
      await side.drip(error('28P01', 'no', 'auth_failed'), 2);
      await side.silence();
    },
  },
  {
    name: 'one byte per 100 ms in the login',
    expect: [
      'handshake:STAGE_TIMEOUT',
      'handshake:TOTAL_TIMEOUT',
      'authenticate:STAGE_TIMEOUT',
      'authenticate:TOTAL_TIMEOUT',
      'database:STAGE_TIMEOUT',
    ],
    isSlow: true,
    async play(side) {
      await startUp(side, null);
      await side.drip(opened, 100);
    },
  },
  { name: 'ready before any proof', expect: mismatch, play: says(readyForQuery) },
  { name: 'a parameter before any proof', expect: mismatch, play: says(version, authOk, readyForQuery) },
  { name: 'a row before any proof', expect: mismatch, play: says(rowDescription, dataRow) },
  {
    name: 'a new version of the protocol',
    expect: mismatch,
    play: says(message('v', int32(196_610), int32(0)), authOk, readyForQuery),
  },
  {
    name: 'the key twice',
    expect: ['passed'],
    async play(side) {
      await startUp(side, null);
      await side.write(Buffer.concat([authOk, keyData, keyData, readyForQuery]));
      await question(side);
      await side.write(answered);
      await side.silence();
    },
  },
  {
    name: 'parameters without end',
    expect: mismatch,
    async play(side) {
      await startUp(side, null);
      await side.write(authOk);
      await side.flood(message('S', 'a\0', 'b\0'));
    },
  },
  {
    name: 'long parameters without end',
    expect: mismatch,
    async play(side) {
      await startUp(side, null);
      await side.write(authOk);
      await side.flood(message('S', 'a\0', `${'b'.repeat(60_000)}\0`));
    },
  },
  {
    name: '1 GB of notices before the proof',
    expect: mismatch,
    async play(side, { marker }) {
      await startUp(side, null);
      await side.flood(notice(marker.repeat(40)));
    },
  },
  {
    name: '1 GB of short notices after yes',
    expect: mismatch,
    async play(side) {
      await startUp(side, null);
      await side.write(authOk);
      await side.flood(notice('x'));
    },
  },
  {
    name: 'a length of 2 GB',
    expect: mismatch,
    async play(side) {
      await startUp(side, null);
      await side.write(withLength('R', 0x7fff_ffff));
      await side.flood(Buffer.alloc(65_536));
    },
  },
  { name: 'a length of 4 GB', expect: mismatch, play: says(withLength('S', -1)) },
  { name: 'a length of zero', expect: mismatch, play: says(withLength('R', 0)) },
  { name: 'a length of three', expect: mismatch, play: says(withLength('E', 3)) },

  // Errors.
  {
    name: 'an error in ANSI',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    async play(side, { marker }) {
      await startUp(side, null);
      await side.write(error('28P01', `${ansi}${marker}`, `${ansi}${marker}`));
      await side.silence();
    },
  },
  {
    name: 'an error in HTML',
    expect: ['database:DATABASE_NOT_FOUND', 'handshake:DATABASE_NOT_FOUND'],
    async play(side, { marker }) {
      await startUp(side, null);
      await side.write(error('3D000', `<img src=x onerror=alert(1)>${marker}`, '<b>'));
      await side.silence();
    },
  },
  {
    name: 'an error of 60 KB',
    expect: ['handshake:SERVER_STARTING'],
    async play(side, { marker }) {
      await startUp(side, null);
      await side.write(error('57P03', marker.repeat(900)));
      await side.silence();
    },
  },
  {
    name: 'an error of 1 MB',
    expect: mismatch,
    async play(side) {
      await startUp(side, null);
      await side.write(error('57P03', 'x'.repeat(1_000_000)));
      await side.silence();
    },
  },
  {
    name: 'an error in invalid UTF-8',
    expect: ['handshake:TOO_MANY_CONNECTIONS'],
    async play(side) {
      await startUp(side, null);
      await side.write(
        message('E', 'SFATAL\0', 'C53300\0', 'M', [0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80], '\0', '\0'),
      );
      await side.silence();
    },
  },
  {
    name: 'an error that echoes the password',
    expect: ['authenticate:AUTH_INVALID_CREDENTIALS'],
    async play(side, { password }) {
      await startUp(side, null);
      await side.write(error('28P01', password, password));
      await side.silence();
    },
  },
  {
    name: 'the password for a routine, at a question',
    expect: failedQuery,
    play: async (side, props) => {
      await startUp(side, null);
      await side.write(opened);
      for (;;) {
        await question(side);
        await side.write(Buffer.concat([error('42501', props.password, props.password), readyForQuery]));
      }
    },
  },
  {
    name: 'the password for a version',
    expect: ['passed'],
    play: async (side, props) => {
      await startUp(side, null);
      await side.write(
        Buffer.concat([authOk, message('S', 'server_version\0', `15.${props.password}\0`), keyData, readyForQuery]),
      );
      for (;;) {
        await question(side);
        await side.write(answered);
      }
    },
  },
  { name: 'an error without a code', expect: mismatch, play: says(message('E', 'SFATAL\0', 'Mno\0', '\0')) },
  { name: 'an error with a code of ANSI', expect: mismatch, play: says(error('\u001b[31m', 'x')) },
  {
    name: 'an error with a code nobody has',
    expect: ['handshake:UNCLASSIFIED'],
    isUnknownCode: true,
    play: says(error('ZZ999', 'x')),
  },
  { name: 'an error that does not end', expect: mismatch, play: says(message('E', 'SFATAL\0', 'Mno')) },
  {
    name: 'an error with every field 4,000 times',
    expect: ['handshake:SERVER_SHUTTING_DOWN', ...mismatch],
    play: says(message('E', 'C57P01\0', 'Mx\0'.repeat(4_000), '\0')),
  },

  // The answer to a question.
  {
    name: 'rows without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(rowDescription);
      await side.flood(dataRow);
    }),
  },
  {
    name: 'long rows without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(rowDescription);
      await side.flood(message('D', int16(1), int32(60_000), Buffer.alloc(60_000, 0x78)));
    }),
  },
  {
    name: 'a value of 2 GB',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(rowDescription);
      await side.write(withLength('D', 0x7fff_fff0));
      await side.flood(Buffer.alloc(65_536));
    }),
  },
  {
    name: 'a value longer than its row',
    expect: failedQuery,
    play: answersWith(rowDescription, message('D', int16(1), int32(0x7fff_ffff), '1')),
  },
  {
    name: 'a value of length -2',
    expect: failedQuery,
    play: answersWith(rowDescription, message('D', int16(1), int32(-2))),
  },
  { name: 'a row of -1 columns', expect: failedQuery, play: answersWith(rowDescription, message('D', int16(-1))) },
  { name: '-1 columns', expect: failedQuery, play: answersWith(message('T', int16(-1))) },
  {
    name: '32,767 columns in a few bytes',
    expect: failedQuery,
    play: answersWith(message('T', int16(32_767), ...field('a'))),
  },
  {
    name: 'columns without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.flood(columns(Array<string>(1_600).fill('c')));
    }),
  },
  {
    name: 'columns named __proto__ and constructor, 1,600 times',
    expect: ['passed', ...failedQuery],
    play: answersWith(
      columns(Array.from({ length: 1_600 }, (_, index) => ['__proto__', 'constructor', 'toString'][index % 3] ?? '')),
      message('D', int16(1_600), Buffer.concat(Array<Buffer>(1_600).fill(Buffer.from([0, 0, 0, 1, 0x31])))),
      commandComplete,
      readyForQuery,
    ),
  },
  {
    name: 'ten thousand columns of one name',
    expect: failedQuery,
    play: answersWith(columns(Array<string>(10_000).fill('c'))),
  },
  {
    name: 'a row without columns',
    expect: ['passed', ...failedQuery],
    play: answersWith(dataRow, commandComplete, readyForQuery),
  },
  {
    name: 'a row with more values than columns',
    expect: ['passed', ...failedQuery],
    play: answersWith(
      rowDescription,
      message('D', int16(3), int32(1), '1', int32(1), '2', int32(-1)),
      commandComplete,
      readyForQuery,
    ),
  },
  {
    name: 'a row with no value',
    expect: ['passed', ...failedQuery],
    play: answersWith(rowDescription, message('D', int16(0)), commandComplete, readyForQuery),
  },
  { name: 'ends of commands without end', expect: failedQuery, play: answers((side) => side.flood(commandComplete)) },
  {
    name: 'ready without end',
    expect: ['passed', ...failedQuery, 'query:CONNECTION_LOST'],
    play: answers((side) => side.flood(readyForQuery)),
  },
  { name: 'empty answers without end', expect: failedQuery, play: answers((side) => side.flood(message('I'))) },
  { name: 'errors without end', expect: failedQuery, play: answers((side) => side.flood(error('42601', 'no'))) },
  {
    name: 'notifications without end',
    expect: failedQuery,
    play: answers((side) => side.flood(message('A', int32(1), 'channel\0', 'payload\0'))),
  },
  {
    name: 'notices without end, to a question',
    expect: failedQuery,
    play: answers((side, marker) => side.flood(notice(marker))),
  },
  { name: 'wants a COPY of ours', expect: failedQuery, play: answersWith(message('G', [0], int16(0))) },
  {
    name: 'copies to us without end',
    expect: failedQuery,
    play: answers(async (side) => {
      await side.write(message('H', [0], int16(0)));
      await side.flood(message('d', 'x'.repeat(1_000)));
    }),
  },
  { name: 'copies both ways', expect: failedQuery, play: answersWith(message('W', [0], int16(0))) },
  { name: 'an answer to a function call', expect: failedQuery, play: answersWith(message('V', int32(0))) },
  { name: 'a message of the client', expect: failedQuery, play: answersWith(message('Q', 'SELECT 1\0')) },
  {
    name: 'answers of portals to a simple question',
    expect: ['passed', ...failedQuery],
    play: answersWith(message('1'), message('2'), message('n'), message('s'), commandComplete, readyForQuery),
  },
  { name: 'another login in the middle', expect: failedQuery, play: answersWith(askCleartext) },
  { name: 'yes once more, to a question', expect: failedQuery, play: answersWith(authOk) },
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
    name: 'an error in ANSI, to a question',
    expect: failedQuery,
    play: answers((side, marker) =>
      side.write(Buffer.concat([error('42501', `${ansi}${marker}`, `${ansi}${marker}`), readyForQuery])),
    ),
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
    play: answers((side) => side.drip(answered, 100)),
  },
  {
    name: 'rows that drip, without an end',
    expect: ['query:QUERY_TIMEOUT'],
    isSlow: true,
    play: answers(async (side) => {
      await side.write(rowDescription);
      for (;;) await side.drip(dataRow, 20);
    }),
  },
  {
    name: 'silence at a question and a flood at its cancelling',
    expect: ['query:QUERY_TIMEOUT'],
    isSlow: true,
    async play(side, props) {
      if (props.visit > 0) return side.flood(Buffer.alloc(65_536, 0x52));
      return answers((one) => one.silence())(side, props);
    },
  },

  ...cutEverywhere('a reset in TLS', 310, 31, 'reset', {
    tls: 'prefer',
    async play(side, { password, untrusted }) {
      await startUp(side, untrusted);
      await scram(side, password);
      await side.write(opened);
      for (;;) {
        await question(side);
        await side.write(answered);
      }
    },
    expect: [
      ...['passed', 'handshake:PROTOCOL_MISMATCH', 'handshake:TCP_RESET', 'tcp:TCP_RESET', 'tls:TCP_RESET'],
      ...['authenticate:TCP_RESET', 'database:TCP_RESET', 'query:CONNECTION_LOST'],
    ],
  }),
  ...cutEverywhere('a reset', 310, 23, 'reset', {
    play: honest,
    expect: [
      'passed',
      'handshake:PROTOCOL_MISMATCH',
      'handshake:TCP_RESET',
      'tcp:TCP_RESET',
      'authenticate:TCP_RESET',
      'database:TCP_RESET',
      'query:CONNECTION_LOST',
    ],
  }),
  ...cutEverywhere('an end', 310, 23, 'end', {
    play: honest,
    expect: [
      'passed',
      'handshake:PROTOCOL_MISMATCH',
      'handshake:TCP_RESET',
      'tcp:TCP_RESET',
      'authenticate:TCP_RESET',
      'database:TCP_RESET',
      'query:CONNECTION_LOST',
    ],
  }),
  ...cutEverywhere('silence', 310, 61, 'silence', {
    play: honest,
    isSlow: true,
    expect: [
      'passed',
      'handshake:STAGE_TIMEOUT',
      'authenticate:STAGE_TIMEOUT',
      'database:STAGE_TIMEOUT',
      'query:QUERY_TIMEOUT',
      'authenticate:TOTAL_TIMEOUT',
      'database:TOTAL_TIMEOUT',
    ],
  }),
];
