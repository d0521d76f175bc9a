/** Functions that scoped queries call and SQLite has not. Runs in the worker thread. @module */
import { hash } from 'node:crypto';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { sqliteFunctions } from './data-flavour.js';
import { spaced } from './data-values.js';
import { ExactSum } from './exact-sum.js';

/** Nothing that stands in the file may call them. */
const own = { directOnly: true, deterministic: true } as const;

const hashCharacters = 32;

export interface DataFunctions {
  /** To be called before a statement: one that failed leaves sums behind that nobody asks for. */
  reset(): void;
}

export function addDataFunctions(database: DatabaseSyncInstance): DataFunctions {
  database.function(sqliteFunctions.hash, { ...own, useBigIntArguments: true }, (salt: unknown, value: unknown) =>
    value === null ? null : hashOf(`${salt}${textOf(value)}`),
  );
  database.function(sqliteFunctions.timestamp, { ...own, useBigIntArguments: true }, (value: unknown) =>
    typeof value === 'string' ? spaced(value) : value,
  );
  // The driver keeps of an aggregate's state only what JSON has: a number, then, by which its sum is found.
  const sums: ExactSum[] = [];
  function addAggregate(name: string, result: (sum: ExactSum, scale: number) => unknown): void {
    const scales: number[] = [];
    database.aggregate(name, {
      directOnly: true,
      varargs: true,
      useBigIntArguments: true,
      start: -1,
      step(at: number, value: unknown, scale: bigint = 0n) {
        const index = at < 0 ? sums.push(new ExactSum()) - 1 : at;
        scales[index] = Number(scale);
        sums[index]?.add(value);
        return index;
      },
      result(at: number) {
        const sum = sums[at];
        return sum === undefined ? null : result(sum, scales[at] ?? 0);
      },
    });
  }
  addAggregate(sqliteFunctions.sum, (sum) => sum.sum());
  addAggregate(sqliteFunctions.average, (sum, scale) => sum.average(scale));
  return {
    reset() {
      sums.length = 0;
    },
  };
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, hashCharacters);
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}
