/** `latchkey expiring`: everything of the install that will end, the soonest first. @module */
import { Command } from 'commander';
import { durationMs } from './duration.js';
import { instant } from './output.js';
import { withApp } from './session.js';

const dayMs = 86_400_000;

export function expiringCommand(): Command {
  return new Command('expiring')
    .description('what will end soon: API keys, passwords, signing keys, the certificate of the listener')
    .option('--within <duration>', 'look so far ahead: 12h, 90d (default: 30d)', durationMs)
    .addHelpText(
      'after',
      '\nHow old the password of a database may grow is known to that database: latchkey source test shows it.\n\nExample:\n  latchkey expiring --within 90d --json',
    )
    .action(async ({ within = 30 * dayMs }: { within?: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const found = await app.identity.expiring.list(actor, within);
        const nowMs = app.clock.nowMs();
        const items = found.map((one) => ({ ...one, daysLeft: Math.floor((one.expiresAtMs - nowMs) / dayMs) }));
        output.list(
          { items },
          ['ENDS', 'DAYS LEFT', 'KIND', 'NAME', 'OWNER', 'ORGANISATION', 'REMARK', 'ID'],
          items.map((one) => [
            ...[instant(one.expiresAtMs), String(one.daysLeft), one.kind, one.name, one.owner ?? '-'],
            ...[one.organisation ?? '-', one.detail ?? '-', one.id ?? '-'],
          ]),
          'Nothing ends within that time; --within looks further ahead.',
        );
      });
    });
}
