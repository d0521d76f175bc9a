/**
 * Every relative link of the documentation leads somewhere: to a file or folder that exists and, where it names a place
 * in a page, to a heading of that page.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from './source-tree.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

const pages = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

/** Without fenced code and code in a line: what looks like a link there is none. */
function proseOf(text: string): string {
  let fence: string | null = null;
  const lines = text.split('\n').map((line) => {
    const mark = /^\s*(?:\d+\.\s+)?(```+|~~~+)/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
      return '';
    }
    if (mark === undefined) return line;
    fence = mark;
    return '';
  });
  return lines.join('\n');
}

const withoutCode = (text: string) => text.replace(/(`+)[^\n]*?\1/g, '');

/** As GitHub names them: small letters, no punctuation, dashes for spaces; the second of a name ends in `-1`. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll('`', '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    anchors.add(times === 0 ? name : `${name}-${times}`);
  }
  return anchors;
}

function linksOf(text: string): readonly string[] {
  const prose = withoutCode(proseOf(text));
  const inline = [...prose.matchAll(/\]\(\s*<?([^)>\s]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const named = [...prose.matchAll(/^\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm)];
  return [...inline, ...named]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

/** What is wrong with a link, or `null`. */
function faultOf(page: string, link: string): string | null {
  const [file = '', anchor] = link.split('#', 2);
  const path = file === '' ? page : normalize(join(dirname(page), decodeURIComponent(file)));
  if (path.startsWith('..') || !existsSync(join(projectRoot, path))) return `${link}: there is no ${path}`;
  if (anchor === undefined) return null;
  if (!path.endsWith('.md') || statSync(join(projectRoot, path)).isDirectory())
    return `${link}: only pages have headings`;
  return anchorsOf(read(path)).has(decodeURIComponent(anchor)) ? null : `${link}: ${path} has no such heading`;
}

describe('links of the documentation', () => {
  test.each(pages)('%s: every link leads to a file, and every anchor to a heading', (page) => {
    expect(
      linksOf(read(page))
        .map((link) => faultOf(page, link))
        .filter((fault) => fault !== null),
    ).toEqual([]);
  });

  test('every page is reached from the README by links', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of linksOf(read(page))) {
        const file = link.split('#', 1)[0] ?? '';
        const path = file === '' ? page : normalize(join(dirname(page), decodeURIComponent(file)));
        if (path.endsWith('.md') && existsSync(join(projectRoot, path))) reached.add(path);
      }
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});

describe('the walker', () => {
  const text =
    '# A `b` – c\n\n## Twice\n\n## Twice\n\n```md\n# no heading [no](link)\n```\n`[no](code)` [yes](x.md "t") ![y](#twice-1)\n';

  test('knows headings as they are linked to, and none in code', () => {
    expect([...anchorsOf(text)]).toEqual(['a-b--c', 'twice', 'twice-1']);
  });

  test('sees links and pictures, and none in code', () => {
    expect(linksOf(text)).toEqual(['x.md', '#twice-1']);
  });

  test('finds what leads nowhere', () => {
    expect(faultOf('README.md', 'docs/no-such-page.md')).toContain('there is no docs/no-such-page.md');
    expect(faultOf('README.md', '#no-such-heading')).toContain('no such heading');
    expect(faultOf('README.md', '../outside.md')).toContain('there is no');
  });
});
