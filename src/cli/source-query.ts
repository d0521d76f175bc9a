/** `latchkey source query`: rows of a table or a dataset, for the operator of the machine, who needs no grant. @module */
import { type Command, Option } from 'commander';
import type { App } from '../app.js';
import { parseFilter } from '../query/index.js';
import { jsonText, printable } from './cells.js';
import { type ColumnList, columnList, columnsOf, jsonOf, placeOf } from './grant-options.js';
import { CommandEnd, exitCodes, writePieces } from './output.js';
import { screenOf } from './screen.js';
import { type CommandContext, interruption, withApp } from './session.js';
import { wholeNumber } from './users.js';

type Reading = Awaited<ReturnType<App['data']['read']>>;
type Row = Reading['batches'] extends AsyncIterable<readonly (infer One)[]> ? One : never;
type Reference = Parameters<App['data']['read']>[1]['dataset'];

interface QueryOptions {
  readonly dataset?: string;
  readonly filter?: string;
  readonly columns?: ColumnList;
  readonly limit?: number;
  readonly csv?: boolean;
}

/** Rows shown to who says nothing. */
const standardLimit = 100;
/** Rows whose columns are aligned: they are all held until then. */
const maxAligned = 10_000;
const maxStreamed = 10_000_000;

export function addQueryVerb(source: Command): void {
  source
    .command('query')
    .description('rows of a table, as the operator of this machine; in the audit trail like every other reading')
    .argument('<source>', 'name or id')
    .argument('[table]', 'table or view, schema.table')
    .option('--dataset <name>', 'name of a dataset, instead of a table')
    .option('--filter <json>', 'only these rows: {"department_id": {"eq": 7}}')
    .option('--columns <columns>', 'only these columns, with commas between', columnList)
    .option('--limit <number>', `at most so many rows (default: ${standardLimit})`, wholeNumber)
    .addOption(new Option('--csv', 'write CSV (RFC 4180)'))
    .addHelpText(
      'after',
      '\nExample:\n  latchkey source query shop employees --filter \'{"department_id":{"eq":7}}\' --columns name,salary',
    )
    .action(async (reference: string, object: string | undefined, options: QueryOptions, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        if ((object === undefined) === (options.dataset === undefined)) {
          throw new CommandEnd(exitCodes.wrongUse, 'Give a table, or --dataset.');
        }
        const filter = options.filter === undefined ? null : parseFilter(jsonOf(options.filter, '--filter'));
        const limit = options.limit ?? standardLimit;
        const isStreamed = output.isJson || options.csv === true;
        const reading = await app.data.read(actor, {
          dataset: await referenceOf(context, reference, object, options.dataset),
          query: {
            ...{ kind: 'select', columns: columnsOf(options.columns ?? '*'), filter, groupBy: [], aggregates: [] },
            ...{ isDistinct: false, orderBy: [], limit, offset: 0, after: null },
          },
          ...{ maxRows: isStreamed ? maxStreamed : maxAligned, signal: interruption() },
        });
        if (options.csv === true) await writePieces(csvOf(reading));
        else if (output.isJson) await writePieces(jsonRows(reading));
        else
          output.list(
            null,
            reading.output.map(({ name }) => name),
            await allRows(reading),
            'No row is like that.',
          );
      });
    });
}

async function referenceOf(
  { app, actor }: CommandContext,
  source: string,
  text: string | undefined,
  dataset: string | undefined,
): Promise<Reference> {
  if (text === undefined) return { by: 'place', source, object: dataset ?? '' };
  const { schema, table: name } = placeOf(await app.sources.registry.show(actor, source), text);
  return { by: 'place', source, object: `${schema}.${name}` };
}

async function allRows({ batches }: Reading): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const batch of batches) for (const row of batch) rows.push(row.map((value) => value ?? 'NULL'));
  return rows;
}

async function* csvOf({ output, batches }: Reading): AsyncGenerator<string> {
  // A file holds the values as they are; what is shown to a person drives no terminal.
  const shown = screenOf().isTerminal
    ? (values: Row) => values.map((one) => (one === null ? null : printable(one)))
    : same;
  yield csvLine(shown(output.map(({ name }) => name)));
  for await (const batch of batches) yield batch.map((row) => csvLine(shown(row))).join('');
}

function same(values: Row): Row {
  return values;
}

/** Null is nothing between the commas, an empty text is `""`. */
function csvLine(values: Row | readonly string[]): string {
  const cells = values.map((value) => {
    if (value === null) return '';
    return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  });
  return `${cells.join(',')}\r\n`;
}

async function* jsonRows({ output, batches }: Reading): AsyncGenerator<string> {
  yield `{"columns":${jsonText(output)},"rows":[`;
  let isFirst = true;
  for await (const batch of batches) {
    for (const row of batch) {
      const values = output.map(({ name, type }, at) => [name, jsonValue(row[at] ?? null, type)]);
      yield `${isFirst ? '' : ','}\n${jsonText(Object.fromEntries(values))}`;
      isFirst = false;
    }
  }
  yield '\n]}\n';
}

const numeric: ReadonlySet<string> = new Set(['int16', 'int32', 'int64', 'float32', 'float64']);

/** A number where a double holds it exactly; what it does not hold stays a text. */
function jsonValue(text: string | null, type: Reading['output'][number]['type']): unknown {
  if (text === null) return null;
  if (type === 'boolean') return text === 'true';
  if (!numeric.has(type)) return text;
  const value = Number(text);
  const isExact = type.startsWith('int') ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isExact ? value : text;
}
