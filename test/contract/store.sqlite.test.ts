/** The store on embedded SQLite: the common contract, and what only it does. @module */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe } from 'vitest';
import { describeStore, type TestDatabase } from './store.contract.js';

async function createDatabase(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-store-'));
  const file = join(dataDir, `${randomBytes(4).toString('hex')}.db`);
  const all = async () => {
    const parts = await Promise.all([file, `${file}-wal`].map((path) => readFile(path).catch(() => Buffer.alloc(0))));
    return Buffer.concat(parts);
  };
  return {
    url: `sqlite:${file}`,
    dataDir,
    async sql(text) {
      const database = new DatabaseSync(file, { timeout: 5_000 });
      try {
        const statement = database.prepare(text);
        if (statement.columns().length > 0) return statement.all().map((row) => ({ ...row }));
        statement.run();
        return [];
      } finally {
        database.close();
      }
    },
    bytesAtRest: all,
    remove: () => rm(dataDir, { recursive: true }),
  };
}

describe('store on SQLite', () => {
  describeStore(createDatabase);
});
