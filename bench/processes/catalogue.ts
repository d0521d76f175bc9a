/** Reads a whole catalogue through the plain driver each time it is asked. @module */
import type pg from 'pg';
import { readBareCatalogue } from '../bare-catalogue.js';

interface Task {
  readonly connect: pg.ClientConfig;
  readonly version: string;
}

async function read({ connect, version }: Task): Promise<Record<string, number>> {
  const startedMs = performance.now();
  await readBareCatalogue(connect, version);
  return { ms: performance.now() - startedMs };
}

process.on('message', (task: Task) => {
  read(task).then(
    (figures) => process.send?.(figures),
    (fault: unknown) => process.send?.({ fault: String(fault) }),
  );
});
