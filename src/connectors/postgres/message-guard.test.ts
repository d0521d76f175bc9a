import { describe, expect, test } from 'vitest';
import { StreamGuardFault } from '../../network/index.js';
import { createMessageGuard } from './message-guard.js';

const message = (type: string, ...parts: readonly (string | readonly number[])[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
};

const login = Buffer.concat([
  message('R', [0, 0, 0, 10], 'SCRAM-SHA-256\0\0'),
  message('R', [0, 0, 0, 11], 'r=abc,s=def,i=4096'),
  message('R', [0, 0, 0, 12], 'v=abc'),
  message('R', [0, 0, 0, 0]),
  message('S', 'server_version\0', '15.18\0'),
  message('K', [0, 0, 0, 1, 0, 0, 0, 2]),
  message('Z', 'I'),
  message('T', [0, 1], '?column?\0', Array<number>(18).fill(0)),
  message('D', [0, 2], [0, 0, 0, 1], '1', [255, 255, 255, 255]),
  message('C', 'SELECT 1\0'),
  message('N', 'SNOTICE\0', 'Mhello\0', '\0'),
  message('A', [0, 0, 0, 1], 'channel\0', 'payload\0'),
  message('I'),
  message('E', 'SFATAL\0', 'C28P01\0', '\0'),
]);

const sasl = message('R', [0, 0, 0, 10], 'SCRAM-SHA-256\0\0');
const saslContinue = message('R', [0, 0, 0, 11], 'r=abc,s=def,i=4096');
const yes = message('R', [0, 0, 0, 0]);

describe('messages of a server', () => {
  test('go through whole, however they are cut', () => {
    for (const size of [1, 2, 3, 5, 7, 64, login.length]) {
      const guard = createMessageGuard();
      const out: Uint8Array[] = [];
      for (let at = 0; at < login.length; at += size) out.push(guard(login.subarray(at, at + size)));
      expect(Buffer.concat(out).equals(login)).toBe(true);
    }
  });

  test('are held back until they are whole', () => {
    const guard = createMessageGuard();
    expect(guard(login.subarray(0, 20))).toHaveLength(0);
  });

  test.each([
    ['of an unknown type', message('x')],
    ['of the client', message('Q', 'SELECT 1\0')],
    ['that copy', message('G', [0, 0, 0])],
    ['without a length', Buffer.from([0x5a, 0, 0, 0, 3])],
    ['too long to be one', Buffer.from([0x45, 0, 1, 0, 1])],
    ['with an error that does not end', message('E', 'Mhello')],
    ['with an error that ends early', message('E', 'Mhello\0', '\0', 'more')],
    ['with a field that does not end', message('E', 'Mhello\0')],
    ['with a parameter of one text', message('S', 'server_version\0')],
    ['with a list of mechanisms that does not end', message('R', [0, 0, 0, 10], 'SCRAM-SHA-256\0')],
    ['asking in clear with more', message('R', [0, 0, 0, 3], 'x')],
    ['saying yes with more', message('R', [0, 0, 0, 0], 'x')],
    ['asking for MD5 without salt', message('R', [0, 0, 0, 5])],
    ['with a request that is cut', message('R', [0, 0])],
    ['with more columns than there are', message('T', [0, 2], 'a\0', Array<number>(18).fill(0))],
    ['with a value longer than the row', message('D', [0, 1], [0, 0, 0, 9], '1')],
    ['with a value of negative length', message('D', [0, 1], [255, 255, 255, 254], '1')],
    ['with a key that is cut', message('K', [0, 0, 0, 1])],
    ['with a negative count', message('T', [255, 255])],
    ['that say ready before who we are', message('Z', 'I')],
    ['with a parameter before who we are', message('S', 'a\0', 'b\0')],
    ['that say yes in the middle of SCRAM', Buffer.concat([sasl, yes])],
    ['that say yes without proving to know the password', Buffer.concat([sasl, saslContinue, yes])],
    ['that end SCRAM before it began', message('R', [0, 0, 0, 12], 'v=abc')],
    ['that ask twice', Buffer.concat([message('R', [0, 0, 0, 5], 'salt'), message('R', [0, 0, 0, 3])])],
    ['that ask after yes', Buffer.concat([yes, message('R', [0, 0, 0, 3])])],
    ['that say yes twice', Buffer.concat([yes, yes])],
    ['of copying, unless asked for', Buffer.concat([yes, message('H', [0, 0, 0])])],
    ['without end', Buffer.concat([yes, ...Array<Buffer>(10_001).fill(message('S', 'a\0', 'b\0'))])],
  ])('%s are refused', (_name, bytes) => {
    expect(() => createMessageGuard()(bytes)).toThrow(StreamGuardFault);
  });

  test('of more kinds, longer and fewer rows, as it is told', () => {
    const extended = Buffer.concat([yes, ...['1', '2', 'n', 's', '3'].map((type) => message(type))]);
    expect(createMessageGuard()(extended)).toHaveLength(extended.length);
    const copied = Buffer.concat([yes, message('H', [0, 0, 1, 0, 0]), message('d', 'a'), message('c')]);
    expect(createMessageGuard({ isCopyOut: true })(copied)).toHaveLength(copied.length);
    const long = Buffer.concat([yes, message('Z', 'I'), message('S', 'a\0', `${'b'.repeat(70_000)}\0`)]);
    expect(() => createMessageGuard()(long)).toThrow(StreamGuardFault);
    expect(createMessageGuard({ maxMessageBytes: 80_000 })(long)).toHaveLength(long.length);
    const early = Buffer.concat([yes, message('S', 'a\0', `${'b'.repeat(70_000)}\0`)]);
    expect(() => createMessageGuard({ maxMessageBytes: 80_000 })(early)).toThrow(StreamGuardFault);
    const rows = Buffer.concat([yes, ...Array<Buffer>(3).fill(message('D', [0, 0]))]);
    expect(createMessageGuard({ maxRows: 3 })(rows)).toHaveLength(rows.length);
    expect(() => createMessageGuard({ maxRows: 2 })(rows)).toThrow(StreamGuardFault);
  });

  test('with rows are somebody else’s where somebody takes them, however they are cut', () => {
    const open = Buffer.concat([yes, message('Z', 'I')]);
    const row = (text: string) => message('D', [0, 1], [0, 0, 0, text.length], text);
    const answers = [row('set'), message('C', 'SELECT 1\0'), row('a'), row('bc'), message('C', 'SELECT 2\0'), row('z')];
    const bytes = Buffer.concat([open, ...answers, message('Z', 'I')]);
    for (const size of [1, 2, 3, 5, 7, 64, bytes.length]) {
      const taken: string[] = [];
      let ended = 0;
      const tap = {
        takeRow(from: Buffer, start: number, end: number) {
          if (ended === 1) taken.push(from.toString('latin1', start + 11, end));
          return ended === 1;
        },
        endRows: () => {
          ended += 1;
        },
      };
      const guard = createMessageGuard({ tap: () => tap });
      const out: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) out.push(guard(bytes.subarray(at, at + size)));
      expect(taken).toEqual(['a', 'bc']);
      const left = [open, answers[0], answers[1], answers[4], answers[5], message('Z', 'I')].map((one) => one ?? open);
      expect(Buffer.concat(out).equals(Buffer.concat(left))).toBe(true);
    }
  });

  test.each([
    ['of no length', message('D')],
    ['of fewer columns than there are', message('D', [0, 1], [0, 0, 0, 1], 'a', 'b')],
    ['of more columns than there are', message('D', [0, 2], [0, 0, 0, 1], 'a')],
    ['of a column that is longer than it', message('D', [0, 1], [0, 0, 0, 9], 'a')],
    ['of a column of less than nothing', message('D', [0, 1], [255, 255, 255, 254])],
    ['of too many columns', message('D', [127, 255])],
  ])('with a row %s are refused, whoever takes it', (_name, bytes) => {
    const tap = { takeRow: () => true, endRows: () => {} };
    const guard = createMessageGuard({ tap: () => tap });
    guard(Buffer.concat([yes, message('Z', 'I')]));
    expect(() => guard(bytes)).toThrow(StreamGuardFault);
  });

  test('cost the same when they drip', () => {
    const long = message('S', 'a\0', `${'b'.repeat(1_000_000)}\0`);
    const guard = createMessageGuard({ maxMessageBytes: 2_000_000 });
    guard(yes);
    guard(message('Z', 'I'));
    const startedMs = performance.now();
    let passed = 0;
    for (let at = 0; at < long.length; at += 10) passed += guard(long.subarray(at, at + 10)).length;
    expect(passed).toBe(long.length);
    // Copying what is held with every chunk would move 50 GB.
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
