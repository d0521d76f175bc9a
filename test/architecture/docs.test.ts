/** What the documents say of the code is true: generated pages are fresh, and the code map knows every room. @module */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listErrors } from '../../scripts/generate-errors.js';
import { referencePages } from '../../scripts/reference-pages.js';
import { roomOf } from './check.js';
import { importTable, typeTable } from './rules.js';
import { projectRoot, readSourceTree } from './source-tree.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const tree = readSourceTree();
const rooms = readdirSync(join(projectRoot, 'src')).filter((name) =>
  statSync(join(projectRoot, 'src', name)).isDirectory(),
);

const ownerOf = (path: string) => /^src\/http\/dialects\/([^/]+)\//.exec(path)?.[1] ?? roomOf(path);

function markdownFiles(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

describe('the reference pages', () => {
  test.each(referencePages)('$path is what `npm run docs` writes', async ({ path, render }) => {
    expect(existsSync(join(projectRoot, path)), `${path} is missing: npm run docs`).toBe(true);
    expect(read(path)).toBe(await render());
  });

  test('name every error code, and no other', async () => {
    const documented = [...read('docs/reference/errors.md').matchAll(/^\| `([a-z_]+\.[a-z0-9_]+)`/gm)].map(
      ([, code]) => code,
    );
    expect(documented.sort()).toEqual((await listErrors()).map(({ code }) => code).sort());
  });
});

describe('error codes', () => {
  test('are defined in the errors.ts of a room, where the reference page looks', () => {
    const elsewhere = tree.filter((file) => !file.isTest && !/\/errors\.ts$/.test(file.path));
    expect(elsewhere.filter((file) => /\bdefineErrors\(/.test(file.text)).map((file) => file.path)).toEqual([]);
  });

  test('begin with the room or dialect that defines them, and are unique', async () => {
    const entries = await listErrors();
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.filter(({ path, code }) => !code.startsWith(`${ownerOf(path)}.`))).toEqual([]);
    expect(new Set(entries.map(({ code }) => code)).size).toBe(entries.length);
  });

  test('carry one whole sentence each', async () => {
    const entries = await listErrors();
    expect(
      entries.filter(({ definition }) => !/^[A-Z].*[.]$/.test(definition.message)).map(({ code }) => code),
    ).toEqual([]);
  });
});

describe('the code map', () => {
  const map = read('docs/architecture.md');

  test('has a paragraph for every room, and for no other', () => {
    const described = [...map.matchAll(/^\*\*(\w+)\*\* \(`src\/(\w+)`\)/gm)].map(([, name, folder]) => {
      expect(name).toBe(folder);
      return name;
    });
    expect(described.sort()).toEqual([...rooms].sort());
  });

  test('shows the import table that is tested', () => {
    const rows = [...map.matchAll(/^\| ([\w*, ]+) \| ([^|]+) \|$/gm)].filter(([, room]) => room !== 'room');
    const shown = new Map(
      rows.flatMap(([, names = '', list = '']) =>
        names
          .replaceAll('*', '')
          .split(', ')
          .map((name) => [name.trim(), list.trim().replaceAll(' (types)', '')] as const),
      ),
    );
    for (const room of [...rooms, 'app']) {
      const list = shown.get(room);
      expect(list, `${room} has no row`).toBeDefined();
      if (list === 'everything') continue;
      const named = list === '–' ? [] : (list ?? '').split(', ');
      const must = (importTable[room] ?? []).filter((other) => rooms.includes(other) || other === 'app');
      expect(named, room).toEqual(expect.arrayContaining(must));
      expect([...must, ...(typeTable[room] ?? [])], room).toEqual(expect.arrayContaining(named));
    }
  });
});

describe('decisions', () => {
  test('are all in the index, under the names they have', () => {
    const files = readdirSync(join(projectRoot, 'docs/decisions')).filter((name) => name !== 'README.md');
    const listed = [...read('docs/decisions/README.md').matchAll(/\]\(([^)]+\.md)\)/g)].map(([, name]) => name);
    expect(listed.sort()).toEqual(files.sort());
    expect(files.filter((name) => !/^\d{4}-[a-z0-9-]+\.md$/.test(name))).toEqual([]);
    expect(new Set(files.map((name) => name.slice(0, 4))).size).toBe(files.length);
  });
});

describe('links', () => {
  const pages = [...markdownFiles('docs'), ...readdirSync(projectRoot).filter((name) => name.endsWith('.md'))];

  test.each(pages)('in %s lead to files that exist', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      ([, target]) => target ?? '',
    );
    expect(targets.filter((target) => !existsSync(join(projectRoot, dirname(page), target)))).toEqual([]);
  });
});
