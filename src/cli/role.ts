/** `latchkey role …`: named sets of actions; what roles may do with data is said by `latchkey grant`. @module */
import { Command } from 'commander';
import type { App } from '../app.js';
import { confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { CommandEnd, exitCodes, fields, instant } from './output.js';
import { withApp } from './session.js';
import { defaultOrganisation, ensureOrganisation, everyPage, wholeNumber } from './users.js';

type Role = Awaited<ReturnType<App['identity']['roles']['show']>>;

interface OrganisationOption {
  readonly organisation: string;
}

export function roleCommand(): Command {
  const role = new Command('role').description('roles of organisations: named sets of actions');
  role
    .command('add')
    .description('make a role')
    .argument('<name>', 'lower case')
    .option('--organisation <uid>', 'organisation', defaultOrganisation)
    .option('--allow <actions>', 'actions it allows, with commas between', list, ['data.use'])
    .addHelpText('after', '\nExample:\n  latchkey role add clerk --allow data.use,api_keys.manage_own')
    .action(async (name: string, options: OrganisationOption & { allow: readonly string[] }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        await ensureOrganisation({ app, actor }, options.organisation);
        const { organisation: organisationUid, allow: allowed } = options;
        answer(output, await app.identity.roles.add(actor, { name, organisationUid, allowed }));
      });
    });
  role
    .command('list')
    .description('list roles')
    .option('--organisation <uid>', 'only of this organisation')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey role list --organisation main')
    .action(async ({ organisation, limit }: { organisation?: string; limit?: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const filter = organisation === undefined ? {} : { organisation };
        const all = await everyPage((page) => app.identity.roles.list(actor, filter, page), limit);
        output.list(
          { roles: all },
          ['NAME', 'ORGANISATION', 'USERS', 'ALLOWS'],
          all.map((one) => [one.name, one.organisation, String(one.users), one.allowed.join(', ')]),
          'No role yet: latchkey role add <name>',
        );
      });
    });
  verb(role, 'show', 'show one').action(async (name: string, options: OrganisationOption, command: Command) => {
    await withApp(command, async ({ app, actor, output }) => {
      answer(output, await app.identity.roles.show(actor, { name, ...options }));
    });
  });
  verb(role, 'set', 'change one; its users have it with their next request')
    .option('--name <name>', 'new name')
    .option('--allow <actions>', 'actions it allows from now on', list, [])
    .option('--disallow <actions>', 'actions it allows no more', list, [])
    .action(
      async (
        name: string,
        options: OrganisationOption & { name?: string; allow: readonly string[]; disallow: readonly string[] },
        command: Command,
      ) => {
        await withApp(command, async ({ app, actor, output }) => {
          const { organisation, name: newName, allow, disallow } = options;
          if (newName === undefined && allow.length + disallow.length === 0) {
            throw new CommandEnd(exitCodes.wrongUse, 'There is nothing to change: give --name, --allow or --disallow.');
          }
          const change = { allow, disallow, ...(newName === undefined ? {} : { name: newName }) };
          answer(output, await app.identity.roles.set(actor, { name, organisation }, change));
        });
      },
    );
  verb(role, 'remove', 'remove one; its users are without it, and its grants are gone')
    .option(...yesOption)
    .action(
      async (name: string, { yes = false, ...options }: OrganisationOption & DestroyOptions, command: Command) => {
        await withApp(command, async ({ app, actor, output }) => {
          await app.identity.roles.show(actor, { name, ...options });
          await confirmLoss({ yes }, `Role ${name} of ${options.organisation} goes with its grants`, name);
          const { users } = await app.identity.roles.remove(actor, { name, ...options });
          const line = `${name} is removed with its grants; ${users} ${users === 1 ? 'user' : 'users'} had it.`;
          output.answer({ role: name, state: 'removed', users }, [line]);
        });
      },
    );
  return role;
}

function verb(role: Command, word: string, description: string): Command {
  return role
    .command(word)
    .description(description)
    .argument('<name>', 'name of the role')
    .option('--organisation <uid>', 'organisation', defaultOrganisation)
    .addHelpText(
      'after',
      `\nExample:\n  latchkey role ${word} clerk${word === 'set' ? ' --allow sources.inspect' : ''}`,
    );
}

function list(text: string): readonly string[] {
  return text === '' ? [] : text.split(',');
}

function answer(output: { answer(value: unknown, lines: readonly string[]): void }, role: Role): void {
  output.answer(
    role,
    fields([
      ['name', role.name],
      ['id', role.id],
      ['organisation', role.organisation],
      ['allows', role.allowed.join(', ') || '-'],
      ['users', String(role.users)],
      ['created', instant(role.createdAtMs)],
    ]),
  );
}
