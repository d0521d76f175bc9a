/** The check `roundTrip` of an engine that is asked over a network. @module */
import { type Found, passed, warned } from './check-findings.js';

const pings = 5;

/**
 * Asks a trivial question a few times over and judges the median.
 *
 * @param wantedMs  Milliseconds it should take at most.
 */
export async function judgeRoundTrip(ping: () => Promise<unknown>, wantedMs: number): Promise<Found> {
  const times: number[] = [];
  for (let count = 0; count < pings; count += 1) {
    const startedMs = performance.now();
    await ping();
    times.push(performance.now() - startedMs);
  }
  times.sort((one, other) => one - other);
  const medianMs = times[Math.floor(pings / 2)] ?? 0;
  const evidence = { medianMs: tenths(medianMs), slowestMs: tenths(times.at(-1) ?? 0), wantedMs };
  // Judged before it is rounded.
  return medianMs > wantedMs ? warned('QUERY_TIMEOUT', { evidence }) : passed(evidence);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
