/** When a source is checked next. @module */
import type { Ids } from '../../kernel/ids.js';

/** Sources that are added together are not all checked together. */
const firstSpreadMs = 10_000;
/** Part of the interval by which a check may come late. */
const jitterPart = 0.1;
const maxJitterMs = 60_000;

/** The first check of a source, or of what became of it. */
export function firstCheckAtMs(nowMs: number, ids: Ids): number {
  return nowMs + Math.floor(randomPart(ids) * firstSpreadMs);
}

/**
 * The check after this one: one interval and a little from now. Counted from now and not from when this one was due,
 * so that checks that were missed, or a clock that was set, make no pile of them.
 */
export function nextCheckAtMs(nowMs: number, everyMinutes: number, ids: Ids): number {
  const everyMs = everyMinutes * 60_000;
  return nowMs + everyMs + Math.floor(randomPart(ids) * Math.min(everyMs * jitterPart, maxJitterMs));
}

/** Evenly from 0 up to, and without, 1. */
export function randomPart(ids: Ids): number {
  return Buffer.from(ids.bytes(4)).readUInt32BE() / 2 ** 32;
}
