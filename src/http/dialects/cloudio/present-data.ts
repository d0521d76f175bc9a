/**
 * Answers of `/v1/api` as pieces of JSON text: rows are written as they come and never become objects.
 *
 * @module
 */
import type { OutputShape, Reading, Written } from '../../../data/index.js';
import type { DataRow } from '../../../sources/index.js';
import { rowWriter } from '../../kit/rows.js';

/** Every row of an answer is one that was read; moments without a zone are in UTC. */
const rowForm = { numbers: 'exact', zone: 'Z', constants: [['_rs', '"Q"']] } as const;

/** @param members  Each alias with what makes its value. */
export async function* presentAliases(
  members: readonly (readonly [alias: string, pieces: () => AsyncIterable<string> | Iterable<string>])[],
): AsyncGenerator<string> {
  yield '{"status":"OK","data":{';
  let separator = '';
  for (const [alias, pieces] of members) {
    yield `${separator}${JSON.stringify(alias)}:`;
    yield* pieces();
    separator = ',';
  }
  yield '}}';
}

/**
 * Rows, how long the database took for them in milliseconds, and how many they are.
 *
 * @param open    Begins the reading; its time counts.
 * @param nameOf  What an output is called.
 */
export async function* presentQuery(
  open: () => Promise<Reading>,
  nameOf: (output: string) => string,
): AsyncGenerator<string> {
  let waitedMs = 0;
  let sinceMs = performance.now();
  const reading = await open();
  try {
    const write = rowWriter(named(reading.output, nameOf), rowForm);
    let count = 0;
    yield '{"data":[';
    for await (const batch of reading.batches) {
      waitedMs += performance.now() - sinceMs;
      let text = '';
      for (const row of batch) {
        text += count === 0 ? write(row) : `,${write(row)}`;
        count += 1;
      }
      yield text;
      sinceMs = performance.now();
    }
    waitedMs += performance.now() - sinceMs;
    yield `],"queryElapsed":${Math.round(waitedMs)},"rowsFetched":${count}}`;
  } finally {
    await reading.close();
  }
}

/** Rows as they are after a post, or were before they were removed; members in the order of their names, as published. */
export function* presentPost(written: readonly Written[], nameOf: (output: string) => string): Generator<string> {
  yield '{"data":[';
  let separator = '';
  for (const { output, rows } of written) {
    const places = named(output, nameOf)
      .map((column, at) => ({ column, at }))
      .sort((one, other) => (one.column.name < other.column.name ? -1 : 1));
    const write = rowWriter(
      places.map(({ column }) => column),
      rowForm,
    );
    for (const row of rows) {
      const sorted: DataRow = places.map(({ at }) => row[at] ?? null);
      yield `${separator}${write(sorted)}`;
      separator = ',';
    }
  }
  yield ']}';
}

function named(output: readonly OutputShape[], nameOf: (output: string) => string) {
  return output.map(({ name, type }) => ({ name: nameOf(name), type }));
}
