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
  ])('%s are refused', (_name, bytes) => {
    expect(() => createMessageGuard()(bytes)).toThrow(StreamGuardFault);
  });
});
