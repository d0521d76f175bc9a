/** API keys made by the rooms themselves, without a door in front, and how long the event loop was held meanwhile. @module */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/index.js';

interface Task {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly names: readonly string[];
  readonly atOnce: number;
  readonly seconds?: number;
  readonly times?: number;
}

let app: Promise<App> | null = null;

async function make(task: Task): Promise<Record<string, number>> {
  const { environment, folder, names, atOnce, seconds, times } = task;
  app ??= openApp(loadConfig({ environment, folder }).config, { log: 'errors-only' });
  const { identity, operator } = await app;
  const actor = operator();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const deadline = seconds === undefined ? Number.POSITIVE_INFINITY : startedMs + seconds * 1_000;
  let begun = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (begun < (times ?? Number.POSITIVE_INFINITY) && performance.now() < deadline) {
        begun += 1;
        await identity.apiKeys.addFor(actor, names[begun % names.length] ?? '', { name: 'bench' });
      }
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  return {
    perSecond: begun / (elapsedMs / 1_000),
    cpuMicros: (user + system) / begun,
    delayP999Ms: delay.percentile(99.9) / 1e6,
  };
}

process.on('message', (task: Task) => {
  make(task).then(
    (figures) => process.send?.(figures),
    (fault: unknown) => process.send?.({ fault: String(fault) }),
  );
});
