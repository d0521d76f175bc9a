/**
 * Which servers a test can need, and the mark by which a test skipped for one of them is counted.
 *
 * @module
 */
import type { Servers } from './types.js';

export const needs = [
  'postgres',
  'mariadb',
  'redis',
  'pgbouncer',
  'nginx',
  'german',
  'strace',
  'chromium',
  'python',
] as const satisfies readonly (keyof Servers)[];

export type Need = (typeof needs)[number];

/** Stands in the name of a suite that was skipped for want of a server. */
export function needMark(need: Need): string {
  return `[skipped: needs ${need}]`;
}
