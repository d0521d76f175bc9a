/**
 * What went on lately, in numbers: sign-ins and connection tests by the hour, refusals by their reasons. Counted by the
 * database over its indexes, and remembered for some seconds for each organisation.
 *
 * @module
 */
import type { AuditEventName } from './event.js';
import type { AuditStore } from './ports.js';

const hourMs = 3_600_000;
/** A week. */
export const maxActivityHours = 168;
const mostReasons = 20;

export interface Activity {
  /** One for each hour, oldest first; the last is the present one. `atMs`: when it begins. */
  readonly signIns: readonly { readonly atMs: number; readonly succeeded: number; readonly refused: number }[];
  /** The most frequent first; `null`: no reason was given. */
  readonly refusals: readonly { readonly reason: string | null; readonly count: number }[];
  readonly connectionTests: readonly { readonly atMs: number; readonly passed: number; readonly failed: number }[];
}

/** @param organisationId  `null`: of the whole install. */
export async function countActivity(
  store: Pick<AuditStore, 'countByHour' | 'countReasons'>,
  nowMs: number,
  hours: number,
  organisationId: string | null,
): Promise<Activity> {
  const lastHour = Math.floor(nowMs / hourMs);
  const firstHour = lastHour - hours + 1;
  const within = { fromMs: firstHour * hourMs, ...(organisationId === null ? {} : { organisationId }) };
  const count = async (name: AuditEventName, outcome?: 'ok') => {
    const question = { ...within, name, ...(outcome === undefined ? {} : { outcome }) };
    return new Map((await store.countByHour(question)).map((one) => [one.hour, one.count]));
  };
  const [succeeded, refused, tested, passed, refusals] = await Promise.all([
    count('login.succeeded'),
    count('login.refused'),
    count('connection.tested'),
    count('connection.tested', 'ok'),
    store.countReasons({ ...within, limit: mostReasons }),
  ]);
  const all = Array.from({ length: hours }, (_, place) => firstHour + place);
  return {
    signIns: all.map((hour) => ({
      atMs: hour * hourMs,
      succeeded: succeeded.get(hour) ?? 0,
      refused: refused.get(hour) ?? 0,
    })),
    refusals,
    connectionTests: all.map((hour) => {
      const good = passed.get(hour) ?? 0;
      return { atMs: hour * hourMs, passed: good, failed: Math.max(0, (tested.get(hour) ?? 0) - good) };
    }),
  };
}
