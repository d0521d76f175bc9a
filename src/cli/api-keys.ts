/** `latchkey api-key …`: keys of any user, made and cut off from the terminal. @module */
import { Command } from 'commander';
import { instant, table } from './output.js';
import { withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

export function apiKeyCommand(): Command {
  const apiKey = new Command('api-key').description('API keys');
  apiKey
    .command('add')
    .description('make a key; its value is shown once')
    .argument('<user>', 'whose key')
    .argument('<name>', 'what it is for')
    .addHelpText('after', '\nExample:\n  latchkey api-key add nightly-export warehouse')
    .action(async (username: string, name: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const { value, ...key } = await app.identity.apiKeys.addFor(actor, username, { name });
        // The one place of the terminal where a key is shown: its owner must get it somehow.
        const token = value?.reveal() ?? null;
        output.answer({ ...key, token }, [token ?? '', '']);
        if (!output.isJson) output.remark(`Key ${key.id} of ${username}. Keep it now: it is not shown again.`);
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
        output.answer(
          { apiKeys: keys },
          table(
            ['ID', 'NAME', 'KEY', 'CREATED', 'EXPIRES', 'LAST USED'],
            keys.map((key) => [
              key.id,
              key.name,
              `${key.prefix}…${key.last4}`,
              instant(key.createdAtMs),
              instant(key.expiresAtMs),
              instant(key.lastUsedAtMs),
            ]),
          ),
        );
      });
    });
  apiKey
    .command('remove')
    .description('delete a key by its id; it is refused from then on')
    .argument('<id>', 'key id, from api-key list')
    .addHelpText('after', '\nExample:\n  latchkey api-key remove 0b9c2d3e-7f3a-4b7e-9d39-3f5b0f6f0d11')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        await app.identity.apiKeys.removeById(actor, id);
        output.answer({ id, state: 'removed' }, [`Key ${id} is removed.`]);
      });
    });
  return apiKey;
}
