/**
 * Rows in the three forms they are sent in: a page of JSON, one JSON object a line, CSV. All are made while they are
 * sent; no row is kept longer than its batch.
 *
 * @module
 */
import type { JsonAnswer, OutputShape, Reading } from '../../data/index.js';
import { type JsonBatch, type JsonForm, rowWriter } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import { asksFor } from '../kit/negotiate.js';
import { csvHeader, csvWriter } from './data-csv.js';
import type { ListPlan } from './data-list.js';
import type { RowsForm } from './data-query.js';

const json = 'application/json';
const lines = 'application/x-ndjson';
const csv = 'text/csv';

export const contentTypes: Readonly<Record<RowsForm, string>> = {
  json: `${json}; charset=utf-8`,
  ndjson: `${lines}; charset=utf-8`,
  csv: `${csv}; charset=utf-8; header=present`,
};

/** What the client asks for by name; JSON when it names none, or would as well have that. */
export function formOf(accept: string | null): RowsForm {
  if (asksFor(accept, lines, json))
    return asksFor(accept, csv, lines) && !asksFor(accept, lines, csv) ? 'csv' : 'ndjson';
  return asksFor(accept, csv, json) ? 'csv' : 'json';
}

/** A row as a JSON object: numbers as far as a double holds them exactly, else as texts. */
export function jsonRow(output: readonly OutputShape[]): (row: DataRow) => string {
  return rowWriter(output, { numbers: 'exact' });
}

/** Columns of an answer that are shown. */
export function shownOf(plan: ListPlan, output: readonly OutputShape[]): readonly OutputShape[] {
  return plan.shown === null ? output : output.slice(0, plan.shown);
}

/**
 * How the rows of a list become JSON. The same plan of the same output is written by the same form, so that whoever
 * prepares something for it does so once.
 */
export function listForm(plan: Pick<ListPlan, 'shown' | 'limit'>, form: 'json' | 'ndjson') {
  return (output: readonly OutputShape[]): JsonForm => {
    const { shown, limit } = plan;
    const [known, key] = [forms.get(output) ?? new Map<string, JsonForm>(), `${form} ${shown} ${limit}`];
    const made: JsonForm = known.get(key) ?? {
      numbers: 'exact',
      members: (shown === null ? output : output.slice(0, shown)).map(({ name }) => name),
      limit: form === 'json' ? limit : null,
      isLines: form === 'ndjson',
    };
    forms.set(output, known.set(key, made));
    return made;
  };
}

const forms = new WeakMap<readonly OutputShape[], Map<string, JsonForm>>();

/**
 * A page, whole where its rows were there at once.
 *
 * @param total  Rows of all pages together; `null`: not asked for.
 */
export function jsonPage(reading: JsonAnswer, plan: ListPlan, total: Total | null): string | AsyncGenerator<string> {
  const { first, output } = reading;
  const cursorAfter = ({ turning }: JsonBatch) =>
    turning === null ? null : plan.cursorAfter(output, turning, plan.limit ?? 0);
  if (first.isLast) return `{"data":[${first.text}]${pageEnd(cursorAfter(first), total)}`;
  async function* pieces(): AsyncGenerator<string> {
    try {
      let batch = first;
      yield `{"data":[${batch.text}`;
      while (!batch.isLast && batch.turning === null) {
        batch = await reading.next();
        yield batch.text;
      }
      yield `]${pageEnd(cursorAfter(batch), total)}`;
    } finally {
      await reading.close();
    }
  }
  return pieces();
}

/** Lines, whole where they were there at once. */
export function jsonLines(reading: JsonAnswer): string | AsyncGenerator<string> {
  const { first } = reading;
  if (first.isLast) return first.text;
  async function* pieces(): AsyncGenerator<string> {
    try {
      yield first.text;
      for (let batch = first; !batch.isLast; ) {
        batch = await reading.next();
        yield batch.text;
      }
    } finally {
      await reading.close();
    }
  }
  return pieces();
}

export interface Total {
  readonly count: number;
  readonly isEstimate: boolean;
}

/** What stands behind the rows of a page. */
export function pageEnd(nextCursor: string | null, total: Total | null): string {
  const counted = total === null ? '' : `,"total":${total.count},"isTotalEstimated":${total.isEstimate}`;
  return `,"nextCursor":${JSON.stringify(nextCursor)}${counted}}`;
}

export async function* csvRecords(reading: Reading, plan: ListPlan): AsyncGenerator<string> {
  const shown = shownOf(plan, reading.output);
  yield* records(reading, csvHeader(shown), csvWriter(shown));
}

async function* records(reading: Reading, head: string, write: (row: DataRow) => string): AsyncGenerator<string> {
  try {
    if (head !== '') yield head;
    for await (const batch of reading.batches) {
      let text = '';
      for (const row of batch) text += write(row);
      yield text;
    }
  } finally {
    await reading.close();
  }
}
