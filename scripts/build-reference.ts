/**
 * Puts the script of the API reference beside the built server, named by its content and compressed in advance, so that
 * `/docs` is served from our own origin. Does nothing when it is there already.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const parts = new URL('../node_modules/@scalar/api-reference/', import.meta.url);
const folder = new URL('../dist/reference/', import.meta.url);

const script = readFileSync(new URL('dist/browser/standalone.js', parts));
const { version, license } = JSON.parse(readFileSync(new URL('package.json', parts), 'utf8')) as Record<string, string>;
const name = `api-reference-${createHash('sha256').update(script).digest('hex').slice(0, 16)}.js`;

if (!existsSync(new URL(`${name}.gz`, folder))) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(name, folder), script);
  // The best compression would take ten times as long for a fortieth less.
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: script.length };
  writeFileSync(new URL(`${name}.br`, folder), brotliCompressSync(script, { params: quality }));
  writeFileSync(
    new URL('NOTICE', folder),
    `${name} is @scalar/api-reference ${version}, under the ${license} licence.\n`,
  );
  writeFileSync(new URL(`${name}.gz`, folder), gzipSync(script));
}
