/**
 * Rows as JSON text: canonical texts of values are copied, quoted or escaped by the type of their column, and no object
 * is ever made of a row. What a database sends is not trusted to be what its type says: a text that is no number, no
 * boolean or no JSON is written as a string, so that an answer is well-formed whatever stands in a table.
 *
 * @module
 */
import type { CanonicalType } from './relation.js';

export interface JsonColumn {
  /** The member's name. */
  readonly name: string;
  readonly type: CanonicalType;
}

export interface RowForm {
  /**
   * `exact`: a number wherever a double holds it exactly, else a string, value by value.
   * `text`: `int64` and `decimal` are strings always, so that a column has one JSON type.
   */
  readonly numbers: 'exact' | 'text';
  /** Written after the seconds of a timestamp that has no zone; absent: nothing. */
  readonly zone?: 'Z';
  /** Members after those of the row, each with its value as JSON text. */
  readonly constants?: readonly (readonly [name: string, json: string])[];
}

/** What is to become of the rows of an answer. */
export interface JsonForm extends RowForm {
  /** What the first columns of the output are called in each object; the others are only read. */
  readonly members: readonly string[];
  /** Rows beyond so many are not written; `null`: all of them are. */
  readonly limit: number | null;
  /** A line for each row; else commas stand between them. */
  readonly isLines: boolean;
}

/** Some rows of an answer, as the form says. */
export interface JsonBatch {
  /** A separator in front, where there were rows before. */
  readonly text: string;
  /** Rows that came, those beyond the limit too. */
  readonly rows: number;
  /** The last row within the limit, once there is one beyond it. */
  readonly turning: CanonicalRow | null;
  readonly isLast: boolean;
}

/** Values in the canonical texts of their types (see `Bound`). */
export type CanonicalRow = readonly (string | null)[];

/** A value in the canonical text of its column's type (see `Bound`) as JSON text without line breaks. */
export type ValueWriter = (text: string | null) => string;

/**
 * Prepares the writing of rows of one shape.
 *
 * @param columns  In the order of the row's values.
 * @returns        One row as a JSON object without line breaks: it can stand in NDJSON as it is.
 */
export function rowWriter(columns: readonly JsonColumn[], form: RowForm): (row: CanonicalRow) => string {
  const keys = columns.map(({ name }, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const writers = columns.map(({ type }) => valueWriter(type, form));
  const constants = (form.constants ?? []).map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',');
  const width = columns.length;
  if (width === 0) return () => `{${constants}}`;
  const end = constants === '' ? '}' : `,${constants}}`;
  return (row) => {
    let text = '';
    for (let at = 0; at < width; at += 1) {
      const write = writers[at] as ValueWriter;
      text += (keys[at] as string) + write(row[at] ?? null);
    }
    return text + end;
  };
}

/** How values of a type are written: integers, decimals and floats as numbers where exact, `NaN` and infinities never. */
export function valueWriter(type: CanonicalType, form: Pick<RowForm, 'numbers' | 'zone'>): ValueWriter {
  switch (type) {
    case 'boolean':
      return writeBoolean;
    case 'int16':
    case 'int32':
      return writeInteger;
    case 'int64':
      return form.numbers === 'text' ? writeText : writeInteger;
    case 'decimal':
      return form.numbers === 'text' ? writeText : writeDecimal;
    case 'float32':
    case 'float64':
      return writeFloat;
    case 'json':
      return writeJson;
    case 'timestamp':
      return form.zone === undefined ? writeText : writeZoned;
    default:
      return writeText;
  }
}

const integer = /^-?(?:0|[1-9][0-9]*)$/;
const decimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
const float = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$/;
/** What cannot stand in a JSON string as it is (RFC 8259 §7), and halves of surrogate pairs, which are no characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters that must not stand unescaped
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/;
const lineBreaks = /[\n\r\t]+/g;
const plainTimestamp = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?$/;

/** 2⁵³ − 1: up to here every integer is a double of its own. */
const lastSafeInteger = '9007199254740991';
/** Any decimal of so many significant digits survives the way through a double. */
const safeDigits = 15;
/** Beyond this a decimal of few digits may still be larger or smaller than any double. */
const longestNumber = 64;

function writeText(text: string | null): string {
  if (text === null) return 'null';
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function writeBoolean(text: string | null): string {
  return text === 'true' || text === 'false' ? text : writeText(text);
}

function writeInteger(text: string | null): string {
  if (text === null) return 'null';
  return integer.test(text) && isSafeInteger(text) ? text : writeText(text);
}

function writeDecimal(text: string | null): string {
  if (text === null) return 'null';
  return decimal.test(text) && (text.length <= safeDigits || hasSafeDigits(text)) ? text : writeText(text);
}

/** What a float column holds is a double already, whatever number of digits it is written with. */
function writeFloat(text: string | null): string {
  if (text === null) return 'null';
  if (!float.test(text)) return writeText(text);
  // Engines with no type of their own behind the name may hold more than a double does.
  return text.length > longestNumber || !Number.isFinite(Number(text)) ? writeText(text) : text;
}

function writeZoned(text: string | null): string {
  return text !== null && plainTimestamp.test(text) ? `"${text}Z"` : writeText(text);
}

/** Judged by parsing and embedded as it was written: numbers of any precision and the order of members stay. */
function writeJson(text: string | null): string {
  if (text === null) return 'null';
  try {
    JSON.parse(text);
  } catch {
    return writeText(text);
  }
  // In well-formed JSON they stand between tokens only.
  return text.replace(lineBreaks, ' ');
}

function isSafeInteger(text: string): boolean {
  if (text.length <= safeDigits) return true;
  const digits = text.charCodeAt(0) === 45 ? text.slice(1) : text;
  if (digits.length !== lastSafeInteger.length) return digits.length < lastSafeInteger.length;
  return digits <= lastSafeInteger;
}

/** From the first digit that is not zero to the last, zeros at the end of a fraction left out. */
function hasSafeDigits(text: string): boolean {
  if (text.length > longestNumber) return false;
  const significant = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return significant.replace(/^-?[0.]*/, '').replace('.', '').length <= safeDigits;
}

/** Writes batches of rows in one form, one batch after the other. */
export class JsonRows {
  readonly #form: JsonForm;
  readonly #write: (row: CanonicalRow) => string;
  #rows = 0;
  #last: CanonicalRow | null = null;

  constructor(output: readonly Pick<JsonColumn, 'type'>[], form: JsonForm) {
    const columns = form.members.map((name, at): JsonColumn => ({ name, type: output[at]?.type ?? 'other' }));
    this.#form = form;
    this.#write = rowWriter(columns, form);
  }

  take(rows: readonly CanonicalRow[], isLast: boolean): JsonBatch {
    const { isLines } = this.#form;
    const limit = this.#form.limit ?? Number.POSITIVE_INFINITY;
    const within = Math.max(0, Math.min(rows.length, limit - this.#rows));
    let text = '';
    for (let at = 0; at < within; at += 1) {
      const row = this.#write(rows[at] as CanonicalRow);
      text += isLines ? `${row}\n` : this.#rows + at === 0 ? row : `,${row}`;
    }
    const last = within > 0 ? (rows[within - 1] ?? null) : this.#last;
    this.#last = last;
    this.#rows += rows.length;
    return { text, rows: rows.length, turning: this.#rows > limit ? last : null, isLast };
  }
}
