/** `latchkey serve`: the service itself. @module */
import { Command } from 'commander';
import type { App, Running } from '../app.js';
import { loadConfig } from '../config/index.js';
import { openHouse } from './session.js';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the service until it is told to stop')
    .addHelpText('after', '\nExample:\n  LATCHKEY_HTTP_PORT=9000 latchkey serve')
    .action(async () => {
      const stopAsked = stopSignal();
      const { config, origins } = loadConfig();
      const app = await openHouse(config, { log: 'full', origins });
      await serveUntil(stopAsked, app, (running) => tellSetupLink(app, running));
    });
}

/**
 * Listens, tells what there is to tell, and stops gracefully when asked. A start that fails leaves nothing open.
 *
 * @param stopAsked  From {@link stopSignal}, taken before anything was opened: whoever stops us the moment we are ready
 *                   gets the same stop as everybody else.
 */
export async function serveUntil(
  stopAsked: Promise<NodeJS.Signals>,
  app: App,
  tell: (running: Running) => Promise<void> | void,
): Promise<void> {
  keepGoing(app);
  try {
    const running = await app.serve();
    await tell(running);
    const signal = await stopAsked;
    app.log.info({ signal }, 'stopping');
    await running.stop();
  } finally {
    await app.close();
  }
}

/**
 * The last resort (ASVS 16.5.4): a fault nobody caught, in a timer or a stream, is logged as fatal for the alarm and the
 * other requests go on. What must never be doubted, whether a write is durable, ends the process in the store instead.
 */
function keepGoing({ log }: App): void {
  process.on('uncaughtException', (fault) => log.fatal({ fault }, 'a fault that nobody caught'));
  process.on('unhandledRejection', (fault) => log.fatal({ fault }, 'a rejection that nobody caught'));
}

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) {
        process.off(name, onSignal);
        process.once(name, () => process.exit(1));
      }
      resolve(signal);
    };
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal);
  });
}

/** The way in for the first administrator: a link that works once, for half an hour. Not a log line, because logs travel. */
async function tellSetupLink(app: App, running: Running): Promise<void> {
  if (!(await app.identity.setup.isNeeded())) return;
  const { code } = await app.identity.setup.issueCode(app.operator().origin);
  const link = `${running.https ?? running.http}/setup/${code.reveal()}`;
  process.stderr.write(
    `\nNobody administers this installation yet. Open this link within 30 minutes, once:\n\n  ${link}\n\nor make the administrator here: latchkey admin create <name>\n\n`,
  );
}
