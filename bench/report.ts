/** Results as text: a table of medians and the goals, for the terminal and for the page alike. @module */
import { shown } from './figures.js';
import { measureTitles } from './job.js';
import { boundText, type CaseResult, type Outcome } from './rounds.js';

/** A header and rows. */
export type Table = readonly (readonly string[])[];

export function mediansTable({ medians }: CaseResult): Table {
  const ways = Object.entries(medians);
  const measures = Object.keys(measureTitles).filter((name) => ways.some(([, sample]) => sample[name] !== undefined));
  return [
    ['', ...measures.map((name) => measureTitles[name] ?? name)],
    ...ways.map(([way, sample]) => [way, ...measures.map((name) => shown(sample[name] ?? Number.NaN))]),
  ];
}

export function goalsTable({ outcomes }: CaseResult): Table {
  return [['', 'figure', 'measured', 'goal', ''], ...outcomes.map(goalRow)];
}

function goalRow(outcome: Outcome): string[] {
  const { way, measure, to, value, bound, isMet } = outcome;
  const title = measureTitles[measure] ?? measure;
  return [
    way,
    to === undefined ? title : `${title}, beside ${to}`,
    to === undefined ? shown(value) : `${shown(value)} ×`,
    bound === undefined ? '' : boundText(bound, to !== undefined),
    isMet === null ? '' : isMet ? 'met' : 'MISSED',
  ];
}

export function asText(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((row) => `    ${row.join('  ').trimEnd()}`)
    .join('\n');
}

export function asMarkdown(table: Table): string {
  const [head = [], ...rows] = table;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map((_, at) => (at === 0 ? '---' : '--:')).join('|')}|`, ...rows.map(line)].join('\n');
}
