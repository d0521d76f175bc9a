/** `latchkey grant …`: which role may do what with which table, and why somebody may or may not. @module */
import { Command } from 'commander';
import type { App } from '../app.js';
import type { Operation } from '../query/index.js';
import { confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import {
  type ColumnList,
  columnList,
  columnsOf,
  columnsText,
  describeGrant,
  filterText,
  type GrantDetail,
  oneOperation,
  operationList,
  placeOf,
  presentGrant,
  type TermOptions,
  termsOf,
} from './grant-options.js';
import { CommandEnd, exitCodes, table } from './output.js';
import { type CommandContext, withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

type Explanation = Awaited<ReturnType<App['data']['explain']>>;

interface PlaceOptions {
  readonly dataset?: string;
  readonly source?: string;
  readonly table?: string;
}

const filterHelp = `
Filters are JSON: {"department_id": {"eq": 7}, "name": {"starts": "A"}} means both;
{"or": [...]}, {"and": [...]} and {"not": [...]} nest. Operators: eq ne gt gte lt lte in nin between
nbetween null notnull contains ncontains starts nstarts ends nends. In a grant "$user", "$org" and
"$claims.<name>" stand for what is known of the caller.
Masks: null, hash, keep-left:<n>, keep-right:<n>, and year, month, day for dates.`;

/** Of no grant: ids are told by `grant list`. */
const exampleId = '5b0c8a34-1a7e-4c5e-8d52-7f0e9d1c6b20';

export function grantCommand(): Command {
  const grant = new Command('grant').description('what roles may do with data');
  addVerb(grant);
  listVerb(grant);
  grant
    .command('show')
    .description('show one')
    .argument('<id>', 'id of the grant')
    .addHelpText('after', `\nExample:\n  latchkey grant show ${exampleId}`)
    .action(async (id: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const detail = await app.data.grants.show(actor, id);
        output.answer(presentGrant(detail), describeGrant(detail));
      });
    });
  termOptions(
    grant.command('set').description('change one; only what is named changes').argument('<id>', 'id of the grant'),
  )
    .addHelpText(
      'after',
      `\nExample:\n  latchkey grant set ${exampleId} --readable name,salary --filter none\n${filterHelp}`,
    )
    .action(async (id: string, options: TermOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const terms = termsOf(options);
        if (Object.keys(terms).length === 0) throw new CommandEnd(exitCodes.wrongUse, 'There is nothing to change.');
        const detail = await app.data.grants.change(actor, id, terms);
        output.answer(presentGrant(detail), describeGrant(detail));
      });
    });
  grant
    .command('remove')
    .description('take it away; with the next request it is gone')
    .argument('<id>', 'id of the grant')
    .option(...yesOption)
    .addHelpText('after', `\nExample:\n  latchkey grant remove ${exampleId}`)
    .action(async (id: string, options: DestroyOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const { role, dataset, source } = await app.data.grants.show(actor, id);
        await confirmLoss(options, `What role ${role} may do with ${dataset} of ${source} goes`, role);
        await app.data.grants.remove(actor, id);
        output.answer({ grant: id, state: 'removed' }, [`${id} is removed.`]);
      });
    });
  explainVerb(grant);
  return grant;
}

function addVerb(grant: Command): void {
  const add = grant
    .command('add')
    .description('let a role do something with a table or a named query')
    .requiredOption('--role <name>', 'role, in the organisation of the source')
    .option('--source <source>', 'name or id of a source')
    .option('--table <table>', 'table or view of it, schema.table; it becomes a dataset where it is none yet')
    .option('--dataset <dataset>', 'name or id of a dataset, instead of source and table');
  termOptions(add)
    .addHelpText(
      'after',
      `\nExample:\n  latchkey grant add --role clerk --source shop --table employees --operations query,update \\\n    --readable name,salary --writable name --filter '{"department_id":{"eq":7}}' --mask salary=null\n${filterHelp}`,
    )
    .action(async (options: TermOptions & PlaceOptions & { role: string }, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        const detail = await app.data.grants.add(actor, {
          ...{ role: options.role, dataset: await datasetOf(context, options) },
          ...{ operations: ['query'], readable: null, writable: null, filter: null, masks: [] },
          ...termsOf(options),
        });
        output.answer(presentGrant(detail), describeGrant(detail));
      });
    });
}

function listVerb(grant: Command): void {
  grant
    .command('list')
    .description('list grants')
    .option('--role <name>', 'of this role')
    .option('--source <source>', 'on datasets of this source')
    .option('--dataset <dataset>', 'on this dataset')
    .option('--organisation <uid>', 'of this organisation')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey grant list --role clerk')
    .action(
      async (
        {
          limit,
          ...options
        }: { role?: string; source?: string; dataset?: string; organisation?: string; limit?: number },
        command: Command,
      ) => {
        await withApp(command, async ({ app, actor, output }) => {
          const filter = pick(options, ['role', 'source', 'dataset', 'organisation']);
          const all = await everyPage((page) => app.data.grants.list(actor, filter, page), limit);
          output.list(
            { grants: all.map(presentGrant) },
            ['ID', 'ROLE', 'DATASET', 'SOURCE', 'OPERATIONS', 'READABLE', 'WRITABLE', 'ROWS'],
            all.map(rowOf),
            'No grant yet: latchkey grant add --role <name> --source <source> --table <table>',
          );
        });
      },
    );
}

function rowOf({ grant, role, dataset, source }: GrantDetail): string[] {
  return [
    ...[grant.id, role, dataset, source, grant.operations.join(',')],
    ...[columnsText(grant.readable), columnsText(grant.writable), filterText(grant.filter)],
  ];
}

function explainVerb(grant: Command): void {
  grant
    .command('explain')
    .description('why a user may do something, or may not, and the command that would allow it; exit code 1: may not')
    .requiredOption('--user <name>', 'whose roles decide')
    .option('--source <source>', 'name or id of a source')
    .option('--table <table>', 'table of it, or name of a dataset')
    .option('--dataset <dataset>', 'name of a dataset, instead of source and table')
    .requiredOption('--operation <operation>', 'query, insert, update or delete', oneOperation)
    .option('--columns <columns>', 'columns it is about, with commas between', columnList)
    .addHelpText(
      'after',
      '\nExample:\n  latchkey grant explain --user ada --source shop --table employees --operation query --columns salary',
    )
    .action(
      async (
        options: PlaceOptions & { user: string; operation: Operation; columns?: ColumnList },
        command: Command,
      ) => {
        await withApp(command, async ({ app, actor, output }) => {
          const { user, operation, columns } = options;
          const explanation = await app.data.explain(actor, {
            ...{ username: user, operation, columns: columnsOf(columns ?? []) ?? [] },
            dataset: referenceOf(options),
          });
          output.answer(presentExplanation(explanation), explanationLines(user, explanation));
          if (!explanation.isAllowed) throw new CommandEnd(exitCodes.answerIsNo, '');
        });
      },
    );
}

function referenceOf({
  dataset,
  source,
  table: object,
}: PlaceOptions): Parameters<App['data']['explain']>[1]['dataset'] {
  if (dataset !== undefined && source === undefined && object === undefined) return { by: 'name', name: dataset };
  if (source !== undefined && object !== undefined && dataset === undefined) return { by: 'place', source, object };
  if (source !== undefined && dataset !== undefined && object === undefined) {
    return { by: 'place', source, object: dataset };
  }
  throw new CommandEnd(exitCodes.wrongUse, 'Give --source and --table, or --dataset.');
}

async function datasetOf(
  { app, actor }: CommandContext,
  { dataset, source, table: text }: PlaceOptions,
): Promise<Parameters<App['data']['grants']['add']>[1]['dataset']> {
  if (dataset !== undefined && source === undefined && text === undefined) return { reference: dataset };
  if (dataset !== undefined || source === undefined || text === undefined) {
    throw new CommandEnd(exitCodes.wrongUse, 'Give --source and --table, or --dataset.');
  }
  return { source, ...placeOf(await app.sources.registry.show(actor, source), text) };
}

function presentExplanation({ grants, ...rest }: Explanation): object {
  return { ...rest, grants: grants.map(({ filter, ...grant }) => ({ ...grant, filter: filterText(filter) })) };
}

function explanationLines(user: string, explanation: Explanation): string[] {
  const { isAllowed, operation, dataset, source, reason, rule, remedy, grants } = explanation;
  const where = source === '' ? dataset : `${dataset} of ${source}`;
  return [
    `${user} may ${isAllowed ? '' : 'not '}${operation} ${where}: ${reason} (${rule})`,
    ...(grants.length === 0
      ? []
      : [
          '',
          ...table(
            ['GRANT', 'ROLE', 'OPERATIONS', 'READABLE', 'WRITABLE', 'ROWS'],
            grants.map((grant) => [
              ...[grant.id, grant.role, grant.operations.join(',')],
              ...[columnsText(grant.readable), columnsText(grant.writable), filterText(grant.filter)],
            ]),
          ),
        ]),
    ...(remedy === null ? [] : ['', 'This would allow it:', `  ${remedy}`]),
  ];
}

function termOptions(command: Command): Command {
  return command
    .option('--operations <list>', 'query, insert, update, delete, with commas between', operationList)
    .option('--readable <columns>', 'columns it shows; "*" for all, "" for none', columnList)
    .option('--writable <columns>', 'columns that may be given; "*" for all, "" for none', columnList)
    .option('--filter <json>', 'rows it is for; "none" for every row')
    .option('--mask <column=mask>', 'what stands in for a column; repeat for several, "none" for none', collect, []);
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function pick<T extends object, const Name extends keyof T>(from: T, names: readonly Name[]): Pick<T, Name> {
  const entries = names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]]));
  return Object.fromEntries(entries) as Pick<T, Name>;
}
