/** `latchkey session …`: who is signed in, and the end of it: of one session, a user, an organisation, everybody. @module */
import { Command, Option } from 'commander';
import type { App } from '../app.js';
import { confirmGreatLoss, confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { CommandEnd, exitCodes, instant } from './output.js';
import { type CommandContext, withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

type Question = Parameters<App['identity']['sessions']['list']>[1];
type Family = NonNullable<Question['family']>;
type Session = Awaited<ReturnType<App['identity']['sessions']['list']>>['items'][number];

const families = ['precrime', 'cloudio', 'onedb', 'native', 'console'] as const satisfies readonly Family[];

interface ListOptions {
  readonly user?: string;
  readonly organisation?: string;
  readonly family?: Family;
  readonly ended?: boolean;
  readonly limit?: number;
}

export function sessionCommand(): Command {
  const session = new Command('session').description('who is signed in, and the end of it');
  session
    .command('list')
    .description('list live sessions, the newest first; tokens are never shown')
    .option('--user <name>', 'only those of this user')
    .option('--organisation <uid>', 'only those of this organisation')
    .addOption(new Option('--family <name>', 'only those of this family').choices(families))
    .option('--ended', 'also those that are over')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey session list --user ada')
    .action(async ({ user, limit, ended = false, ...rest }: ListOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const question = { ...rest, ...(user === undefined ? {} : { username: user }), withEnded: ended };
        const found = await everyPage((page) => app.identity.sessions.list(actor, question, page), limit);
        const nowMs = app.clock.nowMs();
        output.list(
          { sessions: found },
          ['ID', 'USER', 'ORGANISATION', 'FAMILY', 'STATE', 'FROM', 'CREATED', 'LAST SEEN', 'EXPIRES'],
          found.map((one) => [
            ...[one.id, one.username, one.organisation, one.family, stateOf(one, nowMs), one.address ?? '-'],
            ...[instant(one.createdAtMs), instant(one.lastSeenAtMs), instant(one.expiresAtMs)],
          ]),
          ended ? 'Nobody has signed in yet.' : 'Nobody is signed in.',
        );
      });
    });
  session
    .command('revoke')
    .description('end one session, or everything issued to a user, an organisation or everybody')
    .argument('[id]', 'session id, from session list')
    .option('--user <name>', 'everything of this user')
    .option('--organisation <uid>', 'everything of this organisation')
    .option('--all', 'everything of everybody')
    .option('--include-api-keys', 'API keys, too')
    .option(...yesOption)
    .addHelpText(
      'after',
      '\nPasswords stay: whoever knows one may sign in again (latchkey user disable, latchkey user passwd).\n\nExample:\n  latchkey session revoke --user ada --include-api-keys',
    )
    .action(async (id: string | undefined, options: RevokeOptions, command: Command) => {
      const { all = false, includeApiKeys: apiKeys = false } = options;
      const scopes = [id, options.user, options.organisation, all || undefined].filter((one) => one !== undefined);
      if (scopes.length !== 1) {
        throw new CommandEnd(exitCodes.wrongUse, 'Choose one of <id>, --user, --organisation and --all.');
      }
      if (id !== undefined && apiKeys) {
        throw new CommandEnd(exitCodes.wrongUse, 'One session has no API keys: use latchkey api-key remove.');
      }
      const what = `every session${apiKeys ? ' and API key' : ''}`;
      const { user, organisation } = options;
      if (all) await confirmGreatLoss(options, `This ends ${what} of everybody`, 'everybody');
      else if (id !== undefined) await confirmLoss(options, 'This ends the session', null);
      else await confirmLoss(options, `This ends ${what} of ${user ?? organisation}`, user ?? organisation ?? null);
      await withApp(command, async (context) => {
        if (id !== undefined) await revokeOne(context, id);
        else await revokeMany(context, options, apiKeys);
      });
    });
  return session;
}

interface RevokeOptions extends DestroyOptions {
  readonly user?: string;
  readonly organisation?: string;
  readonly all?: boolean;
  readonly includeApiKeys?: boolean;
}

async function revokeOne({ app, actor, output }: CommandContext, id: string): Promise<void> {
  await app.identity.sessions.revoke(actor, id);
  output.answer({ session: id, state: 'ended' }, ['The session is ended.']);
}

async function revokeMany(
  { app, actor, output }: CommandContext,
  { user, organisation }: RevokeOptions,
  apiKeys: boolean,
): Promise<void> {
  const { revocations } = app.identity;
  const revoked =
    user !== undefined
      ? await revocations.revokeUser(actor, user, { apiKeys })
      : organisation !== undefined
        ? await revocations.revokeOrganisation(actor, organisation, { apiKeys })
        : await revocations.revokeInstall(actor, { apiKeys });
  const of = user ?? organisation ?? 'everybody';
  const keys = apiKeys ? ` and ${revoked.apiKeys} API keys` : '; API keys stay';
  output.answer(revoked, [`Everything issued to ${of} before is refused: ${revoked.sessions} live sessions${keys}.`]);
}

function stateOf({ endedAtMs, expiresAtMs }: Session, nowMs: number): string {
  if (endedAtMs !== null) return `ended ${instant(endedAtMs)}`;
  return nowMs >= expiresAtMs ? 'expired' : 'live';
}
