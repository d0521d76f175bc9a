/**
 * `npm run words`: no file of the project holds a path of somebody's machine, the host of a package registry or a
 * secret. Looks at what git knows or would take.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findForbiddenWords } from './forbidden-words.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const paths = listed.split('\0').filter((path) => path !== '' && existsSync(`${root}${path}`));
const found = paths
  .filter((path) => statSync(`${root}${path}`).isFile())
  .flatMap((path) => findForbiddenWords(path, readFileSync(`${root}${path}`, 'utf8')));

for (const { path, line, what } of found) console.error(`${path}:${line} holds ${what}`);
if (found.length === 0) console.log(`${paths.length} files hold no machine path, registry host or secret`);
process.exitCode = found.length === 0 ? 0 : 1;
