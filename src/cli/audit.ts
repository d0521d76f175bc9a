/** `latchkey audit list|verify`: what happened, and the proof that nothing of it was changed. @module */
import { Command } from 'commander';
import { CommandEnd, exitCodes, moment } from './output.js';
import { showWork } from './progress.js';
import { withApp } from './session.js';
import { everyPage, wholeNumber } from './users.js';

export function auditCommand(): Command {
  const audit = new Command('audit').description('the audit trail');
  audit
    .command('list')
    .description('newest events first')
    .option('--limit <number>', 'at most so many', wholeNumber, 50)
    .addHelpText('after', '\nExample:\n  latchkey audit list --limit 20')
    .action(async (options: { limit: number }, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const records = await everyPage((page) => app.audit.list(actor.principal, {}, page), options.limit);
        output.list(
          { events: records },
          ['TIME', 'EVENT', 'OUTCOME', 'REASON', 'DOOR', 'ACTOR', 'SUBJECT'],
          records.map((one) => [
            moment(one.atMs),
            one.name,
            one.outcome,
            one.reason ?? '-',
            one.origin.door,
            one.actorId ?? '-',
            one.subject ?? '-',
          ]),
          'Nothing has happened yet.',
        );
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
  return audit;
}
