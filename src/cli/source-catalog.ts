/** `latchkey source metadata|snapshot|diff`: what a database holds, and what of it changed. @module */
import { type Command, Option } from 'commander';
import type { App } from '../app.js';
import { AppError } from '../kernel/errors.js';
import { mermaidOf, usualMaxCharacters } from './catalog-mermaid.js';
import { type Item, type Reading, treeOf } from './catalog-tree.js';
import { jsonText } from './cells.js';
import { CommandEnd, exitCodes, instant, printable, withInstants, writePieces } from './output.js';
import { showProgress } from './progress.js';
import { interruption, outputOf, withApp } from './session.js';
import { describeTold } from './source-reach.js';

type Groups = Parameters<App['sources']['metadata']>[0]['request']['groups'];
type Group = Groups extends ReadonlySet<infer One> ? One : never;
type Changes = Awaited<ReturnType<App['sources']['diff']>>;
type Change = ReturnType<Changes['changes']> extends AsyncIterable<infer One> ? One : never;

interface MetadataOptions {
  readonly format?: 'tree' | 'json' | 'mermaid';
  readonly schema?: string;
  readonly names?: string;
  readonly include?: string;
}

const allGroups: readonly Group[] = [
  ...(['columns', 'keys', 'checks', 'indexes', 'triggers', 'grants', 'sizes'] as const),
  ...(['types', 'sequences', 'routines'] as const),
];

/** What each format shows; `sizes` is read only when it is named. */
const shownGroups: Readonly<Record<NonNullable<MetadataOptions['format']>, readonly Group[]>> = {
  tree: ['columns', 'keys', 'types', 'sequences', 'routines'],
  json: allGroups.filter((group) => group !== 'sizes'),
  mermaid: ['columns', 'keys'],
};

export function addCatalogVerbs(source: Command): void {
  metadataVerb(source);
  source
    .command('snapshot')
    .description('write down what the database holds, to compare it with later')
    .argument('<source>', 'name or id')
    .addHelpText('after', '\nExample:\n  latchkey source snapshot shop')
    .action(async (reference: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const snapshot = await app.sources.takeSnapshot({ ...actor, source: reference, signal: interruption() });
        output.answer(snapshot, [`Snapshot of ${reference}: ${snapshot.objects} objects.`]);
      });
    });
  source
    .command('diff')
    .description('what changed since the snapshot, a line a change; exit code 1 when something did')
    .argument('<source>', 'name or id')
    .addHelpText('after', '\nExample:\n  latchkey source diff shop')
    .action(async (reference: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const diff = await openDiff(app, { ...actor, source: reference, signal: interruption() });
        let count = 0;
        const counted = tap(diff.changes(), () => {
          count += 1;
        });
        await writePieces(output.isJson ? changesAsJson(diff, counted) : changesAsLines(counted));
        if (count > 0) throw new CommandEnd(exitCodes.answerIsNo, '');
        if (!output.isJson) output.remark(`Nothing changed since ${instant(diff.snapshot.takenAtMs)}.`);
      });
    });
}

/** Without a snapshot nobody knows what changed; that must not look like a change. */
async function openDiff(app: App, input: Parameters<App['sources']['diff']>[0]): Promise<Changes> {
  try {
    return await app.sources.diff(input);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'sources.no_snapshot') throw error;
    const fix = `Take one first: latchkey source snapshot ${input.source}`;
    throw new CommandEnd(exitCodes.couldNotDetermine, `${error.message} ${fix}`);
  }
}

function metadataVerb(source: Command): void {
  source
    .command('metadata')
    .description('schemas, tables, columns, keys and the rest, as the database has them now')
    .argument('<source>', 'name or id')
    .addOption(
      new Option('--format <format>', 'tree for people, one JSON document, or a Mermaid diagram to paste')
        .choices(['tree', 'json', 'mermaid'])
        .default('tree'),
    )
    .option('--schema <names>', 'only these schemas, with commas between')
    .option('--names <globs>', 'only objects whose name matches one of these (* and ?), with commas between')
    .option('--include <groups>', `what to read of them: ${allGroups.join(', ')}; "" for names alone`)
    .addHelpText('after', '\nExample:\n  latchkey source metadata shop --format mermaid > shop.mmd')
    .action(async (reference: string, options: MetadataOptions, command: Command) => {
      const format = outputOf(command).isJson ? 'json' : (options.format ?? 'tree');
      const groups = readGroups(options.include) ?? shownGroups[format];
      await withApp(command, async ({ app, actor, output }) => {
        const answer = await app.sources.metadata({
          ...actor,
          subject: { source: reference },
          signal: interruption(),
          request: {
            schemas: options.schema?.split(',') ?? null,
            names: options.names?.split(',') ?? [],
            groups: new Set(groups),
            after: null,
            limit: null,
          },
        });
        if (answer.outcome === 'failed') {
          const lines = describeTold(answer.told).map(printable);
          // A machine is told the verdict in one line; the stages are what `source test --json` is for.
          const message = output.isJson ? lines.slice(lines.indexOf('') + 1).join(' ') : lines.join('\n');
          throw new CommandEnd(exitCodes.couldNotDetermine, message);
        }
        const progress = showProgress(output, 'objects');
        let faults = 0;
        try {
          const items = tap(answer.items(), (item) => {
            progress.step();
            if (item.section === 'fault') faults += 1;
          });
          const written = await writePieces(formats[format](answer, items));
          progress.end();
          if (format === 'mermaid' && written > usualMaxCharacters) {
            output.remark(
              `${written} characters: most renderers take ${usualMaxCharacters}. Narrow it with --schema or --names.`,
            );
          }
          if (faults > 0) output.remark(`${faults} could not be read, or not whole.`);
        } finally {
          progress.end();
          await answer.close();
        }
      });
    });
}

const formats = { tree: treeOf, json: jsonOf, mermaid: mermaidOf } as const;

function readGroups(text: string | undefined): readonly Group[] | null {
  if (text === undefined) return null;
  const named = text === '' ? [] : text.split(',');
  const found = named.map((name) => allGroups.find((group) => group === name));
  if (found.includes(undefined)) {
    throw new CommandEnd(exitCodes.wrongUse, `--include takes: ${allGroups.join(', ')}. (--help tells more)`);
  }
  return found.filter((group) => group !== undefined);
}

/** One document, in the form of our own API. */
async function* jsonOf({ server, schemas }: Reading, items: AsyncIterable<Item>): AsyncGenerator<string> {
  yield `{"source":${jsonText(server)},\n"schemas":${jsonText(schemas)},\n"items":[`;
  const faults: object[] = [];
  let isFirst = true;
  for await (const item of items) {
    if (item.section === 'fault') {
      faults.push(item.fault);
      continue;
    }
    const { section, ...object } = item;
    yield `${isFirst ? '\n' : ',\n'}${jsonText({ kind: section, ...object })}`;
    isFirst = false;
  }
  yield `],\n"faults":${jsonText(faults)}}\n`;
}

async function* changesAsJson({ snapshot }: Changes, changes: AsyncIterable<Change>): AsyncGenerator<string> {
  yield `{"snapshot":${jsonText(withInstants(snapshot))},\n"changes":[`;
  let isFirst = true;
  for await (const change of changes) {
    yield `${isFirst ? '\n' : ',\n'}${jsonText(change)}`;
    isFirst = false;
  }
  yield ']}\n';
}

async function* changesAsLines(changes: AsyncIterable<Change>): AsyncGenerator<string> {
  for await (const { kind, schema, object, member, before, after, isBreaking } of changes) {
    const mark = kind.endsWith('_added') ? '+' : kind.endsWith('_removed') ? '-' : '~';
    const place = [schema, object, member].filter((name) => name !== null).join('.');
    const values = before === null && after === null ? '' : `  ${before ?? 'nothing'} → ${after ?? 'nothing'}`;
    const warning = isBreaking ? '  (breaking)' : '';
    yield `${printable(`${mark} ${kind.replaceAll('_', ' ')}  ${place}${values}${warning}`)}\n`;
  }
}

async function* tap<T>(items: AsyncIterable<T>, look: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    look(item);
    yield item;
  }
}
