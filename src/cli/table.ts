/**
 * Tables that fit the screen they are shown on: long texts are shortened first, then columns are left out, and it is
 * said which. Where no person looks, nothing is shortened.
 *
 * @module
 */
import { cutToWidth, padToWidth, printable, textWidth, wrapToWidth } from './cells.js';
import { type Screen, screenOf } from './screen.js';

export interface ColumnStyle {
  readonly heading: string;
  /** `cut`: may be shortened though it looks like an id or a time; `wrap`, of the last column: goes on below. */
  readonly long?: 'cut' | 'wrap';
}

/** A heading alone: short, unless its texts are long. The first column stays; of the others the last is left out first. */
export type Column = string | ColumnStyle;

const gap = 2;
/** A shortened text is still worth reading at this width. */
const leastCells = 8;
const leastNamed = 28;
const leastWrapped = 24;
const number = /^-?\d[\d.,]*( (ms|s|%|bytes))?$/;
const blank = /^-?$/;
/** Shortened, these say nothing any more, or cannot be copied: ids, times, numbers. */
const indivisible = /^(-?|[\da-f]{8}-[\da-f-]{27}|\d{4}-\d\d-\d\d[\dTZ :.]*|-?\d[\d.,]*( (ms|s|%|bytes))?)$/;

interface Measured {
  readonly heading: string;
  readonly cells: readonly string[];
  readonly width: number;
  readonly least: number;
  readonly isRight: boolean;
  readonly isWrapped: boolean;
}

/** Columns aligned by their widest cell. Headings and cells may hold anything. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  screen: Screen = screenOf(),
): string[] {
  const all = columns.map((column, at) => measure(column, rows, at, at === columns.length - 1, screen));
  const { shown, widths } = fitted(all, screen.columns);
  const lines = [-1, ...rows.keys()].flatMap((row) => {
    return rowLines(
      shown.map((one) => (row < 0 ? one.heading : (one.cells[row] ?? ''))),
      shown,
      widths,
    );
  });
  const hidden = all.filter((one) => !shown.includes(one)).map(({ heading }) => heading);
  const noRoom = `(no room for ${hidden.join(', ')}: --json has everything)`;
  return hidden.length === 0 ? lines : [...lines, ...wrapToWidth(noRoom, screen.columns)];
}

/** One thing, a line for each of its values; what is long goes on below itself. */
export function fields(
  pairs: readonly (readonly [name: string, value: string])[],
  screen: Screen = screenOf(),
): string[] {
  const widest = Math.max(0, ...pairs.map(([name]) => textWidth(printable(name))));
  const room = Math.max(leastWrapped, screen.columns - widest - gap);
  return pairs.flatMap(([name, value]) => {
    const [first = '', ...more] = wrapToWidth(printable(value), room);
    const indent = ' '.repeat(widest + gap);
    return [
      `${padToWidth(printable(name), widest, false)}  ${first}`.trimEnd(),
      ...more.map((line) => `${indent}${line}`),
    ];
  });
}

function measure(
  column: Column,
  rows: readonly (readonly string[])[],
  at: number,
  isLast: boolean,
  screen: Screen,
): Measured {
  const { heading, long } = typeof column === 'string' ? { heading: column, long: undefined } : column;
  const cells = rows.map((row) => printable(row[at] ?? ''));
  const title = printable(heading);
  const width = cells.reduce((most, cell) => Math.max(most, textWidth(cell)), textWidth(title));
  const isWrapped = isLast && long === 'wrap';
  const isDivisible = long !== undefined || cells.some((cell) => !indivisible.test(cell));
  const least = isWrapped ? leastWrapped : Math.max(leastCells, textWidth(title));
  return {
    ...{ heading: title, cells, width, isWrapped },
    // The first column says which one it is.
    least: isDivisible ? Math.min(width, at === 0 ? Math.max(least, leastNamed) : least) : width,
    isRight: screen.isTerminal && cells.some((cell) => number.test(cell)) && cells.every(isNumberOrNone),
  };
}

function isNumberOrNone(cell: string): boolean {
  return number.test(cell) || blank.test(cell);
}

/** Leaves out as few columns as will do, and shortens the widest of the rest, evenly. */
function fitted(all: readonly Measured[], room: number): { shown: readonly Measured[]; widths: readonly number[] } {
  const shown = [...all];
  const total = (widths: readonly number[]) => widths.reduce((sum, width) => sum + width + gap, -gap);
  while (shown.length > 1 && total(shown.map(({ least }) => least)) > room) shown.pop();
  const widths = shown.map(({ width }) => width);
  while (total(widths) > room) {
    const widest = shown.reduce<number | null>((found, { least }, at) => {
      if ((widths[at] ?? 0) <= least) return found;
      return found === null || (widths[at] ?? 0) > (widths[found] ?? 0) ? at : found;
    }, null);
    if (widest === null) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  if (shown.length === 1) widths[0] = Math.min(widths[0] ?? 0, room);
  return { shown, widths };
}

function rowLines(cells: readonly string[], shown: readonly Measured[], widths: readonly number[]): string[] {
  const last = shown.length - 1;
  const texts = cells.map((cell, at) => (shown[at]?.isWrapped === true ? cell : cutToWidth(cell, widths[at] ?? 0)));
  const wrapped = shown[last]?.isWrapped === true ? wrapToWidth(texts[last] ?? '', widths[last] ?? 0) : [];
  const [first = texts[last] ?? '', ...more] = wrapped;
  const before = texts.slice(0, last).map((text, at) => {
    return `${padToWidth(text, widths[at] ?? 0, shown[at]?.isRight === true)}${' '.repeat(gap)}`;
  });
  const end = shown[last]?.isRight === true ? padToWidth(first, widths[last] ?? 0, true) : first;
  const indent = ' '.repeat(widths.slice(0, last).reduce((sum, width) => sum + width + gap, 0));
  return [`${before.join('')}${end}`.trimEnd(), ...more.map((line) => `${indent}${line}`)];
}
