import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { completedCommands } from './completion.js';
import { type Shell, scriptFor } from './completion-scripts.js';
import { createProgram } from './program.js';

const commands = completedCommands(createProgram('0.0.0'));
const folder = mkdtempSync(join(tmpdir(), 'latchkey-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function has(shell: Shell): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

/** What bash offers for each line; the last word is what is being typed. */
function offered(lines: readonly (readonly string[])[]): string[][] {
  writeFileSync(join(folder, 'my backup.db'), '');
  const asks = lines.map((words) => {
    const all = ['latchkey', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${all}); COMP_CWORD=${words.length}; _latchkey; printf '%s\\n' "\${COMPREPLY[@]}" '' '=='`;
  });
  const script = [scriptFor('bash', commands), ...asks].join('\n');
  const ran = spawnSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  return ran.stdout
    .split('\n==\n')
    .slice(0, lines.length)
    .map((text) => text.split('\n').filter((word) => word !== ''));
}

describe('completion in bash', () => {
  it('offers commands, verbs, options, values that are one of few, and names of files', () => {
    const [top, verbs, some, options, kinds, joined, free, files, shells, afterValue] = offered([
      [''],
      ['user', ''],
      ['source', 'pre'],
      ['user', 'add', 'ada', '--pass'],
      ['user', 'add', '--kind', ''],
      ['source', 'add', 'shop', '--ssl-mode', '=', 'verify'],
      ['user', 'add', '--email', ''],
      ['backup', '--to', 'my'],
      ['completion', ''],
      ['role', 'list', '--organisation', 'main', '--l'],
    ]);
    expect(top).toEqual(expect.arrayContaining(['serve', 'user', 'source', 'completion', 'help']));
    expect(verbs).toEqual(expect.arrayContaining(['add', 'list', 'show', 'set', 'passwd', 'remove']));
    expect(some).toEqual(['preflight']);
    expect(options).toEqual(['--password-stdin']);
    expect(kinds).toEqual(['person', 'api']);
    expect(joined).toEqual(['verify-ca', 'verify-full']);
    expect(free).toEqual([]);
    expect(files).toEqual(['my backup.db']);
    expect(shells).toEqual(['bash', 'zsh', 'fish']);
    expect(afterValue).toEqual(['--limit']);
  });

  it('knows every option of every verb', () => {
    const leaves = commands.filter(({ path }) => path !== '' && !path.startsWith('help'));
    const answers = offered(leaves.map(({ path }) => [...path.split(' '), '--']));
    for (const [at, { options }] of leaves.entries()) {
      const long = options.flatMap(({ names }) => names.filter((name) => name.startsWith('--')));
      expect(answers[at]).toEqual(long);
      expect(long).toContain('--help');
    }
  });
});

describe('completion in other shells', () => {
  it.skipIf(!has('zsh'))('is taken by zsh, where it is there', () => {
    const checked = spawnSync('zsh', ['-n'], { input: scriptFor('zsh', commands), encoding: 'utf8' });
    expect(checked).toMatchObject({ status: 0, stderr: '' });
  });

  it.skipIf(!has('fish'))('offers the same in fish, where it is there', () => {
    const shell: Shell = 'fish';
    const file = join(folder, 'latchkey.fish');
    writeFileSync(file, scriptFor('fish', commands));
    const ask = (line: string) => {
      const ran = spawnSync(shell, ['--no-config', '-c', `source ${file}; complete -C '${line}'`], {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder },
      });
      expect(ran.stderr).toBe('');
      return ran.stdout.split('\n').map((one) => one.split('\t')[0]);
    };
    expect(ask('latchkey source pre')).toContain('preflight');
    expect(ask('latchkey user add --kind ')).toEqual(expect.arrayContaining(['person', 'api']));
    expect(ask('latchkey user add ada --pass')).toContain('--password-stdin');
  });
});
