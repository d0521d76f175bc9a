/**
 * Loaded into every measured process before its program: tells over a socket of its own what the process used since it
 * was asked before. Does nothing until then.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
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
      if (question[0] === 0x70) {
        // `profile`, and the file for it: from now on, or written.
        socket.write(`${JSON.stringify(profile(question.toString().slice('profile '.length)))}\n`);
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

let profiler = null;

function profile(file) {
  if (profiler === null) {
    profiler = new Session();
    profiler.connect();
    profiler.post('Profiler.enable');
    profiler.post('Profiler.setSamplingInterval', { interval: 200 });
    profiler.post('Profiler.start');
    return {};
  }
  // Answered before it returns: nothing of the inspector is elsewhere.
  profiler.post('Profiler.stop', (_fault, told) => writeFileSync(file, JSON.stringify(told.profile)));
  profiler.disconnect();
  profiler = null;
  return {};
}
