/** `latchkey keys …`: the keys session tokens are signed with. What signs is never shown. @module */
import { Command, Option } from 'commander';
import type { App } from '../app.js';
import { confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { instant } from './output.js';
import { withApp } from './session.js';

/** As the house names them; a family it does not know is refused by the parser. */
const families = ['precrime', 'cloudio', 'onedb', 'native'] as const satisfies readonly Family[];
type Family = Parameters<App['identity']['keys']['rotate']>[1];
type Rotation = Awaited<ReturnType<App['identity']['keys']['rotate']>>;

export function keysCommand(): Command {
  const keys = new Command('keys').description('signing keys of session and access tokens');
  keys
    .command('list')
    .description('list the signing keys of every family')
    .addHelpText('after', '\nExample:\n  latchkey keys list')
    .action(async (_options: unknown, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const signingKeys = await app.identity.keys.list(actor);
        output.list(
          { signingKeys },
          ['FAMILY', 'ALGORITHM', 'ID', 'STATE', 'MADE', 'SIGNS FROM', 'RETIRED', 'REMOVABLE AT'],
          signingKeys.map((key) => [
            ...[key.family, key.algorithm, key.id, key.state, instant(key.createdAtMs)],
            ...[instant(key.signsFromMs), instant(key.retiredAtMs), instant(key.removableAtMs)],
          ]),
          'No signing key yet: the first is made with the first token, or by latchkey keys rotate',
        );
      });
    });
  keys
    .command('rotate')
    .description('make new signing keys; tokens under the old ones live to their own end')
    .addOption(new Option('--family <name>', 'only this one').choices(families))
    .option('--revoke-old', 'emergency: end the old keys and every session under them at once')
    .addHelpText('after', '\nExample:\n  latchkey keys rotate --family native --revoke-old')
    .option(...yesOption)
    .action(async (options: DestroyOptions & { family?: Family; revokeOld?: boolean }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const revokeOld = options.revokeOld === true;
        const of = options.family ?? 'every family';
        if (revokeOld) await confirmLoss(options, `The old keys of ${of} go with every session under them`, of);
        const rotations: Rotation[] = [];
        for (const family of options.family === undefined ? families : [options.family]) {
          rotations.push(await app.identity.keys.rotate(actor, family, { revokeOld }));
        }
        output.answer(
          { rotations },
          rotations.flatMap((rotation) => describe(rotation, revokeOld)),
        );
      });
    });
  return keys;
}

function describe({ family, created, retiredId, removedIds, endedSessions }: Rotation, revokeOld: boolean): string[] {
  const lines = [`${family}: key ${created.id} (${created.algorithm}) signs from ${instant(created.signsFromMs)}.`];
  if (retiredId !== null) lines.push(`${family}: key ${retiredId} signs until then and verifies after it.`);
  const removed = removedIds.length;
  if (revokeOld) lines.push(`${family}: ${removed} old keys revoked, ${endedSessions} live sessions ended.`);
  else if (removed > 0) lines.push(`${family}: ${removed} outlived keys removed.`);
  return lines;
}
