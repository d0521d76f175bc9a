/** `latchkey backup` and `latchkey restore`: a copy of the store, and a copy in the store's place. @module */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { type Config, loadConfig } from '../config/index.js';
import { confirmLoss, type DestroyOptions, yesOption } from './ask.js';
import { CommandEnd, exitCodes } from './output.js';
import { showWork } from './progress.js';
import { type CommandContext, openHouse, outputOf, withApp } from './session.js';

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the embedded store into a file, while the service runs')
    .requiredOption('--to <file>', 'the file to make; only you may read it')
    .option('--force', 'replace a backup of that name')
    .addHelpText(
      'after',
      '\nThe master key is not in the backup, which is worth nothing without it: keep it apart.\nOn PostgreSQL use pg_dump.\n\nExample:\n  latchkey backup --to /var/backups/latchkey-2026-12-31.db',
    )
    .action(async ({ to, force = false }: { to: string; force?: boolean }, command: Command) => {
      const { config } = loadConfig();
      if (isPostgres(config)) throw new CommandEnd(exitCodes.wrongUse, useDump);
      await withApp(command, async (context) => {
        const file = resolve(to);
        const work = showWork(context.output, 'Copying the store');
        const { bytes } = await context.app.backUp({ to: file, replace: force }).finally(() => work.end());
        await record(context, 'store.backed_up', { bytes });
        const { output } = context;
        output.answer({ file, bytes, holdsMasterKey: false }, [`${file}: ${bytes} bytes, whole.`]);
        if (!output.isJson) output.remark(`The master key is not in it. Keep it apart: ${masterKeyPlace(config)}.`);
      });
    });
}

interface RestoreOptions extends DestroyOptions {
  readonly from?: string;
  readonly markRestored?: boolean;
  readonly force?: boolean;
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup in the place of the store; everything issued before is refused from then on')
    .option('--from <file>', 'the backup; what is there now is kept beside it')
    .option('--mark-restored', 'the store was put back by other means: refuse everything issued before')
    .option('--force', 'also a backup whose audit trail was changed')
    .option(...yesOption)
    .addHelpText(
      'after',
      '\nStop the service first. Sessions and API keys from before are refused: what was revoked after the backup was made\nwould be good again otherwise. Passwords are those of the backup.\nOn PostgreSQL restore a dump, then: latchkey restore --mark-restored\n\nExample:\n  latchkey restore --from /var/backups/latchkey-2026-12-31.db',
    )
    .action(async (options: RestoreOptions, command: Command) => {
      const { from, markRestored = false } = options;
      if ((from === undefined) !== markRestored) {
        throw new CommandEnd(exitCodes.wrongUse, 'Choose one of --from <file> and --mark-restored.');
      }
      if (from === undefined) await markAsRestored(command, options);
      else await restoreFrom(command, from, options);
    });
}

async function markAsRestored(command: Command, options: RestoreOptions): Promise<void> {
  await withApp(command, async (context) => {
    await confirmLoss(options, 'Every session and API key of before will be refused', null);
    const revoked = await refuseEverything(context);
    context.output.answer({ restored: true, revoked }, saidOf(revoked));
  });
}

async function restoreFrom(command: Command, from: string, options: RestoreOptions): Promise<void> {
  const output = outputOf(command);
  const { config } = loadConfig();
  if (isPostgres(config)) throw new CommandEnd(exitCodes.wrongUse, `${useDump} Then: latchkey restore --mark-restored`);
  refuseWithoutMasterKey(config);
  const store = (config.storeUrl ?? '').slice('sqlite:'.length);
  if (existsSync(store)) await confirmLoss(options, `The backup takes the place of ${store}`, basename(store));
  mkdirSync(dirname(store), { recursive: true, mode: 0o700 });
  const done: { events: number; revoked: Revoked }[] = [];
  const { restoreBackup } = await import('../app.js');
  const work = showWork(output, 'Restoring');
  const kept = await restoreBackup(config, from, async (copy) => {
    const app = await openHouse(copy, { log: 'errors-only' });
    try {
      const trail = await app.audit.verify();
      if (!trail.ok && options.force !== true) {
        throw new CommandEnd(
          exitCodes.answerIsNo,
          `The audit trail of the backup was changed (${trail.findings.length} findings). Nothing was restored; --force restores it all the same.`,
        );
      }
      const revoked = await refuseEverything({ app, actor: app.operator() });
      done.push({ events: trail.records, revoked });
    } finally {
      await app.close();
    }
  }).finally(() => work.end());
  const [{ events, revoked } = { events: 0, revoked: { sessions: 0, apiKeys: 0 } }] = done;
  output.answer({ restored: true, events, revoked, kept }, [
    `Restored: ${events} events of the audit trail.`,
    ...saidOf(revoked),
    kept === null ? 'There was no store before.' : `The store of before: ${kept}`,
  ]);
}

type Revoked = Awaited<ReturnType<typeof refuseEverything>>;

/** What was revoked after the backup was made is good again in it: so nothing of before is taken. */
async function refuseEverything({ app, actor }: Pick<CommandContext, 'app' | 'actor'>) {
  const revoked = await app.identity.revocations.revokeInstall(actor, { apiKeys: true, reason: 'restored' });
  await record({ app, actor }, 'store.restored', { sessions: revoked.sessions, apiKeys: revoked.apiKeys });
  return revoked;
}

function saidOf({ sessions, apiKeys }: Revoked): string[] {
  return [
    `Everything issued before is refused: ${sessions} sessions and ${apiKeys} API keys that were good are not.`,
    'Users sign in with their passwords as of the backup, and machines need new keys.',
  ];
}

async function record(
  { app, actor }: Pick<CommandContext, 'app' | 'actor'>,
  name: 'store.backed_up' | 'store.restored',
  facts: Readonly<Record<string, number>>,
): Promise<void> {
  const { kind, id } = actor.principal.credential;
  await app.audit.append([
    {
      ...{ name, atMs: app.clock.nowMs(), origin: actor.origin, actorId: null, credential: { kind, id } },
      ...{ organisationId: null, subject: null, outcome: 'ok', reason: null, facts },
    },
  ]);
}

const useDump = 'The store is PostgreSQL: use pg_dump and pg_restore.';

function isPostgres({ storeUrl }: Config): boolean {
  return storeUrl?.startsWith('sqlite:') !== true;
}

/** A key that were made now would open nothing of the backup, and would look like the right one ever after. */
function refuseWithoutMasterKey(config: Config): void {
  const { masterKey } = config;
  if (masterKey !== null || existsSync(masterKeyFile(config))) return;
  throw new CommandEnd(
    exitCodes.wrongUse,
    `The master key of the backup is needed: put it at ${masterKeyFile(config)} (chmod 600), or set LATCHKEY_MASTER_KEY.`,
  );
}

function masterKeyFile(config: Config): string {
  return config.masterKeyFile ?? join(config.dataDir, 'master.key');
}

function masterKeyPlace(config: Config): string {
  return config.masterKey !== null ? 'it is the setting masterKey' : masterKeyFile(config);
}
