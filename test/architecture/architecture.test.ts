/** The house obeys its floor plan, and the test that says so can fail. @module */
import { describe, expect, test } from 'vitest';
import { findBreaches, findCycles, roomOf, showBreach } from './check.js';
import { importTable, packageFences, revealers, typeTable } from './rules.js';
import { readSource, type SourceFile } from './source-file.js';
import { readSourceTree } from './source-tree.js';

const tree = readSourceTree();

describe('the floor plan', () => {
  test('has no cycle of its own', () => {
    const rooms = Object.keys(importTable);
    const both = rooms.map((room) => [room, [...(importTable[room] ?? []), ...(typeTable[room] ?? [])]] as const);
    expect(findCycles(new Map(both))).toEqual([]);
  });

  test('names every room there is', () => {
    const rooms = [...new Set(tree.map((file) => roomOf(file.path)))];
    expect(rooms.filter((room) => !Object.keys(importTable).includes(room ?? ''))).toEqual([]);
  });

  test('keeps identity and sources apart', () => {
    expect(importTable['identity']).not.toContain('sources');
    expect(importTable['sources']).not.toContain('identity');
  });

  test('is obeyed by every file', () => {
    expect(findBreaches(tree).map(showBreach)).toEqual([]);
  });

  test('fences only packages that are used', () => {
    const used = new Set(tree.flatMap((file) => file.imports.map(({ specifier }) => specifier)));
    const isUsed = (name: string) => [...used].some((one) => one === name || one.startsWith(`${name}/`));
    expect(Object.keys(packageFences).filter((name) => !isUsed(name))).toEqual([]);
  });
});

const opening = '/** A planted breach. @module */\n';

/** The breaches that appear when a file is added to the house, or put in the place of one. */
function plant(path: string, code: string, more: readonly SourceFile[] = []): string[] {
  const planted = [readSource(path, opening + code), ...more];
  const paths = planted.map((file) => file.path);
  const house = [...tree.filter((file) => !paths.includes(file.path)), ...planted];
  const before = new Set(findBreaches(tree).map(showBreach));
  return findBreaches(house)
    .filter((breach) => paths.includes(breach.path))
    .map(showBreach)
    .filter((line) => !before.has(line));
}

describe('the architecture test turns red', () => {
  const breaches: readonly (readonly [name: string, path: string, code: string, rule: string])[] = [
    ['identity imports http', 'src/identity/x.ts', "import '../http/index.js';", 'identity may not import http'],
    [
      'identity imports sources',
      'src/identity/x.ts',
      "import '../sources/index.js';",
      'identity may not import sources',
    ],
    [
      'sources imports identity',
      'src/sources/x.ts',
      "import '../identity/index.js';",
      'sources may not import identity',
    ],
    ['types count', 'src/sources/x.ts', "import type { User } from '../identity/index.js';", 'may not import identity'],
    [
      'inline types count',
      'src/query/x.ts',
      "type U = import('../identity/index.js').User;",
      'may not import identity',
    ],
    ['re-exports count', 'src/access/x.ts', "export * from '../identity/index.js';", 'access may not import identity'],
    ['dynamic imports count', 'src/query/x.ts', "await import('../store/index.js');", 'query may not import store'],
    ['kernel imports anything', 'src/kernel/x.ts', "import '../config/index.js';", 'kernel may not import config'],
    ['http imports store', 'src/http/x.ts', "import '../store/index.js';", 'http may not import store'],
    ['http imports connectors', 'src/http/x.ts', "import '../connectors/x.js';", 'http may not import connectors'],
    ['cli reaches behind app', 'src/cli/x.ts', "import '../store/index.js';", 'cli may not import store'],
    ['main reaches behind cli', 'src/main.ts', "import './app.js';", 'main may not import app'],
    ['anybody imports app', 'src/http/x.ts', "import '../app.js';", 'http may not import app'],
    [
      'connectors run access',
      'src/connectors/x.ts',
      "import { authorize } from '../access/index.js';",
      'but for types',
    ],
    ['observability runs audit', 'src/observability/x.ts', "import '../audit/index.js';", 'may not import audit'],
    [
      'http around the door of identity',
      'src/http/x.ts',
      "import '../identity/errors.js';",
      'identity not by its door',
    ],
    ['app around the door of http', 'src/app.ts', "import './http/core.js';", 'enters http not by its door'],
    ['src imports tests', 'src/kernel/x.ts', "import '../../test/servers/index.js';", 'which is not in src'],
    ['a room without a row', 'src/misc/x.ts', '', 'is in no room'],
    ['a dialect imports a sibling', 'src/http/dialects/a/x.ts', "import '../b/x.js';", 'are strangers'],
    ['a dialect imports native', 'src/http/dialects/a/x.ts', "import '../../native/x.js';", 'are strangers'],
    ['native imports a dialect', 'src/http/native/x.ts', "import '../dialects/a/x.js';", 'are strangers'],
    ['the kit imports a dialect', 'src/http/kit/x.ts', "import '../dialects/a/x.js';", 'http/kit may not import'],
    ['a connector imports a sibling', 'src/connectors/mysql/x.ts', "import '../postgres/x.js';", 'are strangers'],

    ['fastify outside http', 'src/identity/x.ts', "import fastify from 'fastify';", 'fastify is fenced off'],
    ['kysely outside store', 'src/http/x.ts', "import { sql } from 'kysely';", 'kysely is fenced off'],
    ['a driver outside connectors', 'src/sources/x.ts', "import pg from 'pg';", 'pg is fenced off'],
    ['a driver by subpath', 'src/sources/x.ts', "import m from 'mysql2/promise';", 'mysql2 is fenced off'],
    ['a driver, late', 'src/http/x.ts', "await import('@photostructure/sqlite');", 'sqlite is fenced off'],
    ['jose outside identity', 'src/http/x.ts', "import { jwtVerify } from 'jose';", 'jose is fenced off'],
    ['argon2 outside identity', 'src/cli/x.ts', "import '@node-rs/argon2';", 'argon2 is fenced off'],
    ['an unknown package', 'src/http/x.ts', "import 'left-pad';", 'left-pad has no row'],
    ['a socket outside network', 'src/connectors/x.ts', "import net from 'node:net';", 'node:net is fenced off'],
    [
      'a socket among pure names',
      'src/connectors/x.ts',
      "import { connect, isIP } from 'node:net';",
      'node:net is fenced',
    ],
    ['tls outside network', 'src/connectors/x.ts', "import { connect } from 'node:tls';", 'node:tls is fenced off'],
    ['dns outside network', 'src/sources/x.ts', "import { lookup } from 'node:dns/promises';", 'node:dns/promises is'],
    ['an old module name', 'src/sources/x.ts', "import net from 'net';", 'imports net without node:'],
    [
      'a listener outside http',
      'src/identity/x.ts',
      "import { createServer } from 'node:http';",
      'node:http is fenced',
    ],
    ['fetch', 'src/sources/x.ts', "await fetch('/');", 'sources opens a socket'],

    ['the environment', 'src/http/x.ts', "export const x = process.env['X'];", 'http reads the environment'],
    ['the environment in cli', 'src/cli/x.ts', "export const x = process['env'];", 'cli reads the environment'],
    ['the environment, unpacked', 'src/http/x.ts', 'const { env } = process;', 'http reads the environment'],
    ['the environment, imported', 'src/http/x.ts', "import { env } from 'node:process';", 'node:process is fenced off'],
    ['the environment, global', 'src/http/x.ts', 'globalThis.process.env;', 'http reads the environment'],
    ['Date.now', 'src/identity/x.ts', 'export const now = Date.now();', 'identity reads the wall clock'],
    ['Date.now, handed on', 'src/identity/x.ts', 'export const { now } = Date;', 'identity reads the wall clock'],
    ['new Date()', 'src/store/x.ts', 'export const now = new Date();', 'store reads the wall clock'],
    ['Date()', 'src/store/x.ts', 'export const now = Date();', 'store reads the wall clock'],
    ['Math.random', 'src/identity/x.ts', 'Math.random();', 'identity draws random numbers'],
    ['randomBytes', 'src/identity/x.ts', "import { randomBytes } from 'node:crypto';", 'draws random numbers'],
    [
      'randomUUID, renamed',
      'src/store/x.ts',
      "import { randomUUID as id } from 'node:crypto';",
      'draws random numbers',
    ],
    ['the whole of crypto', 'src/store/x.ts', "import * as c from 'node:crypto';", 'draws random numbers'],
    ['crypto.randomUUID', 'src/http/x.ts', 'crypto.randomUUID();', 'http draws random numbers'],
    [
      'webcrypto',
      'src/http/x.ts',
      "import { webcrypto } from 'node:crypto'; webcrypto.getRandomValues;",
      'draws random',
    ],
    ['minting a ScopedQuery', 'src/sources/x.ts', 'export const x = {} as ScopedQuery;', 'sources makes a ScopedQuery'],
    ['minting a Principal', 'src/http/x.ts', 'export const x = {} as unknown as Principal;', 'http makes a Principal'],
    ['a guard that mints', 'src/http/x.ts', 'const is = (x: unknown): x is Principal => true;', 'makes a Principal'],
    ['a Principal in brackets', 'src/http/x.ts', 'const x = <Principal>{};', 'http makes a Principal'],
    ['console', 'src/store/x.ts', "console.log('hello');", 'store writes to the console'],
    ['eval', 'src/query/x.ts', "eval('1');", 'query runs text as code'],
    ['Function', 'src/query/x.ts', "new Function('1');", 'query runs text as code'],
    ['a computed import', 'src/query/x.ts', 'const x = (y: string) => import(y);', 'imports by a computed name'],
    ['reveal', 'src/http/x.ts', 'secret.reveal();', 'reveals a secret and is not listed'],
    ['reveal, optional', 'src/http/x.ts', 'secret?.reveal();', 'reveals a secret and is not listed'],
    ['reveal, by text', 'src/http/x.ts', "secret['reveal']();", 'reveals a secret and is not listed'],
    ['reveal, unpacked', 'src/http/x.ts', 'const { reveal: show } = secret;', 'reveals a secret and is not listed'],
    ['a default export', 'src/http/x.ts', 'export default 1;', 'has a default export'],
    ['a default function', 'src/http/x.ts', 'export default function f() {}', 'has a default export'],
    ['a renamed default', 'src/http/x.ts', 'const a = 1; export { a as default };', 'has a default export'],
  ];

  test.each(breaches)('on %s', (_name, path, code, rule) => {
    const found = plant(path, code);
    expect(found.filter((line) => line.startsWith(path) && line.includes(rule))).not.toEqual([]);
  });

  test('on a cycle of files', () => {
    const found = plant('src/kernel/x.ts', "import './y.js';", [
      readSource('src/kernel/y.ts', `${opening}import './x.js';`),
    ]);
    expect(found).toEqual([expect.stringContaining('src/kernel/x.ts → src/kernel/y.ts → src/kernel/x.ts')]);
  });

  test('on a file without an opening, or without @module', () => {
    const bare = readSource('src/kernel/bare.ts', 'export const x = 1;');
    const short = readSource('src/kernel/short.ts', '/** Says little. */\nexport const x = 1;');
    expect(findBreaches([...tree, bare, short]).map(showBreach)).toEqual(
      expect.arrayContaining([
        'src/kernel/bare.ts:1 does not open with a doc block',
        'src/kernel/short.ts:1 has no @module in its doc block',
      ]),
    );
  });

  test('on a file that is listed as revealing and no longer does', () => {
    const [path] = Object.keys(revealers);
    expect(path).toBeDefined();
    expect(plant(path ?? '', 'export const x = 1;')).toContain(`${path}:1 is listed as revealing secrets and does not`);
  });
});

describe('the architecture test stays green', () => {
  const innocent: readonly (readonly [name: string, path: string, code: string])[] = [
    ['on words in comments and texts', 'src/query/x.ts', "// Date.now(), process.env\nexport const x = 'console.log';"],
    ['on dates made from numbers', 'src/query/x.ts', 'export const x = (ms: number) => new Date(ms).toISOString();'],
    ['on Date as a type', 'src/query/x.ts', 'export const x = (d: unknown): d is Date => d instanceof Date;'],
    ['on properties with such names', 'src/query/x.ts', 'export const f = (x: { console: 1; Date: 2 }) => x.console;'],
    ['on hashing', 'src/identity/x.ts', "import { createHash } from 'node:crypto';"],
    ['on durations', 'src/query/x.ts', 'export const x = performance.now();'],
    ['on pure names of node:net', 'src/sources/x.ts', "import { isIP } from 'node:net';"],
    ['on types of a fenced Node module', 'src/connectors/x.ts', "import type { Socket } from 'node:net';"],
    ['on types of access in connectors', 'src/connectors/x.ts', "import type { Action } from '../access/index.js';"],
    ['on a dialect using the kit', 'src/http/dialects/a/x.ts', "import '../../kit/x.js'; import '../../core.js';"],
    ['on tests using the servers', 'src/store/x.test.ts', "import pg from 'pg'; import '../../test/servers/index.js';"],
  ];

  test.each(innocent)('%s', (_name, path, code) => {
    expect(plant(path, code)).toEqual([]);
  });
});
