/**
 * `latchkey user …`, `latchkey service-account …`, `latchkey org …`, `latchkey admin create`: people, service
 * accounts, API users and the organisations they belong to.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Secret } from '../kernel/secret.js';
import {
  askPassword,
  askText,
  confirmGreatLoss,
  confirmLoss,
  type DestroyOptions,
  type PasswordOptions,
  yesOption,
} from './ask.js';
import { CommandEnd, exitCodes, fields, instant } from './output.js';
import { type CommandContext, withApp } from './session.js';

type Users = CommandContext['app']['identity']['users'];
type Profile = Awaited<ReturnType<Users['show']>>;
type UserKind = Profile['user']['kind'];

/** The organisation of installs that do not need several; the setup link makes its administrator there too. */
export const defaultOrganisation = 'main';

export function adminCommand(): Command {
  const admin = new Command('admin').description('the first administrator');
  admin
    .command('create')
    .description('make an administrator from the terminal')
    .argument('[name]', 'user name')
    .option('--organisation <uid>', 'organisation', defaultOrganisation)
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText('after', '\nExample:\n  latchkey admin create ada')
    .action(
      async (
        name: string | undefined,
        options: { organisation: string; passwordStdin?: boolean },
        command: Command,
      ) => {
        await withApp(command, async ({ app, actor, output }) => {
          const username = await askText(name, 'User name', 'A user name (latchkey admin create <name>)');
          const password = await askPassword(
            options,
            `Password for ${username}`,
            true,
            app.identity.passwords.strength,
          );
          await ensureOrganisation({ app, actor }, options.organisation);
          const profile = await app.identity.users.add(actor, {
            kind: 'person',
            username,
            organisationUid: options.organisation,
            roles: ['administrator'],
            password,
          });
          output.answer(present(profile), [`${username} is an administrator of ${profile.organisation.uid}.`]);
        });
      },
    );
  return admin;
}

export function userCommand(): Command {
  const user = new Command('user').description('people and API users');
  addVerb(user, 'person');
  commonVerbs(user, 'user', undefined);
  return user;
}

export function serviceAccountCommand(): Command {
  const account = new Command('service-account').description('service accounts');
  addVerb(account, 'service');
  commonVerbs(account, 'service-account', 'service');
  return account;
}

export function organisationCommand(): Command {
  const organisation = new Command('org').description('organisations');
  organisation
    .command('add')
    .description('make an organisation with its roles administrator and member')
    .argument('<uid>', 'short name, lower case')
    .option('--name <name>', 'display name')
    .addHelpText('after', '\nExample:\n  latchkey org add cloudio --name "CloudIO"')
    .action(async (uid: string, options: { name?: string }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const made = await app.identity.organisations.add(actor, { uid, name: options.name ?? uid });
        output.answer(made, [`${made.uid} is made.`]);
      });
    });
  organisation
    .command('list')
    .description('list organisations')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey org list --json')
    .action(async ({ limit }: { limit?: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const all = await everyPage((page) => app.identity.organisations.list(actor, page), limit);
        output.list(
          { organisations: all },
          ['UID', 'NAME', 'CREATED'],
          all.map((one) => [one.uid, one.name, instant(one.createdAtMs)]),
          'No organisation yet: latchkey org add <uid>',
        );
      });
    });
  organisation
    .command('show')
    .description('show one, with its roles')
    .argument('<uid>', 'short name')
    .addHelpText('after', '\nExample:\n  latchkey org show cloudio')
    .action(async (uid: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const found = await app.identity.organisations.show(actor, uid);
        const roles = (await app.identity.organisations.roles(actor, uid)).map(({ name }) => name);
        output.answer(
          { ...found, roles },
          fields([
            ...([
              ['uid', found.uid],
              ['name', found.name],
              ['id', found.id],
            ] as const),
            ...([
              ['roles', roles.join(', ')],
              ['created', instant(found.createdAtMs)],
            ] as const),
          ]),
        );
      });
    });
  organisation
    .command('remove')
    .description('remove an organisation with its users and everything of theirs')
    .argument('<uid>', 'short name')
    .option(...yesOption)
    .addHelpText('after', '\nIts sources go first: latchkey source remove.\n\nExample:\n  latchkey org remove cloudio')
    .action(async (uid: string, options: DestroyOptions, command: Command) => {
      await confirmGreatLoss(options, `Organisation ${uid} goes with all its users, their sessions and keys`, uid);
      await withApp(command, async ({ app, actor, output }) => {
        const { users } = await app.identity.organisations.remove(actor, uid);
        output.answer({ uid, state: 'removed', users }, [`${uid} is removed, with ${users} users.`]);
      });
    });
  return organisation;
}

interface AddOptions {
  readonly organisation: string;
  readonly kind?: UserKind;
  readonly displayName?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly role: readonly string[];
  readonly password: boolean;
  readonly passwordStdin?: boolean;
  readonly mustChange?: boolean;
  readonly generate?: boolean;
}

function addVerb(parent: Command, standardKind: UserKind): void {
  const isPerson = standardKind === 'person';
  const add = parent
    .command('add')
    .description(isPerson ? 'add a person or an API user' : 'add a service account')
    .argument('<name>', 'user name')
    .option('--organisation <uid>', 'organisation', defaultOrganisation)
    .option('--display-name <text>', 'name to show')
    .option('--email <address>', 'e-mail address')
    .option('--role <name>', 'role of the organisation; repeat for several (default: member)', collect, [])
    .option('--no-password', 'an account that cannot sign in with a password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a password and show it once; that of a person is temporary')
    .option('--must-change', 'the password is temporary: the first sign-in asks for a new one');
  if (isPerson) {
    add.addOption(new Option('--kind <kind>', 'what it is').choices(['person', 'api']).default('person'));
    add.option('--first-name <text>', 'first name').option('--last-name <text>', 'last name');
  }
  add
    .addHelpText(
      'after',
      `\nExample:\n  latchkey ${parent.name()} add ${isPerson ? 'ada --email ada@example.com' : 'nightly-export --password-stdin < secret.txt'}`,
    )
    .action(async (username: string, options: AddOptions, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        const kind = options.kind ?? standardKind;
        const chosen = options.password
          ? await choosePassword(context, options, `Password for ${username}`)
          : { password: null, generated: null };
        await ensureOrganisation(context, options.organisation);
        const profile = await app.identity.users.add(actor, {
          kind,
          username,
          organisationUid: options.organisation,
          password: chosen.password,
          ...(options.role.length === 0 ? {} : { roles: options.role }),
          ...(options.displayName === undefined ? {} : { displayName: options.displayName }),
          ...(options.email === undefined ? {} : { email: options.email }),
          ...(options.firstName === undefined ? {} : { firstName: options.firstName }),
          ...(options.lastName === undefined ? {} : { lastName: options.lastName }),
          mustChange: options.mustChange === true || (chosen.generated !== null && kind === 'person'),
        });
        const lines = [`${username} is added to ${profile.organisation.uid}.`, ...shownOnce(chosen.generated)];
        output.answer({ ...present(profile), ...generatedMember(chosen.generated) }, lines);
      });
    });
}

interface SetOptions {
  readonly displayName?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly passwordExpires?: Instant;
  readonly lockedUntil?: Instant;
  readonly addRole: readonly string[];
  readonly removeRole: readonly string[];
  readonly claim: readonly string[];
  readonly removeClaim: readonly string[];
}

function isNarrowed({ organisation, search }: ListOptions): boolean {
  return organisation !== undefined || search !== undefined;
}

interface ListOptions {
  readonly organisation?: string;
  readonly search?: string;
  readonly limit?: number;
}

function commonVerbs(parent: Command, word: string, kind: UserKind | undefined): void {
  const someone = kind === 'service' ? 'nightly-export' : 'ada';
  parent
    .command('list')
    .description('list them')
    .option('--organisation <uid>', 'only of this organisation')
    .option('--search <text>', 'only those with this in their name or e-mail address')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', `\nExample:\n  latchkey ${word} list --json`)
    .action(async ({ limit, ...options }: ListOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const question = kind === undefined ? options : { ...options, kind };
        const all = await everyPage((page) => app.identity.users.list(actor, question, page), limit);
        output.list(
          { users: all.map(presentUser) },
          ['NAME', 'KIND', 'ORGANISATION', 'STATE', 'E-MAIL', 'PASSWORD EXPIRES', 'CREATED'],
          all.map((one) => [
            one.username,
            one.kind,
            one.organisation,
            one.disabledAtMs === null ? 'enabled' : 'disabled',
            one.email ?? '-',
            instant(one.passwordExpiresAtMs),
            instant(one.createdAtMs),
          ]),
          isNarrowed(options) ? 'Nobody is like that.' : `Nobody yet: latchkey ${word} add <name>`,
        );
      });
    });
  parent
    .command('show')
    .description('show one')
    .argument('<name>', 'user name')
    .addHelpText('after', `\nExample:\n  latchkey ${word} show ${someone}`)
    .action(async (username: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const profile = await app.identity.users.show(actor, username);
        refuseOtherKind(profile, kind);
        output.answer(present(profile), describe(profile));
      });
    });
  parent
    .command('set')
    .description('change one')
    .argument('<name>', 'user name')
    .option('--display-name <text>', 'name to show')
    .option('--email <address>', 'e-mail address')
    .option('--first-name <text>', 'first name')
    .option('--last-name <text>', 'last name')
    .option('--password-expires <when>', 'ISO 8601 instant, "now" or "never"', instantOrWord)
    .option('--locked-until <when>', 'ISO 8601 instant, or "never" to unlock', instantOrWord)
    .option('--add-role <name>', 'repeat for several', collect, [])
    .option('--remove-role <name>', 'repeat for several', collect, [])
    .option('--claim <name=value>', 'what row filters may know as $claims.<name>; repeat for several', collect, [])
    .option('--remove-claim <name>', 'repeat for several', collect, [])
    .addHelpText(
      'after',
      `\nExample:\n  latchkey ${word} set ${someone} ${kind === 'service' ? '--display-name "Nightly export"' : '--email ada@example.com --add-role administrator'}`,
    )
    .action(async (username: string, options: SetOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        refuseOtherKind(await app.identity.users.show(actor, username), kind);
        const nowMs = app.clock.nowMs();
        const at = (value: Instant) => (value === 'never' ? null : value === 'now' ? nowMs : value);
        const profile = await app.identity.users.set(actor, username, {
          ...(options.displayName === undefined ? {} : { displayName: options.displayName }),
          ...(options.email === undefined ? {} : { email: options.email }),
          ...(options.firstName === undefined ? {} : { firstName: options.firstName }),
          ...(options.lastName === undefined ? {} : { lastName: options.lastName }),
          ...(options.passwordExpires === undefined ? {} : { passwordExpiresAtMs: at(options.passwordExpires) }),
          ...(options.lockedUntil === undefined ? {} : { lockedUntilMs: at(options.lockedUntil) }),
          ...(options.addRole.length === 0 ? {} : { addRoles: options.addRole }),
          ...(options.removeRole.length === 0 ? {} : { removeRoles: options.removeRole }),
          ...(options.claim.length === 0 ? {} : { setClaims: claimsOf(options.claim) }),
          ...(options.removeClaim.length === 0 ? {} : { removeClaims: options.removeClaim }),
        });
        output.answer(present(profile), describe(profile));
      });
    });
  parent
    .command('passwd')
    .description('set a new password; ends every session; that of a person is temporary')
    .argument('<name>', 'user name')
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a password and show it once')
    .addOption(
      new Option('--must-change', 'the password is temporary: the next sign-in asks for a new one').conflicts(
        'permanent',
      ),
    )
    .addOption(new Option('--permanent', 'the password stays: for whoever sets their own').conflicts('generate'))
    .addHelpText('after', `\nExample:\n  latchkey ${word} passwd ${someone} --generate`)
    .action(async (username: string, options: ResetOptions, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        const profile = await app.identity.users.show(actor, username);
        refuseOtherKind(profile, kind);
        const { password, generated } = await choosePassword(context, options, `New password for ${username}`);
        // Whoever chose it for somebody must not go on knowing it (ASVS 6.4.6); a machine cannot choose another.
        const isTemporaryByKind = profile.user.kind === 'person' && options.permanent !== true;
        const mustChange = options.mustChange === true || isTemporaryByKind;
        await app.identity.users.resetPassword(actor, username, { password, mustChange });
        output.answer({ username, changed: true, temporary: mustChange, ...generatedMember(generated) }, [
          `${username} has a new${mustChange ? ', temporary' : ''} password; every session is ended.`,
          ...shownOnce(generated),
        ]);
      });
    });
  const switches = [
    ['disable', 'refuse every sign-in and end every session', 'disabled'],
    ['enable', 'let it sign in again', 'enabled'],
  ] as const;
  for (const [verb, description, done] of switches) {
    parent
      .command(verb)
      .description(description)
      .argument('<name>', 'user name')
      .addHelpText('after', `\nExample:\n  latchkey ${word} ${verb} ${someone}`)
      .action(async (username: string, _options: unknown, command: Command) => {
        await withApp(command, async ({ app, actor, output }) => {
          refuseOtherKind(await app.identity.users.show(actor, username), kind);
          await app.identity.users[verb](actor, username);
          output.answer({ username, state: done }, [`${username} is ${done}.`]);
        });
      });
  }
  parent
    .command('remove')
    .description('remove it with its sessions and API keys')
    .argument('<name>', 'user name')
    .option(...yesOption)
    .addHelpText('after', `\nExample:\n  latchkey ${word} remove ${someone}`)
    .action(async (username: string, options: DestroyOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const profile = await app.identity.users.show(actor, username);
        refuseOtherKind(profile, kind);
        const name = profile.user.username;
        await confirmLoss(options, `${name} goes with every session and API key`, name);
        await app.identity.users.remove(actor, username);
        output.answer({ username, state: 'removed' }, [`${username} is removed.`]);
      });
    });
}

interface ResetOptions extends PasswordOptions {
  readonly generate?: boolean;
  readonly mustChange?: boolean;
  readonly permanent?: boolean;
}

/** `generated` is the password when it was made here, which is to be shown. */
async function choosePassword(
  { app }: Pick<CommandContext, 'app'>,
  options: PasswordOptions & { readonly generate?: boolean },
  question: string,
): Promise<{ readonly password: Secret; readonly generated: Secret | null }> {
  if (options.generate !== true) {
    return { password: await askPassword(options, question, true, app.identity.passwords.strength), generated: null };
  }
  if (options.passwordStdin === true) {
    throw new CommandEnd(exitCodes.wrongUse, 'Choose one of --generate and --password-stdin.');
  }
  const made = app.identity.passwords.make();
  return { password: made, generated: made };
}

function generatedMember(generated: Secret | null): { readonly password?: string } {
  return generated === null ? {} : { password: generated.reveal() };
}

function shownOnce(generated: Secret | null): string[] {
  return generated === null ? [] : [`Password, shown this once: ${generated.reveal()}`];
}

/** `service-account remove ada` must not remove a person: the two share one space of names. */
function refuseOtherKind({ user }: Profile, kind: UserKind | undefined): void {
  if (kind !== undefined && user.kind !== kind) {
    throw new CommandEnd(exitCodes.answerIsNo, 'There is no such service account: this name is a user.');
  }
}

/** The default organisation makes itself; every other is made on purpose. */
export async function ensureOrganisation(
  { app, actor }: Pick<CommandContext, 'app' | 'actor'>,
  uid: string,
): Promise<void> {
  if (uid !== defaultOrganisation) return;
  const known = await everyPage((page) => app.identity.organisations.list(actor, page));
  if (known.some((one) => one.uid === uid)) return;
  await app.identity.organisations.add(actor, { uid, name: 'Main' });
}

function present(profile: Profile): object {
  return {
    ...presentUser(profile.user),
    organisation: profile.organisation.uid,
    roles: profile.roles.map((role) => role.name),
  };
}

function presentUser({ claims, ...user }: Profile['user']): object {
  return { ...user, claims: Object.fromEntries(claims) };
}

function claimsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text): [string, string] => {
      const at = text.indexOf('=');
      if (at < 1) throw new CommandEnd(exitCodes.wrongUse, 'Write a claim as name=value: --claim region=EU.');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function describe(profile: Profile): string[] {
  const { user } = profile;
  return fields([
    ['name', user.username],
    ['id', user.id],
    ['kind', user.kind],
    ['organisation', profile.organisation.uid],
    ['roles', profile.roles.map((role) => role.name).join(', ') || '-'],
    ['claims', [...user.claims].map(([name, value]) => `${name}=${value}`).join(', ') || '-'],
    ['display name', user.displayName],
    ['e-mail', user.email ?? '-'],
    ['state', user.disabledAtMs === null ? 'enabled' : `disabled since ${instant(user.disabledAtMs)}`],
    ['locked until', instant(user.lockedUntilMs)],
    ['password changed', instant(user.passwordChangedAtMs)],
    ['password expires', instant(user.passwordExpiresAtMs)],
    ['password lapses', instant(user.passwordLapsesAtMs)],
    ['created', instant(user.createdAtMs)],
  ]);
}

/** Reads page after page, at most `limit` rows. */
export async function everyPage<T>(
  read: (page: { limit: number; cursor?: string }) => Promise<{ items: readonly T[]; nextCursor?: string }>,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit: Math.min(500, limit - all.length), ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && all.length < limit);
  return all;
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** In ms; the command's own clock says when now is. Never `null`: what a parser gives as that, commander makes ''. */
type Instant = number | 'never' | 'now';

function instantOrWord(text: string): Instant {
  if (text === 'never' || text === 'now') return text;
  const ms = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) || Number.isNaN(ms)) {
    throw new InvalidArgumentError('Give an instant such as 2026-12-31T18:30:00Z, or "now", or "never".');
  }
  return ms;
}
