/**
 * Rows as CSV (RFC 4180): a header, CRLF after every record, quotes where they are needed.
 *
 * Spreadsheets take a field that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula, quoted or not. Such
 * a field gets an apostrophe in front, unless its column holds numbers and the value is one: so `-5` of a number stays
 * `-5`, and `-5+cmd|…` of a text becomes `'-5+cmd|…`. Names in the header are treated as texts.
 *
 * @module
 */
import type { CanonicalType } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';

interface CsvColumn {
  readonly name: string;
  readonly type: CanonicalType;
}

const needsQuotes = /[",\r\n]|^\s|\s$/;
/** The last four: what some spreadsheets read as the first four, which are the wide forms of East Asian text. */
const formulaStart = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const number = /^[+-]?(?:Infinity|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const numeric: ReadonlySet<CanonicalType> = new Set(['int16', 'int32', 'int64', 'decimal', 'float32', 'float64']);

/** The header record. */
export function csvHeader(columns: readonly CsvColumn[]): string {
  return `${columns.map(({ name }) => field(name, 'text')).join(',')}\r\n`;
}

/**
 * Prepares the writing of records. Null is nothing at all, and an empty text `""`.
 *
 * @param columns  In the order of the row's values; values beyond them are left out.
 */
export function csvWriter(columns: readonly CsvColumn[]): (row: DataRow) => string {
  return (row) => {
    let record = '';
    for (let at = 0; at < columns.length; at += 1) {
      const column = columns[at] as CsvColumn;
      record += `${at === 0 ? '' : ','}${field(row[at] ?? null, column.type)}`;
    }
    // A record of one null would be an empty line, which readers pass over.
    return record === '' ? '""\r\n' : `${record}\r\n`;
  };
}

function field(value: string | null, type: CanonicalType): string {
  if (value === null) return '';
  if (value === '') return '""';
  const isFormula = formulaStart.test(value) && !(numeric.has(type) && number.test(value));
  const text = isFormula ? `'${value}` : value;
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
