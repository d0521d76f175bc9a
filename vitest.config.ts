import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const shared = { pool: 'forks' as const, testTimeout: 30_000, hookTimeout: 60_000 };

/** Tests of the shipped program that look at how long it takes, how much it holds, or take a port of a fixed number. */
const watchful = [
  'test/e2e/data-stream.test.ts',
  'test/e2e/dialling.test.ts',
  'test/e2e/durability/**/*.test.ts',
  'test/e2e/even-answers.test.ts',
  'test/e2e/lifecycle.test.ts',
  'test/e2e/revocation.test.ts',
  'test/e2e/seeds.test.ts',
  'test/e2e/cloudio-data.test.ts',
];

/** What takes longest, longest first: begun last, it would run alone while the other workers have nothing to do. */
const long = [
  'test/dialects/native/data-hostile.test.ts',
  'test/dialects/cloudio/injection.test.ts',
  'test/identity/enumeration.test.ts',
  'test/contract/faults-mysql.test.ts',
  'test/contract/faults-postgres.test.ts',
  'test/contract/preflight-postgres.test.ts',
  'test/contract/preflight-mysql.test.ts',
  'test/hostile/hostile.test.ts',
  'test/contract/catalog-duckdb.test.ts',
  'test/contract/catalog-sqlite.test.ts',
  'test/contract/catalog-mysql.test.ts',
  'test/contract/faults-duckdb.test.ts',
  'test/e2e/console/',
  'test/e2e/backup.test.ts',
  'test/e2e/grants.test.ts',
  'test/e2e/cli.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = long.findIndex((name) => moduleId.includes(`/${name}`));
      return found === -1 ? long.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

/**
 * Three groups, one after the other: everything that runs in the test's own process, then the shipped program as
 * processes of its own, three files at a time each, because most of them wait for a server more than they compute; then
 * what must have the machine for itself.
 */
export default defineConfig({
  test: {
    globalSetup: ['test/servers/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['src/**/*.test.ts', 'console/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'program',
          include: ['test/e2e/**/*.test.ts'],
          exclude: watchful,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'watchful',
          include: watchful,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
