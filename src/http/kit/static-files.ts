/**
 * Files that were built beside the server, served from our own origin. A folder is looked through once, when its first
 * file is asked for; from then on only names found there are answered, so that nothing a path can say leads elsewhere.
 * Files with another ending than those below are not served.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Answer, notModified } from './answer.js';
import { isUnchanged } from './conditional.js';
import { takesCoding } from './negotiate.js';
import type { Call } from './route.js';

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
};

/** In the order they are preferred; `x.js.br` and `x.js.gz` beside `x.js` are it, compressed when it was built. */
const codings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

export interface StaticFilesOptions {
  /** Looked through with everything in it; one that is not there has no files. */
  readonly folder: URL | string;
  /** Names that change with their content, so that they may be kept for ever; of the others it is asked every time. */
  readonly immutable: RegExp;
}

export interface StaticFiles {
  /**
   * @param name     Path inside the folder, with `/` between: `assets/index-4f2a91c0.js`.
   * @param headers  Further ones, such as a page's own policy.
   * @returns        `null` when there is no such file.
   */
  answer(name: string, wants: Call['wants'], headers?: Readonly<Record<string, string>>): Promise<Answer | null>;
  /** The content of a file that becomes part of an answer; `null` when there is none. */
  read(name: string): Promise<Buffer | null>;
  /** Every name that is answered. */
  names(): Promise<readonly string[]>;
}

interface Loaded {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** Prepares the serving of a folder; nothing is read before somebody asks. What was read once is kept. */
export function createStaticFiles({ folder, immutable }: StaticFilesOptions): StaticFiles {
  let index: Promise<ReadonlyMap<string, string>> | null = null;
  const loaded = new Map<string, Promise<Loaded>>();

  /** Every file by its name, compressed ones too. A failure is not kept. */
  function files(): Promise<ReadonlyMap<string, string>> {
    index ??= findFiles(folder).catch((error: unknown) => {
      index = null;
      throw error;
    });
    return index;
  }

  function load(path: string): Promise<Loaded> {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const loading = loadFile(path).catch((error: unknown) => {
      loaded.delete(path);
      throw error;
    });
    loaded.set(path, loading);
    return loading;
  }

  return {
    async answer(name, wants, headers = {}) {
      const found = await files();
      const path = found.get(name);
      const contentType = contentTypeOf(name);
      if (path === undefined || contentType === null) return null;
      const coded = codings.find(({ name: coding, suffix }) => {
        return found.has(name + suffix) && takesCoding(wants.acceptEncoding, coding);
      });
      const { bytes, etag } = await load(coded === undefined ? path : (found.get(name + coded.suffix) ?? path));
      const own = {
        'cache-control': immutable.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag,
        vary: 'Accept-Encoding',
        ...headers,
      };
      if (isUnchanged(wants.ifNoneMatch, etag)) return notModified(own);
      const coding = coded === undefined ? {} : { 'content-encoding': coded.name };
      return { status: 200, contentType, body: bytes, headers: { ...own, ...coding } };
    },
    async read(name) {
      const path = (await files()).get(name);
      return path === undefined ? null : (await load(path)).bytes;
    },
    async names() {
      return [...(await files()).keys()].filter((name) => contentTypeOf(name) !== null);
    },
  };
}

async function findFiles(folder: URL | string): Promise<ReadonlyMap<string, string>> {
  const root = typeof folder === 'string' ? folder : decodeURIComponent(folder.pathname);
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Map(paths.map((path) => [relative(root, path).split(sep).join('/'), path]));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
}

async function loadFile(path: string): Promise<Loaded> {
  const bytes = await readFile(path);
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 32)}"` };
}

function contentTypeOf(name: string): string | null {
  const ending = name.slice(name.lastIndexOf('.') + 1);
  return Object.hasOwn(contentTypes, ending) ? (contentTypes[ending] ?? null) : null;
}
