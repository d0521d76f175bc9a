/**
 * What no file of the project may hold: paths of somebody's machine, hosts of package registries, private keys and
 * well-known kinds of tokens.
 *
 * @module
 */

export interface ForbiddenWord {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

const patterns: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a path of a machine', /(?<![\w.@:\-}/])\/(home|Users)\/[A-Za-z][\w.-]*/],
  ['a path of a machine', /(?<![\w.@:\-}/])\/(root|work|workspace|workspaces)\/[\w.-]+/],
  ['a path of a machine', /\b[A-Z]:\\{1,2}Users\\{1,2}\w/],
  [
    'the host of a package registry',
    /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\bnpmjs\.(org|com)\b|\bnpm\.pkg\.github\.com\b/i,
  ],
  ['the host of a package registry', /"resolved":\s*"https?:/],
  [
    'the host of a package registry',
    /\bdeb\.debian\.org\b|\b(artifactory|jfrog|verdaccio|nexus)\.[a-z0-9-]+\.[a-z]{2,}/i,
  ],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*(\\n)?[A-Za-z0-9+/]{40}/],
  ['a token', /\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|npm_[A-Za-z0-9]{30,}|glpat-[\w-]{20,})\b/],
  ['a token', /\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bxox[abpr]-[A-Za-z0-9-]{10,}/],
];

/** Every forbidden word in a file. A private key is found by its first two lines. */
export function findForbiddenWords(path: string, text: string): ForbiddenWord[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const stretch = line.includes('-----BEGIN') ? `${line}\n${lines[index + 1]?.trim() ?? ''}` : line;
    return patterns.filter(([, pattern]) => pattern.test(stretch)).map(([what]) => ({ path, line: index + 1, what }));
  });
}
