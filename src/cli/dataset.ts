/** `latchkey dataset …`: tables, views and named queries that can be granted. @module */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { App } from '../app.js';
import { confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { placeOf } from './grant-options.js';
import { CommandEnd, exitCodes, fields, instant } from './output.js';
import { outputOf, withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

type Dataset = Awaited<ReturnType<App['data']['datasets']['show']>>;

export function datasetCommand(): Command {
  const dataset = new Command('dataset').description('tables, views and named queries that can be granted');
  addVerb(dataset);
  dataset
    .command('list')
    .description('list datasets')
    .option('--source <source>', 'only of this source')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey dataset list --source shop')
    .action(async ({ source, limit }: { source?: string; limit?: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const filter = source === undefined ? {} : { source };
        const all = await everyPage((page) => app.data.datasets.list(actor, filter, page), limit);
        output.list(
          { datasets: all },
          ['NAME', 'SOURCE', 'OF', 'CREATED'],
          all.map((one) => [one.name, one.sourceName, objectOf(one), instant(one.createdAtMs)]),
          'No dataset yet: latchkey dataset add --source <source> --table <table>',
        );
      });
    });
  dataset
    .command('show')
    .description('show one')
    .argument('<dataset>', 'name or id')
    .addHelpText('after', '\nExample:\n  latchkey dataset show Employees')
    .action(async (reference: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const found = await app.data.datasets.show(actor, reference);
        output.answer(found, describe(found));
      });
    });
  dataset
    .command('set')
    .description('give it another name; its grants stay')
    .argument('<dataset>', 'name or id')
    .requiredOption('--name <name>', 'a letter, then letters, digits and _')
    .addHelpText('after', '\nExample:\n  latchkey dataset set OpenOrders --name Orders')
    .action((reference: string, { name }: { name: string }, command: Command) => rename(command, reference, name));
  dataset
    .command('rename')
    .description('deprecated, gone with 1.0: use dataset set --name')
    .argument('<dataset>', 'name or id')
    .argument('<name>', 'a letter, then letters, digits and _')
    .addHelpText('after', '\nExample:\n  latchkey dataset rename Orders OpenOrders')
    .action(async (reference: string, name: string, _options: unknown, command: Command) => {
      outputOf(command).remark('dataset rename is deprecated and gone with 1.0: use dataset set --name.');
      await rename(command, reference, name);
    });
  dataset
    .command('remove')
    .description('remove it with its grants; the table is not touched')
    .argument('<dataset>', 'name or id')
    .option(...yesOption)
    .addHelpText('after', '\nExample:\n  latchkey dataset remove Employees')
    .action(async (reference: string, options: DestroyOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const { name } = await app.data.datasets.show(actor, reference);
        await confirmLoss(options, `Dataset ${name} goes with its grants`, name);
        await app.data.datasets.remove(actor, reference);
        output.answer({ dataset: reference, state: 'removed' }, [`${reference} is removed with its grants.`]);
      });
    });
  return dataset;
}

async function rename(command: Command, reference: string, name: string): Promise<void> {
  await withApp(command, async ({ app, actor, output }) => {
    const renamed = await app.data.datasets.rename(actor, reference, name);
    output.answer(renamed, describe(renamed));
  });
}

interface AddOptions {
  readonly source: string;
  readonly table?: string;
  readonly queryFile?: string;
  readonly name?: string;
}

function addVerb(dataset: Command): void {
  dataset
    .command('add')
    .description('make a table, a view or one SELECT something that can be granted')
    .requiredOption('--source <source>', 'name or id of a source')
    .option('--table <table>', 'table or view, schema.table')
    .option('--query-file <file>', 'file with one SELECT; it can only be queried')
    .option('--name <name>', 'absent: made from the table’s, order_items becomes OrderItems')
    .addHelpText(
      'after',
      '\nExample:\n  latchkey dataset add --source shop --table employees\n  latchkey dataset add --source shop --query-file open-orders.sql --name OpenOrders',
    )
    .action(async ({ source, table: text, queryFile, name }: AddOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        if ((text === undefined) === (queryFile === undefined)) {
          throw new CommandEnd(exitCodes.wrongUse, 'Give --table or --query-file.');
        }
        const added = await app.data.datasets.add(actor, {
          ...{ source, of: await objectGiven(app, actor, source, text, queryFile) },
          ...(name === undefined ? {} : { name }),
        });
        output.answer(added, describe(added));
      });
    });
}

async function objectGiven(
  app: App,
  actor: ReturnType<App['operator']>,
  source: string,
  text: string | undefined,
  queryFile: string | undefined,
): Promise<Dataset['of']> {
  if (text !== undefined) {
    const { schema, table: name } = placeOf(await app.sources.registry.show(actor, source), text);
    return { kind: 'table', schema, name };
  }
  try {
    return { kind: 'query', text: readFileSync(queryFile ?? '', 'utf8') };
  } catch {
    throw new CommandEnd(exitCodes.wrongUse, 'The file of the query cannot be read.');
  }
}

function objectOf({ of }: Dataset): string {
  return of.kind === 'table' ? `${of.schema}.${of.name}` : 'a named query';
}

function describe(dataset: Dataset): string[] {
  const { of } = dataset;
  return [
    ...fields([
      ['name', dataset.name],
      ['id', dataset.id],
      ['source', dataset.sourceName],
      ['of', objectOf(dataset)],
      ['created', instant(dataset.createdAtMs)],
    ]),
    ...(of.kind === 'query' ? ['', ...of.text.trimEnd().split('\n')] : []),
  ];
}
