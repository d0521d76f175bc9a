import { defineConfig } from 'vitest/config';

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
  'test/e2e/sources.test.ts',
];

/**
 * Three groups, one after the other: everything that runs in the test's own process, then the shipped program as
 * processes of its own, two files at a time each; then what must have the machine for itself.
 */
export default defineConfig({
  test: {
    globalSetup: ['test/servers/global-setup.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['src/**/*.test.ts', 'console/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'program',
          include: ['test/e2e/**/*.test.ts'],
          exclude: watchful,
          maxWorkers: 2,
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
