/** The whole of `src/` as the floor plan sees it. @module */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSource, type SourceFile } from './source-file.js';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export function readSourceTree(): SourceFile[] {
  return readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const path = `src/${name.split(sep).join('/')}`;
      return readSource(path, readFileSync(join(projectRoot, path), 'utf8'));
    });
}
