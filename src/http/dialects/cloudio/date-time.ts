/**
 * Moments as the family writes them, ISO 8601 with or without a zone, and as the query language takes them. Counted in
 * microseconds, which is as fine as any engine keeps them.
 *
 * @module
 */

export interface Moment {
  /** Microseconds since 1970-01-01T00:00:00Z. */
  readonly micros: bigint;
  /** Digits of the second's fraction as they were written, up to 9; 0 for a day alone. */
  readonly fractionDigits: number;
}

const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$/i;

const microsOfSecond = 1_000_000n;
const microsOfDay = 86_400n * microsOfSecond;
export const microsOfMilli = 1_000n;
/** From 0000-03-01 to 1970-01-01. */
const daysBeforeEpoch = 719_468;
const daysOfEra = 146_097;

/**
 * Reads a moment; what has no zone is UTC, and what has no time is midnight. Digits beyond the sixth are cut off.
 *
 * @returns `null` for anything that is no moment of the years 0001 to 9999.
 */
export function readMoment(text: string): Moment | null {
  const found = form.exec(text);
  if (found === null) return null;
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found;
  const days = dayNumber(Number(year), Number(month), Number(day));
  if (days === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second) - offsetSeconds(zone);
  const micros =
    BigInt(days) * microsOfDay + BigInt(seconds) * microsOfSecond + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  // An offset may lead out of the years that can be written.
  return isWritable(micros) ? { micros, fractionDigits: fraction.length } : null;
}

/** `2026-01-31T23:59:59.999999`, in UTC. */
export function writeMoment(micros: bigint): string {
  const day = floorDivide(micros, microsOfDay);
  const within = micros - day * microsOfDay;
  const seconds = Number(within / microsOfSecond);
  const fraction = String(within % microsOfSecond).padStart(6, '0');
  const time = [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map((part) => pad(Math.floor(part), 2)).join(':');
  return `${writeDay(Number(day))}T${time}.${fraction}`;
}

/** The day of a moment, in UTC, and whether the moment is later than its midnight. */
export function dayOf(micros: bigint): { readonly text: string; readonly isMidnight: boolean } {
  const day = floorDivide(micros, microsOfDay);
  return { text: writeDay(Number(day)), isMidnight: day * microsOfDay === micros };
}

export function microsOf(epochMs: number): bigint {
  return BigInt(Math.floor(epochMs)) * microsOfMilli;
}

/** The last moment at or before another that is a multiple of the unit. */
export function floorTo(micros: bigint, unit: bigint): bigint {
  return floorDivide(micros, unit) * unit;
}

const firstMicros = BigInt(dayNumber(1, 1, 1) ?? 0) * microsOfDay;
const lastMicros = (BigInt(dayNumber(9999, 12, 31) ?? 0) + 1n) * microsOfDay - 1n;

export function isWritable(micros: bigint): boolean {
  return micros >= firstMicros && micros <= lastMicros;
}

function offsetSeconds(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const seconds = Number(digits.slice(0, 2)) * 3_600 + Number(digits.slice(2)) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

/** Days since 1970-01-01 of the Gregorian calendar, counted in years that begin in March; `null` for no such day. */
function dayNumber(year: number, month: number, day: number): number | null {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (year < 1 || day < 1 || day > (lengths[month - 1] ?? 0)) return null;
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return 365 * shifted + leaps + dayOfYear - daysBeforeEpoch;
}

/** The inverse of {@link dayNumber}. */
function writeDay(days: number): string {
  const since = days + daysBeforeEpoch;
  const era = Math.floor(since / daysOfEra);
  const inEra = since - era * daysOfEra;
  const yearOfEra = Math.floor(
    (inEra - Math.floor(inEra / 1_460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  );
  const dayOfYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
