/** `latchkey source add|list|show|set|remove`: the databases this installation keeps. @module */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { App } from '../app.js';
import { hasCommandSecret } from '../config/index.js';
import { askPassword, confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { CommandEnd, exitCodes, fields, instant, type Output } from './output.js';
import { withApp } from './session.js';
import { addTargetOptions, readTarget, readTls, type TargetOptions } from './target-options.js';
import { defaultOrganisation, ensureOrganisation, everyPage, wholeNumber } from './users.js';

type Registry = App['sources']['registry'];
type Source = Awaited<ReturnType<Registry['show']>>;
type NewSource = Parameters<Registry['add']>[1];

interface SettingOptions extends TargetOptions {
  readonly description?: string;
  readonly credential?: string;
  readonly purpose?: NonNullable<NewSource['purpose']>;
  readonly connections?: number;
  readonly connectMs?: number;
  readonly statementMs?: number;
  readonly catalogTables?: number;
  readonly checkEvery?: number | 'never';
  readonly webhook?: string;
}

export function addRegistryVerbs(source: Command): void {
  addVerb(source);
  listVerb(source);
  showVerb(source);
  setVerb(source);
  source
    .command('remove')
    .description('remove a source with its credentials, snapshot and schedule; the database is not touched')
    .argument('<source>', 'name or id')
    .option(...yesOption)
    .addHelpText('after', '\nExample:\n  latchkey source remove shop')
    .action(async (reference: string, options: DestroyOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const { name } = await app.sources.registry.show(actor, reference);
        await confirmLoss(options, `Source ${name} goes with its credentials, snapshot and schedule`, name);
        await app.sources.registry.remove(actor, reference);
        output.answer({ source: reference, state: 'removed' }, [`${reference} is removed.`]);
      });
    });
}

function addVerb(source: Command): void {
  const add = source.command('add').description('keep a database: where it is, who we are there, what it is for');
  add.argument('<name>', 'lower-case name');
  addTargetOptions(add, true).option('--organisation <uid>', 'owner', defaultOrganisation);
  addSettingOptions(add)
    .addHelpText(
      'after',
      '\nExample:\n  latchkey source add shop --engine postgres --host db.internal --user app --database shop --ssl-mode verify-full',
    )
    .action(async (name: string, options: SettingOptions & { organisation: string }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const target = await readTarget(options, options.credential !== undefined);
        await ensureOrganisation({ app, actor }, options.organisation);
        const { organisation } = options;
        const added = await app.sources.registry.add(actor, { name, organisation, target, ...settingsOf(options) });
        answerSource(
          output,
          added.source,
          [`${name} is added. Try it: latchkey source test ${name}`],
          added.webhookKey,
        );
      });
    });
}

function listVerb(source: Command): void {
  source
    .command('list')
    .description('list sources')
    .addOption(new Option('--engine <engine>', 'only these').choices(['postgres', 'mysql', 'sqlite', 'duckdb']))
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey source list --json')
    .action(async ({ engine, limit }: { engine?: Source['engine']; limit?: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const filter = engine === undefined ? {} : { engine };
        const all = await everyPage((page) => app.sources.registry.list(actor, filter, page), limit);
        output.list(
          { sources: all.map(present) },
          ['NAME', 'ENGINE', 'WHERE', 'DATABASE', 'HEALTH', 'CHECKED', 'ORGANISATION'],
          all.map((one) => [
            one.name,
            one.engine,
            placeOf(one),
            one.database,
            one.health.state,
            instant(one.health.checkedAtMs),
            one.organisationUid,
          ]),
          'No source yet: latchkey source add <name> --engine <engine> --host <host> --user <user> --database <database>',
        );
      });
    });
}

function showVerb(source: Command): void {
  source
    .command('show')
    .description('show one; its password is never shown')
    .argument('<source>', 'name or id')
    .addHelpText('after', '\nExample:\n  latchkey source show shop')
    .action(async (reference: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const found = await app.sources.registry.show(actor, reference);
        answerSource(output, found, []);
      });
    });
}

function setVerb(source: Command): void {
  const set = source
    .command('set')
    .description('change one; what changes where it is or how it is secured asks for the password again')
    .argument('<source>', 'name or id');
  set
    .option('--name <name>', 'new name')
    .option('--new-password', 'a new password, from LATCHKEY_PASSWORD or a prompt');
  addTargetOptions(set, false);
  addSettingOptions(set)
    .addHelpText('after', '\nExample:\n  latchkey source set shop --check-every 5 --webhook https://hooks.internal/db')
    .action(
      async (
        reference: string,
        options: SettingOptions & { name?: string; newPassword?: boolean },
        command: Command,
      ) => {
        await withApp(command, async ({ app, actor, output }) => {
          const before = await app.sources.registry.show(actor, reference);
          const tls = readTls(options);
          const moves =
            tls !== undefined ||
            [options.host, options.port].some((one) => one !== undefined) ||
            (before.host === '' && options.database !== undefined);
          const isAsked =
            options.newPassword === true ||
            options.passwordStdin === true ||
            (moves && before.host !== '' && before.credential.kind === 'stored' && options.credential === undefined);
          const { host, port, database, name } = options;
          const settings = settingsOf(options);
          const moved = [host, port, database].some((one) => one !== undefined);
          const isNothing =
            !isAsked &&
            !moved &&
            tls === undefined &&
            [name, options.user, options.authType].every((one) => one === undefined) &&
            Object.keys(settings).length === 0;
          if (isNothing) throw new CommandEnd(exitCodes.wrongUse, nothingToChange(set));
          if (!isAsked && hasCommandSecret('LATCHKEY_PASSWORD')) {
            output.remark('LATCHKEY_PASSWORD is set and was left alone: --new-password stores it.');
          }
          const changed = await app.sources.registry.change(actor, reference, {
            ...(name === undefined ? {} : { name }),
            ...(host === undefined ? {} : { host }),
            ...(port === undefined ? {} : { port }),
            ...(database === undefined ? {} : { database }),
            ...(options.user === undefined ? {} : { username: options.user }),
            ...(options.authType === undefined ? {} : { authType: options.authType }),
            ...(tls === undefined ? {} : { tls }),
            ...(isAsked ? { password: await askPassword(options, `Password of ${before.username}`, false) } : {}),
            ...settings,
            revision: before.revision,
          });
          const { source } = changed;
          answerSource(output, source, [], changed.webhookKey);
          if (source.host !== before.host || source.port !== before.port || source.database !== before.database) {
            output.remark(
              `A snapshot taken before is kept, so that latchkey source diff ${source.name} tells what is different here.`,
            );
          }
        });
      },
    );
}

/** Names what can be set; a password that was meant for this is not passed over in silence. */
function nothingToChange(set: Command): string {
  const names = set.options.map((option) => option.long).filter((name) => name !== null && name !== '--json');
  const meant = hasCommandSecret('LATCHKEY_PASSWORD') ? ' LATCHKEY_PASSWORD is stored with --new-password.' : '';
  return `There is nothing to change.${meant} Give one or more of: ${names.join(', ')}. (--help tells more)`;
}

function addSettingOptions(command: Command): Command {
  return command
    .option('--description <text>', 'what it is; "" for none')
    .option('--credential <reference>', 'where the password is kept: env:NAME or file:/path')
    .addOption(
      new Option('--purpose <purpose>', 'what the account is for; least privilege is judged by it').choices([
        'read',
        'read_write',
      ]),
    )
    .option('--connections <number>', 'connections to it at once, 1-50', wholeNumber)
    .option('--connect-ms <number>', 'time limit of connecting, 1000-30000', wholeNumber)
    .option('--statement-ms <number>', 'time limit of one statement, 100-3600000', wholeNumber)
    .option('--catalog-tables <number>', 'tables above which preflight warns', wholeNumber)
    .option('--check-every <minutes>', 'test it on a schedule, 1-10080; "never" for none', minutesOrNever)
    .option('--webhook <url>', 'where a change of its health is told; "" for nowhere');
}

function settingsOf(
  options: SettingOptions,
): Pick<NewSource, 'description' | 'credential' | 'purpose' | 'limits' | 'checkEveryMinutes' | 'webhookUrl'> {
  const { connections, connectMs, statementMs, catalogTables } = options;
  const limits = {
    ...(connections === undefined ? {} : { connections }),
    ...(connectMs === undefined ? {} : { connectMs }),
    ...(statementMs === undefined ? {} : { statementMs }),
    ...(catalogTables === undefined ? {} : { catalogTables }),
  };
  return {
    ...(options.description === undefined ? {} : { description: noneWhenEmpty(options.description) }),
    ...(options.credential === undefined ? {} : { credential: options.credential }),
    ...(options.purpose === undefined ? {} : { purpose: options.purpose }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(options.checkEvery === undefined
      ? {}
      : { checkEveryMinutes: options.checkEvery === 'never' ? null : options.checkEvery }),
    ...(options.webhook === undefined ? {} : { webhookUrl: noneWhenEmpty(options.webhook) }),
  };
}

function noneWhenEmpty(text: string): string | null {
  return text === '' ? null : text;
}

function minutesOrNever(text: string): number | 'never' {
  if (text === 'never') return text;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Give minutes from 1 to 10080, or "never".');
  return Number(text);
}

/** The key that signs what a webhook is told is shown once: to whoever made it. */
function answerSource(
  output: Output,
  source: Source,
  lines: readonly string[],
  webhookKey: Awaited<ReturnType<Registry['add']>>['webhookKey'] = null,
): void {
  const key = webhookKey?.reveal() ?? null;
  output.answer({ ...present(source), ...(key === null ? {} : { webhookKey: key }) }, [
    ...describe(source),
    ...(key === null
      ? []
      : ['', `Key that signs what the webhook is told: ${key}`, 'Keep it now: it is not shown again.']),
    ...(lines.length === 0 ? [] : ['', ...lines]),
  ]);
}

/** As our own API shows it. */
function present({ organisationUid, host, port, credential, ...rest }: Source): object {
  return {
    ...rest,
    organisation: organisationUid,
    host: host === '' ? null : host,
    port: port === 0 ? null : port,
    credential: referenceOf(credential),
  };
}

function referenceOf(credential: Source['credential']): string {
  switch (credential.kind) {
    case 'stored':
      return 'stored';
    case 'env':
      return `env:${credential.name}`;
    case 'file':
      return `file:${credential.path}`;
  }
}

function placeOf({ host, port }: Source): string {
  if (host === '') return 'file';
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function tlsOf({ mode, ca, clientCertificate }: Source['tls']): string {
  return [
    mode,
    ...(ca === null ? [] : ['own issuer']),
    ...(clientCertificate === null ? [] : ['own certificate']),
  ].join(', ');
}

function describe(source: Source): string[] {
  const { health, limits, tls } = source;
  const verdict = health.reason === null ? '' : `: ${health.reason} at ${health.stage}`;
  return fields([
    ['name', source.name],
    ['id', source.id],
    ['description', source.description ?? '-'],
    ['organisation', source.organisationUid],
    ['engine', source.engine],
    ['where', placeOf(source)],
    ['database', source.database],
    ['user', source.username === '' ? '-' : source.username],
    ['credential', `${referenceOf(source.credential)}, ${source.authType}, set ${instant(source.credentialSetAtMs)}`],
    ['TLS', source.host === '' ? '-' : tlsOf(tls)],
    ['purpose', source.purpose],
    [
      'limits',
      `${limits.connections} connections, ${limits.connectMs} ms to connect, ${limits.statementMs} ms a statement`,
    ],
    [
      'checked',
      source.checkEveryMinutes === null
        ? 'never'
        : `every ${source.checkEveryMinutes} min, next ${instant(source.nextCheckAtMs)}`,
    ],
    ['health', `${health.state} since ${instant(health.sinceMs)}${verdict}`],
    ['webhook', source.webhookUrl ?? '-'],
    ['changed', `${instant(source.updatedAtMs)}, revision ${source.revision}`],
  ]);
}
