/** `latchkey api-key …`: keys of any user: made narrow, narrowed further, replaced and cut off from the terminal. @module */
import { Command } from 'commander';
import type { App } from '../app.js';
import { confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { durationMs } from './duration.js';
import { CommandEnd, exitCodes, fields, instant, table } from './output.js';
import { endless } from './screen.js';
import { type CommandContext, withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

type ApiKeys = App['identity']['apiKeys'];
type Key = Awaited<ReturnType<ApiKeys['narrow']>>;
type KeyWithValue = Awaited<ReturnType<ApiKeys['addFor']>>;
type Detail = Awaited<ReturnType<ApiKeys['show']>>;
type Change = Parameters<ApiKeys['narrow']>[2];

interface NarrowOptions {
  readonly scope?: string[];
  readonly source?: string[];
  readonly cidr?: string[];
  readonly expiresIn?: number;
}

const dayMs = 86_400_000;

export function apiKeyCommand(): Command {
  const apiKey = new Command('api-key').description('API keys');
  addNarrowOptions(apiKey.command('add').description('make a key; its value is shown once'))
    .argument('<user>', 'whose key')
    .argument('<name>', 'what it is called')
    .option('--purpose <text>', 'what it is for')
    .addHelpText(
      'after',
      '\nExample:\n  latchkey api-key add nightly-export warehouse\n  latchkey api-key add nightly-export warehouse --scope sources.inspect --source shop --cidr 10.2.0.0/16 --expires-in 90d --purpose "nightly export"',
    )
    .action(async (username: string, name: string, options: NarrowOptions & { purpose?: string }, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor } = context;
        const { purpose } = options;
        const input = {
          name,
          ...(purpose === undefined ? {} : { purpose }),
          ...(await readNarrowing(context, options)),
        };
        tellNew(context, await app.identity.apiKeys.addFor(actor, username, input), username);
      });
    });
  apiKey
    .command('list')
    .description("list a user's keys; values are never shown")
    .argument('<user>', 'whose keys')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  latchkey api-key list nightly-export')
    .action(async (username: string, options: { limit?: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const keys = await everyPage((page) => app.identity.apiKeys.listOf(actor, username, page), options.limit);
        const nowMs = app.clock.nowMs();
        output.list(
          { apiKeys: keys },
          ['ID', 'NAME', 'KEY', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED', 'FROM'],
          keys.map((key) => [
            ...[key.id, key.name, `${key.prefix}…${key.last4}`, stateOf(key, nowMs)],
            ...[instant(key.createdAtMs), instant(key.expiresAtMs), instant(key.lastUsedAtMs)],
            key.lastUsedAddress ?? '-',
          ]),
          `No key of ${username} yet: latchkey api-key add ${username} <name>`,
        );
      });
    });
  apiKey
    .command('show')
    .description('show what a key may do and, while it is being replaced, who still uses it')
    .argument('<id>', 'key id, from api-key list')
    .addHelpText('after', '\nExample:\n  latchkey api-key show 0b9c2d3e-7f3a-4b7e-9d39-3f5b0f6f0d11')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const detail = await app.identity.apiKeys.show(actor, id);
        output.answer({ ...detail.key, user: detail.username, uses: detail.uses }, describe(detail, app.clock.nowMs()));
      });
    });
  addNarrowOptions(apiKey.command('narrow').description('take from what a key may do; nothing gives it back'))
    .argument('<id>', 'key id, from api-key list')
    .addHelpText(
      'after',
      '\nWhat is named is what is left; it must lie within what the key has.\n\nExample:\n  latchkey api-key narrow 0b9c2d3e-7f3a-4b7e-9d39-3f5b0f6f0d11 --scope sources.inspect --expires-in 7d',
    )
    .action(async (id: string, options: NarrowOptions, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        const { sources = [] } = (await app.identity.apiKeys.show(actor, id)).key;
        const change = await readNarrowing(context, options, sources ?? []);
        if (Object.keys(change).length === 0) {
          throw new CommandEnd(exitCodes.wrongUse, 'Name what is left: --scope, --source, --cidr or --expires-in.');
        }
        await app.identity.apiKeys.narrow(actor, id, change);
        const detail = await app.identity.apiKeys.show(actor, id);
        output.answer(detail.key, describe(detail, app.clock.nowMs()));
      });
    });
  apiKey
    .command('rotate')
    .description('make a successor that may do the same; the old key ends after the overlap')
    .argument('<id>', 'key id, from api-key list')
    .option('--overlap <duration>', 'how long the old one is still good: 0h to 30d (default: 24h)', durationMs)
    .addHelpText(
      'after',
      '\nExample:\n  latchkey api-key rotate 0b9c2d3e-7f3a-4b7e-9d39-3f5b0f6f0d11 --overlap 7d\n\nWho still uses the old one: latchkey api-key show <id>',
    )
    .action(async (id: string, { overlap }: { overlap?: number }, command: Command) => {
      await withApp(command, async (context) => {
        const { app, actor, output } = context;
        const order = overlap === undefined ? {} : { overlapMs: overlap };
        const { retiring, successor } = await app.identity.apiKeys.rotate(actor, id, order);
        tellNew(context, successor, null, { replaces: retiring });
        if (!output.isJson) output.remark(`Key ${retiring.id} is good until ${instant(retiring.expiresAtMs)}.`);
      });
    });
  apiKey
    .command('remove')
    .description('delete a key by its id; it is refused from then on')
    .argument('<id>', 'key id, from api-key list')
    .option(...yesOption)
    .addHelpText('after', '\nExample:\n  latchkey api-key remove 0b9c2d3e-7f3a-4b7e-9d39-3f5b0f6f0d11')
    .action(async (id: string, options: DestroyOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const { key, username } = await app.identity.apiKeys.show(actor, id);
        await confirmLoss(options, `Key ${key.name} of ${username} is refused from then on`, key.name);
        await app.identity.apiKeys.removeById(actor, id);
        output.answer({ id, state: 'removed' }, [`Key ${id} is removed.`]);
      });
    });
  return apiKey;
}

function addNarrowOptions(command: Command): Command {
  return command
    .option('--scope <action>', 'an action it may do at most; again for more', collect)
    .option('--source <source>', 'a stored source it reaches at most, by id or name; again for more', collect)
    .option('--cidr <range>', 'where it may be used from: an address or 10.0.0.0/8; again for more', collect)
    .option('--expires-in <duration>', 'how long it lives from now: 12h, 90d', durationMs);
}

function collect(one: string, all: string[] = []): string[] {
  return [...all, one];
}

/** @param known  Ids that are taken as they are, their sources being gone perhaps. */
async function readNarrowing(
  { app, actor }: CommandContext,
  { scope, source, cidr, expiresIn }: NarrowOptions,
  known: readonly string[] = [],
): Promise<Change> {
  const sources: string[] = [];
  for (const reference of source ?? []) {
    const isKnown = known.includes(reference);
    sources.push(isKnown ? reference : (await app.sources.registry.show(actor, reference)).id);
  }
  return {
    ...(scope === undefined ? {} : { scopes: scope }),
    ...(source === undefined ? {} : { sources }),
    ...(cidr === undefined ? {} : { cidrs: cidr }),
    ...(expiresIn === undefined ? {} : { lifetimeMs: expiresIn }),
  };
}

/** The one place of the terminal where a key is shown: its owner must get it somehow. */
function tellNew(
  { output }: CommandContext,
  { value, ...key }: KeyWithValue,
  username: string | null,
  more: object = {},
): void {
  const token = value?.reveal() ?? null;
  output.answer({ ...key, token, ...more }, [token ?? '', '']);
  if (output.isJson) return;
  output.remark(`Key ${key.id}${username === null ? '' : ` of ${username}`}. Keep it now: it is not shown again.`);
}

function describe({ key, username, uses }: Detail, nowMs: number): string[] {
  const list = (names: readonly string[] | null, all: string) =>
    names === null ? all : names.length === 0 ? 'none' : names.join(', ');
  const from = key.lastUsedAddress === null ? '' : ` from ${key.lastUsedAddress}`;
  const lines = fields([
    ...([
      ['user', username],
      ['name', key.name],
      ['id', key.id],
      ['purpose', key.purpose ?? '-'],
    ] as const),
    ...([
      ['key', `${key.prefix}…${key.last4}`],
      ['state', stateOf(key, nowMs)],
    ] as const),
    ['scopes', list(key.scopes, 'whatever its owner may')],
    ['sources', list(key.sources, 'any its owner reaches')],
    ['used from', list(key.cidrs, 'anywhere')],
    ['created', instant(key.createdAtMs)],
    ['expires', instant(key.expiresAtMs)],
    ['last used', `${instant(key.lastUsedAtMs)}${from}`],
    ['successor', key.successorId ?? '-'],
  ]);
  if (key.successorId === null) return lines;
  const days = uses.map((use) => [
    ...[instant(use.day * dayMs, endless).slice(0, 10), String(use.uses), use.lastUsedAddress ?? '-'],
  ]);
  return [
    ...lines,
    '',
    ...(days.length === 0 ? ['Nobody has used it since it was replaced.'] : table(['DAY', 'USES', 'LAST FROM'], days)),
  ];
}

function stateOf({ expiresAtMs, successorId }: Key, nowMs: number): string {
  if (expiresAtMs !== null && nowMs >= expiresAtMs) return 'ended';
  return successorId === null ? 'active' : 'retiring';
}
