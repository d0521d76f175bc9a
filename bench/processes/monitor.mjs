/**
 * Loaded into every measured process before its program: tells over a socket of its own what the process used since it
 * was asked before. Does nothing until then.
 *
 * @module
 */
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const path = process.env.BENCH_MONITOR;

if (isMainThread && path !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let before = { cpu: process.cpuUsage(), atMs: performance.now() };
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (question) => {
      if (question[0] === 0x62) {
        // `begin`
        before = { cpu: process.cpuUsage(), atMs: performance.now() };
        delay.reset();
        delay.enable();
        socket.write('{}\n');
        return;
      }
      const { user, system } = process.cpuUsage(before.cpu);
      delay.disable();
      const told = {
        cpuMicros: user + system,
        elapsedMs: performance.now() - before.atMs,
        rssBytes: process.memoryUsage.rss(),
        delayP999Ms: delay.percentile(99.9) / 1e6,
        delayMaxMs: delay.max / 1e6,
      };
      socket.write(`${JSON.stringify(told)}\n`);
    });
    socket.unref();
  });
  listener.listen(path);
  listener.unref();
}
