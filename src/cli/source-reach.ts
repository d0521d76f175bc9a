/** `latchkey source test|preflight`: which step fails, why, who can fix it, and how; of a stored source or of flags. @module */
import { type Command, Option } from 'commander';
import type { App } from '../app.js';
import { CommandEnd, exitCodes, type Output, table } from './output.js';
import { type CommandContext, interruption, withApp } from './session.js';
import { addTargetOptions, readTarget, type TargetOptions } from './target-options.js';
import { wholeNumber } from './users.js';

type Sources = App['sources'];
type Told = Awaited<ReturnType<Sources['testConnection']>>;
type FullReport = Extract<Told, { detail: 'full' }>['report'];
type StageRow = FullReport['stages'][number];
type Preflight = NonNullable<Awaited<ReturnType<Sources['preflight']>>['preflight']>;
type Subject = Parameters<Sources['testConnection']>[0]['subject'];

interface ReachOptions extends TargetOptions {
  readonly timeout: number;
  readonly purpose?: 'read' | 'read_write';
  readonly schema?: string;
}

export function addReachVerbs(source: Command): void {
  reaching(source.command('test'), 'test a database: which step fails, why, who can fix it, and how')
    .addHelpText(
      'after',
      '\nExample:\n  latchkey source test shop\n  latchkey source test --host db.internal --port 5432 --user app --database shop --ssl-mode verify-full',
    )
    .action(async (reference: string | undefined, options: ReachOptions, command: Command) => {
      await withApp(command, async (context) => {
        const { app, output } = context;
        const live = stagesAsTheyEnd(output);
        const told = await app.sources.testConnection({
          ...(await reachOf(context, reference, options, command)),
          ...(live === null ? {} : { onStage: live }),
        });
        const isShown = live !== null && told.detail === 'full';
        output.answer(
          told.detail === 'full' ? told.report : told,
          isShown ? ['', ...conclude(told.report)] : describeTold(told),
        );
        if (hasFailed(told)) throw new CommandEnd(exitCodes.answerIsNo, '');
      });
    });
  reaching(source.command('preflight'), 'make the twenty-four checks, and say which statements would mend what failed')
    .addOption(new Option('--purpose <purpose>', 'what the account is for').choices(['read', 'read_write']))
    .option('--schema <names>', 'only these schemas, with commas between')
    .addHelpText('after', '\nExample:\n  latchkey source preflight shop --purpose read')
    .action(async (reference: string | undefined, options: ReachOptions, command: Command) => {
      await withApp(command, async (context) => {
        const { app, output } = context;
        const { told, preflight } = await app.sources.preflight({
          ...(await reachOf(context, reference, options, command)),
          ...(options.purpose === undefined ? {} : { purpose: options.purpose }),
          ...(options.schema === undefined ? {} : { schemas: options.schema.split(',') }),
        });
        const connection = told.detail === 'full' ? told.report : told;
        const lines = preflight === null ? describeTold(told) : describePreflight(preflight);
        output.answer({ connection, preflight }, lines);
        if (hasFailed(told) || preflight?.status === 'not_ready') throw new CommandEnd(exitCodes.answerIsNo, '');
      });
    });
}

function reaching(verb: Command, description: string): Command {
  verb
    .description(description)
    .argument('[source]', 'name or id of a stored source; absent: the flags say which database');
  return addTargetOptions(verb, true).option('--timeout <seconds>', 'for reaching it, at most 30', wholeNumber, 10);
}

async function reachOf(
  { app, actor }: CommandContext,
  reference: string | undefined,
  options: ReachOptions,
  command: Command,
): Promise<Parameters<Sources['testConnection']>[0]> {
  const subject = await subjectOf(app, reference, options, command);
  const { principal, origin } = actor;
  return { principal, origin, subject, timeoutMs: Math.min(30, options.timeout) * 1_000, signal: interruption() };
}

async function subjectOf(
  app: App,
  reference: string | undefined,
  options: ReachOptions,
  command: Command,
): Promise<Subject> {
  if (reference !== undefined) {
    if (options.database !== undefined || options.host !== undefined) {
      command.error('error: name a stored source or give --host and --database, not both');
    }
    return { source: reference };
  }
  if (options.database === undefined) command.error("error: name a source, or give option '--database <name>'");
  const parsed = app.sources.parseTarget(await readTarget(options, false));
  if (parsed.ok) return { target: parsed.target };
  throw new CommandEnd(exitCodes.wrongUse, parsed.rejections.map((one) => `${one.field}: ${one.fix}`).join('\n'));
}

function hasFailed(told: Told): boolean {
  return told.detail === 'full' ? told.report.failure !== null : told.outcome !== 'passed';
}

export function describeTold(told: Told): string[] {
  if (told.detail === 'outcome') return [`The test ${told.outcome === 'passed' ? 'passed' : 'failed'}.`];
  return [...table(stageHeadings, told.report.stages.map(cellsOf)), '', ...conclude(told.report)];
}

const stageHeadings = ['STAGE', 'STATUS', 'TIME', 'REASON'] as const;

function cellsOf(row: StageRow): readonly string[] {
  return [row.stage, row.status, row.status === 'skip' ? '' : `${Math.round(row.ms)} ms`, row.reason ?? ''];
}

/**
 * For a person at a terminal: the rows of the table, each when its stage has ended. A stage that turns out otherwise
 * than it looked is shown again.
 *
 * @returns `null` where nobody watches.
 */
function stagesAsTheyEnd(output: Output): ((row: StageRow) => void) | null {
  if (output.isJson || process.stdout.isTTY !== true) return null;
  const show = (cells: readonly string[]) => {
    const [stage = '', status = '', time = '', reason = ''] = cells;
    output.answer(null, [`${stage.padEnd(12)}  ${status.padEnd(6)}  ${time.padEnd(9)}  ${reason}`.trimEnd()]);
  };
  let isFirst = true;
  return (row) => {
    if (isFirst) show(stageHeadings);
    isFirst = false;
    show(cellsOf(row));
  };
}

/** What it comes to, and what to do. */
function conclude({ failure, serverVersion }: FullReport): string[] {
  return [
    failure === null
      ? `The test passed${serverVersion === null ? '' : `: ${serverVersion}`}.`
      : `The test failed at ${failure.stage}: ${failure.reason}.`,
    ...(failure?.fix ? [`Fix (${failure.audience}): ${failure.fix}`] : []),
  ];
}

const conclusions: Readonly<Record<Preflight['status'], string>> = {
  ready: 'Ready: every check passed.',
  partial: 'Ready, with advice: every blocking check passed.',
  not_ready: 'Not ready: a blocking check failed.',
};

function describePreflight({ status, checks, statements }: Preflight): string[] {
  const rows = checks.map((row) => [
    String(row.number),
    row.check,
    row.isBlocking ? 'blocking' : 'advisory',
    row.status,
    row.status === 'skip' ? '' : `${Math.round(row.ms)} ms`,
    row.reason ?? '',
  ]);
  const toMend = checks.filter((row) => row.status === 'fail' || row.status === 'warn');
  return [
    ...table(['', 'CHECK', 'KIND', 'STATUS', 'TIME', 'REASON'], rows),
    '',
    conclusions[status],
    ...toMend.flatMap((row) => [
      `${row.check}: ${row.fix ?? row.asks}${row.audience === null ? '' : ` (${row.audience})`}`,
      ...(row.objects.length === 0 ? evidenceOf(row) : [`  ${row.objects.join(', ')}`]),
    ]),
    ...checks
      .filter((row) => row.check === 'schemaUsage' && row.status === 'pass' && row.objects.length > 0)
      .map((row) => `Not asked for, and not open to this account: ${row.objects.join(', ')}`),
    ...(statements.length === 0
      ? []
      : ['', 'Statements for the administrator of the database:', '', ...statements.map(ended)]),
  ];
}

/** What was measured, where no object says what it is about. */
function evidenceOf({ evidence }: Preflight['checks'][number]): string[] {
  const told = Object.entries(evidence).map(([name, value]) => `${name} ${value}`);
  return told.length === 0 ? [] : [`  ${told.join(', ')}`];
}

/** As a console of the database takes it. */
function ended(statement: string): string {
  return statement.endsWith(';') ? statement : `${statement};`;
}
