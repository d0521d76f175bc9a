/** For workers of the bench: answers each task that the parent sends with figures, or with what went wrong. @module */

/** @param work  What is done for a task; its figures. */
export function answerTasks(work) {
  process.on('message', (task) => {
    Promise.resolve(task)
      .then(work)
      .then(
        (figures) => process.send(figures),
        (fault) => process.send({ fault: fault instanceof Error ? fault.message : String(fault) }),
      );
  });
}

/**
 * Does one thing again and again, some at once.
 *
 * @param until  `{seconds}` or `{times}`.
 * @returns how many a second, and processor time of each.
 */
export async function again(once, atOnce, until) {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const deadline = until.seconds === undefined ? Number.POSITIVE_INFINITY : startedMs + until.seconds * 1_000;
  let left = until.times ?? Number.POSITIVE_INFINITY;
  let done = 0;
  const took = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0 && performance.now() < deadline) {
        left -= 1;
        const beganMs = performance.now();
        await once();
        took.push(performance.now() - beganMs);
        done += 1;
      }
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.max(0, Math.ceil(share * took.length) - 1)];
  return { perSecond: done / (elapsedMs / 1_000), p50Ms: at(0.5), p99Ms: at(0.99), cpuMicros: (user + system) / done };
}
