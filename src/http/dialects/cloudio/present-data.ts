/**
 * Answers of `/v1/api` as pieces of JSON text: rows are written by who reads them and never become objects.
 *
 * @module
 */
import type { JsonAnswer, OutputShape, Written } from '../../../data/index.js';
import { type JsonForm, rowWriter } from '../../../query/index.js';

/** Every row of an answer is one that was read; moments without a zone are in UTC. */
const rowForm = { numbers: 'exact', zone: 'Z', constants: [['_rs', '"Q"']] } as const;

/** What an alias is answered with: what was written, or a reading that has yet to begin. */
export type Member =
  | { readonly alias: string; readonly written: readonly Written[]; nameOf(output: string): string }
  | { readonly alias: string; open(): Promise<JsonAnswer> };

/** The whole answer, piece by piece; one reading at a time is open. */
export class AliasesText {
  readonly #members: readonly Member[];
  #at = 0;
  #reading: { readonly rows: JsonAnswer; waitedMs: number; count: number } | null = null;

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** The next piece; `null` after the last. Rows are counted, and so is how long the database took for them. */
  async next(): Promise<string | null> {
    const sinceMs = performance.now();
    const reading = this.#reading;
    if (reading !== null) {
      const batch = await reading.rows.next();
      reading.waitedMs += performance.now() - sinceMs;
      reading.count += batch.rows;
      return batch.text + (batch.isLast ? this.#endOf(reading) : '');
    }
    const member = this.#members[this.#at];
    if (member === undefined) return null;
    const opening = `${this.#at === 0 ? '{"status":"OK","data":{' : ','}${JSON.stringify(member.alias)}:`;
    if ('written' in member) return `${opening}${presentPost(member)}${this.#endOfMember()}`;
    const rows = await member.open();
    this.#reading = { rows, waitedMs: performance.now() - sinceMs, count: rows.first.rows };
    const text = `${opening}{"data":[${rows.first.text}`;
    return rows.first.isLast ? text + this.#endOf(this.#reading) : text;
  }

  /** Whatever is open is closed. */
  async close(): Promise<void> {
    await this.#reading?.rows.close();
  }

  #endOf({ waitedMs, count }: { readonly waitedMs: number; readonly count: number }): string {
    this.#reading = null;
    return `],"queryElapsed":${Math.round(waitedMs)},"rowsFetched":${count}}${this.#endOfMember()}`;
  }

  #endOfMember(): string {
    this.#at += 1;
    return this.#at === this.#members.length ? '}}' : '';
  }
}

const forms = new WeakMap<readonly OutputShape[], JsonForm>();

/**
 * How the rows of a query are written. The same output under the same names is written by the same form, so that whoever
 * prepares something for it does so once.
 *
 * @param nameOf  What an output is called.
 */
export function queryForm(nameOf: (output: string) => string) {
  return (output: readonly OutputShape[]): JsonForm => {
    const members = output.map(({ name }) => nameOf(name));
    const known = forms.get(output);
    if (known?.members.every((member, at) => member === members[at]) === true) return known;
    const made: JsonForm = { ...rowForm, members, limit: null, isLines: false };
    forms.set(output, made);
    return made;
  };
}

function presentPost({ written, nameOf }: Extract<Member, { readonly written: unknown }>): string {
  const texts = written.flatMap(({ output, rows }) => {
    const places = named(output, nameOf)
      .map((column, at) => ({ column, at }))
      .sort((one, other) => (one.column.name < other.column.name ? -1 : 1));
    const write = rowWriter(
      places.map(({ column }) => column),
      rowForm,
    );
    return rows.map((row) => write(places.map(({ at }) => row[at] ?? null)));
  });
  return `{"data":[${texts.join(',')}]}`;
}

function named(output: readonly OutputShape[], nameOf: (output: string) => string) {
  return output.map(({ name, type }) => ({ name: nameOf(name), type }));
}
