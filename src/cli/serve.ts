/** `latchkey serve`: the service itself. @module */
import { Command } from 'commander';
import { type App, openApp, type Running } from '../app.js';
import { loadConfig } from '../config/index.js';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the service until it is told to stop')
    .addHelpText('after', '\nExample:\n  LATCHKEY_HTTP_PORT=9000 latchkey serve')
    .action(async () => {
      const app = await openApp(loadConfig().config, { log: 'full' });
      const running = await serveOrClose(app);
      await tellSetupLink(app, running);
      await untilSignal(app, running);
    });
}

/** A start that fails leaves nothing open. */
export async function serveOrClose(app: App): Promise<Running> {
  try {
    return await app.serve();
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** The way in for the first administrator: a link that works once, for half an hour. Not a log line, because logs travel. */
async function tellSetupLink(app: App, running: Running): Promise<void> {
  if (!(await app.identity.setup.isNeeded())) return;
  const { code } = await app.identity.setup.issueCode(app.operator().origin);
  const base = running.https ?? running.http;
  process.stderr.write(
    `\nNobody administers this installation yet. Open this link within 30 minutes, once:\n\n  ${base}/setup/${code.reveal()}\n\nor make the administrator here: latchkey admin create <name>\n\n`,
  );
}

/** Resolves after a graceful stop. A second signal ends at once. */
export async function untilSignal(app: App, running: Running): Promise<void> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  app.log.info({ signal }, 'stopping');
  const endAtOnce = () => process.exit(1);
  process.once('SIGTERM', endAtOnce);
  process.once('SIGINT', endAtOnce);
  await running.stop();
  await app.close();
  process.off('SIGTERM', endAtOnce);
  process.off('SIGINT', endAtOnce);
}
