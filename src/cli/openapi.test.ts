import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { createProgram, run } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-openapi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the exit code; what is said goes nowhere. */
async function quietly(...argv: string[]): Promise<number> {
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((_text, ...more: unknown[]) => {
      const done = more.find((one) => typeof one === 'function');
      done?.(null);
      return true;
    }),
  );
  try {
    return await run(createProgram('0.0.0'), argv);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

it('the document takes the place of no file, unless that is said', async () => {
  const file = join(folder, 'openapi.json');
  writeFileSync(file, 'somebody else’s');
  expect(await quietly('openapi', '--out', file)).toBe(1);
  expect(readFileSync(file, 'utf8')).toBe('somebody else’s');
  expect(await quietly('openapi', '--out', file, '--force')).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
});
