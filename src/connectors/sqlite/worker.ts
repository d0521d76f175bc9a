/** The thread that opens one SQLite file and answers what it is asked. @module */
import { type OpenFile, serveFile } from '../file-worker.js';
import { createSqliteCatalog } from './catalog.js';
import { judgeSqliteHeader, openSqliteFile } from './connect.js';
import { createSqliteChecks } from './preflight.js';

/** No question takes longer, whoever waits for it. */
const questionMs = 15_000;

await serveFile({
  judgeHeader: judgeSqliteHeader,
  async open(judged, header, job, isStopped): Promise<OpenFile> {
    const file = await openSqliteFile(judged, header, { use: job.use, isStopped });
    const catalog = createSqliteCatalog(file);
    const check = createSqliteChecks(file);
    // Whoever only looks does not wait for it to be loaded.
    const data = job.use === 'look' ? [] : [...(await import('./data.js')).createSqliteData(file, isStopped)];
    const inTime = (verb: (argument: never) => unknown) => async (argument: unknown) => {
      file.allow(questionMs);
      return verb(argument as never);
    };
    return {
      version: file.version,
      async answer(question) {
        file.allow(job.openMs);
        file.rows(question);
      },
      verbs: new Map([
        ['check', inTime(check)],
        ['describe', inTime(catalog.describe)],
        ['next', inTime(catalog.next)],
        ['fingerprint', inTime(catalog.fingerprint)],
        ...data.map(asVerb),
      ]),
      // The library has no such thing: questions end by the clock, and look whether they are given up.
      interrupt: () => undefined,
      close: () => file.close(),
    };
  },
  codeOf(fault) {
    const code =
      fault instanceof Error && 'errcode' in fault && typeof fault.errcode === 'number' ? fault.errcode : null;
    return { reason: null, code };
  },
});

function asVerb<A>([name, verb]: readonly [string, (argument: A) => unknown]) {
  return [name, async (argument: unknown) => verb(argument as A)] as const;
}
