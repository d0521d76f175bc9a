import { describe, expect, test } from 'vitest';
import { StreamGuardFault } from '../../network/index.js';
import { createPacketGuard } from './packet-guard.js';

const packet = (sequenceId: number, ...bytes: readonly number[]): Buffer =>
  Buffer.from([bytes.length & 255, bytes.length >> 8, 0, sequenceId, ...bytes]);
const greeting = packet(0, 10, 49, 0);
const yes = packet(2, 0, 0, 0, 2, 0, 0, 0);
const eof = (status = 2) => packet(9, 0xfe, 0, 0, status, 0);
/** One column, one row, end. */
const result = [packet(1, 1), packet(2, 3), eof(), packet(4, 1, 49), eof()];
const oks = Array<Buffer>(10_001).fill(packet(1, 0, 0, 0, 2, 0, 0, 0));

describe('packets of a server', () => {
  test('go through whole, however they are cut', () => {
    const session = Buffer.concat([greeting, packet(2, 0xfe, 97, 0), yes, ...result]);
    for (const size of [1, 2, 3, 5, 7, 64]) {
      const guard = createPacketGuard(65_536);
      const out: Uint8Array[] = [];
      for (let at = 0; at < session.length; at += size) out.push(guard(session.subarray(at, at + size)));
      expect(Buffer.concat(out).equals(session)).toBe(true);
    }
  });

  test.each([
    ['longer than they may be', Buffer.from([1, 0, 1, 0])],
    ['of the greatest length', Buffer.from([255, 255, 255, 0])],
    ['empty during the login', Buffer.concat([greeting, packet(2)])],
    ['of a result before the login', Buffer.concat([greeting, packet(2, 3)])],
    ['that ask for a file before the login', Buffer.concat([greeting, packet(2, 0xfb, 47, 120)])],
    ['that switch plugins for ever', Buffer.concat([greeting, ...Array<Buffer>(9).fill(packet(2, 0xfe, 97, 0))])],
    ['with more columns than there can be', Buffer.concat([greeting, yes, packet(1, 0xfc, 1, 16)])],
    ['with millions of columns', Buffer.concat([greeting, yes, packet(1, 0xfe, 0, 0, 0, 1, 0, 0, 0, 0)])],
    ['with columns that do not end', Buffer.concat([greeting, yes, packet(1, 1), packet(2, 3), packet(3, 3)])],
    [
      'with results that do not end',
      Buffer.concat([greeting, yes, ...Array<Buffer>(5).fill(packet(1, 0, 0, 0, 10, 0))]),
    ],
    ['without end', Buffer.concat([greeting, yes, ...oks])],
  ])('%s are refused', (_name, bytes) => {
    expect(() => createPacketGuard(65_536, 10_000)(bytes)).toThrow(StreamGuardFault);
  });

  test('longer and more, as it is told', () => {
    const many = Buffer.concat([greeting, yes, ...oks]);
    expect(createPacketGuard(65_536, 20_000)(many)).toHaveLength(many.length);
    expect(() => createPacketGuard(2)(greeting)).toThrow(StreamGuardFault);
  });

  test('of a prepared statement are counted by what it says it has', () => {
    const prepared = (columns: number, places: number) => packet(1, 0, 1, 0, 0, 0, columns, 0, places, 0, 0, 0, 0);
    const definition = packet(2, 3);
    const whole = [prepared(2, 1), definition, eof(), definition, definition, eof()];
    const session = Buffer.concat([greeting, yes, ...whole, prepared(0, 0), ...result]);
    let isPreparing = true;
    const guard = createPacketGuard(65_536, 10_000, undefined, () => isPreparing);
    expect(guard(Buffer.concat([greeting, yes, ...whole, prepared(0, 0)])).length).toBeGreaterThan(0);
    isPreparing = false;
    expect(guard(Buffer.concat(result))).toHaveLength(Buffer.concat(result).length);
    const many = Buffer.concat([greeting, yes, packet(1, 0, 1, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0)]);
    expect(() => createPacketGuard(65_536, 10_000, undefined, () => true)(many)).toThrow(StreamGuardFault);
    expect(() => createPacketGuard(65_536, 10_000, undefined, () => true)(session)).not.toThrow();
  });
});
