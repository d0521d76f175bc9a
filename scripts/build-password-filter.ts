/**
 * `npx tsx scripts/build-password-filter.ts <language-common> <language-en>`: writes `assets/breached-passwords.bin`
 * from the unpacked npm packages `@zxcvbn-ts/language-common` 4.1.3 and `@zxcvbn-ts/language-en` 4.1.1. The lists are
 * not kept here; their digests are, so that the same file comes out again. What they are and under which licences:
 * decision 0023.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPasswordFilter } from '../src/identity/breached-passwords.js';
import { buildPasswordFilter, entriesOf } from './password-filter.js';

const sources = [
  {
    folder: 'common',
    name: 'passwords',
    kind: 'breached',
    sha256: 'f422773d94d630f27e08b26d7017e847bb1feb2a84809340e9c0b0c47b33e3f1',
  },
  {
    folder: 'common',
    name: 'diceware',
    kind: 'words',
    sha256: '0e2600e58c7930a9d378626a0dd564c0d69c201a10aa1f36ab506731bf578a28',
  },
  {
    folder: 'en',
    name: 'firstnames',
    kind: 'words',
    sha256: '366692789eca4121b8f9e466ede079b4fec0a7c892e5425427ec64028ddf150b',
  },
  {
    folder: 'en',
    name: 'lastnames',
    kind: 'words',
    sha256: '8cfdd40540b5e14af5b73c1d66774a2aa8a67cfd5331df82e5da74113ea835c5',
  },
  {
    folder: 'en',
    name: 'commonWords',
    kind: 'words',
    sha256: '184d8cd7ffa3a1727a1448766090daa98001d92f8e6436a7c8a8fca39cc3d441',
  },
  {
    folder: 'en',
    name: 'wikipedia',
    kind: 'words',
    sha256: '6c2ee6cc935f60e9208cdd7dbe4c8446198db31cecafc3fa665dc492f37d7669',
  },
] as const;

const [common, en] = process.argv.slice(2);
if (common === undefined || en === undefined) throw new Error('name the two unpacked packages');

const lists: Record<'breached' | 'words', string[]> = { breached: [], words: [] };
for (const { folder, name, kind, sha256 } of sources) {
  const bytes = readFileSync(join(folder === 'common' ? common : en, 'src', `${name}.json`));
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`${name}.json is another version`);
  lists[kind] = lists[kind].concat(JSON.parse(bytes.toString('utf8')) as string[]);
}

const file = buildPasswordFilter(lists);
const filter = readPasswordFilter(file);
for (const entry of entriesOf(lists.breached)) {
  if (filter.look(entry) !== 'breached') throw new Error('a breached password is not found again');
}
for (const entry of entriesOf(lists.words)) {
  if (filter.look(entry) === null) throw new Error('a word is not found again');
}
mkdirSync(new URL('../assets/', import.meta.url), { recursive: true });
writeFileSync(new URL('../assets/breached-passwords.bin', import.meta.url), file);
console.log(
  JSON.stringify({ ...filter.entries, bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') }),
);
