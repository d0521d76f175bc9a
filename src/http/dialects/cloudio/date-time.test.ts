import { describe, expect, it } from 'vitest';
import { dayOf, floorTo, microsOf, readMoment, writeMoment } from './date-time.js';

const read = (text: string) => {
  const moment = readMoment(text);
  return moment === null ? null : writeMoment(moment.micros);
};

describe('a moment', () => {
  it.each([
    ['2020-11-30T23:59:59.999Z', '2020-11-30T23:59:59.999000', 3],
    ['2021-05-30T04:19:41.483732Z', '2021-05-30T04:19:41.483732', 6],
    ['2021-05-30T04:19:41.483732999z', '2021-05-30T04:19:41.483732', 9],
    ['2021-05-30 04:19:41', '2021-05-30T04:19:41.000000', 0],
    ['2021-05-30T04:19', '2021-05-30T04:19:00.000000', 0],
    ['2021-05-30', '2021-05-30T00:00:00.000000', 0],
    ['2021-01-01T00:30:00+02:00', '2020-12-31T22:30:00.000000', 0],
    ['2020-02-29T23:30:00-0030', '2020-03-01T00:00:00.000000', 0],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999', 6],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000', 0],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999', 6],
    ['1900-03-01', '1900-03-01T00:00:00.000000', 0],
    ['2000-02-29', '2000-02-29T00:00:00.000000', 0],
  ])('%s is %s', (text, written, digits) => {
    expect(read(text)).toBe(written);
    expect(readMoment(text)?.fractionDigits).toBe(digits);
  });

  it.each([
    ...['', 'now', '2021', '2021-13-01', '2021-00-01', '2021-02-29', '1900-02-29', '2021-04-31', '2021-01-00'],
    ...['0000-01-01', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01', '2021-01-01T24:00:00Z'],
    ...['2021-01-01T00:60:00Z', '2021-01-01T00:00:60Z', '2021-01-01T00:00:00.Z', '2021-01-01T00:00:00+24:00'],
    ...['2021-01-01Z', ' 2021-01-01', '2021-01-01\n', "2021-01-01'", '+02021-01-01', '1e9', '٢٠٢١-٠١-٠١'],
  ])('is not %j', (text) => {
    expect(readMoment(text)).toBeNull();
  });

  it('agrees with the calendar of the platform over six thousand years', () => {
    for (let day = -700_000; day < 1_500_000; day += 97) {
      const epochMs = day * 86_400_000 + 12_345_678;
      const text = new Date(epochMs).toISOString();
      expect(writeMoment(microsOf(epochMs))).toBe(`${text.slice(0, -1)}000`);
      expect(readMoment(text)?.micros).toBe(microsOf(epochMs));
    }
  });

  it('knows its day and whether it is its first instant', () => {
    expect(dayOf(microsOf(0))).toEqual({ text: '1970-01-01', isMidnight: true });
    expect(dayOf(-1n)).toEqual({ text: '1969-12-31', isMidnight: false });
  });

  it('is cut down to a unit, before the epoch too', () => {
    expect(floorTo(1_999n, 1_000n)).toBe(1_000n);
    expect(floorTo(-1n, 1_000n)).toBe(-1_000n);
    expect(floorTo(-1_000n, 1_000n)).toBe(-1_000n);
  });
});
