/**
 * A process of its own that writes to a store until something ends it; started by `store.sqlite.test.ts`. Says what it
 * was promised on stdout, one JSON line each.
 *
 * @module
 */
import { addUser, event, newOrganisation, newUser, openTestStore } from './store.contract.js';

const [mode, url] = process.argv.slice(2);
if (url === undefined) throw new TypeError('store-child <mode> <url>');
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

let fatal: string | null = null;
const store = await openTestStore(
  { url, dataDir: '.', sql: async () => [], bytesAtRest: async () => Buffer.alloc(0), remove: async () => {} },
  {
    sqlite: { transactionTimeoutMs: 60_000 },
    onFatal: (error) => {
      fatal = error.name;
    },
  },
);
const codeOf = (error: unknown) => (error as { code?: string }).code;

if (mode === 'unfinished-group') {
  const organisation = await newOrganisation(store);
  await addUser(store, organisation);
  let finished = 0;
  for (let place = 0; place < 6; place += 1) {
    store.identity
      .transaction(async (tx) => {
        await tx.insertUser(newUser(organisation.id), null);
        await tx.appendAudit(event());
        if (place === 5) {
          // The first five have given up the writer; the group waits for this one.
          say({ finished });
          await new Promise(() => {});
        }
        finished += 1;
      })
      .then(
        () => say({ acknowledged: place }),
        (error: unknown) => say({ refused: codeOf(error) }),
      );
  }
  setInterval(() => {}, 1_000);
}

if (mode === 'until-refused') {
  let acknowledged = 0;
  let refused: unknown;
  const organisation = await newOrganisation(store);
  while (refused === undefined && acknowledged < 5_000) {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => addUser(store, organisation)));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') acknowledged += 1;
      else refused = codeOf(outcome.reason);
    }
  }
  const write = await addUser(store, organisation).catch(codeOf);
  const read = await store.identity.findUserByName('x').catch(codeOf);
  say({ acknowledged, refused, write, read, fatal, isReady: await store.isReady() });
  process.exit(0);
}

if (mode === 'exit-under-load') {
  const organisation = await newOrganisation(store);
  const forEver = async (work: () => Promise<unknown>) => {
    for (;;) await work();
  };
  for (let place = 0; place < 32; place += 1) void forEver(() => store.identity.findOrganisation(organisation.uid));
  for (let place = 0; place < 8; place += 1) void forEver(() => addUser(store, organisation));
  setTimeout(() => process.exit(3), 100);
}
