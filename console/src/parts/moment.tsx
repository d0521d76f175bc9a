/** Instants as people say them: “3 minutes ago”, with the exact time for whoever points at it. @module */
import { Text } from '@mantine/core';

const steps = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** @param ms  Milliseconds since the epoch; `null` shows what stands for "never". */
export function Moment({ ms, never = '–' }: { readonly ms: number | null | undefined; readonly never?: string }) {
  if (ms === null || ms === undefined) return <>{never}</>;
  return (
    <Text component="time" inherit dateTime={new Date(ms).toISOString()} title={exact.format(ms)}>
      {sayWhen(ms, Date.now())}
    </Text>
  );
}

export function sayWhen(ms: number, nowMs: number): string {
  const difference = ms - nowMs;
  for (const [unit, unitMs] of steps) {
    if (Math.abs(difference) >= unitMs) return relative.format(Math.round(difference / unitMs), unit);
  }
  return Math.abs(difference) < 10_000 ? 'just now' : relative.format(Math.round(difference / 1000), 'second');
}

/** `1.2 s`, `85 ms`, `3 h 20 min`. */
export function sayDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
