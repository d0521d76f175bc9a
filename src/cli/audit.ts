/** `latchkey audit list|verify|export`: what happened, and the proof that nothing of it was changed. @module */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { App } from '../app.js';
import { jsonText } from './cells.js';
import { durationMs } from './duration.js';
import { writeNewFile } from './new-file.js';
import { CommandEnd, exitCodes, moment, withInstants, writePieces } from './output.js';
import { type Progress, showProgress, showWork } from './progress.js';
import { screenOf } from './screen.js';
import { type CommandContext, withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

type Filter = Parameters<App['audit']['list']>[1];
type Records = Awaited<ReturnType<App['audit']['list']>>['items'];
type Outcome = NonNullable<Filter['outcome']>;

const outcomes = ['ok', 'refused', 'failed'] as const satisfies readonly Outcome[];

interface FilterOptions {
  readonly event?: string;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly user?: string;
  readonly subject?: string;
  readonly organisation?: string;
  readonly since?: Bound;
  readonly until?: Bound;
}

/** An instant, or a span before now. */
type Bound = { readonly atMs: number } | { readonly agoMs: number };

const standardLimit = 50;

export function auditCommand(): Command {
  const audit = new Command('audit').description('the audit trail');
  filterOptions(audit.command('list').description('newest events first'))
    .option('--limit <number>', 'at most so many', wholeNumber, standardLimit)
    .addHelpText('after', '\nExample:\n  latchkey audit list --since 24h --outcome refused')
    .action(async ({ limit, ...options }: FilterOptions & { limit: number }, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        const filter = await filterOf(context, options);
        const records = await everyPage((page) => app.audit.list(actor.principal, filter, page), limit);
        const names = output.isJson ? new Map<string, string>() : await actorNames(context, records);
        output.list(
          { events: records },
          [
            ...['TIME', 'EVENT', 'OUTCOME', 'REASON', 'DOOR'],
            { heading: 'ACTOR', long: 'cut' },
            { heading: 'SUBJECT', long: 'cut' },
          ],
          records.map((one) => [
            ...[moment(one.atMs), one.name, one.outcome, one.reason ?? '-', one.origin.door],
            ...[names.get(one.actorId ?? '') ?? one.actorId ?? '-', one.subject ?? '-'],
          ]),
          'No event is like that.',
        );
        if (records.length === limit && screenOf().isTerminal)
          output.remark(`The newest ${limit}; --limit and latchkey audit export tell more.`);
      });
    });
  audit
    .command('verify')
    .description('check every event against its chain; exit code 1 when something was changed')
    .addHelpText('after', '\nExample:\n  latchkey audit verify')
    .action(async (_options: unknown, command: Command) => {
      await withApp(command, async ({ app, output }) => {
        const work = showWork(output, 'Checking the trail');
        const report = await app.audit.verify().finally(() => work.end());
        output.answer(report, [
          `${report.records} events in ${report.chains} ${report.chains === 1 ? 'chain' : 'chains'}.`,
          ...report.findings.map((finding) => JSON.stringify(finding)),
          report.ok ? 'The trail is whole.' : 'The trail was changed.',
        ]);
        if (!report.ok) throw new CommandEnd(exitCodes.answerIsNo, '');
      });
    });
  exportVerb(audit);
  return audit;
}

/** As they are called now; who is gone has an id. */
async function actorNames({ app, actor }: CommandContext, records: Records): Promise<ReadonlyMap<string, string>> {
  const users = new Set(records.flatMap(({ actorId }) => (actorId === null ? [] : [actorId])));
  const found = await app.identity.names.find(actor.principal, { users, organisations: new Set() }, actor.origin);
  return found.users;
}

function exportVerb(audit: Command): void {
  filterOptions(audit.command('export').description('events as NDJSON, one a line, the oldest first'))
    .option('--out <file>', 'the file to make, for your eyes only; absent: standard output')
    .option('--force', 'replace a file of that name')
    .addHelpText(
      'after',
      '\nThat it was exported is an event, too. Events stand in their chains as they were written, each with its mac.\n\nExample:\n  latchkey audit export --since 30d --out trail.ndjson',
    )
    .action(
      async (
        { out, force = false, ...options }: FilterOptions & { out?: string; force?: boolean },
        command: Command,
      ) => {
        await withApp(command, async (context) => {
          const { app, actor, output } = context;
          const filter = await filterOf(context, options);
          const portions = await app.audit.export(actor.principal, filter, actor.origin);
          if (out === undefined) {
            const progress = showProgress(output, 'events');
            await writePieces(linesOf(portions, progress)).finally(() => progress.end());
            return;
          }
          let events = 0;
          const work = showWork(output, 'Exporting', 'events');
          const counted: Progress = {
            step: (count = 1) => {
              events += count;
              work.step(count);
            },
            end: work.end,
          };
          const file = await writeNewFile(out, linesOf(portions, counted), force).finally(() => work.end());
          output.answer({ file, events }, [`${file}: ${events} events.`]);
        });
      },
    );
}

async function* linesOf(portions: AsyncIterable<Records>, progress: Progress): AsyncGenerator<string> {
  for await (const records of portions) {
    yield records.map((record) => `${jsonText(withInstants(record))}\n`).join('');
    progress.step(records.length);
  }
}

function filterOptions(verb: Command): Command {
  return verb
    .option('--event <name>', 'only these: login.refused')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(outcomes))
    .option('--reason <reason>', 'only these: wrong_password')
    .option('--user <name>', 'only what this user did; the id of who is gone')
    .option('--subject <subject>', 'only what was done to this: user:<id>, source:<id>')
    .option('--organisation <uid>', 'only of this organisation')
    .option('--since <when>', 'from then on: 24h, 30d, or an ISO 8601 instant', bound)
    .option('--until <when>', 'before then: 24h, 30d, or an ISO 8601 instant', bound);
}

function bound(text: string): Bound {
  if (/^\d{1,5}[mhd]$/.test(text)) return { agoMs: durationMs(text) };
  const atMs = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) || Number.isNaN(atMs)) {
    throw new InvalidArgumentError('Write it as 24h, 30d or 2026-12-31T18:30:00Z.');
  }
  return { atMs };
}

async function filterOf({ app, actor }: CommandContext, options: FilterOptions): Promise<Filter> {
  const { event, user, organisation, since, until, outcome, reason, subject } = options;
  const nowMs = app.clock.nowMs();
  const at = (one: Bound) => ('atMs' in one ? one.atMs : nowMs - one.agoMs);
  return {
    ...(event === undefined ? {} : { name: await eventNamed(event) }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(subject === undefined ? {} : { subject }),
    ...(user === undefined ? {} : { actorId: await app.identity.names.userId(actor.principal, user, actor.origin) }),
    ...(organisation === undefined
      ? {}
      : { organisationId: await app.identity.names.organisationId(actor.principal, organisation, actor.origin) }),
    ...(since === undefined ? {} : { fromMs: at(since) }),
    ...(until === undefined ? {} : { toMs: at(until) }),
  };
}

/** A name that is misspelt must not look like nothing happened. */
async function eventNamed(text: string): Promise<NonNullable<Filter['name']>> {
  const { auditEventNames } = await import('../app.js');
  const name = auditEventNames.find((one) => one === text);
  if (name !== undefined) return name;
  const family = auditEventNames.filter((one) => one.split('.')[0] === text.split('.')[0]);
  const names = family.length === 0 ? auditEventNames : family;
  throw new CommandEnd(exitCodes.wrongUse, 'There is no event of that name.', `Events are: ${names.join(', ')}.`);
}
