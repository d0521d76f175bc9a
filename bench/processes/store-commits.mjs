/**
 * API keys made by the rooms themselves, as they are shipped and without a door in front, and how long the event loop
 * was held meanwhile.
 *
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerTasks } from './answer-tasks.mjs';

const built = (file) => import(new URL(`../../dist/${file}`, import.meta.url).href);
let app;

answerTasks(async ({ environment, folder, names, atOnce, seconds, times }) => {
  if (app === undefined) {
    const [{ openApp }, { loadConfig }] = await Promise.all([built('app.js'), built('config/index.js')]);
    app = await openApp(loadConfig({ environment, folder }).config, { log: 'errors-only' });
  }
  const { identity } = app;
  const actor = app.operator();
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
        await identity.apiKeys.addFor(actor, names[begun % names.length], { name: 'bench' });
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
});
