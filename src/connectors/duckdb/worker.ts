/** The thread that opens one DuckDB file and answers what it is asked. @module */
import { type OpenFile, serveFile } from '../file-worker.js';
import { createDuckdbCatalog } from './catalog.js';
import { judgeDuckdbHeader, openDuckdbFile } from './connect.js';
import { factsOfDuckdbFault } from './errors.js';
import { createDuckdbChecks } from './preflight.js';

/** No question takes longer, whoever waits for it. */
const questionMs = 15_000;

await serveFile({
  judgeHeader: judgeDuckdbHeader,
  async open(judged, header, job, isStopped): Promise<OpenFile> {
    const file = await openDuckdbFile(judged, header, job.key);
    const catalog = createDuckdbCatalog(file);
    const check = createDuckdbChecks(file);
    // Whoever only looks does not wait for it to be loaded.
    const data = job.use === 'look' ? [] : [...(await import('./data.js')).createDuckdbData(file, isStopped)];
    const inTime = (verb: (argument: never) => Promise<unknown>) => (argument: unknown) => {
      file.allow(questionMs);
      return verb(argument as never);
    };
    return {
      version: file.version,
      async answer(question) {
        file.allow(job.openMs);
        await file.rows(question);
      },
      verbs: new Map([
        ['check', inTime(check)],
        ['describe', inTime(catalog.describe)],
        ['next', inTime(catalog.next)],
        ['fingerprint', inTime(catalog.fingerprint)],
        ...data.map(asVerb),
      ]),
      interrupt: () => file.interrupt(),
      close: () => file.close(),
    };
  },
  codeOf: factsOfDuckdbFault,
});

function asVerb<A>([name, verb]: readonly [string, (argument: A) => Promise<unknown>]) {
  return [name, (argument: unknown) => verb(argument as A)] as const;
}
