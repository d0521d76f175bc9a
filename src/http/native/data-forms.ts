/**
 * Rows in the three forms they are sent in: a page of JSON, one JSON object a line, CSV. All are made while they are
 * sent; no row is kept longer than its batch.
 *
 * @module
 */
import type { OutputShape, Reading } from '../../data/index.js';
import type { DataRow } from '../../sources/index.js';
import { asksFor } from '../kit/negotiate.js';
import { rowWriter } from '../kit/rows.js';
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

/** @param total  Rows of all pages together; `null`: not asked for. */
export async function* jsonPage(reading: Reading, plan: ListPlan, total: Total | null): AsyncGenerator<string> {
  try {
    const write = jsonRow(shownOf(plan, reading.output));
    const limit = plan.limit ?? Number.POSITIVE_INFINITY;
    let rows = 0;
    let last: DataRow = [];
    let nextCursor: string | null = null;
    let text = '{"data":[';
    for await (const batch of reading.batches) {
      for (const row of batch) {
        if (rows === limit) {
          nextCursor = plan.cursorAfter(reading.output, last, rows);
          break;
        }
        text += (rows === 0 ? '' : ',') + write(row);
        rows += 1;
        last = row;
      }
      yield text;
      text = '';
      if (nextCursor !== null) break;
    }
    yield `${text}]${pageEnd(nextCursor, total)}`;
  } finally {
    await reading.close();
  }
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

export async function* jsonLines(reading: Reading, plan: ListPlan): AsyncGenerator<string> {
  const write = jsonRow(shownOf(plan, reading.output));
  yield* records(reading, '', (row) => `${write(row)}\n`);
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
