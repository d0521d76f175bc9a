import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeNewFile } from './new-file.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-new-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

// biome-ignore lint/correctness/useYield: it ends before its first piece.
async function* broken(): AsyncGenerator<string> {
  throw new TypeError('broken on the way');
}

describe('a file that a command makes', () => {
  it('is for its owner alone, and replaces another only where that is said', async () => {
    const file = join(folder, 'made');
    expect(await writeNewFile(file, pieces('a', 'b'), false)).toBe(file);
    expect(readFileSync(file, 'utf8')).toBe('ab');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(writeNewFile(file, pieces('c'), false)).rejects.toMatchObject({ exitCode: 1 });
    await writeNewFile(file, pieces('c'), true);
    expect(readFileSync(file, 'utf8')).toBe('c');
  });

  it('is not there where it could not be written whole', async () => {
    const file = join(folder, 'kept');
    writeFileSync(file, 'as it was');
    await expect(writeNewFile(file, broken(), true)).rejects.toThrow(TypeError);
    expect(readFileSync(file, 'utf8')).toBe('as it was');
    await expect(writeNewFile(join(folder, 'no', 'such'), pieces('a'), false)).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('never takes the place of what is no file', async () => {
    mkdirSync(join(folder, 'directory'));
    await expect(writeNewFile(join(folder, 'directory'), pieces('a'), true)).rejects.toMatchObject({ exitCode: 2 });
    await expect(writeNewFile('/dev/null', pieces('a'), true)).rejects.toMatchObject({ exitCode: 2 });
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});
