import { defineConfig } from 'vitest/config';

const shared = { pool: 'forks' as const, testTimeout: 30_000, hookTimeout: 60_000 };

/**
 * Two groups, one after the other: everything that runs in the test's own process, two files at a time; then the
 * shipped program as processes of its own, one file at a time, because those tests also look at how long it takes.
 */
export default defineConfig({
  test: {
    globalSetup: ['test/servers/global-setup.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
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
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
