/**
 * One run of a command: loads the configuration, opens the house, does the work as the machine's operator, closes.
 *
 * @module
 */
import type { Command } from 'commander';
import type { App, AppOptions } from '../app.js';
import { type Config, loadConfig } from '../config/index.js';
import { createOutput, type Output } from './output.js';

export interface CommandContext {
  readonly app: App;
  /** The terminal's operator: whoever may read the data folder. */
  readonly actor: ReturnType<App['operator']>;
  readonly output: Output;
}

/** Loads the house when a command needs it: help and mistakes in typing are answered without. */
export async function openHouse(config: Config, options: AppOptions): Promise<App> {
  const { openApp } = await import('../app.js');
  return openApp(config, options);
}

/** Runs a command that needs the store, as the operator. */
export async function withApp(command: Command, work: (context: CommandContext) => Promise<void>): Promise<void> {
  const output = outputOf(command);
  const app = await openHouse(loadConfig().config, { log: 'errors-only' });
  try {
    await work({ app, actor: app.operator(), output });
  } finally {
    await app.close();
  }
}

/** Aborted by the first Ctrl-C, so that what still runs on a server is cancelled there; the second ends the process. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  return interrupted.signal;
}

export function outputOf(command: Command): Output {
  return createOutput(command.optsWithGlobals()['json'] === true);
}
