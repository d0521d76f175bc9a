/**
 * Dates and times in ISO 8601, read strictly and written in their canonical texts: years 0001 to 9999, the proleptic
 * Gregorian calendar, at most six digits of a second. No leap seconds, no 24:00.
 *
 * @module
 */

const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/;
const timeForm = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/;
const instantForm = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?$/;

/** @returns The date as it is; `null` when there is no such day. */
export function canonicalDate(text: string): string | null {
  return dayNumber(text) === null ? null : text;
}

/** @returns `23:59:59` with what the fraction has besides zeros at its end; `null` when it is no time of day. */
export function canonicalTime(text: string): string | null {
  const time = readTime(text);
  return time === null ? null : writeTime(time);
}

/**
 * A date and time without zone. One that names its offset is taken at that moment in UTC; a date alone is its first
 * moment.
 *
 * @returns `2026-01-31T23:59:59`, fraction as in {@link canonicalTime}; `null` when it is none, or is outside the years.
 */
export function canonicalTimestamp(text: string): string | null {
  return canonicalDate(text) === null ? canonicalInstant(text, false) : `${text}T00:00:00`;
}

/** A moment; its offset must be named. @returns the same in UTC, with `Z`; `null` as {@link canonicalTimestamp}. */
export function canonicalTimestamptz(text: string): string | null {
  const moment = canonicalInstant(text, true);
  return moment === null ? null : `${moment}Z`;
}

interface TimeOfDay {
  readonly minutes: number;
  readonly seconds: number;
  /** Digits without zeros at the end. */
  readonly fraction: string;
}

function canonicalInstant(text: string, mustHaveOffset: boolean): string | null {
  const [, date = '', clock = '', zone = null] = instantForm.exec(text) ?? [];
  const day = dayNumber(date);
  const time = readTime(clock);
  if (day === null || time === null || (mustHaveOffset && zone === null)) return null;
  const offset = zone === null || zone === 'Z' ? 0 : readOffset(zone);
  if (offset === null) return null;
  if (offset === 0) return `${date}T${writeTime(time)}`;
  const minutes = day * minutesPerDay + time.minutes - offset;
  const shifted = writeDate(Math.floor(minutes / minutesPerDay));
  if (shifted === null) return null;
  const rest = ((minutes % minutesPerDay) + minutesPerDay) % minutesPerDay;
  return `${shifted}T${writeTime({ ...time, minutes: rest })}`;
}

const minutesPerDay = 1_440;

/** @returns Minutes ahead of UTC, at most 15:59 either way (what PostgreSQL takes). */
function readOffset(zone: string): number | null {
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 15 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function readTime(text: string): TimeOfDay | null {
  const [whole, hour, minute, seconds = '0', digits = ''] = timeForm.exec(text) ?? [];
  if (whole === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(seconds) > 59) return null;
  const fraction = digits.replace(/0+$/, '');
  if (fraction.length > 6) return null;
  return { minutes: Number(hour) * 60 + Number(minute), seconds: Number(seconds), fraction };
}

function writeTime({ minutes, seconds, fraction }: TimeOfDay): string {
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds)}`;
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Days since 0001-01-01, or `null` when there is no such day. */
function dayNumber(text: string): number | null {
  const [whole, yearText, monthText, dayText] = dateForm.exec(text) ?? [];
  if (whole === undefined) return null;
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  if (year < 1 || month < 1 || month > 12 || day < 1) return null;
  if (day > (monthLengths[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0)) return null;
  const before = monthLengths.slice(0, month - 1).reduce((days, length) => days + length, 0);
  return daysBefore(year) + before + (month > 2 && isLeap(year) ? 1 : 0) + day - 1;
}

function daysBefore(year: number): number {
  const past = year - 1;
  return past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
}

function writeDate(days: number): string | null {
  if (days < 0 || days >= daysBefore(10_000)) return null;
  // A guess that is never too late, and at most a year too early.
  let year = Math.max(1, Math.floor(days / 366));
  while (daysBefore(year + 1) <= days) year += 1;
  let rest = days - daysBefore(year);
  let month = 1;
  for (const length of monthLengths) {
    const whole = month === 2 && isLeap(year) ? length + 1 : length;
    if (rest < whole) break;
    rest -= whole;
    month += 1;
  }
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(rest + 1)}`;
}
