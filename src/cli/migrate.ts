/** `latchkey migrate`: brings the store to the shape of this version; `serve` and every other command do so, too. @module */
import { Command } from 'commander';
import { loadConfig } from '../config/index.js';
import { fields, instant } from './output.js';
import { showWork } from './progress.js';
import { outputOf, withApp } from './session.js';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the store to the shape of this version: all of it or nothing')
    .option('--dry-run', 'say what would be applied, and what was applied and when; change nothing')
    .addHelpText(
      'after',
      '\nEvery command that opens the store does the same. Where many nodes share a store, stop those of the old version\nfirst, and make a backup (latchkey backup, pg_dump): there is no way back.\n\nExample:\n  latchkey migrate --dry-run',
    )
    .action(async ({ dryRun = false }: { dryRun?: boolean }, command: Command) => {
      if (dryRun) await tellPending(command);
      else await apply(command);
    });
}

async function tellPending(command: Command): Promise<void> {
  const { storeMigrations } = await import('../app.js');
  const migrations = await storeMigrations(loadConfig().config);
  const pending = migrations.filter(({ appliedAtMs }) => appliedAtMs === null).map(({ name }) => name);
  outputOf(command).answer({ migrations, pending }, [
    ...fields(
      migrations.map(({ name, appliedAtMs }) => [name, appliedAtMs === null ? 'pending' : instant(appliedAtMs)]),
    ),
    '',
    pending.length === 0 ? 'Nothing is pending.' : `${pending.length} pending: latchkey migrate applies them.`,
  ]);
}

async function apply(command: Command): Promise<void> {
  const work = showWork(outputOf(command), 'Migrating');
  try {
    await withApp(command, async ({ app, output }) => {
      work.end();
      const { applied, version } = app.migrations;
      output.answer({ applied, version }, [
        ...applied.map((name) => `${name} is applied.`),
        applied.length === 0 ? `Nothing was pending: the store is at ${version}.` : `The store is at ${version}.`,
      ]);
    });
  } finally {
    work.end();
  }
}
