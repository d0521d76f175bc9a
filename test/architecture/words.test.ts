/** The scan for machine paths, registry hosts and secrets finds each kind, and lets ordinary text pass. @module */
import { expect, test } from 'vitest';
import { findForbiddenWords } from '../../scripts/forbidden-words.js';

// Put together here, so that this file itself passes the scan.
const join = (...parts: string[]) => parts.join('');

test.each([
  ['a home folder', join('see /ho', 'me/ada/notes'), 'a path of a machine'],
  ['a home folder of another system', join("cd '/Us", "ers/ada'"), 'a path of a machine'],
  ['the home of root', join('"/ro', 'ot/.ssh"'), 'a path of a machine'],
  ['a working folder', join('/wo', 'rk/main/src'), 'a path of a machine'],
  ['a Windows folder', join('C:\\Us', 'ers\\ada'), 'a path of a machine'],
  ['a registry', join('https://regi', 'stry.npm', 'js.org/x'), 'the host of a package registry'],
  ['a resolved address', join('"resol', 'ved": "https://x.example/a.tgz"'), 'the host of a package registry'],
  ['a private key', join('-----BEGIN PRIV', 'ATE KEY-----\n', 'A'.repeat(64)), 'a private key'],
  ['a token', join('gh', 'p_', 'a1'.repeat(18)), 'a token'],
  ['a cloud key', join('AK', 'IA', 'ABCDEFGH12345678'), 'a token'],
])('finds %s', (_name, text, what) => {
  expect(findForbiddenWords('x', `first line\n${text}`).map((word) => [word.line, word.what])).toContainEqual([
    2,
    what,
  ]);
});

test.each([
  ['routes', 'POST /workflows/v1/auth and /user/login'],
  ['a worker', 'the /worker folder and ./work/x'],
  ['relative folders', 'src/home/index.ts ../root/x'],
  ['a PEM header without a key', "key.startsWith('-----BEGIN PRIVATE KEY-----')"],
])('lets %s pass', (_name, text) => {
  expect(findForbiddenWords('x', text)).toEqual([]);
});
